"""Bad arguments: the right class, a message that names the argument, and nothing changed."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName, Unsupported
from tests.training.runs import fingerprint, small_net, two_classes

NAN, INF = float("nan"), float("inf")
X, Y, W = two_classes(m=10)
X_NAN, X_INF = X.copy(), X.copy()
X_NAN[3, 1], X_INF[3, 1] = NAN, INF


class Own:
    """A metric with a name that another has too."""

    name, greater_is_better = "accuracy", True

    def value(self, a, y, w):
        return 0.0


# What is given instead of the good arguments; the class of the error; words of the message.
BAD = [
    ({"net": "net"}, InvalidValue, "net must be a Network; got str"),
    ({"X": X_NAN}, InvalidValue, "X must be finite"),
    ({"X": X_INF}, InvalidValue, "X must be finite"),
    ({"X": csr_matrix(X_NAN)}, InvalidValue, "X must be finite"),
    ({"X": X[:, :2]}, ShapeMismatch, r"layer 1 takes 3 inputs; X has shape \(10, 2\)"),
    ({"X": X[0]}, ShapeMismatch, r"X must be 2-D, \(m, 3\); got shape \(3,\)"),
    ({"X": X[:0], "y": Y[:0]}, InvalidValue, r"X must have at least 1 row; got shape \(0, 3\)"),
    ({"X": X.astype(str)}, InvalidValue, "X must hold numbers; got dtype <U"),
    ({"X": X[:9]}, ShapeMismatch, "X and y must have as many rows; got 9 and 10"),
    ({"y": np.where(Y == 0, NAN, Y)}, InvalidValue, "y must be finite"),
    ({"y": Y + 1}, InvalidValue, "y"),
    ({"y": Y.reshape(5, 2)}, ShapeMismatch, r"y must be \(m, 1\) .* got shape \(5, 2\)"),
    ({"y": ["a"] * 10}, InvalidValue, "y must hold numbers; got dtype <U1"),
    ({"optimizer": "adm"}, UnknownName, "no optimizer is named 'adm'. Did you mean 'adam'"),
    ({"optimizer": 3}, InvalidValue, "optimizer must be .*; got 3"),
    ({"epochs": 0}, InvalidValue, "epochs must be a positive integer; got 0"),
    ({"epochs": 2.0}, InvalidValue, r"epochs must be a positive integer; got 2\.0"),
    ({"epochs": True}, InvalidValue, "epochs must be a positive integer; got True"),
    ({"batch_size": 0}, InvalidValue, "batch_size must be a positive integer; got 0"),
    ({"batch_size": "auto"}, InvalidValue, "batch_size must be a positive integer; got 'auto'"),
    ({"batch_size": 0, "optimizer": "lbfgs"}, InvalidValue, "batch_size must be"),
    ({"threads": 0}, InvalidValue, "threads must be a positive integer; got 0"),
    ({"sample_weight": W[:9]}, ShapeMismatch, r"sample_weight must be \(10,\), one per row; got"),
    ({"sample_weight": -W}, InvalidValue, "sample_weight must be .* not negative, .* got values"),
    (
        {"sample_weight": 0 * W},
        InvalidValue,
        "sample_weight must .* above 0; got values from 0 to 0",
    ),
    ({"sample_weight": W * NAN}, InvalidValue, "sample_weight must be finite"),
    ({"sample_weight": W * 1e308}, InvalidValue, "sample_weight must be finite"),
    ({"sample_weight": ["a"] * 10}, InvalidValue, "sample_weight must hold numbers; got dtype"),
    ({"validation": 0.0}, InvalidValue, r"validation must be a share in \(0, 1\), .* got 0\.0"),
    ({"validation": 1}, InvalidValue, r"validation must be a share in \(0, 1\), .* got 1"),
    ({"validation": True}, InvalidValue, "validation must be .*; got bool"),
    ({"validation": 0.001}, InvalidValue, "holding out 0.001 of 10 rows leaves 10 for training"),
    ({"validation": "X"}, InvalidValue, "validation must be .*; got str"),
    ({"validation": (X,)}, InvalidValue, "validation must be .*; got 1 parts"),
    ({"validation": (X, Y, W, W)}, InvalidValue, "validation must be .*; got 4 parts"),
    ({"validation": (X_NAN, Y)}, InvalidValue, "X must be finite"),
    ({"validation": (X, Y[:3])}, ShapeMismatch, "validation X and validation y must have as many"),
    ({"validation": (X, Y, -W)}, InvalidValue, "validation sample_weight must be"),
    (
        {"validation": 0.2, "sample_weight": np.eye(10)[0]},
        InvalidValue,
        "the rows held out for validation must not all have sample_weight 0; the 2 drawn do",
    ),
    ({"metrics": ["accurac"], "validation": 0.5}, UnknownName, "Did you mean 'accuracy'"),
    ({"metrics": "accuracy", "validation": 0.5}, InvalidValue, r'as in \["accuracy"\]; got \'acc'),
    ({"metrics": [3], "validation": 0.5}, InvalidValue, "a metric must be .*; got 3"),
    ({"metrics": ["accuracy"]}, InvalidValue, "metrics are computed on validation rows; got"),
    (
        {"metrics": ["accuracy", Own()], "validation": 0.5},
        InvalidValue,
        "metrics must have a name of its own.*; got 'accuracy' twice",
    ),
    (
        {"early_stopping": gn.EarlyStopping("accuracy")},
        InvalidValue,
        "early stopping on 'accuracy' needs validation rows; got validation=None",
    ),
    ({"early_stopping": "loss"}, InvalidValue, "early_stopping must be .*; got 'loss'"),
    ({"stop": 1e-4}, InvalidValue, "stop must be a StopRule or None; got 0.0001"),
    ({"schedule": "cosin"}, UnknownName, "no schedule is named 'cosin'. Did you mean 'cosine'"),
    ({"schedule": 3}, InvalidValue, "schedule must be .*; got 3"),
    ({"optimizer": "irprop", "schedule": "cosine"}, InvalidValue, "irprop has step sizes of its"),
    ({"optimizer": "lbfgs", "schedule": "cosine"}, InvalidValue, "lbfgs has step sizes of its"),
    ({"optimizer": "lbfgs", "clip_norm": 1.0}, InvalidValue, "lbfgs takes no clip_norm"),
    ({"optimizer": "lbfgs", "checkpoint": "run"}, InvalidValue, "lbfgs cannot be checkpointed"),
    ({"clip_norm": 0}, InvalidValue, "clip_norm must be .*; got 0"),
    ({"clip_value": NAN}, InvalidValue, "clip_value must be .*; got nan"),
    ({"observers": gn.Observer()}, InvalidValue, "observers must be a list of Observer objects"),
    ({"observers": [print]}, InvalidValue, "observers must be a list of Observer objects"),
    ({"observers": 3}, InvalidValue, "observers must be a list of Observer objects; got 3"),
    ({"progress": "yes"}, InvalidValue, "progress must be True, False or a Progress; got 'yes'"),
    ({"checkpoint": 3}, InvalidValue, "checkpoint must be a path or a Checkpoint; got 3"),
    ({"checkpoint": True}, InvalidValue, "checkpoint must be a path or a Checkpoint; got True"),
    ({"resume": True}, InvalidValue, "resume=True needs the checkpoint"),
    ({"after": "run"}, InvalidValue, "after must be a Run that train has given; got 'run'"),
    ({"engine": "fast"}, UnknownName, "no engine is named 'fast'"),
    ({"engine": 3}, InvalidValue, "an engine must be a name or an Engine; got 3"),
]


class Never(gn.Observer):
    """Must not hear of a run that is refused."""

    def begin(self, epochs, steps):
        pytest.fail("the run began")


@pytest.mark.parametrize(("given", "error", "words"), BAD)
def test_a_bad_argument_is_named_and_nothing_changes(given, error, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net, judge = small_net(), small_net()
    for each in (net, judge):
        gn.train(each, X, Y, epochs=1)
    good = {"net": net, "X": X, "y": Y, "observers": [Never()]}
    inputs = X.copy(), Y.copy(), W.copy()

    with pytest.raises(error, match=words) as caught:
        gn.train(**{**good, **given})

    assert type(caught.value) is error
    assert fingerprint(net) == fingerprint(judge)
    assert list(tmp_path.iterdir()) == []
    assert all(np.array_equal(a, b) for a, b in zip(inputs, (X, Y, W), strict=True))


def test_batch_norm_refuses_batches_of_one_row():
    with pytest.raises(InvalidValue, match=r"batch_norm .* batch_size must be at least 2; got 1"):
        gn.train(small_net(norm=True), X, Y, batch_size=1)


def test_max_norm_and_lbfgs_do_not_go_together():
    with pytest.raises(InvalidValue, match=r"lbfgs takes no .*max_norm"):
        gn.train(small_net(max_norm=1.0), X, Y, optimizer="lbfgs")


def test_an_engine_that_cannot_run_the_program_says_why():
    class Small:
        name = "small"

        def supports(self, program):
            return "the small engine has no activation 'tanh'."

        def open(self, program, state, data):
            pytest.fail("it was opened")

    with pytest.raises(Unsupported, match="no activation 'tanh'"):
        gn.train(small_net(), X, Y, engine=Small())


@pytest.mark.parametrize("name", ["every_epochs", "every_steps"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "2", True])
def test_a_checkpoint_is_taken_every_so_many_whole_times(name, value):
    with pytest.raises(InvalidValue, match=f"{name} of Checkpoint must be .*; got {value!r}"):
        gn.Checkpoint("run", **{name: value})


def test_numpy_numbers_are_numbers():
    net = small_net()

    gn.train(
        net,
        X.tolist(),
        Y.tolist(),
        epochs=np.int64(2),
        batch_size=np.int32(4),
        validation=np.float32(0.3),
        clip_norm=np.float32(1.0),
        sample_weight=W.tolist(),
    )

    assert net.state.t == 4


@pytest.mark.parametrize("kind", ["int8", "uint16", "float16", "float32", "bool"])
def test_rows_of_any_kind_of_number_are_taken(kind):
    net = small_net()

    gn.train(net, (X > 0).astype(kind), Y, epochs=1)

    assert np.isfinite(net.state.theta).all()


def test_rows_too_large_for_the_dtype_are_refused():
    with pytest.raises(InvalidValue, match="X must be finite in float32"):
        gn.train(small_net(dtype="float32"), X * 1e39, Y)

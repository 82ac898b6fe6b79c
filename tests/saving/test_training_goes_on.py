"""A model that was saved, loaded and trained on equals, to the bit, the one never saved."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_iris

import glassnet as gn
from glassnet import MLPClassifier, MLPRegressor
from glassnet.saving.parts import Part
from glassnet.saving.training import training_part, with_training

X, Y = load_iris(return_X_y=True)
LABELS = np.array(["setosa", "versicolor", "virginica"])[Y]

OPTIONS = [
    {},
    {"batch_size": 20, "dropout": 0.3, "hidden_layer_sizes": (8, 8)},
    {"batch_norm": True, "batch_size": 30, "dropout": [0.1]},
    {"weight_decay": 0.01},
    {"solver": "sgd", "momentum": 0},
    {"solver": "sgd", "nesterovs_momentum": False},
    {"solver": "sgd", "learning_rate": "invscaling"},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 2},
    {"solver": "lbfgs"},
    {"schedule": "exponential", "dtype": "float32"},
    {"schedule": gn.WarmUp(10, gn.Plateau(patience=1))},
    {"schedule": "plateau", "early_stopping": True},
    {"early_stopping": True, "n_iter_no_change": 50, "batch_norm": True, "dropout": 0.2},
    {"early_stopping": True, "n_iter_no_change": 3, "learning_rate_init": 0.05},
    {"early_stopping": True, "n_iter_no_change": 50, "learning_rate_init": 0.3},
    {"early_stopping": gn.EarlyStopping("loss", patience=50)},
    {"early_stopping": gn.EarlyStopping("accuracy"), "loss": gn.CrossEntropy()},
    {"l1": 1e-3, "max_norm": 2.0, "clip_norm": 1.0, "clip_per_sample": 0.5, "engine": "reference"},
    {"activation": [gn.LeakyReLU(0.2)], "init": gn.HeNormal(), "bias_init": 0.1},
]


def travelled(model, folder, **how):
    gn.save(model, folder / "m.glassnet", **how)
    return gn.load(folder / "m.glassnet")


def state_of(model):
    state = model.network_.state
    return {
        "theta": state.theta.tobytes(),
        "memory": {name: np.asarray(value).tobytes() for name, value in state.memory.items()},
        "buffers": {name: value.tobytes() for name, value in state.buffers.items()},
        "schedule": dict(state.schedule),
        "clock": (state.seed, state.t, state.epoch, state.position, state.optimizer),
    }


def facts(model):
    names = ("n_iter_", "t_", "loss_", "best_loss_", "best_validation_score_", "loss_curve_")
    return {name: getattr(model, name) for name in (*names, "validation_scores_")}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed")
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_warm_start_goes_on_as_if_it_had_not_been_saved(kind, options, tmp_path):
    if kind is MLPRegressor and "loss" in options:
        options = options | {"loss": gn.Huber(0.7), "early_stopping": gn.EarlyStopping("r2")}
    y = LABELS if kind is MLPClassifier else Y
    options = {"hidden_layer_sizes": (10,), "random_state": 0, "max_iter": 5} | options
    stays = kind(warm_start=True, **options).fit(X, y)

    travels = travelled(stays, tmp_path, training=True)

    if (
        options.get("learning_rate_init") == 0.3
    ):  # the best parameters stand in the last one's place
        assert stays._run.best_epoch < 5
    assert state_of(travels) == state_of(stays)
    assert facts(travels) == facts(stays)
    for model in (stays, travels):
        model.fit(X, y).fit(X, y)
    assert state_of(travels) == state_of(stays)
    assert facts(travels) == facts(stays)
    assert np.array_equal(travels.predict(X), stays.predict(X))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize(
    "options",
    [o for o in OPTIONS if not ({"early_stopping"} & o.keys() or o.get("solver") == "lbfgs")],
    ids=str,
)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_partial_fit_goes_on_as_if_it_had_not_been_saved(kind, options, tmp_path):
    y = LABELS if kind is MLPClassifier else Y
    more = {"classes": np.unique(LABELS)} if kind is MLPClassifier else {}
    stays = kind(**{"hidden_layer_sizes": (10,), "random_state": 0} | options)
    for start in range(4):
        stays.partial_fit(X[start::5], y[start::5], **more)
    travels = travelled(stays, tmp_path, training=True)

    for start in (4, 0, 1):
        for model in (stays, travels):
            model.partial_fit(X[start::5], y[start::5], **more)

    assert state_of(travels) == state_of(stays)
    assert facts(travels) == facts(stays)


@pytest.mark.parametrize(
    "optimizer",
    [
        gn.SGD(), gn.Momentum(), gn.Nesterov(), gn.RMSprop(), gn.Adam(), gn.AdamW(), gn.IRprop(),
        gn.LBFGS(),
    ],
    ids=lambda optimizer: optimizer.name,
)  # fmt: skip
@pytest.mark.parametrize("schedule", ["constant", "step", "plateau"])
def test_a_network_goes_on_with_every_optimizer(optimizer, schedule, tmp_path):
    if schedule != "constant" and not optimizer.uses_rate:
        pytest.skip("it sizes its own steps")
    layers = [gn.Dense(6, "tanh", batch_norm=True, dropout=0.2), gn.Dense(3, "softmax")]
    stays = gn.Network(4, layers, loss="cross_entropy", penalties=[gn.L2(1e-3)], seed=2**64 - 1)
    how = {"optimizer": optimizer, "schedule": schedule, "epochs": 4, "continue_schedule": True}
    if optimizer.name in ("irprop", "lbfgs"):
        how["batch_size"] = len(X)
    gn.train(stays, X, np.eye(3)[Y], **how)

    gn.save(stays, tmp_path / "m", training=True)
    travels = gn.load(tmp_path / "m")
    for net in (stays, travels):
        gn.train(net, X, np.eye(3)[Y], **how)

    assert travels.state.theta.tobytes() == stays.state.theta.tobytes()
    assert travels.state.t == stays.state.t


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_without_training_the_weights_go_on_and_the_memories_begin_anew(tmp_path):
    model = MLPClassifier((5,), max_iter=5, random_state=0, warm_start=True).fit(X, Y)
    loaded = travelled(model, tmp_path)

    assert dict(loaded.network_.state.memory) == {}
    assert loaded.network_.state.theta.tobytes() == model.network_.state.theta.tobytes()
    assert loaded.set_params(learning_rate_init=1e-12).fit(X, Y).loss_curve_[0] == pytest.approx(
        model.loss_, rel=0.1
    )


def test_rows_that_partial_fit_holds_out_are_never_written(tmp_path):
    model = MLPClassifier(early_stopping=True, random_state=0).partial_fit(X, Y, classes=[0, 1, 2])

    with pytest.raises(ValueError, match=r"never holds rows.*training=False"):
        gn.save(model, tmp_path / "m", training=True)
    assert not list(tmp_path.iterdir())
    assert np.array_equal(travelled(model, tmp_path).predict(X), model.predict(X))


class Own:
    """A metric of a user's own."""

    name, greater_is_better = "own", True

    def value(self, a, y, w):
        return float((a * y).sum())


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_what_a_file_cannot_hold_is_refused_for_training_and_left_out_with_a_word(tmp_path):
    rule = gn.EarlyStopping(Own())
    model = MLPClassifier((5,), max_iter=3, random_state=0, early_stopping=rule).fit(X, Y)

    with pytest.raises(ValueError, match="'early_stopping' cannot go on in a file"):
        gn.save(model, tmp_path / "m", training=True)
    with pytest.warns(UserWarning, match="does not hold early_stopping") as said:
        loaded = travelled(model, tmp_path)
    assert said[0].filename == __file__
    assert loaded.early_stopping is False
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_no_path_and_no_callback_travels(tmp_path):
    model = MLPClassifier(
        (5,),
        max_iter=3,
        random_state=0,
        checkpoint=tmp_path / "secret-place",
        callbacks=[gn.Trail()],
    ).fit(X, Y)

    with pytest.warns(UserWarning, match="does not hold callbacks, checkpoint"):
        loaded = travelled(model, tmp_path, training=True)

    assert (loaded.checkpoint, loaded.callbacks) == (None, None)
    assert b"secret-place" not in (tmp_path / "m.glassnet").read_bytes()


def test_multipliers_and_fading_schedules_go_on_with_the_run(tmp_path):
    targets = (Y == 0).astype(float)
    fading = {
        "optimizer": gn.AdamW(0.01, weight_decay=0.1),
        "schedule": "cosine_log",
        "dropout_schedule": gn.FlatCosine(0.25),
        "decay_schedule": "cosine",
    }

    def network():
        slow = gn.Multipliers(rate=0.5, bias_rate=0.1, decay=2.0)
        layers = [gn.Dense(6, "tanh", dropout=0.3, multipliers=slow), gn.Dense(1, "logistic")]
        return gn.Network(4, layers, loss="binary_cross_entropy", seed=0)

    net = network()
    run = gn.train(net, X, targets, epochs=4, **fading)
    gn.save(net, tmp_path / "m.glassnet", training=True)
    back = gn.load(tmp_path / "m.glassnet")
    part = training_part(net, run)
    back_run = with_training(back, Part(json.loads(json.dumps(part.header)), part.arrays))

    assert back.specification == network().specification
    assert back_run.left.settings == run.left.settings
    gn.train(net, X, targets, epochs=8, after=run, **fading)
    gn.train(back, X, targets, epochs=8, after=back_run, **fading)
    np.testing.assert_array_equal(back.state.theta, net.state.theta)

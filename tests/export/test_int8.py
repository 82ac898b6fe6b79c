"""Eight bits: hardly a label lost, no sum beyond 32 bits, and the C file does what is computed."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from sklearn.datasets import load_digits

import glassnet as gn
from glassnet.errors import InvalidValue, Unsupported
from glassnet.export.c.files import export_c
from glassnet.export.c.int8 import int8_members, int8_outputs
from glassnet.export.c.running import FLAGS, CompiledModel
from glassnet.export.source import source
from tests.export.models import estimator, network, table_model

CC = shutil.which("cc")
needs_compiler = pytest.mark.skipif(CC is None, reason="there is no C compiler, cc")


def digits():
    X, y = load_digits(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(X))
    with pytest.warns(UserWarning, match="hasn't converged"):
        model = gn.MLPClassifier((32,), "tanh", max_iter=30, random_state=0).fit(
            X[rows[:1000]], y[rows[:1000]]
        )
    return model, X[rows[:300]], X[rows[1000:]], y[rows[1000:]]


@needs_compiler
def test_digits_lose_at_most_half_a_percent(tmp_path):
    model, calibration, X, y = digits()
    made = export_c(model, tmp_path / "m.c", dtype="int8", calibration=calibration)

    answers = CompiledModel(source(model), tmp_path / "m.c", tmp_path).answers(X)

    assert np.mean(answers.argmax(axis=1) == y) >= model.score(X, y) - 0.005
    assert made.constants < 4 * (64 * 32 + 32 * 10) / 2  # less than half of float32


@needs_compiler
@pytest.mark.parametrize("which", ["table", "heads", "multilabel"])
def test_the_c_file_does_what_was_computed_under_sanitizers(which, tmp_path):
    model, rows = {
        "table": lambda: table_model("number", "softplus"),
        "heads": lambda: network(heads=True),
        "multilabel": lambda: estimator("multilabel"),
    }[which]()
    made = export_c(model, tmp_path / "m.c", dtype="int8", calibration=rows, rows=rows)
    found = source(model)
    a = int8_outputs(int8_members(found, found.first(rows)), found.first(rows))

    answers = CompiledModel(found, tmp_path / "m.c", tmp_path).answers(rows)

    wanted = a * found.answer.scale + found.answer.mean
    # A value on the edge between two of the 256 may be rounded to either.
    close = np.isclose(answers, wanted, rtol=1e-4, atol=1e-5 * max(found.answer.scale)).all(axis=1)
    assert close.mean() > 0.95
    sources = [path for path in made.paths if path.suffix == ".c"]
    sanitizers = "-fsanitize=address,undefined,float-cast-overflow"
    trial = tmp_path / "trial"
    subprocess.run(
        [CC, *FLAGS, sanitizers, "-fno-sanitize-recover", *sources, "-o", trial, "-lm"], check=True
    )
    done = subprocess.run([trial], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_compiler
def test_rows_far_outside_the_calibration_stay_within_bounds_under_sanitizers(tmp_path):
    net, X = network("relu")
    wild = np.random.default_rng(0).choice([-1e30, -1.0, 0.0, 1e30], size=(64, 4))
    made = export_c(net, tmp_path / "m.c", dtype="int8", calibration=X, rows=wild)
    sources = [path for path in made.paths if path.suffix == ".c"]
    sanitizers = "-fsanitize=address,undefined,float-cast-overflow"

    subprocess.run(
        [CC, *FLAGS, sanitizers, "-fno-sanitize-recover", *sources, "-o", tmp_path / "t", "-lm"],
        check=True,
    )
    done = subprocess.run([tmp_path / "t"], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert "64 rows, largest difference" in done.stdout


def test_no_input_whatever_makes_a_sum_larger_than_the_bound_in_the_file(tmp_path):
    net, X = network("tanh")
    found = source(net)
    (layers,) = int8_members(found, found.first(X))
    text = export_c(net, tmp_path / "m.c", dtype="int8", calibration=X).paths[0].read_text()

    for layer in layers:
        w = layer.w.astype(np.int64)
        highest, lowest = (w * (w > 0)).sum(axis=1) * 255, (w * (w < 0)).sum(axis=1) * 255
        assert max(highest.max(), -lowest.min()) <= layer.bound < 2**31
    told = [int(number) for number in re.findall(r"beyond (\d+), of 2147483647", text)]
    assert told == [layer.bound for layer in layers]


def test_a_layer_whose_sums_could_overflow_is_refused():
    n = 70_000  # · 127 · 255 is more than 2³¹
    net = gn.Network(n, [gn.Dense(1, "identity", init=gn.Constant(1.0))])

    with pytest.raises(Unsupported, match=r"layer 1 could reach 2,266,950,000.*Export float32"):
        int8_members(source(net), np.stack([np.zeros(n), np.ones(n)]))


def test_an_input_that_never_varies_has_no_say():
    net = gn.Network(2, [gn.Dense(1, "identity", init=gn.Constant(3.0))])
    rows = np.array([[0.0, 5.0], [1.0, 5.0], [0.5, 5.0]])
    layers = int8_members(source(net), rows)

    same, other = (int8_outputs(layers, np.array([[0.5, x]])) for x in (5.0, 500.0))

    assert same == other
    np.testing.assert_allclose(same, gn.predict(net, [[0.5, 5.0]]), rtol=0.01)


def test_int8_and_calibration_go_together(tmp_path):
    net, X = network()

    with pytest.raises(InvalidValue, match="got dtype='int8' without calibration"):
        export_c(net, tmp_path / "m.c", dtype="int8")
    with pytest.raises(InvalidValue, match="got dtype='float32' with calibration"):
        export_c(net, tmp_path / "m.c", calibration=X)
    with pytest.raises(InvalidValue, match="must be"):
        export_c(net, tmp_path / "m.c", dtype="int4", calibration=X)

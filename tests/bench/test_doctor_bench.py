"""The judging bench of the doctor: its programs, its counting, and what it prints."""

import json
import os

import numpy as np
import pytest

import glassnet as gn
from bench.doctor import keras_errors, keras_losses, places, table
from bench.doctor.__main__ import _alone, main
from bench.doctor.cases import read
from bench.doctor.cures import Clinic
from bench.doctor.keras_optimizers import Misled
from bench.doctor.keras_parts import Decay, OneUnitSoftmax
from bench.doctor.loss_words import read_loss
from bench.doctor.metrics import Bar
from bench.doctor.programs import program
from bench.doctor.refusals import refusal
from bench.doctor.runs import trained
from bench.doctor.tables import prepared
from glassnet.doctor.remedies import Remedy
from glassnet.network.activations import Identity
from glassnet.optim.contracts import Clock

ROWS = 60


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def folder(tmp_path, rng):
    """Three data sets of 60 rows: a line, two classes, and three classes as numbers."""
    x = rng.normal(size=(ROWS, 2))
    targets = {
        "line": 40 + 10 * x[:, 0],
        "side": (x[:, 0] > 0).astype(float),
        "third": np.digitize(x[:, 0], [-0.4, 0.4]).astype(float),
    }
    (tmp_path / "data").mkdir()
    for name, y in targets.items():
        np.savetxt(
            tmp_path / "data" / f"{name}.csv", np.c_[x, y], delimiter=",", comments="",
            header="x0,x1,y0",
        )  # fmt: skip
    return tmp_path


def case(csv="line", *, layers=((8, "tanh"), (1, "linear")), loss="mse", faults=("HEALTHY",),
         success=None, fix=None, y=None, **training):  # fmt: skip
    """A line of a case file."""
    named = {"opt": "adam", "lr": 0.02, "epochs": 60, "batch": 10, "loss": loss}
    return {
        "id": f"{csv}-{loss}-{layers[-1][1]}",
        "role": "hard",
        "problem": {"csv": f"data/{csv}.csv", "preprocess": {} if y is None else {"y": y}},
        "network": {
            "n_in": 2, "layers": [{"units": n, "act": act} for n, act in layers],
            "weight_init": "glorot_uniform", "bias_init": 0.0,
        },
        "training": named | training,
        "known_faults": list(faults),
        "where": "output layer",
        "fix_spec": fix or {},
        "success": success or {"metric": "r2", "ok_at_least": 0.9, "on": "training rows"},
    }  # fmt: skip


def one(folder, record):
    """The case of a record, as it is read back."""
    path = folder / "cases.jsonl"
    path.write_text(json.dumps(record))
    return read(path)[0]


def made(folder, record, *, fixed=False, seed=0):
    return program(one(folder, record).recipe(fixed=fixed), folder, seed, record["success"])


LOSSES = {
    "bce": keras_losses.BinaryCrossEntropy(),
    "bce summed": keras_losses.BinaryCrossEntropy(summed=True),
    "cce": keras_losses.CrossEntropy(),
    "cce of what was cut": keras_losses.CrossEntropy(normalised="after"),
    "cce of raw outputs": keras_losses.CrossEntropy(normalised="never"),
    "poisson": keras_losses.Poisson(),
    "each with each": keras_losses.Broadcast(keras_errors.MeanError(2)),
    "mse": keras_errors.MeanError(2),
    "mae summed": keras_errors.MeanError(1, summed=True),
    "msle": keras_errors.LogError(),
    "mape": keras_errors.PercentageError(),
    "log cosh": keras_errors.LogCosh(),
    "squared hinge": keras_errors.Hinge(2),
    "kl": keras_errors.KullbackLeibler(),
    "rmse": keras_errors.RootMeanSquare(),
    "categorical hinge": keras_errors.CategoricalHinge(),
    "cosine": keras_errors.Cosine(),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_keras_loss_has_the_slope_of_its_value(name, rng):
    loss = LOSSES[name]
    width = 1 if name == "each with each" else 3
    a, y = rng.uniform(0.1, 0.9, (4, width)), rng.uniform(0.1, 0.9, (4, width))
    phi, h = Identity(), 1e-6

    slopes = loss.delta(phi, a, a, y)

    for place in np.ndindex(a.shape):
        step = np.zeros_like(a)
        step[place] = h
        rise = loss.value(phi, a + step, a + step, y) - loss.value(phi, a - step, a - step, y)
        # Second order in h, and the cancellation of a difference of numbers of size 100 at most.
        assert slopes[place] == pytest.approx(rise.sum() / (2 * h), rel=1e-5, abs=1e-7)


def test_outputs_that_keras_cuts_teach_nothing():
    a, y = np.array([[-0.2], [1.3], [0.4]]), np.array([[1.0], [0.0], [1.0]])

    slopes = keras_losses.BinaryCrossEntropy().derivative(a, y)

    assert slopes.ravel().tolist() == pytest.approx([0.0, 0.0, -1 / 0.4])


def test_a_column_against_a_row_is_the_mean_over_all_pairs(rng):
    a, y = rng.normal(size=(5, 1)), rng.normal(size=(5, 1))
    loss = keras_losses.Broadcast(keras_errors.MeanError(2))

    found = loss.value(Identity(), a, a, y).mean()

    assert found == pytest.approx(np.mean((a - y.T) ** 2))


@pytest.mark.parametrize(
    ("optimizer", "slower"),
    [(gn.SGD, 1.5), (gn.Momentum, 1.5), (lambda rate: gn.Adam(0.1 * rate, epsilon=1e-12), 1.0)],
)
def test_glassnets_own_loss_moves_the_weights_as_keras_does(optimizer, slower, rng):
    X, y = rng.normal(size=(12, 2)), rng.normal(size=(12, 3))
    read = read_loss("mean_squared_error", "identity", 3, y)
    assert (read.loss, read.cost_factor) == ("squared_error", 1.5)  # half a sum, not a mean

    weights = []
    for loss, rate in ((read.loss, 0.1 / slower), (keras_errors.MeanError(2), 0.1)):
        net = gn.Network(2, [gn.Dense(4, "tanh"), gn.Dense(3, "identity")], loss=loss, seed=3)
        gn.train(net, X, y, optimizer=optimizer(rate), epochs=3, batch_size=5)
        weights.append(net.state.theta)

    assert weights[0] == pytest.approx(weights[1], rel=1e-7, abs=1e-9)


def test_a_flipped_gradient_climbs():
    theta, g = np.zeros(2), np.array([1.0, -2.0])
    step, _ = Misled(0.1, gn.SGD(0.1)).step(theta, g, {}, 0.1, 0.0)
    assert step.tolist() == pytest.approx([0.1, -0.2])


def test_a_decaying_rate_falls_step_by_step():
    rates = Decay(0.5).rates(1.0, {}, Clock(2, 10, 100), 2)
    assert rates.tolist() == pytest.approx([1 / 2, 1 / 2.5])


def test_one_softmax_unit_says_one_and_passes_nothing_back(rng):
    z = rng.normal(size=(3, 1))
    phi = OneUnitSoftmax()
    assert phi.value(z).tolist() == [[1.0]] * 3
    assert not phi.back(z, phi.value(z), z).any()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("standardise each column (mean 0, sd 1)", [[-1, -1], [1, 1]]),
        ("min-max to [-1, 1]", [[-1, -1], [1, 1]]),
        ("divide by 10; subtract 1", [[-1, -0.9], [-0.6, 0.1]]),
        ("subtract 2 and divide by 2", [[-1, -0.5], [1, 4.5]]),
        ("pixels/16", [[0, 1 / 16], [0.25, 11 / 16]]),
        ("multiply by 1/2, then add 1", [[1, 1.5], [3, 6.5]]),
        ("zero mean and unit variance", [[-1, -1], [1, 1]]),
        ("standardise the first column only", [[-1, 1], [1, 11]]),
        (None, [[0, 1], [4, 11]]),
    ],
)
def test_columns_are_prepared_as_the_sentence_says(sentence, expected):
    found = prepared(np.array([[0.0, 1.0], [4.0, 11.0]]), sentence)
    assert found == pytest.approx(np.array(expected, dtype=float))


def test_labels_out_of_step_are_judged_in_step(folder):
    here = made(folder, case(misalign=True)).rows
    assert sorted(here.y.ravel()) == sorted(here.aligned.ravel())
    assert (here.y != here.aligned).any()
    assert (here.aligned == here.answers).all()


def test_the_fixed_twin_changes_what_the_fix_names_and_nothing_else(folder):
    fix = {"training": {"opt": "sgd", "lr": 0.5, "epochs": 3, "batch": 4, "loss": "mse"},
           "preprocess": {"x": "divide by 2"}}  # fmt: skip
    record = case(y="standardise each column", fix=fix)
    before, after = made(folder, record), made(folder, record, fixed=True)
    assert (after.optimizer, after.epochs) == (gn.SGD(1.0), 3)  # mse of one output is twice ours
    assert after.rows.X == pytest.approx(before.rows.X / 2)
    assert (after.rows.y == before.rows.y).all()
    assert after.spec == before.spec


def test_a_remedy_is_judged_in_the_units_of_the_case(folder):
    record = case(lr=0.002, epochs=20)
    ill, bar = made(folder, record), Bar.of(record["success"])
    diagnosis = gn.diagnose(ill.network(0), ill.rows.X, ill.rows.y, optimizer=ill.optimizer,
                            epochs=20, batch_size=10)  # fmt: skip
    clinic = Clinic(ill, bar, 0, diagnosis)
    assert trained(ill, bar, 0).metric < 0
    assert 0 < clinic.outcome(Remedy({"y": "standardise"})).metric <= 1
    assert clinic.outcome(Remedy({"X": "make anew"})).said == "left to people"


def test_a_class_that_the_remedy_codes_anew_is_read_back(folder):
    bar = {"metric": "cls_acc", "ok_at_least": 0.9}
    record = case("third", layers=((8, "tanh"), (1, "sigmoid")), loss="bce", success=bar)
    ill = made(folder, record)
    diagnosis = gn.diagnose(ill.network(0), ill.rows.X, ill.rows.y, optimizer=ill.optimizer)
    cured = Clinic(ill, Bar.of(bar), 0, diagnosis).outcome(Remedy({"head": "softmax"}))
    low = float(np.mean(ill.rows.answers < 2))  # a sigmoid never says 2
    assert trained(ill, Bar.of(bar), 0).metric <= low < 0.9
    assert cured.passed


@pytest.mark.parametrize(
    ("metric", "expected"), [("acc", 0.75), ("balacc", 0.5), ("mse", 0.25 * 0.8**2), ("auc", 1.0)]
)
def test_metrics_say_what_they_are_called(metric, expected):
    a, y = np.array([[0.0], [0.0], [0.0], [0.2]]), np.array([[0.0], [0.0], [0.0], [1.0]])
    assert Bar(metric, 0.5).value(a, y, y) == pytest.approx(expected)


def test_the_words_for_a_place_are_numbers_of_layers():
    assert places.layers_of("output layer + loss", 4) == {4}
    assert places.layers_of("hidden layers", 4) == {1, 2, 3}
    assert places.layers_of("labels", 4) == frozenset()


def test_the_constructor_counts_where_it_names_the_remedy(folder):
    single = case("side", layers=((4, "tanh"), (1, "softmax")), loss="bce")
    assert refusal(one(folder, single).recipe()).code == "SOFTMAX_ONE"
    leaving = case("side", layers=((4, "tanh"), (1, "relu")), loss="bce")
    assert refusal(one(folder, leaving).recipe()).code == "LOSS_PAIR"
    assert refusal(one(folder, case()).recipe()) is None


def run(counts, *codes, **more):
    """A run as the protocol notes it, with alarms of some codes at step 0."""
    signs = [{"code": code, "severity": "fatal", "step": 0, "edit": f"cures {code}"}
             for code in codes]  # fmt: skip
    return {
        "counts": counts, "signs": signs, "agrees": True, "capped": False, "raised": "",
        "seconds": 1.0, "doctor_seconds": 0.5, "flagged": bool(codes), "top_1": False,
        "top_3": False, "right": dict.fromkeys(codes, False), "layer": None, "first_right": None,
        **more,
    }  # fmt: skip


def judged(runs, twins=()):
    return {"runs": runs, "twins": list(twins), "known_cures": [], "twins_not_run": ""}


def test_figures_weigh_each_case_alike():
    cases = [
        judged([run("ill", "A", top_1=True), run("ill")]),
        judged([run("ill", "B")], [run("healthy"), run("", "C")]),
        judged([run("healthy", "D")]),
        {"not_run": "why"},
    ]
    found = table.figures(cases)
    assert (found["cases"], found["not_run"]) == (3, 1)
    assert found["recall"] == pytest.approx((0.5 + 1.0) / 2)
    assert found["top_1"] == pytest.approx((0.5 + 0.0) / 2)
    assert found["false_alarms"] == pytest.approx((0.0 + 1.0) / 2)


def test_a_named_cause_is_right_if_known_or_if_its_edit_cures():
    ill = run("ill", "A", "B", "C", right={"A": True, "B": False, "C": False, "D": False})
    cases = [judged([ill | {"cures": {"C": True}}]) | {"known_cures": ["cures B"]}]
    assert table.figures(cases)["precision"] == pytest.approx(3 / 4)


def test_the_bench_judges_a_file_and_goes_on_past_what_it_does_not_know(folder, capsys):
    sigmoid, linear = ((8, "tanh"), (1, "sigmoid")), ((8, "tanh"), (1, "linear"))
    fix = {"layers": [{"units": n, "act": act} for n, act in linear]}
    records = [
        case(y="divide by 10", lr=0.05),
        case(y="divide by 10", layers=sigmoid, faults=["OUT_RANGE"], fix=fix, lr=0.05),
        case(loss="wishful"),
    ]
    path, out = folder / "cases.jsonl", folder / "found.json"
    path.write_text("\n".join(map(json.dumps, records)) + "\nnot JSON\n")

    asked = [str(path), "--data", str(folder), "--seeds", "1", "--json", str(out)]
    assert main([*asked, "--no-overhead"]) == 0

    printed, found = capsys.readouterr().out, json.loads(out.read_text())
    assert "line-wishful-linear: not run. no loss is known as 'wishful'." in printed
    assert "line 4: not run." in printed
    assert "OUT_RANGE | found OUT_RANGE@0" in printed
    results = found["results"]
    assert (results["cases"], results["not_run"], results["recall"]) == (2, 2, 1.0)
    assert (results["top_1"], results["cured_by_one"], results["layer"]) == (1.0, 1.0, 1.0)
    assert found["machine"]["processor"]


def test_a_fix_that_is_not_known_costs_the_twin_alone(folder, capsys):
    path = folder / "cases.jsonl"
    path.write_text(json.dumps(case(faults=["TARGET_SCALE"], epochs=2, fix={"pray": True})))
    asked = [str(path), "--data", str(folder), "--seeds", "1", "--no-cures", "--no-overhead"]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert "twin not run: fix_spec has pray, which the bench does not know." in printed
    assert "0 not run (and 1 twins)" in printed


def _die(_):
    os._exit(3)


def test_a_process_that_dies_costs_its_case_alone(folder):
    assert _alone(one(folder, case()), _die)["not_run"] == "its process died."


def test_a_missing_folder_is_one_line(folder, capsys):
    path = folder / "cases.jsonl"
    path.write_text(json.dumps(case()))
    assert main([str(path), "--data", str(folder / "nowhere")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Give --data" in told

"""The doctor leaves a network as it is, speaks in three forms, and never falls ill itself."""

from __future__ import annotations

import io
import json
import pickle  # noqa: TID251  # a fitted estimator is pickled with its diagnosis
import warnings
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning

import glassnet as gn

RNG = np.random.default_rng(5)
X = RNG.normal(size=(50, 3))
Y = X[:, 0] - X[:, 1]


def _net(**options: Any) -> gn.Network:
    return gn.Network(3, [gn.Dense(8, "relu"), gn.Dense(1, "identity")], seed=1, **options)


def _standardised(x: Any) -> Any:
    deviation = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_digits])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("depth", [1, 3])
def test_healthy_classifiers_are_not_flagged_before_and_after_training(
    load: Any, activation: str, depth: int
) -> None:
    x, y = load(return_X_y=True)
    x, classes = _standardised(x)[::2], len(np.unique(y))
    hidden = [gn.Dense(32, activation) for _ in range(depth)]
    net = gn.Network(
        x.shape[1], [*hidden, gn.Dense(classes, "softmax")], loss="cross_entropy", seed=depth
    )

    before = gn.diagnose(net, x, y[::2], optimizer=gn.Adam(0.003), epochs=20, batch_size=32)
    run = gn.train(net, x, y[::2], optimizer=gn.Adam(0.003), epochs=20)
    after = gn.diagnose(net, x, y[::2], history=run)

    assert (before.findings, after.findings) == ([], [])
    assert after.moments == ("static", "after training", "history")


@pytest.mark.parametrize("seed", range(4))
def test_healthy_regressors_are_not_flagged(seed: int) -> None:
    x, y = load_diabetes(return_X_y=True)
    x, y = _standardised(x), _standardised(y)
    net = gn.Network(10, [gn.Dense(24, "relu"), gn.Dense(1, "identity")], seed=seed)

    before = gn.diagnose(net, x, y, optimizer="adam", epochs=30, batch_size=32)
    run = gn.train(net, x, y, epochs=30)

    assert before.healthy
    assert gn.diagnose(net, x, y, history=run).healthy


def test_an_estimator_brings_its_labels_its_plan_and_its_history() -> None:
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        clf = gn.MLPClassifier((16,), max_iter=120, random_state=0).fit(x, names)

    found = gn.diagnose(clf, x, names)

    assert found.healthy
    assert found.moments == ("static", "after training", "history")


def test_looking_changes_no_bit_of_the_network() -> None:
    net = _net()
    before = net.state.theta.tobytes()

    gn.diagnose(net, X, Y, optimizer=gn.Adam(0.1), epochs=3, batch_size=8)

    assert net.state.theta.tobytes() == before
    assert net.state.t == 0


BROKEN: dict[str, Any] = {
    "nan weights": lambda: (_spoilt(np.nan), X, Y),
    "infinite weights": lambda: (_spoilt(np.inf), X, Y),
    "enormous weights": lambda: (_spoilt(1e300), X, Y),
    "zero weights": lambda: (_spoilt(0.0), X, Y),
    "nan everywhere in X": lambda: (_net(), X * np.nan, Y),
    "enormous X": lambda: (_net(), X * 1e306, Y),
    "nan everywhere in y": lambda: (_net(), X, Y * np.nan),
    "constant y": lambda: (_net(), X, np.ones(50)),
    "constant X": lambda: (_net(), np.zeros((50, 3)), Y),
    "one row": lambda: (_net(), X[:1], Y[:1]),
    "two equal rows": lambda: (_net(), X[[0, 0]], Y[:2]),
    "no y": lambda: (_net(), X),
    "weights of 0": lambda: (_net(), X, Y, np.zeros(50)),
    "an empty class": lambda: (
        gn.Network(3, [gn.Dense(4, "softmax")], loss="cross_entropy"), X, np.arange(50) % 2 * 3),
    "an unreachable layer": lambda: (
        gn.Network(3, [gn.Dense(4, "relu", bias_init=-1e9), gn.Dense(2, "relu"),
                       gn.Dense(1, "identity", init="zeros")]), X, Y),
    "batch norm of one row": lambda: (
        gn.Network(3, [gn.Dense(4, "relu", batch_norm=True), gn.Dense(1, "identity")]),
        X[:1], Y[:1]),
    "two heads": lambda: (
        gn.Network(3, [gn.output_layer([gn.Head(1), gn.Head(2, "softmax", "cross_entropy")])]),
        X, np.c_[Y, Y > 0, Y <= 0].astype(float)),
    "float32": lambda: (_spoilt(3e38, dtype="float32"), X.astype("float32"), Y),
}  # fmt: skip


def _spoilt(value: float, **options: Any) -> gn.Network:
    net = _net(**options)
    net.state.theta[:] = value
    return net


@pytest.mark.parametrize("name", BROKEN)
def test_nothing_broken_makes_the_doctor_raise(name: str) -> None:
    net, *rows = BROKEN[name]()

    found = gn.diagnose(net, *rows, optimizer="adam", epochs=2, batch_size=8)

    assert str(found)
    assert json.loads(found.to_json())["healthy"] == found.healthy


@pytest.mark.parametrize("name", ["nan weights", "nan everywhere in X", "constant X"])
def test_what_is_plainly_broken_is_not_called_healthy(name: str) -> None:
    assert not gn.diagnose(*BROKEN[name]()).healthy


def test_the_three_forms_say_the_same() -> None:
    found = gn.diagnose(_net(), X, 1000 * Y)
    (finding,) = found.findings
    screen = io.StringIO()
    Console(file=screen, width=400).print(found)

    assert finding.to_dict()["numbers"]["residual"] > 10
    for form in (str(found), found.to_html(), screen.getvalue()):
        for sentence in finding.sentences():
            assert sentence in form
    assert found._repr_html_() == found.to_html()
    assert json.loads(found.to_json())["findings"][0]["code"] == "TARGET_SCALE"
    assert repr(found) == "Diagnosis(TARGET_SCALE)"


def test_a_healthy_network_is_told_what_was_looked_for() -> None:
    found = gn.diagnose(_net(), X, Y)

    looked_for = len(found.checked)
    assert found.verdict == f"healthy: {looked_for} causes looked for (static, step 0)"
    assert "DEAD_RELU" in str(found)


def test_a_consequence_is_not_a_second_cause() -> None:
    found = gn.diagnose(_net(), 255 * np.abs(X) + 2000, Y, optimizer=gn.SGD(0.1))

    assert [finding.code for finding in found.findings] == ["INPUT_SCALE"]
    assert "LR_HIGH" in [finding.code for finding in found.consequences]


def test_the_case_and_the_chart_are_kept_and_not_pickled() -> None:
    net = _net()
    found = gn.diagnose(net, X, Y, optimizer=gn.Adam(0.1), epochs=3, batch_size=8)
    copy = pickle.loads(pickle.dumps(found))

    assert found.case is not None
    assert found.case.subject is net
    assert found.case.X is X
    assert found.chart is not None
    assert found.chart.rows == 50
    assert (copy.case, copy.chart) == (None, None)
    assert copy.to_dict() == found.to_dict()

"""Each cause planted into a network that is healthy without it, and found first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch

RNG = np.random.default_rng(7)
X = RNG.normal(size=(200, 4))
WAVE = np.sin(2 * X[:, 0]) + X[:, 1] ** 2 / 2
SIDE = (WAVE > 0.5).astype(float)
KINDS = np.digitize(WAVE, [0.0, 0.8])
HIDDEN = [gn.Dense(16, "tanh"), gn.Dense(16, "tanh")]
RECTIFIED = [gn.Dense(16, "relu"), gn.Dense(16, "relu")]


def _regressor(*, hidden: Any = None, output: str = "identity", **options: Any) -> gn.Network:
    layers = [*(hidden or HIDDEN), gn.Dense(1, output)]
    return gn.Network(options.pop("inputs", 4), layers, seed=3, **options)


def _classifier(hidden: Any = None, **options: Any) -> gn.Network:
    layers = [*(hidden or HIDDEN), gn.Dense(1, "logistic")]
    return gn.Network(4, layers, loss="binary_cross_entropy", seed=3, **options)


def _many(units: int) -> gn.Network:
    return gn.Network(4, [*HIDDEN, gn.Dense(units, "softmax")], loss="cross_entropy", seed=3)


def _first(net: Any, *given: Any, **options: Any) -> gn.Finding:
    findings = gn.diagnose(net, *given, **options).findings
    assert findings, "nothing was found"
    return findings[0]


PLANTED: dict[str, tuple[str, Any]] = {
    "targets above a logistic output": (
        "OUT_RANGE", lambda: (_regressor(output="logistic"), X, 5 * WAVE)
    ),
    "targets on both sides of a relu output": (
        "OUT_RANGE", lambda: (_regressor(output="relu"), X, WAVE - 1)
    ),
    "targets slightly beyond tanh": (
        "OUT_RANGE", lambda: (_regressor(output="tanh"), X, 1.2 * WAVE / np.abs(WAVE).max())
    ),
    "measurements under a binary cross-entropy": ("OUT_RANGE", lambda: (_classifier(), X, WAVE)),
    "labels 1 and 2": ("LABEL_CODE", lambda: (_classifier(), X, SIDE + 1)),
    "labels −1 and 1": ("LABEL_CODE", lambda: (_classifier(), X, 2 * SIDE - 1)),
    "six classes in one logistic unit": (
        "LABEL_CODE", lambda: (_classifier(), X, KINDS + 3.0 * (X[:, 2] > 0))
    ),
    "class numbers from 1": ("LABEL_CODE", lambda: (_many(3), X, KINDS + 1)),
    "class numbers up to 255": ("LABEL_CODE", lambda: (_many(3), X, KINDS * 127)),
    "two columns of y for one output": ("LABEL_CODE", lambda: (_regressor(), X, np.c_[WAVE, WAVE])),
    "one class only": ("LABEL_CODE", lambda: (_classifier(), X, np.ones(200))),
    "relu under a binary cross-entropy": ("LOSS_PAIR", lambda: (
        gn.Network(4, [gn.Dense(16, "relu"), gn.Dense(1, "relu")], loss="binary_cross_entropy",
                   strict=False), X, SIDE)),
    "several labels under one softmax": (
        "LOSS_PAIR", lambda: (_many(3), X, np.c_[SIDE, X[:, 0] > 0, X[:, 1] > 0].astype(float))
    ),
    "only identities": ("ALL_LINEAR", lambda: (
        _regressor(hidden=[gn.Dense(16, "identity")] * 2), X[:, :4], np.cos(2 * X[:, 0]))),
    "raw pixels": ("INPUT_SCALE", lambda: (_regressor(), 255 * np.abs(X), WAVE)),
    "one column a thousand times the others": (
        "INPUT_SCALE", lambda: (_classifier(RECTIFIED), X * [1000, 1, 1, 1] + [3000, 0, 0, 0], SIDE)
    ),
    "inputs far from 0": ("INPUT_SCALE", lambda: (_regressor(), X + 100, WAVE)),
    "targets in thousands": ("TARGET_SCALE", lambda: (_regressor(), X, 1000 * WAVE)),
    "constant weights": ("INIT_SYMM", lambda: (
        gn.Network(4, [gn.Dense(16, "tanh", init=gn.Constant(0.1)),
                       gn.Dense(1, "identity", init=gn.Constant(0.1))]), X, WAVE)),
    "zero weights of rectifiers, which are off too": ("INIT_SYMM", lambda: (
        _classifier([gn.Dense(16, "relu", init="zeros")]), X, SIDE)),
    "zero weights in a classifier": ("INIT_SYMM", lambda: (
        _classifier([gn.Dense(k, "tanh", init="zeros") for k in (16, 8)]), X, SIDE)),
    "weights fifty times too large": ("INIT_SCALE", lambda: (
        gn.Network(4, [gn.Dense(16, "tanh", init=gn.Normal(25.0)),
                       gn.Dense(1, "identity", init=gn.Normal(25.0))]), X, WAVE)),
    "weights a thousand times too small": ("INIT_SCALE", lambda: (
        _regressor(hidden=[gn.Dense(16, "tanh", init=gn.Normal(1e-4))] * 2), X, WAVE)),
    "a penalty of 100": ("OVER_REG", lambda: (_regressor(penalties=[gn.L2(100.0)]), X, WAVE)),
    "units born dead": ("DEAD_RELU", lambda: (
        _regressor(hidden=[gn.Dense(16, "relu", bias_init=-20.0), gn.Dense(16, "relu")]), X, WAVE)),
    "ten logistic layers": ("VANISH", lambda: (
        _regressor(hidden=[gn.Dense(16, "logistic")] * 10), X, WAVE)),
    "six layers that each multiply by four": ("EXPLODE", lambda: (
        _regressor(hidden=[gn.Dense(16, "identity", init=gn.Normal(1.0))] * 6), X, X[:, 0])),
    "nan in a row": ("DATA_BAD", lambda: (_regressor(), np.where(X == X[3, 2], np.nan, X), WAVE)),
    "columns that never change": ("DATA_BAD", lambda: (_regressor(), np.ones((200, 4)), WAVE)),
    "rows and targets shuffled apart": (
        "DATA_BAD", lambda: (_regressor(), X, np.random.default_rng(1).permutation(WAVE))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_cause_is_named_first(name: str) -> None:
    code, made = PLANTED[name]

    assert _first(*made()).code == code


@pytest.mark.parametrize(
    ("net", "y"), [(_regressor(), WAVE), (_classifier(), SIDE), (_many(3), KINDS)],
    ids=["regressor", "classifier", "many classes"],
)  # fmt: skip
def test_without_a_planted_cause_nothing_is_found(net: gn.Network, y: Any) -> None:
    found = gn.diagnose(net, X, y, optimizer=gn.Adam(0.01), epochs=50, batch_size=32)

    assert found.findings == []
    assert found.consequences == []
    assert found.moments == ("static", "step 0", "first steps")


@pytest.mark.parametrize("rate", [3.0, 30.0, 1e9])
def test_steps_that_overshoot_are_seen_in_a_rehearsal(rate: float) -> None:
    found = _first(_regressor(), X, WAVE, optimizer=gn.SGD(rate))

    assert found.code == "LR_HIGH"
    assert 0.001 < found.remedy["learning_rate"] < 3.0


@pytest.mark.parametrize("optimizer", [gn.SGD(1e-6), gn.Adam(1e-6)], ids=["sgd", "adam"])
def test_steps_that_lead_nowhere_are_seen_in_a_rehearsal(optimizer: Any) -> None:
    found = _first(_regressor(), X, WAVE, optimizer=optimizer, epochs=20, batch_size=32)

    assert found.code == "LR_LOW"
    assert found.remedy["learning_rate"] > 1e-4


def test_a_run_that_ended_while_falling_had_too_few_steps() -> None:
    net = _regressor()
    run = gn.train(net, X, WAVE, optimizer=gn.SGD(0.003), epochs=8)

    assert _first(net, X, WAVE, history=run).code == "FEW_STEPS"


def test_a_run_that_diverged_is_told_to_go_slower() -> None:
    history = gn.History([{"J": value} for value in (1.0, 0.9, 40.0, 1e9, np.nan)])

    codes = [f.code for f in gn.diagnose(_regressor(), X, WAVE, history=history).findings]

    assert codes == ["LR_HIGH"]


def test_a_validation_loss_that_turned_is_overfitting() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 10)), rng.integers(0, 2, 80)
    held = rng.normal(size=(40, 10))
    net = gn.Network(10, [gn.Dense(64, "relu"), gn.Dense(1, "logistic")],
                     loss="binary_cross_entropy", seed=0)  # fmt: skip
    run = gn.train(net, x, y[:40], optimizer=gn.Adam(0.01), epochs=100, validation=(held, y[40:]))

    assert _first(net, x, y[:40], history=run).code == "OVERFIT"


def test_a_rare_class_that_is_never_named_is_found_and_numbered() -> None:
    y = np.where(X[:, 0] > 1.7, 2, (X[:, 1] > 0).astype(int))
    net = _many(3)
    gn.train(net, X, y, optimizer=gn.SGD(0.05), epochs=30)

    found = _first(net, X, y)

    assert (found.code, found.units) == ("IMBALANCE", (2,))


def test_validation_rows_among_the_training_rows_are_a_leak() -> None:
    found = _first(_regressor(), X, WAVE, validation=np.r_[X[:30], X[:70] + 1e-9])

    assert found.code == "SPLIT_LEAK"
    assert found.numbers["in both"] == 0.3


def test_a_column_that_gives_y_away_is_advice_and_does_not_make_ill() -> None:
    found = gn.diagnose(_regressor(), X, 3 * X[:, 2] - 1)

    assert found.healthy
    assert [(f.code, f.units, f.severity) for f in found.findings] == [
        ("SPLIT_LEAK", (2,), "advice")
    ]


def test_dead_units_and_their_layer_are_named() -> None:
    biases = np.zeros(16)
    biases[[0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 13, 15]] = -50.0
    net = _regressor(hidden=[gn.Dense(16, "relu"), gn.Dense(16, "relu")])
    net.b[2][:] = biases

    found = _first(net, X, WAVE)

    assert (found.code, found.layer) == ("DEAD_RELU", 2)
    assert set(found.units) >= {0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 13, 15}


def test_a_third_of_dead_units_is_no_illness() -> None:
    net = _regressor(hidden=[gn.Dense(30, "relu"), gn.Dense(16, "relu")])
    net.b[1][:10] = -50.0

    assert gn.diagnose(net, X, WAVE).healthy


def test_a_zero_last_layer_is_no_symmetry() -> None:
    net = gn.Network(4, [gn.Dense(16, "tanh"), gn.Dense(1, "identity", init="zeros")])

    assert gn.diagnose(net, X, WAVE).healthy


def test_targets_at_the_ends_of_the_range_can_be_reached() -> None:
    assert gn.diagnose(_classifier(), X, SIDE).healthy
    assert gn.diagnose(_regressor(output="tanh"), X, 2 * SIDE - 1).healthy
    assert gn.diagnose(_regressor(output="relu"), X, SIDE).healthy


def test_an_input_stage_that_standardises_leaves_nothing_to_say() -> None:
    wide = X * [1000, 1, 1, 1] + [3000, 0, 0, 0]
    stage = gn.Scaling(tuple(wide.mean(axis=0)), tuple(wide.std(axis=0)))

    assert gn.diagnose(_regressor(input_stage=stage), wide, WAVE).healthy


def test_one_softmax_unit_is_refused_with_the_cause_and_the_remedy() -> None:
    with pytest.raises(InvalidValue, match=r"always 1 and nothing is learned.*Use \"logistic\""):
        gn.Network(4, [gn.Dense(1, "softmax")])


def test_what_is_no_network_and_other_columns_are_errors() -> None:
    with pytest.raises(InvalidValue):
        gn.diagnose("net", X, WAVE)
    with pytest.raises(ShapeMismatch, match="layer 1 takes 4 inputs"):
        gn.diagnose(_regressor(), X[:, :3], WAVE)

"""Every cause planted into a healthy network at three strengths: found at the upper two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.doctor.causes import CAUSES

RNG = np.random.default_rng(11)
X = RNG.normal(size=(240, 4))
WAVE = np.sin(2 * X[:, 0]) + X[:, 1] ** 2 / 2
SIDE = (WAVE > 0.5).astype(float)
UNIT = WAVE / np.abs(WAVE).max()
TANH = [gn.Dense(16, "tanh"), gn.Dense(16, "tanh")]
PLAN = {"optimizer": gn.Adam(0.01), "epochs": 40, "batch_size": 32}
CODES = ("STRONG", "MEDIUM", "WEAK")


def _regressor(hidden: Any = None, output: Any = "identity", **options: Any) -> gn.Network:
    layers = [*(TANH if hidden is None else hidden), gn.Dense(1, output)]
    return gn.Network(4, layers, seed=3, **options)


def _classifier(output: Any = "logistic", **options: Any) -> gn.Network:
    options = {"loss": "binary_cross_entropy"} | options
    return gn.Network(4, [*TANH, gn.Dense(1, output)], seed=3, strict=False, **options)


def _hidden(count: int, activation: str, units: int = 16, **options: Any) -> list[gn.Dense]:
    return [gn.Dense(units, activation, **options) for _ in range(count)]


class Constant:
    """An output of one unit that is divided by itself."""

    def __init__(self, height: float) -> None:
        self.height = height

    def value(self, z: Any) -> Any:
        return self.height + 0 * z

    def derivative(self, z: Any, a: Any) -> Any:
        return 0 * z


class OfItsOwn:
    """A squared error whose derivative is wrong by a factor."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def of_output(self, a: Any, y: Any) -> Any:
        return (a - y) ** 2

    def derivative(self, a: Any, y: Any) -> Any:
        return self.factor * 2 * (a - y)


def _in_part(parts: Any, part: float) -> Any:
    """The targets, of which that part was shuffled away from its rows."""
    mixed = np.array(parts)
    which = np.flatnonzero(np.random.default_rng(5).random(len(mixed)) < part)
    mixed[which] = mixed[np.random.default_rng(6).permutation(which)]
    return mixed


def _twins(count: int) -> gn.Network:
    net = _regressor()
    for l, below in ((1, None), (2, slice(0, count))):
        net.W[l][:count] = net.W[l][0]
        if below is not None:
            net.W[l][:, below] = net.W[l][:, :1]
    net.W[3][:, :count] = net.W[3][:, :1]
    return net


def _dead(count: int) -> gn.Network:
    net = _regressor(_hidden(2, "relu"))
    net.b[2][:count] = -90.0
    return net


def _rare(share: float) -> tuple[Any, Any]:
    rows = np.random.default_rng(2).normal(size=(600, 4))
    return rows, (rows[:, 0] + 0.5 * rows[:, 1] > 1.118 * _height(share)).astype(float)


def _height(share: float) -> float:
    """Where the tail of a normal distribution holds that share."""
    return {0.015: 2.17, 0.05: 1.645, 0.3: 0.524}[share]


def _trained_on_rare(share: float) -> gn.Diagnosis:
    rows, y = _rare(share)
    net = gn.Network(4, [gn.Dense(1, "logistic")], loss="binary_cross_entropy", seed=0)
    gn.train(net, rows, y, optimizer=gn.SGD(0.05), epochs=15)
    return gn.diagnose(net, rows, y)


def _validated(turn: float) -> gn.Diagnosis:
    rows = [{"J": 1 / k, "step": 9 * k, "val_loss": 0.3 + turn * max(0, k - 9) + 1 / k}
            for k in range(1, 41)]  # fmt: skip
    return gn.diagnose(_regressor(), X, WAVE, history=gn.History(rows))


def _scored(name: str, wander: float) -> gn.Diagnosis:
    """A score of the validation rows that follows the loss, but for what it wanders."""
    noise = np.random.default_rng(1).normal(size=30)
    rows = [{"J": 1 / k, "step": 9 * k, "val_loss": 1 / k, name: -1 / k + wander * noise[k]}
            for k in range(1, 30)]  # fmt: skip
    return gn.diagnose(_regressor(), X, WAVE, history=gn.History(rows))


def _large_batches(epochs: int, rate: float) -> gn.Diagnosis:
    rows = np.random.default_rng(0).normal(size=(1200, 4))
    y = 2 + rows @ [0.5, 1.0, -0.5, 0.2]
    return gn.diagnose(
        _regressor(), rows, y, optimizer=gn.Adam(rate), epochs=epochs, batch_size=1200
    )


def _told(net: gn.Network, *rows: Any, **changes: Any) -> gn.Diagnosis:
    return gn.diagnose(net, *rows, **(PLAN | changes))


XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def _narrow(units: int) -> gn.Diagnosis:
    rows = np.tile(XOR, (20, 1)) + 0.05 * np.random.default_rng(0).normal(size=(80, 2))
    net = gn.Network(
        2, [gn.Dense(units, "tanh"), gn.Dense(1, "logistic")], loss="binary_cross_entropy", seed=1
    )
    return _told(net, rows, np.tile([0.0, 1.0, 1.0, 0.0], 20), epochs=200)


PLANTED: dict[str, tuple[Any, ...]] = {
    "DATA_BAD": tuple(
        lambda p=p: _told(_regressor(), X, _in_part(WAVE, p)) for p in (1.0, 0.97, 0.1)),
    "SOFTMAX_ONE": tuple(
        lambda h=h: _told(_classifier(Constant(h)), X, SIDE) for h in (1.0, 0.5, 0.3)),
    "LABEL_CODE": (
        lambda: _told(_classifier(), X, np.digitize(WAVE, [-0.5, 0.0, 0.5, 1.0]).astype(float)),
        lambda: _told(_classifier(), X, SIDE + 1),
        lambda: _told(_classifier(), X, np.clip(SIDE, 0.02, 0.98)),
    ),
    "STEP_BUG": tuple(
        lambda f=f: _told(_regressor(loss=OfItsOwn(f)), X, WAVE) for f in (-1.0, 0.5, 1.005)),
    "LOSS_PAIR": tuple(
        lambda o=o: _told(_classifier(o), X, SIDE) for o in ("relu", "tanh", "logistic")),
    "OUT_RANGE": tuple(
        lambda k=k: _told(_regressor(output="tanh"), X, k * UNIT) for k in (5.0, 1.5, 1.0)),
    "SPLIT_LEAK": tuple(
        lambda k=k: _told(_regressor(), X, WAVE, validation=np.r_[X[:k], 0.01 + X[:100]])
        for k in (100, 40, 3)),
    "ALL_LINEAR": tuple(
        lambda k=k: _told(_regressor(_hidden(2, "identity")), X, X[:, 2] / k + np.cos(2 * X[:, 0]))
        for k in (10.0, 1.0, 0.05)),
    "INPUT_SCALE": tuple(
        lambda k=k: _told(_regressor(), k * X + 3 * k, WAVE) for k in (900.0, 60.0, 0.8)),
    "TARGET_SCALE": tuple(
        lambda k=k: _told(_regressor(), X, k * WAVE) for k in (1e5, 1e3, 3.0)),
    "INIT_SYMM": tuple(lambda k=k: _told(_twins(k), X, WAVE) for k in (16, 12, 3)),
    "INIT_SCALE": tuple(
        lambda s=s: _told(_regressor(_hidden(2, "tanh", init=gn.Normal(s))), X, WAVE)
        for s in (1e-5, 1e-3, 0.2)),
    "OVER_REG": tuple(
        lambda s=s: _told(_regressor(penalties=[gn.L2(s)]), X, WAVE) for s in (100.0, 1.0, 1e-4)),
    "DEAD_RELU": tuple(lambda k=k: gn.diagnose(_dead(k), X, WAVE) for k in (16, 13, 5)),
    "VANISH": tuple(
        lambda k=k: _told(_regressor(_hidden(k, "logistic")), X, WAVE) for k in (12, 8, 1)),
    "EXPLODE": tuple(
        lambda s=s: _told(_regressor(_hidden(6, "leaky_relu", init=gn.Normal(s))), X, WAVE)
        for s in (5.0, 1.5, 0.3)),
    "BATCH": (lambda: _large_batches(20, 0.001), lambda: _large_batches(40, 0.001),
              lambda: _large_batches(150, 0.02)),
    "LR_HIGH": tuple(
        lambda r=r: _told(_regressor(), X, WAVE, optimizer=gn.SGD(r)) for r in (1e6, 5.0, 0.3)),
    "LR_LOW": tuple(
        lambda r=r: _told(_regressor(), X, WAVE, optimizer=gn.SGD(r)) for r in (1e-7, 1e-5, 0.1)),
    "CAPACITY": tuple(lambda k=k: _narrow(k) for k in (1, 2, 8)),
    "IMBALANCE": tuple(lambda s=s: _trained_on_rare(s) for s in (0.015, 0.05, 0.3)),
    "FEW_STEPS": tuple(
        lambda k=k: _told(_regressor(), X, 3 + WAVE, optimizer=gn.Adam(0.002), epochs=k)
        for k in (1, 4, 200)),
    "OVERFIT": tuple(lambda t=t: _validated(t) for t in (0.1, 0.02, 0.0005)),
    "METRIC": (lambda: _scored("val_accuracy", 0.0), lambda: _scored("val_score", 9.0),
               lambda: _scored("val_score", 0.001)),
}  # fmt: skip


def test_every_cause_is_planted() -> None:
    assert set(PLANTED) == {cause.code for cause in CAUSES}
    assert len(PLANTED) == 24


@pytest.mark.parametrize("strength", [0, 1], ids=["strong", "medium"])
@pytest.mark.parametrize("code", PLANTED)
def test_a_planted_cause_is_named_first(code: str, strength: int) -> None:
    findings = PLANTED[code][strength]().findings

    assert [finding.code for finding in findings][:1] == [code]


# An output that is always the same has no trace of itself.
@pytest.mark.parametrize("code", [code for code in PLANTED if code != "SOFTMAX_ONE"])
def test_a_trace_of_a_cause_is_no_illness(code: str) -> None:
    assert PLANTED[code][2]().healthy

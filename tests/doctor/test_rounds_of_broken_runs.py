"""The doctor is for broken networks: whatever a run is like, watching and asking raise nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

import glassnet as gn
from glassnet.errors import Diverged

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = X[:, 0] - X[:, 1]
CLASSES = (X[:, 0] > 0).astype(int)


def net(*layers: gn.Dense, loss: Any = "squared_error", inputs: int = 4, **more: Any) -> gn.Network:
    return gn.Network(inputs, list(layers or (gn.Dense(8, "relu"), gn.Dense(1, "identity"))),
                      loss=loss, **{"seed": 0} | more)  # fmt: skip


def with_weights(value: float, layer: int) -> gn.Network:
    made = net()
    made.W[layer][:] = value
    return made


def heads() -> gn.Network:
    outputs = gn.output_layer(
        [gn.Head(1, "identity", "squared_error"), gn.Head(3, "softmax", "cross_entropy")]
    )
    return gn.Network(4, [gn.Dense(8, "tanh"), outputs], seed=0)


class Squares:
    """A loss of one's own, whose derivative is that of another one."""

    name = "squares"
    domain = gn.SquaredError().domain

    def of_output(self, a: Any, y: Any) -> Any:
        return (a - y) ** 2

    def derivative(self, a: Any, y: Any) -> Any:
        return y - a


RUNS: dict[str, Callable[[], tuple[gn.Network, Any, Any, dict[str, Any]]]] = {
    "nan weights": lambda: (with_weights(np.nan, 1), X, Y, {}),
    "infinite weights": lambda: (with_weights(np.inf, 2), X, Y, {}),
    "huge weights": lambda: (with_weights(1e200, 1), X, Y, {}),
    "zero weights": lambda: (with_weights(0.0, 1), X, Y, {}),
    "one row": lambda: (net(), X[:1], Y[:1], {}),
    "two rows": lambda: (net(), X[:2], Y[:2], {}),
    "equal rows": lambda: (net(), np.ones((60, 4)), Y, {}),
    "constant targets": lambda: (net(), X, np.zeros(60), {}),
    "huge targets": lambda: (net(), X, 1e300 * Y, {}),
    "huge inputs": lambda: (net(), 1e300 * X, Y, {}),
    "tiny inputs": lambda: (net(), 1e-300 * X, Y, {}),
    "a class without rows": lambda: (
        net(gn.Dense(8, "relu"), gn.Dense(5, "softmax"), loss="cross_entropy"), X, CLASSES, {},
    ),
    "one class": lambda: (
        net(gn.Dense(8, "relu"), gn.Dense(1, "logistic"), loss="binary_cross_entropy"),
        X, np.ones(60), {},
    ),
    "a layer that no gradient reaches": lambda: (
        net(gn.Dense(6, "relu"), gn.Dense(6, "relu", bias_init=-99.0), gn.Dense(1, "identity")),
        X, Y, {},
    ),
    "all layers frozen": lambda: (
        net(gn.Dense(6, "relu", frozen=True), gn.Dense(1, "identity", frozen=True)), X, Y, {},
    ),
    "a single layer": lambda: (net(gn.Dense(1, "identity")), X, Y, {}),
    "thirty layers": lambda: (
        net(*[gn.Dense(3, "logistic")] * 30, gn.Dense(1, "identity")), X, Y, {},
    ),
    "several heads": lambda: (
        heads(), X, np.column_stack([Y, np.eye(3)[RNG.integers(0, 3, 60)]]), {},
    ),
    "a loss whose derivative is wrong": lambda: (net(loss=Squares()), X, Y, {}),
    "batch norm of one row": lambda: (
        net(gn.Dense(8, "relu", batch_norm=True), gn.Dense(1, "identity")), X[:1], Y[:1], {},
    ),
    "dropout of nearly all": lambda: (
        net(gn.Dense(8, "relu", dropout=0.95), gn.Dense(1, "identity")), X, Y, {},
    ),
    "rows that weigh nothing": lambda: (
        net(), X, Y, {"sample_weight": np.eye(60)[3]},
    ),
    "sparse rows": lambda: (net(), csr_array(X * (X > 1)), Y, {}),
    "a huge penalty": lambda: (net(penalties=[gn.L2(1e6)]), X, Y, {}),
    "a huge rate": lambda: (net(), X, Y, {"optimizer": gn.SGD(1e6)}),
    "a tiny rate": lambda: (net(), X, Y, {"optimizer": gn.SGD(1e-300)}),
    "l-bfgs": lambda: (net(), X, Y, {"optimizer": gn.LBFGS()}),
    "rprop": lambda: (net(), X, Y, {"optimizer": gn.IRprop(), "batch_size": 60}),
    "rows clipped one by one": lambda: (net(), X, Y, {"clip_per_sample": 0.1}),
    "noise": lambda: (net(), X, Y, {"clip_per_sample": 0.1, "noise_multiplier": 1.0}),
    "one epoch of one step": lambda: (net(), X, Y, {"epochs": 1, "batch_size": 60}),
    "the reference engine": lambda: (net(), X, Y, {"engine": "reference"}),
    "validation rows of the training": lambda: (net(), X, Y, {"validation": (X[:9], Y[:9])}),
    "float32": lambda: (net(dtype="float32"), 1e30 * X, Y, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("stop", [False, True])
def test_watching_and_asking_raise_nothing(name: str, stop: bool) -> None:
    made, x, y, more = RUNS[name]()
    doctor = gn.Doctor(stop=stop)
    given: dict[str, Any] = {"epochs": 6, "batch_size": 20, "observers": [doctor]} | more
    with suppress(Diverged):
        gn.train(made, x, y, **given)
    diagnosis = doctor.diagnosis
    assert diagnosis.verdict
    assert diagnosis.to_json()
    assert diagnosis.rows >= 1


def test_nan_weights_are_named() -> None:
    made, x, y, _ = RUNS["nan weights"]()
    doctor = gn.Doctor()
    with pytest.raises(Diverged):
        gn.train(made, x, y, observers=[doctor])
    assert (doctor.diagnosis.findings[0].code, doctor.first_alarm) == ("EXPLODE", 0)


def test_a_hopeless_run_takes_no_step_under_stop() -> None:
    made = net(gn.Dense(8, "relu", bias_init=-99.0), gn.Dense(1, "identity"))
    run = gn.train(made, X, Y, observers=[gn.Doctor(stop=True)])
    assert (run.ended, made.state.t) == ("observer", 0)
    assert "layer 1" in run.reason


def test_networks_side_by_side_have_a_doctor_each() -> None:
    doctors = [gn.Doctor(), gn.Doctor()]
    gn.run_many(
        [net(), net(gn.Dense(8, "relu", bias_init=-99.0), gn.Dense(1, "identity"))], X, Y,
        optimizer=gn.Adam(0.01), epochs=40, batch_size=10, observers=[[each] for each in doctors],
    )  # fmt: skip
    assert [each.diagnosis.healthy for each in doctors] == [True, False]


def test_a_run_that_ends_before_its_first_step_is_diagnosed() -> None:
    class Late(gn.Observer):
        def begin(self, epochs: int, steps: int) -> None:
            raise RuntimeError("no")

    doctor = gn.Doctor()
    with pytest.raises(RuntimeError, match="no"):
        gn.train(net(), X, Y, observers=[doctor, Late()])
    assert doctor.diagnosis.rows == 60

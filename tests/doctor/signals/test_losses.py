"""A loss is known by its answers: the library's own are sound, and each fault is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from glassnet.doctor.signals.activations import slope_error
from glassnet.doctor.signals.losses import loss_signs
from glassnet.network.activations import ACTIVATIONS, Identity, Logistic
from glassnet.network.contracts import Elementwise, Loss
from glassnet.network.losses import LOSSES, SquaredError

RNG = np.random.default_rng(0)
Z = {n: RNG.normal(size=(40, n)) for n in (1, 3)}
TARGETS = {
    "numbers": lambda n: RNG.normal(size=(40, n)),
    "sizes": lambda n: RNG.exponential(size=(40, n)),
    "shares": lambda n: RNG.random(size=(40, n)),
    "labels": lambda n: (RNG.random(size=(40, n)) > 0.5).astype(float),
}


class Changed(Loss):
    """A squared error changed by a function of (a, y) in its value, and perhaps its derivative."""

    name = "changed"

    def __init__(self, value: Any, derivative: Any) -> None:
        self._value, self._derivative = value, derivative

    def of_output(self, a: Any, y: Any) -> Any:
        return self._value(a, y)

    def derivative(self, a: Any, y: Any) -> Any:
        return self._derivative(a, y)


def _asked(value: Any, derivative: Any = lambda a, y: 2 * (a - y)) -> Any:
    return loss_signs(Changed(value, derivative), Identity(), Z[1], TARGETS["numbers"](1))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_librarys_own_losses_have_no_fault(name: str, kind: str, outputs: int) -> None:
    signs = loss_signs(LOSSES[name](), Logistic(), Z[outputs], TARGETS[kind](outputs))

    assert signs.coupled == 0.0
    assert signs.repeated == pytest.approx(1.0)
    assert signs.slope_error < 1e-4
    assert not signs.constant
    assert signs.logarithm == {
        "binary_cross_entropy": "of both", "cross_entropy": "of one"
    }.get(name, "")  # fmt: skip


@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.5, 1.05])
def test_a_wrong_derivative_is_measured(factor: float) -> None:
    signs = _asked(lambda a, y: (a - y) ** 2, lambda a, y: factor * 2 * (a - y))

    assert signs.slope_error == pytest.approx(abs(factor - 1), rel=1e-3)


def test_a_sum_over_the_batch_doubles_with_it() -> None:
    assert _asked(lambda a, y: len(a) * (a - y) ** 2).repeated == pytest.approx(2.0)


def test_targets_that_are_broadcast_couple_the_rows_and_y_costs_twice_its_variance() -> None:
    signs = _asked(lambda a, y: ((a - y.T) ** 2).mean(axis=1, keepdims=True))

    assert signs.coupled > 0.01
    assert signs.exact == pytest.approx(2.0)


def test_a_loss_that_is_least_elsewhere_misses_its_targets() -> None:
    assert _asked(lambda a, y: (a - 3 * y) ** 2).missed > 0.5
    assert _asked(lambda a, y: (a - y) ** 2).missed == 0.0


def test_one_output_over_itself_is_blind() -> None:
    assert _asked(lambda a, y: (a / a - y) ** 2).blind
    assert not _asked(lambda a, y: (a - y) ** 2).blind


def test_a_loss_that_raises_leaves_nothing_known() -> None:
    def fail(a: Any, y: Any) -> Any:
        raise KeyError("no such thing")

    assert not _asked(fail).logarithm


@pytest.mark.parametrize("name", [n for n, made in ACTIVATIONS.items()
                                  if issubclass(made, Elementwise)])  # fmt: skip
def test_the_librarys_own_activations_have_their_own_derivatives(name: str) -> None:
    assert slope_error(ACTIVATIONS[name]()) < 1e-3


def test_a_wrong_slope_is_measured() -> None:
    class Wrong(Elementwise):
        name = "wrong"

        def value(self, z: Any) -> Any:
            return np.tanh(z)

        def derivative(self, z: Any, a: Any) -> Any:
            return 1.2 * (1 - a * a)

    assert slope_error(Wrong()) == pytest.approx(0.2, rel=1e-3)
    assert loss_signs(SquaredError(), Wrong(), Z[1], Z[1]).slope_error < 1e-6

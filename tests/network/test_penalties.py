"""Penalties and the max-norm constraint."""

import numpy as np
import pytest

from glassnet.errors import InvalidValue
from glassnet.network.penalties import L1, L2, PENALTIES, MaxNorm


def weights():
    return np.random.default_rng(0).normal(size=(4, 3))


def test_values_at_known_numbers():
    W = np.array([[3.0, -1.0], [0.0, 2.0]])

    assert float(L2(0.5).value(W)) == 0.25 * (9 + 1 + 4)
    assert float(L1(0.5).value(W)) == 0.5 * (3 + 1 + 2)


@pytest.mark.parametrize("name", sorted(PENALTIES))
def test_derivative_is_the_slope_of_the_value(name):
    penalty, W, h = PENALTIES[name](0.3), weights(), 1e-3

    slopes = np.zeros_like(W)
    for i, j in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[i, j] = h
        values = [float(penalty.value(W + k * step)) for k in (-2, -1, 1, 2)]
        slopes[i, j] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)

    np.testing.assert_allclose(penalty.derivative(W), slopes, rtol=1e-9)


def test_l1_pulls_nothing_at_zero():
    assert L1(0.3).derivative(np.array([[0.0, -0.0, 2.0, -2.0]])).tolist() == [[0, 0, 0.3, -0.3]]


@pytest.mark.parametrize("penalty", [L1, L2])
def test_a_penalty_per_weight_sum_is_divided_by_it(penalty):
    assert penalty(0.3, per_weight_sum=True).factor(8.0) == 1 / 8
    assert penalty(0.3).factor(8.0) == 1


def test_max_norm_projects_onto_the_ball():
    """The nearest point of the ball: shorter rows stay to the bit, longer ones keep direction."""
    W = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0], [0.6, 0.8], [-1e3, 0.0]])

    projected = MaxNorm(1.0).project(W)

    np.testing.assert_allclose(
        projected, [[0.6, 0.8], [0.3, 0.4], [0, 0], [0.6, 0.8], [-1, 0]], rtol=1e-15
    )
    np.testing.assert_array_equal(projected[1:4], W[1:4])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_max_norm_bounds_every_row(dtype):
    W = np.random.default_rng(1).normal(size=(50, 20)).astype(dtype)

    projected = MaxNorm(2.5).project(W)

    assert projected.dtype == dtype
    assert np.linalg.norm(projected, axis=1).max() <= 2.5 * (1 + 4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(
        projected, W * np.minimum(1, 2.5 / np.linalg.norm(W, axis=1, keepdims=True)), rtol=1e-6
    )


@pytest.mark.parametrize("kind", [L1, L2, MaxNorm])
@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf"), "much", None])
def test_amounts_out_of_range_are_refused(kind, amount):
    with pytest.raises(InvalidValue, match="must be a number in"):
        kind(amount)


def test_a_limit_of_zero_is_refused():
    with pytest.raises(InvalidValue, match=r"limit of MaxNorm must be a number in \(0, ∞\); got 0"):
        MaxNorm(0)

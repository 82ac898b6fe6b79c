"""Batch normalisation against a plain loop and against differences."""

import numpy as np
import pytest

from glassnet.errors import InvalidValue
from glassnet.network.batch_norm import BatchNorm, fold

WEIGHTS = {
    "equal": np.full(6, 1 / 6),
    "unequal": np.array([0.1, 0.3, 0.05, 0.25, 0.2, 0.1]),
    "some zero": np.array([0.5, 0.0, 0.2, 0.0, 0.3, 0.0]),
}


def batch(seed=0, m=6, n=3):
    rng = np.random.default_rng(seed)
    return rng.normal(1.5, 2, (m, n)), rng.normal(size=(m, n)), rng.normal(size=n)


def looped(z, w, epsilon):
    """Ioffe & Szegedy's algorithm 1, entry by entry, with weights."""
    m, n = z.shape
    mean, variance, x_hat = np.zeros(n), np.zeros(n), np.zeros((m, n))
    for j in range(n):
        for i in range(m):
            mean[j] += w[i] * z[i, j]
        for i in range(m):
            variance[j] += w[i] * (z[i, j] - mean[j]) ** 2
        for i in range(m):
            x_hat[i, j] = (z[i, j] - mean[j]) / (variance[j] + epsilon) ** 0.5
    return mean, variance, x_hat


def forward(norm, z, w):
    mean, variance = norm.statistics(z, w)
    return mean, variance, norm.normalise(z, mean, variance)


@pytest.mark.parametrize("w", WEIGHTS.values(), ids=WEIGHTS)
def test_forward_is_the_plain_loop(w):
    z, _, _ = batch()

    got, expected = forward(BatchNorm(epsilon=0.01), z, w), looped(z, w, 0.01)

    for each, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(each, other, rtol=1e-13)


@pytest.mark.parametrize("w", WEIGHTS.values(), ids=WEIGHTS)
def test_the_output_has_weighted_mean_zero_and_variance_one(w):
    z, _, _ = batch()

    _, _, x_hat = forward(BatchNorm(epsilon=1e-12), z, w)

    np.testing.assert_allclose(w @ x_hat, 0, atol=1e-14)
    np.testing.assert_allclose(w @ (x_hat * x_hat), 1, rtol=1e-11)


def test_a_weight_counts_as_repetition():
    z, _, _ = batch()
    times = np.array([1, 2, 0, 3, 1, 1])

    weighted = BatchNorm().statistics(z, times / times.sum())
    repeated = np.repeat(z, times, axis=0)

    np.testing.assert_allclose(weighted[0], repeated.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(weighted[1], repeated.var(axis=0), rtol=1e-13)


def differences(f, x, h=1e-4):
    """Four-point differences of a number that depends on an array."""
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        values = [f(x + k * step) for k in (-2, -1, 1, 2)]
        slopes[index] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
    return slopes


@pytest.mark.parametrize("w", WEIGHTS.values(), ids=WEIGHTS)
def test_back_is_the_slope_through_the_statistics(w):
    norm = BatchNorm(epsilon=0.01)
    z, weight_of_cost, gamma = batch()
    beta = np.array([0.5, -1.0, 0.0])

    def cost(z, gamma, beta):
        z_tilde = gamma * looped(z, w, 0.01)[2] + beta
        return float(np.sum(w[:, None] * weight_of_cost * np.sin(z_tilde)))

    _, variance, x_hat = forward(norm, z, w)
    g = w[:, None] * weight_of_cost * np.cos(gamma * x_hat + beta)
    dz, d_gamma, d_beta = norm.back(g, gamma, x_hat, variance, w)

    near = {"rtol": 1e-7, "atol": 1e-11}
    np.testing.assert_allclose(dz, differences(lambda z: cost(z, gamma, beta), z), **near)
    np.testing.assert_allclose(d_gamma, differences(lambda g: cost(z, g, beta), gamma), **near)
    np.testing.assert_allclose(d_beta, differences(lambda b: cost(z, gamma, b), beta), **near)


def test_back_through_constants_scales_only():
    """Running statistics do not depend on z."""
    norm, (z, g, gamma) = BatchNorm(), batch()
    mean, variance = np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.0, 2.0])
    x_hat = norm.normalise(z, mean, variance)

    dz, _, _ = norm.back(g, gamma, x_hat, variance, None)

    np.testing.assert_allclose(dz, g * gamma / np.sqrt(variance + 1e-5), rtol=1e-15)


def test_a_shift_of_the_batch_does_not_act():
    """So a bias before batch norm has gradient 0: Σᵢ ∂J/∂zᵢ vanishes."""
    norm, (z, g, gamma), w = BatchNorm(), batch(), WEIGHTS["unequal"]
    _, variance, x_hat = forward(norm, z, w)

    dz, _, _ = norm.back(g, gamma, x_hat, variance, w)

    np.testing.assert_allclose(dz.sum(axis=0), 0, atol=1e-14)


def test_the_running_statistic_is_a_plain_average_first_and_exponential_later():
    norm, seen = BatchNorm(momentum=0.25), np.array([4.0, 8.0, 0.0, 8.0, 12.0])
    running, averages = np.array(99.0), []

    for t, batch_value in enumerate(seen):
        running = norm.moved(running, batch_value, t)
        averages.append(float(running))

    # 1, 1/2, 1/3, 1/4 = momentum, then momentum for ever
    assert averages[:4] == pytest.approx([4.0, 6.0, 4.0, 5.0])
    assert averages[4] == pytest.approx(5.0 + 0.25 * (12.0 - 5.0))


def test_folding_into_the_layer_changes_no_prediction():
    rng = np.random.default_rng(3)
    W, b, x = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(5, 4))
    gamma, beta, mean, variance = rng.uniform(0.5, 2, size=(4, 3))
    norm = BatchNorm()

    folded_W, folded_b = fold(W, b, norm, gamma, beta, mean, variance)

    expected = gamma * norm.normalise(x @ W.T + b, mean, variance) + beta
    np.testing.assert_allclose(x @ folded_W.T + folded_b, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "values",
    [
        {"momentum": 0.0},
        {"momentum": 1.1},
        {"momentum": float("nan")},
        {"epsilon": 0.0},
        {"epsilon": -1e-5},
        {"epsilon": "small"},
    ],
)
def test_values_out_of_range_are_refused(values):
    (parameter,) = values

    with pytest.raises(InvalidValue, match=f"{parameter} of BatchNorm must be a number in"):
        BatchNorm(**values)

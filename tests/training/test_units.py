"""First parameters in the units of the data."""

import numpy as np
import pytest
from scipy import sparse

import glassnet as gn
from glassnet.training.units import in_units_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3)) * [1.0, 2.0, 0.5] + [10.0, -4.0, 0.0]


def net(last="identity", loss="squared_error", outputs=1, seed=0):
    return gn.Network(
        3, [gn.Dense(8, "relu"), gn.Dense(outputs, last, bias_init="zeros")], loss=loss, seed=seed
    )


def test_layer_1_sees_each_column_at_0_with_its_share_of_the_median_spread():
    drawn, put = net(), net()
    in_units_of(put, X, X[:, :1])

    scale = np.maximum(np.median(X.std(axis=0)), X.std(axis=0) / 3)
    assert np.allclose(put.W[1], drawn.W[1] / scale, rtol=1e-12)
    z = X @ put.W[1].T + put.b[1]
    assert np.allclose(z, (X - X.mean(axis=0)) / scale @ drawn.W[1].T, rtol=1e-9, atol=1e-12)


def test_a_column_of_a_large_unit_is_divided_by_10_at_most():
    drawn, put = net(), net()
    wide = X * [1.0, 1000.0, 1.0]
    in_units_of(put, wide, X[:, :1])

    assert np.allclose(put.W[1][:, 1], drawn.W[1][:, 1] / 10, rtol=1e-12)


def test_constant_columns_keep_their_place_and_rows_alike_leave_units_alive():
    put = net()
    in_units_of(put, np.full((4, 3), 7.0), np.ones((4, 1)))

    assert np.abs(np.full(3, 7.0) @ put.W[1].T + put.b[1]).min() > 0


@pytest.mark.parametrize(
    ("last", "loss", "y", "start"),
    [
        ("identity", "squared_error", [[3.0], [7.0]], [5.0]),
        ("logistic", "binary_cross_entropy", [[1.0], [1.0], [1.0], [0.0]], [np.log(3)]),
        ("exp", "poisson", [[1.0], [3.0]], [np.log(2)]),
        ("softmax", "cross_entropy", [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], np.log([2 / 3, 1 / 3])),
    ],
)
def test_outputs_begin_at_what_is_best_without_inputs(last, loss, y, start):
    put = net(last, loss, outputs=len(y[0]))
    in_units_of(put, X[: len(y)], np.array(y))

    assert np.allclose(put.b[2], start, rtol=1e-12)


def test_a_class_without_a_row_begins_with_half_of_one():
    put = net("logistic", "binary_cross_entropy")
    in_units_of(put, X, np.zeros((50, 1)))

    assert put.b[2][0] == pytest.approx(np.log(0.01 / 0.99))


def test_the_last_weights_are_in_units_of_the_targets_unless_told_not_to():
    y = 100 * X[:, :1]
    drawn, put, plain = net(), net(), net()
    in_units_of(put, X, y)
    in_units_of(plain, X, y, spread=False)

    assert np.allclose(put.W[2], drawn.W[2] * y.std(), rtol=1e-12)
    assert np.array_equal(plain.W[2], drawn.W[2])


def test_weights_count_as_rows_and_sparse_rows_as_dense():
    times = RNG.integers(1, 4, len(X))
    weighted, repeated, thin = net(), net(), net()
    in_units_of(weighted, X, X[:, :1], times.astype(float))
    in_units_of(repeated, X.repeat(times, axis=0), X[:, :1].repeat(times, axis=0))
    in_units_of(thin, sparse.csr_array(X), X[:, :1], times.astype(float))

    assert np.allclose(weighted.state.theta, repeated.state.theta, rtol=1e-10)
    assert np.allclose(weighted.state.theta, thin.state.theta, rtol=1e-8)


@pytest.mark.parametrize("size", [1e307, 1e-307, 1e-320])
def test_huge_and_tiny_rows_and_targets_leave_every_parameter_finite(size):
    put = net()
    in_units_of(put, X * size, X[:, :1] * size)

    assert np.isfinite(put.state.theta).all()

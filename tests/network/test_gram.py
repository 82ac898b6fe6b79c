"""Lengths and inner products of outer products against the outer products themselves."""

import numpy as np
import pytest
import scipy.sparse

from glassnet.network.gram import RowGradients, lengths
from glassnet.network.layers import Dense


def drawn(rows, seed, *, bias=True, normed=False):
    rng = np.random.default_rng(seed)
    more = {"into": rng.normal(size=(rows, 3)), "x_hat": rng.normal(size=(rows, 3))}
    return RowGradients(
        rng.normal(size=(rows, 4)), rng.normal(size=(rows, 3)), bias, **(more if normed else {})
    )


def spelled_out(rows):
    """Each row's ∂ℓ/∂W, ∂ℓ/∂b, ∂ℓ/∂γ, ∂ℓ/∂β in one vector.  -> (m, p)"""
    parts = [np.einsum("ni,nj->nij", rows.delta, rows.a).reshape(len(rows.a), -1)]
    parts += [rows.delta] if rows.bias else []
    parts += [] if rows.into is None else [rows.into * rows.x_hat, rows.into]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_everything_is_that_of_the_gradients_spelled_out(bias, normed):
    rows, others = (drawn(n, n, bias=bias, normed=normed) for n in (5, 7))
    g, h = spelled_out(rows), spelled_out(others)
    factors = np.array([1.0, 0.0, -2.0, 0.5, 3.0])

    np.testing.assert_allclose(rows.squares(), (g * g).sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(rows.products(others), g @ h.T, rtol=1e-12, atol=1e-13)
    found = [part.ravel() for part in rows.sums(factors).values()]
    np.testing.assert_allclose(np.concatenate(found), factors @ g, rtol=1e-12, atol=1e-13)


def test_sparse_inputs_mix_with_dense_ones():
    dense = drawn(6, 1)
    dense.a[dense.a < 0.5] = 0
    sparse = RowGradients(scipy.sparse.csr_array(dense.a), dense.delta)
    wanted = dense.products(dense)

    np.testing.assert_allclose(sparse.squares(), dense.squares())
    for left, right in ((sparse, sparse), (sparse, dense), (dense, sparse)):
        np.testing.assert_allclose(left.products(right), wanted, atol=1e-14)
    found, summed = (each.sums(np.ones(6))["W"] for each in (sparse, dense))
    np.testing.assert_allclose(found, summed, atol=1e-14)


@pytest.mark.parametrize("scale", [1.0, 1e200, 1e-200])
def test_lengths_over_layers_are_those_of_the_gradients_in_one_vector(scale):
    layers = [drawn(5, seed, bias=bias) for seed, bias in ((1, True), (2, False), (3, True))]
    g = np.concatenate([spelled_out(layer) for layer in layers], axis=1)
    scaled = [RowGradients(rows.a, scale * rows.delta, rows.bias) for rows in layers]

    np.testing.assert_allclose(lengths(scaled) / scale, np.linalg.norm(g, axis=1), rtol=1e-13)


def test_a_row_without_error_has_length_0_and_one_that_is_not_finite_none():
    a = np.ones((3, 2))

    with np.errstate(invalid="ignore"):
        found = lengths([RowGradients(a, np.array([[0.0], [np.nan], [np.inf]]))])

    assert found[0] == 0
    assert not np.isfinite(found[1:]).any()


def test_a_frozen_layer_has_no_gradients_of_rows():
    a, delta = np.ones((2, 3)), np.ones((2, 1))

    assert Dense(1, "tanh", frozen=True).row_gradients(a, delta) is None
    without = Dense(1, "tanh", bias=False).row_gradients(a, delta)
    assert without is not None
    assert without.squares().tolist() == [3.0, 3.0]

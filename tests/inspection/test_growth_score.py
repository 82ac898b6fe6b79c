"""The growth score is the largest gradient that new units, or a new layer, can have."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue


def problem(phi="tanh", outputs=3, **options):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 6)), rng.normal(size=(50, outputs))
    layers = [gn.Dense(4, phi), gn.Dense(5, phi), gn.Dense(outputs, "identity")]
    net = gn.Network(6, layers, seed=1, **options)
    gn.train(net, X, y, epochs=5)
    return net, X, y


@pytest.mark.parametrize("layer", [1, 2])
def test_it_is_the_singular_value_of_delta_and_a_as_the_trace_shows_them(layer):
    net, X, y = problem()
    t = gn.trace(net, X, y)

    expected = np.linalg.svd(t.delta[layer + 1].T @ t.a[layer - 1], compute_uv=False)

    score = gn.growth_score(net, X, y)
    np.testing.assert_allclose(score.wider[layer], expected, rtol=1e-9, atol=1e-14)
    assert score.of(layer, 2) == pytest.approx(np.hypot(*expected[:2]))


@pytest.mark.parametrize("layer", [1, 2])
def test_no_direction_of_new_weights_has_a_larger_gradient(layer):
    # tanh: φ′(0) = 1. A unit with u = 0 and outgoing v of length 1, whatever v.
    net, X, y = problem()
    best = gn.growth_score(net, X, y).of(layer)
    rng = np.random.default_rng(5)
    found = []
    for _ in range(200):
        wide = gn.widen(net, layer, 1, by="idle")
        v = rng.normal(size=net.units[layer + 1])
        wide.W[layer][-1] = 0
        wide.W[layer + 1][:, -1] = v / np.linalg.norm(v)
        found.append(np.linalg.norm(gn.trace(wide, X, y).dW[layer][-1]))

    assert max(found) <= best * (1 + 1e-12)
    assert max(found) > 0.8 * best


@pytest.mark.parametrize(("phi", "slope"), [("tanh", 1.0), ("logistic", 0.25), ("relu", 1.0)])
@pytest.mark.parametrize("units", [1, 2])
def test_gradmax_units_have_the_gradient_of_the_score(phi, slope, units):
    net, X, y = problem(phi)
    length = np.linalg.norm(net.W[3], axis=0).mean()

    wide = gn.widen(net, 2, units, by="gradient", X=X, y=y)

    dW = gn.trace(wide, X, y).dW[2][-units:]
    expected = slope * length * gn.growth_score(net, X, y).of(2, units)
    assert np.linalg.norm(dW) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("phi", "after"), [("relu", 1), ("relu", 0), ("silu", 2), ("gelu", 1)])
def test_the_score_of_a_layer_is_that_of_the_gradient_of_its_weights(phi, after):
    net, X, y = problem(phi)

    deep = gn.deepen(net, after)

    dW = gn.trace(deep, X, y).dW[after + 1]
    expected = np.linalg.svd(dW, compute_uv=False)[0]
    # relu: z of the new layer is exactly 0 where a is, and φ′(0) = 0 there on both sides.
    assert gn.growth_score(net, X, y).deeper[after] == pytest.approx(expected, rel=1e-9)


def test_a_layer_that_cannot_hand_on_has_no_score():
    net, X, y = problem("tanh")
    score = gn.growth_score(net, X, y)

    assert np.isnan(score.deeper[1])
    assert score.deepest is None
    assert "–" in str(score)


def test_it_finds_the_bottleneck():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 8))
    y = np.tanh(X @ rng.normal(size=(8, 8)))
    wide = gn.Dense(16, "tanh")
    for layers, narrow in (([gn.Dense(2, "tanh"), wide], 1), ([wide, gn.Dense(2, "tanh")], 2)):
        net = gn.Network(8, [*layers, gn.Dense(8, "identity")], seed=0)
        gn.train(net, X, y, epochs=150, optimizer=gn.Adam(1e-2))

        assert gn.growth_score(net, X, y).widest == narrow


def test_frozen_layers_batch_norm_dropout_and_sparse_rows():
    from scipy import sparse

    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4)) * (rng.random((30, 4)) < 0.5)
    y = rng.integers(0, 3, 30)
    layers = [
        gn.Dense(5, "relu", dropout=0.5, batch_norm=True),
        gn.Dense(4, "relu", frozen=True),
        gn.Dense(3, "softmax"),
    ]
    net = gn.Network(4, layers, loss="cross_entropy", penalties=[gn.L2(0.1)], seed=0)
    gn.train(net, X, y, epochs=2)

    dense = gn.growth_score(net, X, y)
    thin = gn.growth_score(net, sparse.csr_matrix(X), y)

    for l in (1, 2):
        np.testing.assert_allclose(thin.wider[l], dense.wider[l], rtol=1e-9, atol=1e-14)
    assert dense.parameters == {1: 4 + 4 + 1, 2: 5 + 3 + 1}


def test_a_network_without_a_hidden_layer_is_refused():
    with pytest.raises(InvalidValue, match="a network that has one"):
        gn.growth_score(gn.Network(1, [gn.Dense(1, "identity")]), [[1.0]], [1.0])

"""Layers that add to what they are given."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch


def made(activation="tanh", seed=0, **options):
    layers = [
        gn.Dense(3, activation, residual=True, **options),
        gn.Dense(3, activation, residual=True, **options),
        gn.Dense(1, "identity"),
    ]
    return gn.Network(3, layers, seed=seed)


def rows(m=40):
    X = np.random.default_rng(0).normal(size=(m, 3))
    return X, np.sin(X[:, :1])


def test_a_layer_adds_what_it_makes_to_what_it_is_given():
    net, (X, _) = made(), rows()
    W, b = net.W, net.b

    a = gn.trace(net, X).a

    first = X + np.tanh(X @ W[1].T + b[1])
    np.testing.assert_allclose(a[1], first, rtol=1e-12)
    np.testing.assert_allclose(a[2], first + np.tanh(first @ W[2].T + b[2]), rtol=1e-12)


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_with_weights_0_it_hands_on_what_it_is_given(engine):
    X = rows()[0]
    net = made(init="zeros")

    np.testing.assert_allclose(
        gn.predict(net, X, engine=engine), X @ net.W[3].T + net.b[3], rtol=1e-12
    )


@pytest.mark.parametrize("norm", [False, True])
def test_derivation_trace_and_check_agree(norm):
    net, (X, y) = made(batch_norm=norm, dropout=0.0), rows()
    gn.train(net, X, y, epochs=2, batch_size=20)

    found = gn.derive(net, X[0], y[0])
    of_input = gn.derive(net, X[0], y[0], "x")
    t = gn.trace(net, X[:1], y[:1], training=False)

    assert found.relative_error < 1e-8
    assert of_input.relative_error < 1e-8
    np.testing.assert_allclose(of_input.value["x"], t.da[0][0], rtol=1e-10)
    assert gn.check_gradients(net, X, y).passed
    assert "a[2] = φ[2] + a[1]" in str(found)
    assert "∂J/∂a[1] = δ[2] W[2] + ∂J/∂a[2]" in str(t.show())


def test_dropout_acts_on_what_is_added_alone():
    net, (X, y) = made(dropout=0.5), rows()

    t = gn.trace(net, X, y)

    np.testing.assert_allclose(t.a[1], X + t.fired[1] * t.mask[1], rtol=1e-12)


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_sparse_rows_give_what_dense_ones_do(engine):
    X, y = rows()
    dense, sparse = made(), made()

    gn.train(dense, X, y, epochs=2, engine=engine)
    gn.train(sparse, scipy.sparse.csr_array(X), y, epochs=2, engine=engine)

    np.testing.assert_allclose(sparse.state.theta, dense.state.theta, rtol=1e-12)


def test_a_model_file_says_so(tmp_path):
    net = made()

    gn.save(net, tmp_path / "net.glassnet")

    assert gn.load(tmp_path / "net.glassnet").specification == net.specification


def test_bounds_hold_what_the_network_says():
    net, (X, _) = made("relu"), rows(2000)

    found = gn.bounds(net, X.min(axis=0), X.max(axis=0))

    outputs = gn.predict(net, X)
    assert (found.lower <= outputs.min(axis=0)).all()
    assert (outputs.max(axis=0) <= found.upper).all()


def test_a_chain_of_many_keeps_its_gradient():
    """The path past the weights does not shrink δ, as 30 layers of tanh alone do."""

    def first(residual):
        hidden = [gn.Dense(4, "tanh", residual=residual, init=gn.Normal(0.2)) for _ in range(30)]
        net = gn.Network(4, [*hidden, gn.Dense(1, "identity")], seed=0)
        X = np.random.default_rng(0).normal(size=(20, 4))
        return np.linalg.norm(gn.trace(net, X, X[:, :1]).da[0])

    assert first(True) > 1e-2
    assert first(False) < 1e-8


def test_linear_ones_collapse_to_one_layer():
    net, (X, _) = made("identity", kappa=0.3), rows()

    np.testing.assert_allclose(gn.predict(gn.collapse(net), X), gn.predict(net, X), rtol=1e-12)


def test_what_would_need_another_width_is_refused():
    net, (X, _) = made("relu"), rows()

    with pytest.raises(InvalidValue, match=r"adds to them \(residual\)"):
        gn.widen(net, 1, 1)
    with pytest.raises(InvalidValue, match=r"adds to them \(residual\)"):
        gn.deepen(net, 1)
    with pytest.raises(InvalidValue, match="has a residual path"):
        gn.local(net, X[0])
    assert gn.merge_twins(made(init="zeros")).units == net.units


def test_widths_must_be_equal_and_the_output_layer_has_none():
    with pytest.raises(ShapeMismatch, match="must have as many units; got 4"):
        gn.Network(3, [gn.Dense(4, "tanh", residual=True), gn.Dense(1, "identity")])
    with pytest.raises(InvalidValue, match="the output layer must have no residual"):
        gn.Network(1, [gn.Dense(1, "identity", residual=True)])
    plain = replace(made().specification.layers[0], residual=False)
    assert gn.Network(3, [plain, gn.Dense(1, "identity")]).units == (3, 3, 1)

"""Activations of which each unit has a learned share κ, and the embeddings made of them."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue


def made(**options):
    layers = [
        gn.Dense(4, "tanh", kappa=(1.0, 0.0, 0.5, -0.5), **options),
        gn.Dense(3, "relu", kappa=0.5),
        gn.Dense(1, "identity"),
    ]
    return gn.Network(3, layers, seed=0)


def rows(m=40):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, 3))
    return X, np.sin(X[:, :1])


def test_a_share_of_1_is_the_activation_and_of_0_nothing():
    net, (X, _) = made(), rows()
    t = gn.trace(net, X)

    z, a = t.z[1], t.a[1]

    np.testing.assert_allclose(a[:, 0], np.tanh(z[:, 0]), rtol=1e-14, atol=1e-15)
    np.testing.assert_array_equal(a[:, 1], z[:, 1])
    np.testing.assert_allclose(a[:, 2], (z[:, 2] + np.tanh(z[:, 2])) / 2, rtol=1e-14)
    np.testing.assert_allclose(a[:, 3], 1.5 * z[:, 3] - np.tanh(z[:, 3]) / 2, rtol=1e-13)


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_shares_are_learned_at_their_own_rate(engine):
    X, y = rows()

    moved = {}
    for rate in (0.0, 0.1, 1.0):
        net = made(multipliers=gn.Multipliers(kappa_rate=rate))
        before = net.kappa[1].copy()
        gn.train(net, X, y, optimizer="sgd", epochs=1, batch_size=40, engine=engine)
        moved[rate] = net.kappa[1] - before

    assert not moved[0.0].any()
    assert moved[1.0].all()
    np.testing.assert_allclose(moved[0.1], 0.1 * moved[1.0], rtol=1e-9)


@pytest.mark.parametrize("norm", [False, True])
def test_derivation_trace_and_check_agree(norm):
    net, (X, y) = made(batch_norm=norm), rows()
    gn.train(net, X, y, epochs=2, optimizer="adam", batch_size=20)

    found = gn.derive(net, X[0], y[0])
    one = gn.derive(net, X[0], y[0], "κ[1][2]")
    t = gn.trace(net, X[:1], y[:1], training=False)

    assert found.relative_error < 1e-8
    assert one.value == pytest.approx(t.dkappa[1][2], rel=1e-10)
    assert one.numerical == pytest.approx(one.value, rel=1e-6)
    assert gn.check_gradients(net, X, y).passed
    for each in (str(found), str(t), found.to_latex(), t.to_latex()):
        assert "κ[1]" in each or r"\kappa^{(1)}" in each


def test_a_model_file_holds_the_shares(tmp_path):
    net = made(multipliers=gn.Multipliers(kappa_rate=0.1))

    gn.save(net, tmp_path / "net.glassnet")
    found = gn.load(tmp_path / "net.glassnet")

    assert found.specification == net.specification
    np.testing.assert_array_equal(found.state.theta, net.state.theta)


def test_bounds_hold_what_the_network_says():
    net, (X, _) = made(), rows(2000)

    found = gn.bounds(net, X.min(axis=0), X.max(axis=0))

    outputs = gn.predict(net, X)
    assert (found.lower <= outputs.min(axis=0)).all()
    assert (outputs.max(axis=0) <= found.upper).all()


def test_what_would_need_another_share_is_refused():
    net, (X, _) = made(), rows()

    with pytest.raises(InvalidValue, match="a κ for each unit, of which a new one"):
        gn.widen(net, 1, 1)
    with pytest.raises(InvalidValue, match="layer 1 has a κ"):
        gn.local(net, X[0])
    with pytest.raises(InvalidValue, match="clip_per_sample knows no gradient by κ"):
        gn.train(net, *rows(), clip_per_sample=1.0)


@pytest.mark.parametrize(
    ("activation", "kappa", "words"),
    [
        ("tanh", (1.0, 2.0), "a list of one for each of its 3 units"),
        ("tanh", "one", "must be a finite number"),
        ("tanh", float("nan"), "must be a finite number"),
        ("tanh", True, "must be a finite number"),
        ("softmax", 1.0, "acts on each unit alone; 'softmax' does not"),
    ],
)
def test_shares_that_cannot_be_are_refused(activation, kappa, words):
    with pytest.raises(InvalidValue, match=words):
        gn.Dense(3, activation, kappa=kappa)


def test_the_output_layer_has_none():
    with pytest.raises(InvalidValue, match="the output layer must have no kappa"):
        gn.Network(2, [gn.Dense(1, "identity", kappa=1.0)])


def test_periodic_embeddings_begin_with_the_column_itself():
    X = np.random.default_rng(1).normal(size=(30, 2))
    layers = gn.periodic_embeddings(2, frequencies=5, units=3)

    net = gn.Network(2, [*layers, gn.Dense(1, "identity")], seed=0)
    t = gn.trace(net, X)

    np.testing.assert_allclose(t.a[2][:, [0, 3]], X, rtol=1e-14)
    W, b = net.W[1], net.b[1]
    np.testing.assert_allclose(t.a[1][:, 1:6], np.cos(X[:, :1] * W[1:6, 0] + b[1:6]), rtol=1e-12)


def test_periodic_embeddings_fit_a_fast_wave_that_relu_alone_does_not():
    rng = np.random.default_rng(2)
    X = rng.uniform(-2, 2, size=(400, 1))
    y = np.sin(12 * X)

    def fit(front):
        net = gn.Network(1, [*front, gn.Dense(32, "relu"), gn.Dense(1, "identity")], seed=0)
        gn.train(net, X, y, optimizer=gn.Adam(0.01), epochs=60, batch_size=50)
        return float(np.mean((gn.predict(net, X) - y) ** 2))

    with_waves = fit(gn.periodic_embeddings(1, std=1.0, rate=1.0))

    assert with_waves < 0.05
    assert fit(()) > 0.3

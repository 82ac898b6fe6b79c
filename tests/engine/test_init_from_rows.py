"""First weights that know the rows: spreads of z, and where the kinks lie."""

import numpy as np
import pytest
import scipy.sparse

import glassnet as gn
from glassnet.errors import InvalidValue


def rows(m=500, n=4):
    rng = np.random.default_rng(0)
    return rng.normal(size=(m, n)) * [100.0, 1.0, 0.01, 5.0] + [1e3, 0.0, 3.0, -50.0]


def made(activation="relu", **options):
    layers = [
        gn.Dense(30, activation, **options),
        gn.Dense(20, activation, **options),
        gn.Dense(2, "identity"),
    ]
    return gn.Network(4, layers, seed=3)


@pytest.mark.parametrize("activation", ["relu", "selu", "tanh"])
def test_every_hidden_unit_has_the_spread_1(activation):
    X, net = rows(), made(activation)
    last = net.W[3].copy()

    gn.init_from_rows(net, X)

    t = gn.trace(net, X)
    for l in (1, 2):
        np.testing.assert_allclose(t.z[l].std(axis=0), 1.0, rtol=1e-9)
    np.testing.assert_array_equal(net.W[3], last)


def test_the_output_layer_is_taken_where_it_is_asked_for():
    X, net = rows(), made()

    gn.init_from_rows(net, X, layers=(1, 2, 3))

    np.testing.assert_allclose(gn.trace(net, X).z[3].std(axis=0), 1.0, rtol=1e-9)


def test_the_kinks_lie_amid_the_rows():
    """A mean of 5 rows under drawn weights: inside their range, and of a third of their variance.

    Σλᵢ² has the mean 2 / (5 + 1) for λ uniform on the simplex.
    """
    X = np.random.default_rng(1).normal(size=(4000, 4))
    net = gn.Network(4, [gn.Dense(3000, "relu"), gn.Dense(1, "identity")], seed=0)

    gn.init_from_rows(net, X)

    z = gn.trace(net, X).z[1]
    assert (z.min(axis=0) < 0).all()
    assert (z.max(axis=0) > 0).all()
    centred = net.b[1] + X.mean(axis=0) @ net.W[1].T
    assert centred.var() == pytest.approx(1 / 3, rel=0.15)


def test_it_follows_from_the_seed_and_takes_sparse_rows():
    X, net, again, sparse = rows(), made(), made(), made()

    for each, given in ((net, X), (again, X), (sparse, scipy.sparse.csr_array(X))):
        gn.init_from_rows(each, given)

    np.testing.assert_array_equal(net.state.theta, again.state.theta)
    np.testing.assert_allclose(net.state.theta, sparse.state.theta, rtol=1e-9)


def test_a_unit_that_sees_no_change_stays_as_it_is():
    X = np.hstack([np.full((50, 1), 7.0), np.random.default_rng(0).normal(size=(50, 1))])
    net = gn.Network(2, [gn.Dense(2, "tanh"), gn.Dense(1, "identity")], seed=0)
    net.W[1][:] = [[1.0, 0.0], [0.0, 3.0]]

    gn.init_from_rows(net, X)

    assert net.W[1][0].tolist() == [1.0, 0.0]
    assert net.b[1][0] == 0
    assert gn.trace(net, X).z[1][:, 1].std() == pytest.approx(1)


def test_layers_of_blocks_frozen_ones_and_normed_biases_are_left_alone():
    layers = [
        gn.input_scale(4),
        gn.Dense(3, "relu", batch_norm=True),
        gn.Dense(3, "relu", kappa=0.5),
        gn.Dense(3, "relu", frozen=True),
        gn.Dense(1, "identity"),
    ]
    net, X = gn.Network(4, layers, seed=0), rows()
    before = gn.Network(4, layers, seed=0)

    gn.init_from_rows(net, X)

    for l in (1, 4, 5):
        np.testing.assert_array_equal(net.W[l], before.W[l])
    assert not net.b[2].any()
    np.testing.assert_allclose(gn.trace(net, X).z[3].std(axis=0), 1.0, rtol=1e-6)
    gn.init_from_rows(plain := gn.Network(4, layers, seed=0), X, biases=False)
    assert not any(b.any() for b in plain.b[2:])


def test_bad_input_is_named():
    trained = made()
    gn.train(trained, rows(), np.zeros((500, 2)), epochs=1)

    with pytest.raises(InvalidValue, match="net must be untrained"):
        gn.init_from_rows(trained, rows())
    with pytest.raises(InvalidValue, match="at least 2 rows; got 1"):
        gn.init_from_rows(made(), rows(1))
    with pytest.raises(InvalidValue, match="from 1 to 3; got 4"):
        gn.init_from_rows(made(), rows(), layers=[4])
    with pytest.raises(InvalidValue, match="net must be a Network"):
        gn.init_from_rows("net", rows())

"""TracIn against brute force, and against what a step does."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.state import State
from tests.engine.problems import Variant
from tests.inspection.single_rows import drawn, of_each_row


def test_it_adds_up_rates_times_inner_products_over_the_networks():
    found, net = drawn(Variant("cross_entropy", "softmax", outputs=3, depth=3, rows=9))
    x, y = found.data.x, found.data.y
    later = gn.Network.of(net.specification, State(0.9 * found.theta))
    wanted = np.zeros(8)
    for theta, rate in ((found.theta, 0.1), (0.9 * found.theta, 0.02)):
        _, g = of_each_row(type(found)(found.spec, theta, found.buffers, found.data))
        wanted += rate * g[:8] @ g[8]

    influence = gn.influence([net, later], x[:8], y[:8], x[8], y[8], rates=[0.1, 0.02])

    np.testing.assert_allclose(influence.values, wanted, rtol=1e-10, atol=1e-14)
    assert influence.losses[0] == pytest.approx(gn.ledger(net, x[8:], y[8:]).losses[0])


def test_a_small_step_for_a_row_changes_the_loss_by_its_influence():
    found, net = drawn(Variant(outputs=2, rows=6))
    x, y, rate = found.data.x, found.data.y, 1e-6
    before = gn.ledger(net, x[5:], y[5:]).losses[0]
    fall = []
    for n in range(5):
        stepped = gn.Network.of(net.specification, net.state)
        gn.train(stepped, x[n : n + 1], y[n : n + 1], optimizer=gn.SGD(rate), epochs=1)
        fall.append(before - gn.ledger(stepped, x[5:], y[5:]).losses[0])

    influence = gn.influence(net, x[:5], y[:5], x[5], y[5], rates=[rate])

    np.testing.assert_allclose(influence.values, fall, rtol=1e-3, atol=1e-14)


def test_a_trail_brings_its_networks_and_rates():
    X, y = np.linspace(-1, 1, 8)[:, None], np.linspace(-1, 1, 8) ** 2
    net = gn.Network(1, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")])
    trail = gn.Trail(2)
    gn.train(net, X, y, epochs=6, observers=[trail], schedule="cosine", batch_size=4)

    assert trail.epochs_kept == [2, 4, 6]
    np.testing.assert_array_equal(trail.networks[-1].state.theta, net.state.theta)
    given = gn.influence(trail.networks, X, y, X[3], y[3], rates=trail.rates)
    np.testing.assert_array_equal(gn.influence(trail, X, y, X[3], y[3]).values, given.values)


def test_helpers_and_harmers_stand_in_order():
    influence = gn.Influence(np.array([1.0, -3.0, 2.0, -1.0]), np.zeros(1))

    assert influence.helpers(2).tolist() == [2, 0]
    assert influence.harmers(2).tolist() == [1, 3]


def test_a_trail_looks_at_no_step():
    assert gn.Trail().next(5) is None
    with pytest.raises(InvalidValue, match="epochs of Trail must be"):
        gn.Trail(0)


NET = gn.Network(2, [gn.Dense(1, "identity")])
X, Y = np.ones((3, 2)), np.ones(3)


@pytest.mark.parametrize(
    ("networks", "x", "rates", "error", "words"),
    [
        (gn.Trail(), X[0], None, InvalidValue, "a Trail with at least one network"),
        ([], X[0], None, InvalidValue, "at least one network"),
        ("net", X[0], None, InvalidValue, "networks must be"),
        (NET, X, None, ShapeMismatch, "x must be one row"),
        (NET, X[0], [1, 2], ShapeMismatch, r"rates must be \(1,\)"),
        (NET, X[0], [np.nan], ShapeMismatch, r"rates must be \(1,\) finite"),
    ],
)
def test_bad_arguments_are_named(networks, x, rates, error, words):
    with pytest.raises(error, match=words):
        gn.influence(networks, X, Y, x, 1.0, rates=rates)

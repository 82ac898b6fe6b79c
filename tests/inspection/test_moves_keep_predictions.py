"""Widening, deepening and merging change the shape of a network, and nothing that it says."""

from itertools import product

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, UnknownName
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
HANDS_ON = ["identity", "relu", "leaky_relu", "gelu", "silu", "softplus"]
OUTPUTS = {"cross_entropy": "softmax", "binary_cross_entropy": "logistic", "poisson": "exp"}
BY = ["twins", "idle", "gradient"]


def rows(loss="squared_error", outputs=3, m=40):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(m, 5))
    if loss == "cross_entropy":
        return X, rng.integers(0, outputs, m)
    if loss == "binary_cross_entropy":
        return X, rng.integers(0, 2, (m, outputs))
    return X, rng.uniform(0.5, 2.0, (m, outputs))


def made(phi="tanh", loss="squared_error", dtype="float64", norm=False, dropout=0.0, **options):
    layers = [
        gn.Dense(4, phi, batch_norm=norm, dropout=dropout),
        gn.Dense(6, phi, batch_norm=norm, dropout=dropout),
        gn.Dense(3, OUTPUTS.get(loss, "identity")),
    ]
    return gn.Network(5, layers, loss=loss, seed=2, dtype=dtype, **options)


def moved_a_little(net):
    """Parameters away from their first zeros and ones, running statistics too."""
    rng = np.random.default_rng(9)
    net.state.theta[:] += rng.normal(scale=0.1, size=net.state.theta.shape)
    for name, values in net.state.buffers.items():
        values[:] = rng.uniform(0.5, 1.5, values.shape) if "var" in name else rng.normal(
            size=values.shape)  # fmt: skip
    return net


def assert_same_predictions(new, old, X):
    before, after = gn.predict(old, X), gn.predict(new, X)
    # Rounding of some hundred terms; twins have shares of up to 3/2 of a weight, which cancel.
    scale = np.abs(before).max() + 1
    np.testing.assert_allclose(after, before, atol=100 * np.finfo(before.dtype).eps * scale, rtol=0)


@pytest.mark.parametrize(("phi", "by", "dtype"), list(product(HIDDEN, BY, ["float32", "float64"])))
def test_a_wider_layer_says_the_same(phi, by, dtype):
    net, (X, y) = moved_a_little(made(phi, dtype=dtype)), rows()

    for layer in (1, 2):
        wide = gn.widen(net, layer, 3, by=by, X=X, y=y)

        assert wide.units[layer] == net.units[layer] + 3
        assert wide.state.theta.dtype == dtype
        assert_same_predictions(wide, net, X)


@pytest.mark.parametrize(("loss", "by"), list(product(LOSSES, BY)))
def test_a_wider_layer_costs_the_same_under_every_loss(loss, by):
    X, y = rows(loss)
    net = moved_a_little(made("silu", loss))

    wide = gn.widen(net, 2, 3, by=by, X=X, y=y)

    assert gn.trace(wide, X, y).J == pytest.approx(gn.trace(net, X, y).J, rel=1e-12)


@pytest.mark.parametrize(
    ("phi", "after", "dtype"), list(product(HANDS_ON, (0, 1, 2), ["float32", "float64"]))
)
def test_a_deeper_network_says_the_same(phi, after, dtype):
    net, (X, _) = moved_a_little(made("tanh", dtype=dtype)), rows()

    deep = gn.deepen(net, after, activation=phi)

    assert deep.depth == net.depth + 1
    assert_same_predictions(deep, net, X)


@pytest.mark.parametrize(("loss", "phi"), list(product(LOSSES, HANDS_ON)))
def test_a_deeper_network_costs_the_same_under_every_loss(loss, phi):
    X, y = rows(loss)
    net = moved_a_little(made(phi, loss))

    assert gn.trace(gn.deepen(net, 1), X, y).J == pytest.approx(gn.trace(net, X, y).J, rel=1e-12)


def test_relu_behind_relu_needs_one_unit_for_each_and_elsewhere_two():
    net = made("relu")

    assert gn.deepen(net, 1).units == (5, 4, 4, 6, 3)
    assert gn.deepen(net, 0).units == (5, 10, 4, 6, 3)
    assert gn.deepen(made("tanh"), 1, activation="relu").units == (5, 4, 8, 6, 3)


@pytest.mark.parametrize("phi", sorted(set(HIDDEN) - set(HANDS_ON)))
def test_a_layer_that_cannot_hand_on_is_refused_by_name(phi):
    with pytest.raises(InvalidValue, match=f"would be '{phi}'"):
        gn.deepen(made(phi), 1)


@pytest.mark.parametrize(("phi", "dtype"), list(product(HIDDEN, ["float32", "float64"])))
def test_merged_twins_say_the_same(phi, dtype):
    net, (X, _) = moved_a_little(made(phi, dtype=dtype)), rows()
    doubled = gn.widen(gn.widen(net, 1, 9), 2, 4)

    merged = gn.merge_twins(doubled)

    assert merged.units == net.units
    assert_same_predictions(merged, doubled, X)
    # What was parted comes back: W[2] is to rounding what it was.
    eps = np.finfo(net.state.theta.dtype).eps
    np.testing.assert_allclose(merged.W[2], net.W[2], rtol=0, atol=50 * eps)


def test_units_that_are_only_close_stay_apart():
    net = moved_a_little(made())
    net.W[1][1] = net.W[1][0]
    net.b[1][1] = np.nextafter(net.b[1][0], 9)

    assert gn.merge_twins(net).units == net.units


@pytest.mark.parametrize("by", ["twins", "idle"])
def test_batch_norm_and_dropout_are_no_obstacle(by):
    net, (X, y) = moved_a_little(made(norm=True, dropout=0.25)), rows()

    for layer in (1, 2):
        wide = gn.widen(net, layer, 5, by=by, X=X)

        assert_same_predictions(wide, net, X)
        assert_same_predictions(gn.merge_twins(wide), net, X)
    assert_same_predictions(gn.deepen(net, 2, activation="silu"), net, X)
    gn.train(gn.deepen(net, 1, activation="relu"), X, y, epochs=1)


def test_twins_under_batch_norm_cost_the_same_in_training():
    # A step of rate ~0 reports J under the batch's own statistics.
    net, (X, y) = moved_a_little(made(norm=True)), rows()
    step = {"optimizer": gn.SGD(1e-300), "epochs": 1, "batch_size": 40, "shuffle": False}

    wide = gn.widen(net, 1, 4)
    costs = [gn.train(each, X, y, **step).history[0]["J"] for each in (net, wide)]

    assert costs[1] == pytest.approx(costs[0], rel=1e-12)


def test_what_could_not_stay_the_same_is_refused_and_said_why():
    X, y = rows()
    net = made(norm=True)
    with pytest.raises(InvalidValue, match="no batch norm"):
        gn.widen(net, 1, 1, by="gradient", X=X, y=y)
    with pytest.raises(InvalidValue, match="at most 3"):
        gn.widen(made(), 2, 5, by="gradient", X=X, y=y)
    with pytest.raises(InvalidValue, match="X and y must be given"):
        gn.widen(made(), 1, 1, by="gradient")
    with pytest.raises(UnknownName, match="way to widen"):
        gn.widen(made(), 1, 1, by="luck")
    with pytest.raises(InvalidValue, match="from 1 to 2; got 3"):
        gn.widen(made(), 3, 1)
    with pytest.raises(InvalidValue, match="units must be"):
        gn.widen(made(), 1, 0)
    with pytest.raises(InvalidValue, match="from 0"):
        gn.deepen(made(), 3)
    with pytest.raises(InvalidValue, match="softmax"):
        gn.widen(made("softmax"), 1, 1)
    without = gn.Network(2, [gn.Dense(3, "logistic"), gn.Dense(1, "identity", bias=False)])
    with pytest.raises(InvalidValue, match="layer 2 must have a bias"):
        gn.widen(without, 1, 1, by="gradient", X=np.eye(2), y=[1.0, 2.0])
    with pytest.raises(InvalidValue, match="Network; got list"):
        gn.merge_twins([])


def test_the_old_network_is_left_as_it_was():
    net, (X, y) = moved_a_little(made(norm=True)), rows()
    gn.train(net, X, y, epochs=1)
    theta, buffers = net.state.theta.copy(), {k: v.copy() for k, v in net.state.buffers.items()}

    for new in (gn.widen(net, 1, 2), gn.deepen(net, 1, activation="relu"), gn.merge_twins(net)):
        gn.train(new, X, y, epochs=1)

    assert np.array_equal(net.state.theta, theta)
    assert all(np.array_equal(net.state.buffers[name], buffers[name]) for name in buffers)


def memory_blocks(net, letter):
    return net.specification.unpack(np.asarray(net.state.memory[letter]))


@pytest.mark.parametrize("optimizer", ["momentum", "rmsprop", "adam", "adamw", "irprop"])
def test_old_parameters_keep_the_memory_of_the_optimizer(optimizer):
    net, (X, y) = made("relu"), rows()
    gn.train(net, X, y, optimizer=optimizer, epochs=3, batch_size=40)

    wide, deep = gn.widen(net, 1, 2), gn.deepen(net, 1)

    for letter, kept in net.state.memory.items():
        if np.shape(kept) != net.state.theta.shape:
            assert wide.state.memory[letter] == kept
            continue
        old, wider, deeper = (memory_blocks(each, letter) for each in (net, wide, deep))
        assert np.array_equal(wider.W[1][:4], old.W[1])
        assert np.array_equal(wider.W[2][:, :4], old.W[2])
        assert np.array_equal(deeper.W[3], old.W[2])
        assert np.array_equal(deeper.b[4], old.b[3])
    assert (wide.state.t, wide.state.optimizer) == (net.state.t, optimizer)


def test_new_parameters_are_not_thrown_far_by_adams_bias_correction():
    net, (X, y) = made("tanh"), rows()
    adam = gn.Adam(1e-3)
    gn.train(net, X, y, optimizer=adam, epochs=300)

    wide = gn.widen(net, 1, 2, by="idle")
    before = wide.W[2][:, 4:].copy()
    gn.train(wide, X, y, optimizer=adam, epochs=1, batch_size=40)  # one step

    assert 0 < np.abs(wide.W[2][:, 4:] - before).max() < 3e-3


def test_training_goes_on_from_the_same_step_and_order_of_rows():
    net, (X, y) = made(dropout=0.25), rows()
    gn.train(net, X, y, epochs=2)

    wide = gn.widen(net, 2, 1)

    for name in ("t", "epoch", "position", "seed"):
        assert getattr(wide.state, name) == getattr(net.state, name)


def test_an_optimizer_of_ones_own_begins_anew():
    net, (X, y) = made(), rows()
    gn.train(net, X, y, epochs=1)
    object.__setattr__(net.state, "optimizer", "mine")

    assert gn.widen(net, 1, 1).state.memory == {}


@pytest.mark.parametrize("phi", HIDDEN)
def test_the_gradient_is_right_after_each_move(phi):
    net, (X, y) = moved_a_little(made(phi)), rows(m=8)

    for by in BY:
        assert gn.check_gradients(gn.widen(net, 1, 2, by=by, X=X, y=y), X, y).worst < 1e-5


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("outputs", [1, 3])
def test_new_units_do_not_stay_alike(by, outputs):
    X, y = rows(outputs=outputs)
    net = gn.Network(5, [gn.Dense(4, "tanh"), gn.Dense(outputs, "identity")], seed=0)

    units = 1 if (by, outputs) == ("gradient", 1) else 3
    wide = gn.widen(net, 1, units, by=by, X=X, y=y)
    gn.train(wide, X, y, epochs=30, optimizer=gn.Adam(1e-2))

    directions = wide.W[1] / np.linalg.norm(wide.W[1], axis=1, keepdims=True)
    cosines = np.abs(directions @ directions.T - np.eye(4 + units))
    assert cosines.max() < 0.999
    assert gn.merge_twins(wide).units == wide.units

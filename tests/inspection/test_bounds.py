"""Interval bounds hold for every input of the box, and are reached where one layer is monotone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.engine.reference import forward
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.contracts import Elementwise

POINTS = 100_000
MONOTONE = ["identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus",
            "softsign", "exp"]  # fmt: skip
HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})


def random_network(name, *, dtype="float64", depth=3, seed=0, last="identity", outputs=2, **parts):
    """A network of 4 inputs with weights and biases of every size."""
    rng = np.random.default_rng(seed)
    layers = [gn.Dense(9, name, **parts) for _ in range(depth - 1)]
    stage = gn.Scaling((1.0, -2.0, 0.5, 100.0), (2.0, 0.5, 1.0, 30.0))
    net = gn.Network(
        4, [*layers, gn.Dense(outputs, last)], input_stage=stage, seed=seed, dtype=dtype,
        strict=False,
    )  # fmt: skip
    net.state.theta[:] = rng.normal(scale=0.7, size=net.parameter_count)
    for key, buffer in net.state.buffers.items():
        buffer[:] = (
            rng.uniform(0.2, 3, len(buffer)) if "var" in key else rng.normal(size=len(buffer))
        )
    return net


def box(seed=0):
    rng = np.random.default_rng(seed + 1)
    middle = np.array([1.0, -2.0, 0.5, 100.0])
    half = np.array([2.0, 0.5, 1.0, 30.0]) * rng.uniform(0.05, 1.5, 4)
    return middle - half, middle + half


def points_in(lower, upper, rows=POINTS):
    """Random points, and among them corners, where bounds are reached."""
    rng = np.random.default_rng(5)
    share = rng.random((rows, len(lower)))
    share[: rows // 10] = rng.integers(0, 2, (rows // 10, len(lower)))
    return lower + share * (upper - lower)


def layers_of(net, X):
    """z and a of every layer as the reference engine computes them."""
    passed = forward(net.specification, net.state.theta, net.state.buffers,
                     X.astype(net.state.theta.dtype))  # fmt: skip
    return passed.z_tilde, passed.fired


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_number_of_every_layer_is_within_its_bounds(name, dtype):
    net, (lower, upper) = random_network(name, dtype=dtype), box()
    X = points_in(lower, upper)

    found = gn.bounds(net, lower, upper)

    z, a = layers_of(net, X)
    for l in range(1, net.depth + 1):
        layer = found.layers[l]
        assert (layer.z_lower <= z[l].min(axis=0)).all()
        assert (z[l].max(axis=0) <= layer.z_upper).all()
        assert (layer.a_lower <= a[l].min(axis=0)).all()
        assert (a[l].max(axis=0) <= layer.a_upper).all()
    outputs = gn.predict(net, X)
    assert (found.lower <= outputs).all()
    assert (outputs <= found.upper).all()


@pytest.mark.parametrize("name", HIDDEN)
def test_a_small_box_has_close_bounds(name):
    net, X = random_network(name), points_in(*box())[:50]

    for x in X[:5]:
        found = gn.bounds(net, x - 1e-9, x + 1e-9)
        assert (found.upper - found.lower < 1e-4 * (1 + np.abs(found.upper))).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("last", ["softmax", "logistic", "sin", "square", "gelu"])
def test_outputs_of_any_kind_and_batch_norm_are_within_bounds(dtype, last):
    net = random_network("mish", dtype=dtype, batch_norm=True, last=last, outputs=3)
    lower, upper = box(3)

    found = gn.bounds(net, lower, upper)

    outputs = gn.predict(net, points_in(lower, upper))
    assert (found.lower <= outputs).all()
    assert (outputs <= found.upper).all()


@pytest.mark.parametrize("name", MONOTONE)
def test_one_layer_of_a_monotone_activation_is_bounded_exactly(name):
    net, (lower, upper) = random_network(name, depth=1, last=name), box(2)

    found = gn.bounds(net, lower, upper)

    for k in range(2):
        rises = net.W[1][k] > 0
        least, most = np.where(rises, lower, upper), np.where(rises, upper, lower)
        reached = gn.predict(net, np.stack([least, most]))[:, k]
        # the sums of five terms and φ, each to some units of rounding
        tolerance = 1e-13 * (1 + np.abs(reached))
        assert abs(found.lower[k] - reached[0]) <= tolerance[0]
        assert abs(found.upper[k] - reached[1]) <= tolerance[1]


def test_softmax_of_one_layer_is_bounded_exactly_where_scores_are_free_of_each_other():
    net = gn.Network(3, [gn.Dense(3, "softmax")], loss="cross_entropy")
    net.state.theta[:] = [*np.eye(3).ravel(), 0, 0, 0]

    found = gn.bounds(net, [0, -1, 0], [1, 1, 2])

    least = np.exp(0) / (np.exp(0) + np.exp(1) + np.exp(2))
    most = np.exp(1) / (np.exp(1) + np.exp(-1) + np.exp(0))
    assert found.lower[0] == pytest.approx(least, rel=1e-13)
    assert found.upper[0] == pytest.approx(most, rel=1e-13)


@pytest.mark.parametrize(
    ("name", "lower", "upper", "least", "most"),
    [
        ("sin", 0.0, 2.0, 0.0, 1.0),
        ("sin", 2.0, 4.0, np.sin(4.0), np.sin(2.0)),
        ("sin", 4.0, 5.0, -1.0, np.sin(4.0)),
        ("sin", -50.0, 50.0, -1.0, 1.0),
        ("cos", -1.0, 2.0, np.cos(2.0), 1.0),
        ("cos", 2.0, 4.0, -1.0, np.cos(2.0)),
        ("square", -2.0, 1.0, 0.0, 4.0),
        ("square", 1.0, 2.0, 1.0, 4.0),
        ("gelu", -3.0, 0.0, -0.16997120747990366, 0.0),
        ("silu", -3.0, 0.0, -0.2784645427610738, 0.0),
        ("mish", -3.0, 0.0, -0.30884341301725043, 0.0),
    ],
)
def test_turning_points_inside_are_found(name, lower, upper, least, most):
    net = gn.Network(1, [gn.Dense(1, name, bias=False, init=gn.Constant(1.0))])

    found = gn.bounds(net, lower, upper)

    assert found.lower[0] == pytest.approx(least, rel=1e-12, abs=1e-13)
    assert found.upper[0] == pytest.approx(most, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_slopes_hold_for_the_differences_between_points(name):
    """A chord's slope is a mean of slopes (of one-sided ones at a kink), so within their bounds."""
    phi = ACTIVATIONS[name]()
    if not isinstance(phi, Elementwise):
        pytest.skip("softmax has no slope of its own")
    rng = np.random.default_rng(0)
    lower = rng.normal(scale=3, size=(2000, 1))
    upper = lower + rng.exponential(2.0, size=(2000, 1))
    low, high = phi.slope_interval(lower, upper)
    for _ in range(20):
        u, v = (lower + rng.random((2000, 1)) * (upper - lower) for _ in range(2))
        apart = np.abs(u - v) > 1e-3
        u, v = u[apart][:, None], v[apart][:, None]
        chord = ((phi.value(u) - phi.value(v)) / (u - v))[:, 0]
        size = np.abs(phi.value(u))[:, 0] + np.abs(phi.value(v))[:, 0]
        rounding = 1e-12 * (1 + size)  # ε |φ| / |u − v|, and |u − v| > 10⁻³
        assert (low[apart] - rounding <= chord).all()
        assert (chord <= high[apart] + rounding).all()


@pytest.mark.parametrize("name", HIDDEN)
def test_slopes_are_close_for_a_close_box(name):
    phi = ACTIVATIONS[name]()
    z = np.array([[-2.3, -0.4, 0.3, 1.7]])

    low, high = phi.slope_interval(z - 1e-9, z + 1e-9)

    slope = phi.derivative(z, phi.value(z))
    np.testing.assert_allclose(low, slope, rtol=0, atol=1e-7)
    np.testing.assert_allclose(high, slope, rtol=0, atol=1e-7)


@pytest.mark.parametrize("last", ["identity", "logistic", "softmax"])
@pytest.mark.parametrize("name", HIDDEN)
def test_slopes_of_the_network_hold_for_steps_along_a_feature(name, last):
    net = random_network(name, last=last, batch_norm=name == "relu")
    lower, upper = box(7)
    found = gn.bounds(net, lower, upper)
    X = points_in(lower, upper, 3000)

    for j in range(4):
        moved = X.copy()
        moved[:, j] = points_in(lower, upper, 3000)[::-1, j]
        step = moved[:, j] - X[:, j]
        far = np.abs(step) > 1e-3 * (upper[j] - lower[j])
        chord = ((gn.predict(net, moved) - gn.predict(net, X)) / step[:, None])[far]
        tolerance = 1e-9 * (1 + np.abs(chord))
        assert (found.slope_lower[:, j] <= chord + tolerance).all()
        assert (chord <= found.slope_upper[:, j] + tolerance).all()


def test_a_network_of_positive_weights_is_proved_to_rise():
    net = gn.Network(2, [gn.Dense(4, "tanh"), gn.Dense(4, "relu"), gn.Dense(1, "identity")])
    net.state.theta[:] = np.abs(net.state.theta)
    net.W[1][:, 1] = 0

    found = gn.bounds(net, [-1, -1], [1, 1])

    assert found.monotone.tolist() == [[1, 3]]
    assert "y never falls with x₁." in found.sentences()
    assert "y does not change with x₂." in found.sentences()


@pytest.mark.parametrize(
    ("weights", "kind"), [([1.0, 2.0], 2), ([-1.0, -2.0], -2), ([1.0, 0.0], 3)]
)
def test_each_kind_of_monotonicity_is_told_apart(weights, kind):
    """y = Σₖ softplus(wₖ x), or of the second feature, which only w₂ = 0 can hear."""
    net = gn.Network(2, [gn.Dense(2, "softplus"), gn.Dense(1, "identity", init=gn.Constant(1.0))])
    net.W[1][:] = np.diag(weights) if kind == 3 else np.array(weights)[:, None]

    found = gn.bounds(net, -3.0, 3.0)

    assert found.monotone[0, 1] == kind


def test_bounds_of_the_derivative_of_softmax_hold_and_are_close_for_a_close_box():
    phi, z = gn.Softmax(), np.array([[0.3, -1.0, 2.0, 0.1]])
    a = phi.value(z)
    jacobian = np.diag(a[0]) - np.outer(a, a)
    one_hot = np.eye(4)
    mixed = np.random.default_rng(0).normal(size=(3, 4))  # as behind further layers

    for g in (one_hot, mixed):
        low, high = phi.back_interval(z - 1e-9, z + 1e-9, g, g)
        assert (low <= g @ jacobian).all()
        assert (g @ jacobian <= high).all()
        assert (high - low).max() < 1e-7
    low, high = phi.back_interval(z - 1, z + 1, one_hot, one_hot)
    assert (np.diag(low) > 0).all()
    assert (high[~np.eye(4, dtype=bool)] < 0).all()


def test_a_function_that_turns_is_not_said_to_be_monotone():
    net = gn.Network(1, [gn.Dense(1, "square", init=gn.Constant(1.0))])

    assert gn.bounds(net, -1, 1).monotone.tolist() == [[0]]
    assert gn.bounds(net, 1, 2).monotone.tolist() == [[2]]
    assert gn.bounds(net, -2, -1).monotone.tolist() == [[-2]]


def test_units_said_to_be_dead_never_fire_and_others_may():
    net, (lower, upper) = random_network("relu", depth=4, seed=4), box(4)
    net.b[1][:5] -= 30.0
    found = gn.bounds(net, lower, upper)

    _, a = layers_of(net, points_in(lower, upper))

    dead = set(found.dead)
    assert {(1, i) for i in range(5)} <= dead
    for l in range(1, net.depth):
        for i in range(net.units[l]):
            fires = a[l][:, i].max() > 0
            assert not (fires and (l, i) in dead)


def test_what_only_dead_units_feed_is_constant():
    net = gn.Network(1, [gn.Dense(3, "relu"), gn.Dense(2, "tanh"), gn.Dense(1, "identity")])
    net.b[1][:] = -100.0
    net.b[2][:] = [0.5, -0.5]

    found = gn.bounds(net, -1, 1)

    assert found.dead == [(1, 0), (1, 1), (1, 2)]
    assert set(found.constant) == {(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)}
    assert found.monotone.tolist() == [[3]]
    assert "Dead in layer 1, 3 of 3 units: 0, 1 and 2." in str(found)


def test_scores_near_the_end_of_float32_have_sound_bounds():
    net = gn.Network(1, [gn.Dense(1, "exp", init=gn.Constant(1.0))], dtype="float32")

    for ends in [(80, 100), (-200, -90), (88, 88.7)]:
        found = gn.bounds(net, *ends)
        with np.errstate(over="ignore"):
            outputs = gn.predict(net, np.linspace(*ends, 200)[:, None])
        assert (found.lower <= outputs).all()
        assert (outputs <= found.upper).all()


@pytest.mark.parametrize("name", ["selu", "identity", "leaky_relu", "softplus", "square", "mish"])
def test_scores_that_overflow_are_not_bounded_by_a_finite_number(name):
    net = gn.Network(1, [gn.Dense(2, "exp"), gn.Dense(2, "exp"), gn.Dense(1, name)])
    net.state.theta[:] = 5.0

    assert gn.bounds(net, 0, 3).upper[0] == np.inf


def test_an_endless_box_is_bounded_by_the_range_of_the_output():
    net = gn.Network(
        2, [gn.Dense(5, "relu"), gn.Dense(1, "logistic")], loss="squared_error", seed=2
    )

    found = gn.bounds(net, -np.inf, np.inf)

    assert found.lower[0] == pytest.approx(0, abs=1e-12)
    assert found.upper[0] == pytest.approx(1, abs=1e-12)


def test_an_activation_of_ones_own_is_bounded_by_what_it_says():
    class Plain:
        name = "plain"

        def value(self, z):
            return np.tanh(z)

        def derivative(self, z, a):
            return 1 - a * a

    class Known(Plain):
        turns, bends = (), (0.0,)

    def found(phi):
        return gn.bounds(gn.Network(1, [gn.Dense(1, phi(), init=gn.Constant(1.0))]), 0, 1)

    assert found(Plain).upper[0] == np.inf
    assert found(Plain).monotone.tolist() == [[0]]
    assert found(Known).upper[0] == pytest.approx(np.tanh(1.0))
    assert found(Known).monotone.tolist() == [[2]]


def test_the_heads_of_a_network_have_the_bounds_of_their_own_columns():
    joint = [gn.Head(2, "softmax", "cross_entropy"), gn.Head(1, "identity")]
    net = gn.Network(3, [gn.Dense(4, "silu"), gn.output_layer(joint)], seed=3)
    lower, upper = np.full(3, -1.0), np.full(3, 1.0)

    found = gn.bounds(net, lower, upper)

    outputs = gn.predict(net, points_in(lower, upper))
    assert (found.lower <= outputs).all()
    assert (outputs <= found.upper).all()
    assert found.slope_lower.shape == (3, 3)


@given(
    names=st.lists(st.sampled_from(sorted(ACTIVATIONS)), min_size=1, max_size=4),
    scale=st.sampled_from([1e-3, 0.3, 1.0, 4.0]),
    width=st.sampled_from([0.0, 1e-6, 0.1, 1.0, 30.0]),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=120)
def test_any_mixture_of_layers_is_bounded_on_any_box(names, scale, width, dtype, seed):
    rng = np.random.default_rng(seed)
    layers = [gn.Dense(5, name, batch_norm=bool(rng.integers(2))) for name in names]
    net = gn.Network(3, layers, strict=False, dtype=dtype)
    net.state.theta[:] = rng.normal(scale=scale, size=net.parameter_count)
    middle = rng.normal(size=3) * 10.0 ** rng.integers(-2, 3, 3)
    lower, upper = middle - width * rng.random(3), middle + width * rng.random(3)

    found = gn.bounds(net, lower, upper)

    with np.errstate(over="ignore", invalid="ignore"):
        outputs = gn.predict(net, np.clip(points_in(lower, upper, 400), lower, upper))
    if np.isfinite(outputs).all():
        assert (found.lower <= outputs).all()
        assert (outputs <= found.upper).all()


def test_a_box_of_another_network_or_upside_down_is_refused():
    net = gn.Network(2, [gn.Dense(1, "identity")])

    with pytest.raises(InvalidValue, match=r"of 'x₂' they are 3 and 1"):
        gn.bounds(net, [0, 3], [1, 1])
    with pytest.raises(ShapeMismatch, match=r"lower must be one row of the 2 inputs"):
        gn.bounds(net, [0, 0, 0], [1, 1, 1])
    with pytest.raises(InvalidValue, match="nan"):
        gn.bounds(net, [0, np.nan], [1, 1])
    with pytest.raises(InvalidValue, match="Network or a fitted estimator"):
        gn.bounds("net", 0, 1)

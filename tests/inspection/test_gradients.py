"""check_gradients passes what is right, names what is wrong, and knows a kink when it meets one."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import glassnet as gn
from glassnet.engine.reference_session import ReferenceEngine, ReferenceSession
from glassnet.errors import InvalidValue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES
from glassnet.network.state import State
from tests.engine.problems import Variant, problem


def network_and_rows(variant):
    """A network as after some steps, and its rows."""
    made = problem(variant)
    net = gn.Network.of(made.spec, State(made.theta, made.seed, made.t, buffers=made.buffers))
    return net, made.data.x, made.data.y, made.data.w


@pytest.mark.parametrize("hidden", sorted(ACTIVATIONS))
@pytest.mark.parametrize("norm", [False, True])
def test_every_activation_passes_with_and_without_batch_norm(hidden, norm):
    X_y_w = network_and_rows(Variant(hidden=hidden, norm=norm, weighted=norm))

    found = gn.check_gradients(*X_y_w)

    assert found.passed, str(found)
    assert str(found).startswith("Right")


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("engine", ["reference", "auto"])
def test_every_loss_passes_with_dropout_and_penalties(loss, engine):
    outputs = 3 if loss == "cross_entropy" else 2
    variant = Variant(
        loss, LOSSES[loss].partner, "tanh", outputs, weighted=True,
        layer={"dropout": 0.3}, network={"penalties": (gn.L2(0.1), gn.L1(0.01))},
    )  # fmt: skip

    found = gn.check_gradients(*network_and_rows(variant), engine=engine)

    assert found.passed, str(found)


def test_a_wrong_derivative_is_named():
    wrong = SimpleNamespace(name="wrong", value=lambda z: z**3, derivative=lambda z, a: 2 * z**2)
    rng = np.random.default_rng(0)
    net = gn.Network(3, [gn.Dense(4, wrong), gn.Dense(1, "identity")], seed=0)

    found = gn.check_gradients(net, rng.normal(size=(5, 3)), rng.normal(size=5))

    assert not found.passed
    assert found.verdict().startswith("WRONG: the gradient of W[1], b[1] is not")
    assert found.worst == pytest.approx(1 / 3, rel=1e-6)
    assert [block.error < 1e-6 for block in found.blocks] == [False, False, True, True]


class Faulty(ReferenceEngine):
    """An engine whose gradient has one entry that is a thousandth too large."""

    name = "faulty"

    def open(self, program, state, data):
        return FaultySession(program, state, data)


class FaultySession(ReferenceSession):
    def gradient(self, rows, keep=frozenset()):
        moment = super().gradient(rows, keep)
        g = moment.g.copy()
        g[-1] *= 1.001
        return replace(moment, g=g)


def test_an_engine_that_is_off_in_one_entry_is_found_out():
    found = gn.check_gradients(*network_and_rows(Variant()), engine=Faulty())

    assert not found.passed
    assert [block.name for block in found.blocks if block.error > 1e-6] == ["b[2]"]
    assert found.engine == "faulty"


def relu_network(at_zero=0.0, dtype="float64"):
    """A network whose z[1] is exactly 0 in the second row of two."""
    net = gn.Network(
        2, [gn.Dense(3, gn.ReLU(at_zero)), gn.Dense(1, "identity")], seed=0, dtype=dtype
    )
    return net, np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([0.5, 1.0])


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_a_row_on_a_kink_is_named_and_left_out_of_both_sides(at_zero):
    net, X, y = relu_network(at_zero)

    found = gn.check_gradients(net, X, y)

    assert found.passed
    assert found.rows_left_out == (1,)
    assert found.exact_zeros == {1: 3}
    assert [block.rows for block in found.blocks] == [(), (1,), (), ()]
    assert all(block.checked == block.entries for block in found.blocks)
    assert "Left out where a step crosses a kink: row 1 (counted from 0)." in str(found)


def test_rows_that_act_on_each_other_leave_the_whole_entry_out():
    layers = [gn.Dense(2, "tanh", batch_norm=True), gn.Dense(2, "relu"), gn.Dense(1, "identity")]
    net = gn.Network(2, layers, seed=0)
    net.W[2][...] = 0.0
    X = np.random.default_rng(0).normal(size=(4, 2))

    found = gn.check_gradients(net, X, np.ones(4))

    checked = {block.name: block.checked for block in found.blocks}
    assert checked["b[2]"] == 0  # every row of it stands on the kink
    assert checked["W[3]"] == 2
    assert found.passed


def test_nothing_is_said_to_be_right_where_nothing_was_checked():
    net = gn.Network(1, [gn.Dense(1, "relu", init="zeros", bias=False)])

    found = gn.check_gradients(net, [[1.0]], [1.0])

    assert not found.passed
    assert "Nothing could be checked" in found.verdict()


def test_the_influence_of_the_convention_is_the_difference_of_the_gradients():
    net, X, y = relu_network()
    a, W = gn.predict(net, X), net.W[2]

    found = gn.check_gradients(net, X, y)

    # By hand: row 1 adds at_zero · ½ (a − y) W[2] to ∂J/∂b[1], and nothing to ∂J/∂W[1], as x is 0.
    off = 0.5 * (a[1, 0] - y[1]) * W[0]
    on = 0.5 * (a[0, 0] - y[0]) * W[0] * (gn.trace(net, X).z[1][0] > 0)
    for each in found.at_zero:
        moved = np.linalg.norm(each.value * off)
        scale = max(np.linalg.norm(on), np.linalg.norm(on + each.value * off))
        assert each.moved["b[1]"] == pytest.approx(moved / scale, rel=1e-12)
        assert each.moved["W[1]"] == 0.0
    assert [each.value for each in found.at_zero] == [0.0, 0.5, 1.0]


def test_more_zeros_are_exact_in_float32():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 2)) * 1e-30, rng.normal(size=200)
    X[0] = 1.0
    counts = {}
    for dtype in ("float32", "float64"):
        net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "identity")], dtype=dtype, seed=0)
        net.W[1][...] *= 1e-16
        found = gn.check_gradients(net, X, y)
        counts[dtype] = found.exact_zeros[1]
        assert found.dtype == dtype

    assert counts["float32"] > counts["float64"] == 0


def test_a_large_block_is_checked_in_part_and_says_so():
    rng = np.random.default_rng(0)
    net = gn.Network(30, [gn.Dense(20, "tanh"), gn.Dense(1, "identity")], seed=0)

    found = gn.check_gradients(net, rng.normal(size=(3, 30)), rng.normal(size=3), entries=15)

    assert found.blocks[0].checked == 15
    assert found.blocks[0].entries == 600
    assert "(46 of 641 entries were checked)" in found.verdict()
    assert "<table" in found._repr_html_()


def test_looking_changes_no_bit_of_the_network():
    net, X, y = relu_network()
    before = net.state.theta.copy()

    gn.check_gradients(net, X, y)
    gn.trace(net, X, y)
    str(gn.derive(net, X[0], y[0]))

    np.testing.assert_array_equal(net.state.theta, before)
    assert net.state.t == 0
    assert net.state.memory == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": None}, "needs y"),
        ({"entries": 0}, "entries must be"),
        ({"X": [[1.0]]}, "takes 2 inputs"),
        ({"weights": [1.0]}, r"weights must be \(2,\)"),
        ({"weights": [0.0, 0.0]}, "sum above 0"),
        ({"weights": [-1.0, 2.0]}, "not negative"),
    ],
)
def test_what_cannot_be_checked_is_said(change, words):
    net, X, y = relu_network()

    with pytest.raises(InvalidValue, match=words):
        gn.check_gradients(**{"net": net, "X": X, "y": y, **change})

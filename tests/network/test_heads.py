"""Several heads are their own losses side by side."""

import numpy as np
import pytest

from glassnet.errors import InvalidValue, OutsideDomain, UnknownName
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.heads import Head, JointActivation, JointLoss, output_layer
from glassnet.network.layers import Dense
from glassnet.network.losses import LOSSES
from glassnet.network.specification import Specification

HEADS = (
    Head(3, "softmax", "cross_entropy"),
    Head(1, "identity", LOSSES["huber"](0.5), scale=2.0),
    Head(2, "tanh", "squared_error", scale=0.25),
    Head(1, "exp", "poisson"),
)
COLUMNS = (slice(0, 3), slice(3, 4), slice(4, 6), slice(6, 7))


def batch():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(8, 7))
    y = rng.normal(size=(8, 7))
    y[:, :3] = np.eye(3)[rng.integers(0, 3, 8)]
    y[:, 6] = rng.poisson(2, 8)
    return z, y


def separately(verb):
    """Each head alone on its columns, by hand."""
    z, y = batch()
    for head, columns in zip(HEADS, COLUMNS, strict=True):
        phi = head.activation
        a = phi.value(z[:, columns])
        yield head.scale * getattr(head.loss, verb)(phi, z[:, columns], a, y[:, columns])


def test_the_joint_value_is_the_scaled_sum():
    z, y = batch()
    phi = JointActivation(HEADS)

    value = JointLoss(HEADS).value(phi, z, phi.value(z), y)

    np.testing.assert_allclose(value, sum(separately("value")), rtol=1e-13)


def test_the_joint_delta_is_the_deltas_side_by_side():
    z, y = batch()
    phi = JointActivation(HEADS)

    delta = JointLoss(HEADS).delta(phi, z, phi.value(z), y)

    np.testing.assert_array_equal(delta, np.hstack(list(separately("delta"))))


def test_the_joint_activation_is_each_heads_on_its_columns():
    z, g = batch()
    phi = JointActivation(HEADS)

    a = phi.value(z)
    back = phi.back(z, a, g)

    for head, columns in zip(HEADS, COLUMNS, strict=True):
        own = head.activation.value(z[:, columns])
        np.testing.assert_array_equal(a[:, columns], own)
        np.testing.assert_array_equal(
            back[:, columns], head.activation.back(z[:, columns], own, g[:, columns])
        )


def test_sides_are_those_of_each_head():
    z, y = batch()
    heads = (Head(3, "relu"), Head(4, "identity", "absolute_error"))

    sides = JointActivation(heads).side(z)
    residual_sides = JointLoss(heads).side(z, y)

    np.testing.assert_array_equal(sides, np.hstack([2.0 * (z[:, :3] > 0), np.zeros((8, 4))]))
    np.testing.assert_array_equal(
        residual_sides, np.hstack([np.zeros((8, 3)), 2.0 * (z[:, 3:] > y[:, 3:])])
    )


def test_delta_is_the_slope_of_the_joint_value():
    z, y = batch()
    phi, loss, h = JointActivation(HEADS), JointLoss(HEADS), 1e-4
    delta = loss.delta(phi, z, phi.value(z), y)

    for j in range(z.shape[1]):
        moved = [z + k * h * np.eye(z.shape[1])[j] for k in (-2, -1, 1, 2)]
        values = [loss.value(phi, each, phi.value(each), y) for each in moved]
        slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
        np.testing.assert_allclose(delta[:, j], slope, rtol=1e-8, atol=1e-9)


def test_one_head_is_the_network_without_heads():
    z, y = batch()
    head = Head(3, "softmax", "cross_entropy")
    phi, loss = JointActivation((head,)), JointLoss((head,))
    a = phi.value(z[:, :3])

    value = loss.value(phi, z[:, :3], a, y[:, :3])

    alone = LOSSES["cross_entropy"]().value(ACTIVATIONS["softmax"](), z[:, :3], a, y[:, :3])
    np.testing.assert_allclose(value, alone, rtol=1e-15)


def test_the_output_layer_has_the_heads_columns_and_losses():
    spec = Specification(4, (Dense(5, "relu"), output_layer(HEADS, init="zeros", bias=False)))

    assert spec.units == (4, 5, 7)
    assert spec.heads == HEADS
    assert spec.loss == JointLoss(HEADS)
    assert (spec.layers[1].init.name, spec.layers[1].bias) == ("zeros", False)


def test_the_outputs_alone_are_not_enough_for_a_joint_loss():
    loss, (z, y) = JointLoss(HEADS), batch()

    for verb in (loss.of_output, loss.derivative):
        with pytest.raises(InvalidValue, match="goes with the activations of these heads"):
            verb(z, y)


def test_each_head_must_stay_in_its_domain():
    heads = [Head(2, "softmax", "cross_entropy"), Head(1, "relu", "poisson")]

    with pytest.raises(OutsideDomain, match=r"'relu' lie in .* and 'poisson' is defined"):
        Specification(4, (output_layer(heads),))
    assert len(Specification(4, (output_layer(heads),), strict=False).heads) == 2


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"units": 0}, InvalidValue, "units of Head must be a positive integer; got 0"),
        ({"units": True}, InvalidValue, "units of Head must be a positive integer"),
        ({"scale": 0.0}, InvalidValue, r"scale of Head must be a number in \(0, ∞\); got 0"),
        ({"scale": float("inf")}, InvalidValue, "scale of Head"),
        ({"loss": "huver"}, UnknownName, "Did you mean 'huber'"),
        ({"activation": "tanj"}, UnknownName, "Did you mean 'tanh'"),
    ],
)
def test_what_is_no_head_is_refused(values, error, says):
    with pytest.raises(error, match=says):
        Head(**{"units": 2, **values})


def test_no_heads_are_refused():
    with pytest.raises(InvalidValue, match="several heads must be at least one; got none"):
        output_layer([])

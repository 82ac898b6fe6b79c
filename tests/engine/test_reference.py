"""The reference engine's mathematics against a loop over samples and units."""

import numpy as np
import pytest

from glassnet.data.batches import Data
from glassnet.engine.interface import KEEP, Plan, Program
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES
from glassnet.network.random_numbers import keep_mask
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD
from tests.engine.loop_over_samples import FUNCTIONS, Layer, backward, cost, forward
from tests.engine.loop_over_samples import LOSSES as LOOP_LOSSES
from tests.engine.problems import Variant, problem

EPSILON = np.finfo(float).eps


def looped(drawn):
    """The layers of a problem as plain numbers, and J, after both passes of the loop."""
    spec, batch = drawn.spec, drawn.batch
    blocks, layers = spec.unpack(drawn.theta), []
    for l, dense in enumerate(spec.layers, start=1):
        norm, mask = dense.batch_norm, None
        if dense.dropout:
            rows, units = len(drawn.data), dense.units
            kept = keep_mask(
                dense.dropout, seed=drawn.seed, t=drawn.t, layer=l, rows=rows, units=units
            )
            mask = [[1 / (1 - dense.dropout) if k else 0.0 for k in row] for row in kept]
        layers.append(
            Layer(
                dense.activation.name,
                blocks.W[l].tolist(),
                blocks.b[l].tolist() if dense.bias else None,
                blocks.gamma[l].tolist() if norm else None,
                blocks.beta[l].tolist() if norm else None,
                norm.epsilon if norm else None,
                mask,
            )
        )
    x, y, w = batch.x.tolist(), batch.y.tolist(), batch.w.tolist()
    forward(layers, x, w)
    backward(layers, x, y, w, spec.loss.name)
    return layers, cost(layers, y, w, spec.loss.name)


def looked(drawn):
    """What the reference engine sees in the same step."""
    state = State(drawn.theta, seed=drawn.seed, t=drawn.t, buffers=drawn.buffers)
    session = ReferenceEngine().open(Program(drawn.spec, SGD()), state, drawn.data)
    rows = np.arange(len(drawn.data))
    return session.look(Plan(rows, np.array([0, len(rows)]), np.array([0.1])), KEEP)


def assert_near(found, wanted, terms):
    """Equal but for rounding: some ε for each term of the sums behind an entry.

    The terms are of the order of 0.1 to 1 even where they cancel.
    """
    wanted = np.array(wanted)

    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= 10 * terms * EPSILON * (0.1 + np.abs(wanted).max())


def assert_same(drawn):
    layers, J = looped(drawn)
    moment = looked(drawn)
    spec = drawn.spec
    terms = len(drawn.data) + sum(spec.units)

    assert moment.J == pytest.approx(J, rel=20 * terms * EPSILON)
    for l, layer in enumerate(layers, start=1):
        for name in ("z", "z_tilde", "fired", "a", "delta", "dW"):
            assert_near(getattr(moment, name)[l], getattr(layer, name), terms)
        if layer.epsilon is not None:
            for name in ("mean", "variance", "dgamma", "dbeta"):
                assert_near(getattr(moment, name)[l], getattr(layer, name), terms)
        elif layer.b is not None:
            assert_near(moment.db[l], layer.db, terms)
        if layer.mask is not None:
            np.testing.assert_array_equal(moment.mask[l], layer.mask)


def test_the_loop_has_every_activation_and_loss():
    assert set(FUNCTIONS) | {"softmax"} == set(ACTIVATIONS)
    assert set(LOOP_LOSSES) == set(LOSSES)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hidden", sorted(ACTIVATIONS))
def test_every_quantity_is_that_of_a_loop_over_samples(hidden, weighted, norm, dropout, depth):
    variant = Variant(
        "squared_error", "identity", hidden, 3, weighted, norm, depth, layer={"dropout": dropout}
    )

    assert_same(problem(variant))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("output", sorted(ACTIVATIONS))
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_and_output_is_that_of_a_loop_over_samples(loss, output, weighted):
    assert_same(problem(Variant(loss, output, "tanh", 3, weighted)))


@pytest.mark.parametrize("norm", [False, True])
def test_without_biases_it_is_that_of_a_loop_over_samples(norm):
    no_bias = {"bias": False}

    assert_same(problem(Variant(norm=norm, depth=3, layer=no_bias, last=no_bias)))


def test_rows_that_weigh_nothing_change_nothing():
    drawn = problem(Variant(norm=True, weighted=True, outputs=3))
    drawn.data.w[-2:] = 0.0
    without = Data(drawn.data.x[:-2], drawn.data.y[:-2], drawn.data.w[:-2])

    found, wanted = (
        looked(drawn),
        looked(type(drawn)(drawn.spec, drawn.theta, drawn.buffers, without)),
    )

    assert found.J == pytest.approx(wanted.J, rel=100 * EPSILON)
    assert_near(found.g, wanted.g, 20)

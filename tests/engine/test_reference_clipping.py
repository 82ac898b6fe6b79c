"""Clipped rows in training against gradients of single rows, clipped one by one."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

import glassnet as gn
from glassnet.data.batches import Batch, Data
from glassnet.engine.interface import Plan, Program
from glassnet.engine.native import NativeEngine, compiled
from glassnet.engine.penalties import penalty
from glassnet.engine.reference import Training, backward, forward
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES
from glassnet.network.random_numbers import normals
from glassnet.network.state import State
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import SGD
from tests.engine.problems import Variant, allowed, problem
from tests.parity.cases import ELSEWHERE

EPSILON = np.finfo(float).eps
PAIRS = [
    (loss, out) for loss in sorted(LOSSES) for out in sorted(ACTIVATIONS) if allowed(loss, out)
]


def row_gradients(drawn):
    """gₙ of each row of the batch, (m, p): its own loss, its own dropout mask, no penalty."""
    spec = replace(drawn.spec, penalties=())
    found = []
    for n in range(len(drawn.data)):
        one = np.ones(1)
        batch = Batch(drawn.data.x[n : n + 1], drawn.data.y[n : n + 1], one, 1.0)
        training = Training(one, drawn.t, drawn.seed, first_row=n)
        passed = forward(spec, drawn.theta, drawn.buffers, batch.x, training)
        blocks = backward(spec, drawn.theta, passed, batch).blocks
        found.append(spec.pack(blocks) * spec.is_trainable)
    return np.array(found)


def penalties_gradient(drawn, weight_sum):
    """∂penalties/∂θ, by central differences of the penalty."""
    theta, h = drawn.theta, 1e-6
    steps = np.eye(len(theta)) * h
    difference = [
        penalty(drawn.spec, theta + step, weight_sum)
        - penalty(drawn.spec, theta - step, weight_sum)
        for step in steps
    ]
    return np.array(difference) / (2 * h)


def opened(drawn, clipping, engine=None, data=None):
    program = Program(drawn.spec, SGD(1.0), clipping)
    state = State(drawn.theta, seed=drawn.seed, t=drawn.t, buffers=drawn.buffers)
    return (engine or ReferenceEngine()).open(program, state, data or drawn.data)


def one_step(rows):
    return Plan(np.arange(rows), np.array([0, rows]), np.ones(1))


def stepped(drawn, clipping, **options):
    """What gradient descent at rate 1 takes off θ in one step on all rows: g."""
    session = opened(drawn, clipping, **options)
    session.run(one_step(len(drawn.data)))
    return drawn.theta - session.state().theta


def assert_clipped_one_by_one(variant, engine=None):
    drawn = problem(variant)
    g = row_gradients(drawn)
    lengths = np.linalg.norm(g, axis=1)
    limit = float(np.median(lengths[lengths > 0]))  # half of the rows are clipped
    clipped = g * np.minimum(1, limit / np.maximum(lengths, 1e-300))[:, None]
    w = drawn.batch.w

    found = stepped(drawn, Clipping(per_sample=limit), engine=engine)

    wanted = w @ clipped
    if variant.network:
        wanted = wanted + penalties_gradient(drawn, drawn.batch.weight_sum)
    tolerance = 1e-8 if variant.network else 1e4 * EPSILON
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * (1 + np.abs(g).max()))


BUILT = pytest.mark.skipif(compiled() is None, reason="the native engine was not built here")
BOTH = [
    pytest.param(ReferenceEngine(), id="reference"),
    pytest.param(NativeEngine(), id="native", marks=BUILT),
]


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_every_loss_and_output_is_clipped_row_by_row(loss, output, engine):
    assert_clipped_one_by_one(Variant(loss, output, "tanh", 3), engine)


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hidden", sorted(ACTIVATIONS))
def test_every_hidden_activation_is_clipped_row_by_row(hidden, weighted, dropout, engine):
    assert_clipped_one_by_one(
        Variant(hidden=hidden, outputs=2, weighted=weighted, depth=3, layer={"dropout": dropout}),
        engine,
    )


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_every_depth_is_clipped_row_by_row(depth, bias):
    assert_clipped_one_by_one(Variant(depth=depth, layer={"bias": bias}, last={"bias": bias}))


def test_penalties_are_not_clipped():
    assert_clipped_one_by_one(
        Variant(weighted=True, network={"penalties": (gn.L2(0.3), gn.L2(0.5, per_weight_sum=True))})
    )


def test_frozen_layers_have_no_part_in_the_lengths():
    drawn = problem(Variant(depth=3, norm=True, layer={"frozen": True}))
    g = row_gradients(drawn)  # 0 in frozen layers
    lengths = np.linalg.norm(g, axis=1)
    limit = float(np.median(lengths))

    found = stepped(drawn, Clipping(per_sample=limit))

    np.testing.assert_allclose(
        found, np.mean(g * np.minimum(1, limit / lengths)[:, None], axis=0), atol=1e-14
    )


def test_rows_within_the_limit_leave_the_gradient_its_bits():
    drawn = problem(Variant(outputs=2, weighted=True, depth=3))

    np.testing.assert_array_equal(
        stepped(drawn, Clipping(per_sample=1e9)), stepped(drawn, Clipping())
    )


def test_a_row_that_weighs_nothing_has_no_part():
    drawn = problem(Variant(weighted=True))
    drawn.data.w[2] = 0.0
    g = row_gradients(drawn)
    w = drawn.data.w / drawn.data.w.sum()
    clipped = g * np.minimum(1, 0.1 / np.linalg.norm(g, axis=1))[:, None]

    np.testing.assert_allclose(stepped(drawn, Clipping(per_sample=0.1)), w @ clipped, atol=1e-14)


def test_lengths_whose_squares_overflow_are_clipped_all_the_same():
    drawn = problem(Variant(depth=1))
    size, limit = 1.5e19, 1e3  # ℓ = ½ size² is below 3.4·10³⁸, ‖g‖² above it
    data = Data(drawn.data.x.astype(np.float32), np.full((7, 1), size, np.float32))
    single = replace(drawn, theta=drawn.theta.astype(np.float32))

    session = opened(single, Clipping(per_sample=limit), data=data)
    moment = session.look(one_step(7), frozenset({"change"}))

    rows = np.column_stack([data.x, np.ones(7)])
    directions = rows / np.linalg.norm(rows, axis=1)[:, None]
    np.testing.assert_allclose(moment.change, limit * directions.mean(axis=0), rtol=1e-4)


def test_sparse_rows_are_clipped_like_dense_ones():
    drawn = problem(Variant(depth=3))
    sparse = Data(scipy.sparse.csr_array(drawn.data.x), drawn.data.y)

    np.testing.assert_allclose(
        stepped(drawn, Clipping(per_sample=0.1), data=sparse),
        stepped(drawn, Clipping(per_sample=0.1)),
        atol=1e-15,
    )


@pytest.mark.parametrize("engine", ELSEWHERE.values(), ids=ELSEWHERE)
def test_other_arrays_give_the_numbers_of_numpy(engine):
    drawn = problem(Variant(depth=3, weighted=True))
    clipping = Clipping(per_sample=0.1, norm=0.05)

    found = stepped(drawn, clipping, engine=engine)

    np.testing.assert_allclose(found, stepped(drawn, clipping), rtol=1e-9, atol=1e-12)


def test_the_cost_and_the_gradient_that_are_looked_at_are_those_of_J():
    drawn = problem(Variant(weighted=True))
    keep = frozenset({"g", "dW", "delta", "change"})
    plain = opened(drawn, Clipping()).look(one_step(7), keep)

    clipped = opened(drawn, Clipping(per_sample=1e-3)).look(one_step(7), keep)

    assert clipped.J == plain.J
    np.testing.assert_array_equal(clipped.g, plain.g)
    np.testing.assert_array_equal(clipped.delta[1], plain.delta[1])
    assert np.linalg.norm(clipped.change) <= 1e-3 * (1 + 1e-12) < np.linalg.norm(plain.change)


def test_the_whole_is_clipped_after_the_rows():
    drawn = problem(Variant())
    g = stepped(drawn, Clipping(per_sample=0.1))

    found = stepped(drawn, Clipping(per_sample=0.1, norm=np.linalg.norm(g) / 2))

    np.testing.assert_allclose(found, g / 2, rtol=1e-12)


@pytest.mark.parametrize("penalties", [(), (gn.L2(0.3, per_weight_sum=True),)])
def test_noise_covers_the_sum_and_is_divided_by_the_size_asked_for(penalties):
    drawn = problem(Variant(depth=3, network={"penalties": penalties}))
    g = row_gradients(drawn)
    limit, sigma, size = 0.05, 1.3, 10  # 7 rows came where 10 were asked for
    total = np.sum(g * np.minimum(1, limit / np.linalg.norm(g, axis=1))[:, None], axis=0)
    noise = normals(len(drawn.theta), seed=drawn.seed, t=drawn.t)

    found = stepped(drawn, Clipping(None, None, limit, sigma, size))

    wanted = (total + sigma * limit * noise) / size + penalties_gradient(drawn, size)
    np.testing.assert_allclose(found, wanted, atol=1e-8)


def test_an_empty_batch_takes_a_step_of_noise_and_costs_nothing():
    drawn = problem(Variant(depth=3))
    session = opened(drawn, Clipping(None, None, 0.5, 2.0, 4))

    stretch = session.run(Plan(np.arange(0), np.array([0, 0]), np.ones(1)))

    noise = normals(len(drawn.theta), seed=drawn.seed, t=drawn.t)
    np.testing.assert_allclose(
        drawn.theta - session.state().theta, 2.0 * 0.5 / 4 * noise, rtol=1e-9, atol=1e-12
    )
    assert session.state().t == drawn.t + 1
    assert (stretch.costs.tolist(), stretch.weights.tolist(), stretch.ended) == (
        [0.0],
        [0.0],
        "done",
    )


def test_frozen_layers_get_no_noise():
    drawn = problem(Variant(depth=3, layer={"frozen": True}))

    change = stepped(drawn, Clipping(None, None, 0.5, 2.0, 4))

    frozen = drawn.spec.is_trainable == 0
    assert (change[frozen] == 0).all()
    assert (change[~frozen] != 0).all()

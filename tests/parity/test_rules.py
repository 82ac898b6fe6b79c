"""Rules that show only in special runs, on every engine: limits, weights, sparse rows, masks."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from glassnet.data.batches import Data
from glassnet.engine.interface import KEEP, Pace, Plan, Program
from glassnet.network.layers import Dense
from glassnet.network.penalties import L2, MaxNorm
from glassnet.network.specification import Specification
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import SGD, AdamW, Momentum
from tests.parity.bits import arrays, assert_close, assert_same_bits
from tests.parity.cases import BATCH, CASES, ENGINES, ROWS, Case, variant

EPSILON = np.finfo(float).eps

every_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
NOISELESS = {name: case for name, case in CASES.items() if not case.clipping.noise_multiplier}
every_noiseless_case = pytest.mark.parametrize("case", NOISELESS.values(), ids=NOISELESS)


def cases_where(holds):
    """A case of the test for each program for which it holds."""
    found = {name: case for name, case in CASES.items() if holds(case)}
    return pytest.mark.parametrize("case", found.values(), ids=found)


def has_dropout(case):
    return any(layer.dropout > 0 for layer in case.program().specification.layers)


def has_penalty_per_weight_sum(case):
    return any(term.per_weight_sum for term in case.program().specification.penalties)


def takes_sparse_rows(case):
    return case.program().specification.input_stage is None


def one_step(rows=None, rate=0.1):
    rows = np.arange(ROWS) if rows is None else rows
    return Plan(rows, np.array([0, len(rows)]), np.array([rate]))


# What may move, and how far.


@every_engine
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("method", [SGD(0.1), AdamW(0.1, weight_decay=0.5), Momentum(0.1)])
def test_frozen_layers_do_not_move(engine, norm, method):
    case = Case(variant(norm=norm, depth=3, layer={"frozen": True}), method, Clipping(norm=0.1))
    spec = replace(case.program().specification, max_norm=MaxNorm(0.1))
    session = engine.open(replace(case.program(), specification=spec), case.state(), case.data())

    session.run(case.plan())

    before, after = case.state(), session.state()
    moved = after.theta != before.theta
    for slot in spec.slots:
        assert moved[slot.start : slot.stop].all() == (slot.layer == spec.depth)
        assert moved[slot.start : slot.stop].any() == (slot.layer == spec.depth)
    for name, values in before.buffers.items():
        np.testing.assert_array_equal(after.buffers[name], values)


@every_engine
def test_a_frozen_layer_between_others_lets_the_error_through(engine):
    layers = (Dense(4, "tanh"), Dense(4, "tanh", frozen=True), Dense(1, "identity"))
    spec = Specification(3, layers, "squared_error")
    case = Case(variant())
    session = engine.open(Program(spec, SGD(0.1)), spec.initial_state(0), case.data())

    before = session.state().theta
    session.run(case.plan(2))

    moved = session.state().theta != before
    assert {slot.layer for slot in spec.slots if moved[slot.start : slot.stop].any()} == {1, 3}


@every_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_row_of_weights_is_ever_longer_than_the_maximum(engine, dtype):
    limit = 0.7
    made = variant(depth=3, outputs=3, network={"max_norm": MaxNorm(limit)})
    case = Case(made, Momentum(0.2), dtype=dtype)
    session, spec, plan = case.open(engine), case.program().specification, case.plan()
    longest = []

    for k in range(plan.steps):
        session.run(plan.part(k, k + 1))
        blocks = spec.unpack(session.state().theta)
        longest.append(max(np.linalg.norm(W, axis=1).max() for W in blocks.W[1:]))

    assert max(longest) <= limit * (1 + 4 * np.finfo(dtype).eps)
    assert max(longest) == pytest.approx(limit, rel=1e-6)  # it did bind


@every_engine
def test_the_maximum_leaves_biases_and_shorter_rows_alone(engine):
    case = Case(variant(outputs=3))
    spec = replace(case.program().specification, max_norm=MaxNorm(0.5))
    free, held = case.open(engine), engine.open(Program(spec, SGD()), case.state(), case.data())
    free.run(one_step())
    held.run(one_step())

    found, wanted = (spec.unpack(session.state().theta) for session in (held, free))

    for l in (1, 2):
        np.testing.assert_array_equal(found.b[l], wanted.b[l])
        length = np.linalg.norm(wanted.W[l], axis=1, keepdims=True)
        expected = np.where(length > 0.5, wanted.W[l] * 0.5 / length, wanted.W[l])
        np.testing.assert_allclose(found.W[l], expected, rtol=4 * EPSILON)


@every_engine
@pytest.mark.parametrize(
    "clipping", [Clipping(norm=0.01), Clipping(value=0.003), Clipping(0.01, 3e-3)]
)
def test_the_optimizer_sees_the_clipped_gradient(engine, clipping):
    case = Case(variant(outputs=3), SGD(0.1), clipping)
    session = case.open(engine)

    moment = session.look(one_step(), KEEP)

    wanted = -0.1 * clipping.clip(moment.g)
    assert np.linalg.norm(moment.g) > 0.01  # what is shown is the gradient before clipping
    assert_close(moment.change, (moment.theta + wanted) - moment.theta, 4 * EPSILON)


@every_engine
def test_clipping_by_norm_measures_what_is_trained(engine):
    """The gradient of frozen layers is not part of the length."""
    case = Case(variant(layer={"frozen": True}), SGD(1.0), Clipping(norm=1e-3))
    session = case.open(engine)

    moment = session.look(one_step(rate=1.0), frozenset({"change"}))

    assert np.linalg.norm(moment.change) == pytest.approx(1e-3, rel=1e-9)


@every_engine
def test_decay_acts_on_weights_alone(engine):
    case = Case(variant(norm=True), AdamW(0.1, weight_decay=0.5))
    session, spec = case.open(engine), case.program().specification

    session.apply(np.zeros(spec.parameter_count), Pace(0.1), 0.0)

    factor = np.where(spec.is_weight == 1, 1 - 0.1 * 0.5, 1.0)
    assert_close(session.state().theta, case.state().theta * factor, 2 * EPSILON)
    assert spec.is_weight.sum() == sum(W.size for W in spec.unpack(spec.is_weight).W[1:])


@every_engine
def test_running_statistics_are_first_an_average_then_exponential(engine):
    case = Case(variant(norm=True), SGD(1e-300))  # θ stands still, so z does too
    session, plan = case.open(engine), case.plan()
    means, running = [], []

    for k in range(plan.steps):
        moment = session.look(plan.part(k, k + 1), frozenset({"mean"}))
        means.append(moment.mean[1])
        running.append(session.state().buffers["mean[1]"])

    for k in range(plan.steps):  # momentum 0.1 takes over after ten steps
        np.testing.assert_allclose(running[k], np.mean(means[: k + 1], axis=0), rtol=1e-13)


# Weights of rows.


@every_engine
@cases_where(lambda case: not has_dropout(case))
def test_a_row_of_weight_2_is_the_row_twice(engine, case):
    data, spec = case.data(), case.program().specification
    twice = np.array([1, 4, 5])
    weights = np.ones(ROWS, dtype=case.dtype)
    weights[twice] = 2.0
    rows = np.concatenate([np.arange(ROWS), twice])
    repeated = Data(data.x[rows], data.y[rows])

    found, wanted = (
        engine.open(case.program(), case.state(), given).gradient(None, KEEP)
        for given in (Data(data.x, data.y, weights), repeated)
    )

    tolerance = 40 * float(np.finfo(case.dtype).eps) * ROWS
    assert found.J == pytest.approx(wanted.J, rel=tolerance)
    assert found.weight_sum == wanted.weight_sum
    assert_close(found.g, wanted.g, tolerance)
    for l in range(1, spec.depth + 1):
        if wanted.mean[l] is not None:
            assert_close(found.mean[l], wanted.mean[l], tolerance)
            assert_close(found.variance[l], wanted.variance[l], tolerance)


@every_engine
@cases_where(lambda case: not has_penalty_per_weight_sum(case))
def test_a_factor_on_all_weights_changes_nothing(engine, case):
    data = case.data()
    w = np.ones(ROWS, dtype=case.dtype) if data.w is None else data.w

    first, second = (
        engine.open(case.program(), case.state(), Data(data.x, data.y, factor * w)).gradient(None)
        for factor in (1, 8)  # a power of two rounds nothing
    )

    assert first.J == second.J
    np.testing.assert_array_equal(first.g, second.g)


@every_engine
@every_noiseless_case
def test_a_batch_that_weighs_nothing_takes_no_step(engine, case):
    data = case.data()
    weights = np.ones(ROWS, dtype=case.dtype)
    weights[:BATCH] = 0.0
    session = engine.open(case.program(), case.state(), Data(data.x, data.y, weights))
    session.run(one_step(np.arange(BATCH, ROWS)))
    before = session.state()

    stretch = session.run(one_step(np.arange(BATCH)))
    moment = session.look(one_step(np.arange(BATCH)), KEEP)

    assert (stretch.ended, stretch.weights.tolist()) == ("done", [0.0])
    assert (moment.J, moment.finite) == (0.0, True)
    assert not moment.change.any()
    after = session.state()
    assert after.t == before.t + 2  # it counts, so that random numbers and schedules go on
    assert_same_bits(replace(after, t=before.t), before)


@every_engine
@pytest.mark.parametrize("per_weight_sum", [False, True])
def test_a_penalty_per_weight_sum_is_divided_by_the_weights_of_the_batch(engine, per_weight_sum):
    strength = 0.3
    case = Case(variant(weighted=True, network={"penalties": (L2(strength, per_weight_sum),)}))
    session, rows = case.open(engine), np.array([2, 3, 5])

    moment = session.gradient(rows)

    spec, theta = case.program().specification, case.state().theta
    squares = sum(float(np.sum(W * W)) for W in spec.unpack(theta).W[1:])
    divisor = case.data().w[rows].sum() if per_weight_sum else 1.0
    assert moment.penalty == pytest.approx(strength / 2 * squares / divisor, rel=1e-14)


# Sparse rows, dropout's masks.


@every_engine
@cases_where(takes_sparse_rows)
def test_sparse_rows_have_the_numbers_of_dense_ones(engine, case):
    data = case.data()
    thin = np.where(np.abs(data.x) > 0.7, data.x, 0).astype(case.dtype)
    dense, thinned = (
        engine.open(case.program(), case.state(), Data(x, data.y, data.w))
        for x in (thin, sparse.csr_array(thin))
    )

    wanted, found = (session.run(case.plan()) for session in (dense, thinned))

    tolerance = 1e-12 if case.dtype == "float64" else 2e-5
    np.testing.assert_allclose(found.costs, wanted.costs, rtol=tolerance)
    for name, array in arrays(dense.state()).items():
        assert_close(arrays(thinned.state())[name], array, 20 * tolerance, name)
    scores = thinned.forward(sparse.csr_array(thin)).a
    assert isinstance(scores, np.ndarray)
    assert_close(scores, dense.forward(thin).a, 20 * tolerance)


@every_engine
def test_masks_differ_from_member_to_member(engine):
    case = CASES["members, adamw, classes, dropout, L2, clipped"]

    mask = case.open(engine).gradient(np.arange(ROWS), frozenset({"mask"})).mask[1]

    of_members = mask.reshape(ROWS, 5, -1)
    for i in range(5):
        for other in range(i):
            assert (of_members[:, i] != of_members[:, other]).any()


@every_engine
@cases_where(has_dropout)
def test_masks_follow_from_step_and_place_not_from_the_rows(engine, case):
    session = case.open(engine)
    few, other, many = np.array([3, 1, 4]), np.array([5, 9, 2]), np.arange(ROWS)

    masks = [session.gradient(rows, frozenset({"mask"})).mask[1] for rows in (few, other, many)]
    session.run(case.plan(1))
    later = session.gradient(few, frozenset({"mask"})).mask[1]

    np.testing.assert_array_equal(masks[0], masks[1])
    np.testing.assert_array_equal(masks[0], masks[2][: len(masks[0])])
    assert (masks[0] != later).any()
    rate = case.program().specification.layer(1).dropout
    assert set(np.unique(masks[2])) <= {0.0, np.dtype(case.dtype).type(1 / (1 - rate))}

"""What a session promises, on every engine and program."""

import numpy as np
import pytest

from glassnet.engine.interface import KEEP, Plan
from tests.parity.bits import arrays, assert_same_bits, frozen_copy
from tests.parity.cases import CASES, ENGINES, STEPS

every_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
# Steps of clipped rows are made of something else than the gradient of J.
WHOLE = {name: case for name, case in CASES.items() if not case.clipping.per_sample}
every_case_of_whole_gradients = pytest.mark.parametrize("case", WHOLE.values(), ids=WHOLE)

KEEPS = [frozenset(), *(frozenset({name}) for name in sorted(KEEP)), KEEP]
OF_PARAMETERS = ("dW", "db", "dgamma", "dbeta", "dkappa", "dr", "ds")
OF_ROWS = ("z", "z_tilde", "fired", "a", "delta")  # (m, n_l) in every layer


@every_engine
@every_case
def test_watching_changes_nothing(engine, case):
    plan, unwatched = case.plan(4), case.open(engine)
    costs = unwatched.run(plan).costs

    for keep in KEEPS:
        watched = case.open(engine)
        seen = [watched.look(plan.part(k, k + 1), keep) for k in range(plan.steps)]

        assert [moment.J for moment in seen] == costs.tolist()
        assert [moment.t for moment in seen] == [0, 1, 2, 3]
        assert [moment.rate for moment in seen] == plan.rates.tolist()
        assert_same_bits(watched.state(), unwatched.state())


@every_engine
@every_case
def test_a_run_in_parts_is_the_run_in_one(engine, case):
    plan, whole, parted = case.plan(), case.open(engine), case.open(engine)
    wanted = whole.run(plan)

    parts = [parted.run(plan.part(*part)) for part in ((0, 3), (3, 3), (3, STEPS))]

    assert [stretch.ended for stretch in parts] == ["done"] * 3
    np.testing.assert_array_equal(np.concatenate([p.costs for p in parts]), wanted.costs)
    np.testing.assert_array_equal(np.concatenate([p.weights for p in parts]), wanted.weights)
    assert_same_bits(parted.state(), whole.state())


@every_engine
@every_case
def test_a_crossing_to_a_new_session_leaves_no_trace(engine, case):
    plan, whole, first = case.plan(), case.open(engine), case.open(engine)
    whole.run(plan)
    first.run(plan.part(0, 3))

    second = case.open(engine, first.state())
    second.run(plan.part(3, STEPS))

    assert_same_bits(second.state(), whole.state())


@every_engine
@every_case
def test_a_state_that_is_loaded_takes_the_place_of_the_present_one(engine, case):
    plan, session = case.plan(), case.open(engine)
    session.run(plan.part(0, 3))
    kept = session.state()
    session.run(plan.part(3, STEPS))
    wanted = session.state()

    session.load(kept)
    session.run(plan.part(3, STEPS))

    assert_same_bits(session.state(), wanted)


@every_engine
@every_case
def test_a_state_moves_by_value(engine, case):
    first = case.state()
    before = frozen_copy(first)
    session = case.open(engine, first)
    session.run(case.plan(2))
    second = session.state()
    between = frozen_copy(second)

    session.run(case.plan(2))
    session.look(case.plan(1), KEEP)

    for state, copies in ((first, before), (second, between)):
        for name, array in copies.items():
            np.testing.assert_array_equal(arrays(state)[name], array, err_msg=name)
    assert (first.t, second.t, session.state().t) == (0, 2, 5)


@every_engine
@every_case
def test_what_is_kept_has_the_shapes_documented(engine, case):
    session, spec = case.open(engine), case.program().specification
    plan, p, L = case.plan(1), spec.parameter_count, spec.depth
    m = len(plan.step_rows(0))

    moment = session.look(plan, KEEP)

    for name in ("g", "theta", "change"):
        assert getattr(moment, name).shape == (p,)
    for name in (*OF_ROWS, "mask", "x_hat", "mean", "variance", *OF_PARAMETERS):
        assert len(getattr(moment, name)) == L + 1
    assert moment.a[0].shape == moment.da[0].shape == (m, spec.units[0])
    for l, layer in enumerate(spec.layers, start=1):
        n, below = spec.units[l], spec.units[l - 1]
        rows, k = m * spec.copies(l), layer.members
        assert [getattr(moment, name)[l].shape for name in OF_ROWS] == [(rows, n)] * len(OF_ROWS)
        assert moment.dW[l].shape == (n, below)
        if k > 1:
            assert (moment.dr[l].shape, moment.ds[l].shape) == ((k, below), (k, n))
        else:
            assert moment.dr[l] is moment.ds[l] is None
        assert (moment.db[l] is None) == (not layer.bias)
        assert (moment.mask[l] is None) == (layer.dropout == 0)
        for name in ("mean", "variance", "dgamma", "dbeta"):
            value = getattr(moment, name)[l]
            assert value is None if layer.batch_norm is None else value.shape == (n,)
        if l < L:
            assert moment.da[l].shape == (rows, n)


@every_engine
@every_case
def test_what_is_not_asked_for_is_none(engine, case):
    for name in sorted(KEEP):
        moment = case.open(engine).look(case.plan(1), frozenset({name}))

        assert {other for other in KEEP if getattr(moment, other) is not None} == {name}


@every_engine
@every_case
def test_what_is_seen_fits_together(engine, case):
    """a = φ(z̃) under the mask and what is passed on, J its two parts, g its blocks, and so on."""
    session, spec = case.open(engine), case.program().specification
    before = session.state()

    moment = session.look(case.plan(1), KEEP)

    for l in range(1, spec.depth + 1):
        mask = 1.0 if moment.mask[l] is None else moment.mask[l]
        given = moment.a[l - 1] if spec.layer(l).residual else 0.0
        np.testing.assert_array_equal(moment.a[l], moment.fired[l] * mask + given)
    assert moment.J == pytest.approx(moment.loss + moment.penalty, rel=1e-15)
    for slot in spec.slots:
        block = getattr(moment, "d" + slot.name)[slot.layer]
        np.testing.assert_array_equal(moment.g[slot.start : slot.stop], block.ravel())
    np.testing.assert_array_equal(moment.theta, before.theta)
    np.testing.assert_array_equal(moment.change, session.state().theta - before.theta)


@every_engine
@every_case
def test_a_gradient_takes_no_step(engine, case):
    session, rows = case.open(engine), case.plan(1).step_rows(0)
    session.run(case.plan(2))
    before = session.state()

    first, second = session.gradient(rows, KEEP), session.gradient(rows)

    assert_same_bits(session.state(), before)
    np.testing.assert_array_equal(first.g, second.g)
    assert first.J == second.J
    assert first.change is None


@every_engine
@every_case
def test_a_gradient_is_that_of_the_step_that_follows(engine, case):
    session, plan = case.open(engine), case.plan(3)
    session.run(plan.part(0, 2))

    promised = session.gradient(plan.step_rows(2), KEEP)
    moment = session.look(plan.part(2, 3), KEEP)

    assert (promised.J, promised.loss, promised.penalty) == (moment.J, moment.loss, moment.penalty)
    assert promised.t == moment.t == 2
    for name in ("g", "theta"):
        np.testing.assert_array_equal(getattr(promised, name), getattr(moment, name))
    for name in ("z", "a", "delta", "dW"):
        for one, other in zip(getattr(promised, name)[1:], getattr(moment, name)[1:], strict=True):
            np.testing.assert_array_equal(one, other)


@every_engine
@every_case
def test_no_rows_named_are_all_rows(engine, case):
    session = case.open(engine)
    everything = np.arange(len(case.data()))

    np.testing.assert_array_equal(session.gradient(None).g, session.gradient(everything).g)


@every_engine
@every_case_of_whole_gradients
def test_applying_a_gradient_is_a_step_of_its_own(engine, case):
    """All of the State but the running statistics, which belong to the pass over the rows."""
    ran, applied, plan = case.open(engine), case.open(engine), case.plan(3)
    for k in range(plan.steps):
        ran.run(plan.part(k, k + 1))
        moment = applied.gradient(plan.step_rows(k))
        applied.apply(moment.g, plan.pace(k), moment.J)

        found, wanted = arrays(applied.state()), arrays(ran.state())
        for name in wanted:
            if not name.startswith("buffers"):
                np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)
        assert applied.state().t == ran.state().t


@every_engine
@every_case
def test_every_array_keeps_the_dtype(engine, case):
    session = case.open(engine)
    session.run(case.plan(2))
    moment = session.look(case.plan(1), KEEP)

    seen = [
        array
        for name in KEEP
        for array in (
            getattr(moment, name)
            if isinstance(getattr(moment, name), list)
            else [getattr(moment, name)]
        )
        if array is not None
    ]
    scores = session.forward(case.data().x)
    found = {array.dtype.name for array in [*arrays(session.state()).values(), *seen]}
    assert found == {case.dtype}
    assert scores.a.dtype.name == case.dtype
    if case.program().specification.members == 1:
        assert scores.z.dtype.name == case.dtype
    else:
        assert scores.z is None


@every_engine
@every_case
def test_a_plan_of_no_steps_does_nothing(engine, case):
    session, before = case.open(engine), case.open(engine).state()

    stretch = session.run(Plan(np.arange(0), np.array([0]), np.array([])))

    assert (stretch.costs.shape, stretch.weights.shape, stretch.ended) == ((0,), (0,), "done")
    assert_same_bits(session.state(), before)


@every_engine
@every_case
def test_prediction_changes_nothing_and_repeats(engine, case):
    session = case.open(engine)
    session.run(case.plan(2))
    before, x = session.state(), case.data().x

    first, second = session.forward(x), session.forward(x, every_layer=True)

    assert first.a.shape == (len(x), case.program().specification.units[-1])
    np.testing.assert_array_equal(first.a, second.a)
    assert np.array_equal(first.z, second.z) or first.z is second.z is None
    assert second.layers is not None
    assert_same_bits(session.state(), before)

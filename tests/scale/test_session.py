"""A session on several ranks: the same steps as alone, and the same bits on all of them."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet.data.batches import Data
from glassnet.engine.interface import KEEP
from glassnet.errors import InvalidValue
from glassnet.scale import session as session_file
from tests.parity.bits import assert_near, assert_same_bits
from tests.parity.cases import BATCH, CASES, ENGINES, STEPS
from tests.scale.in_threads import on_ranks, parallel

# 4 ranks have but 3 rows in the last batch of an epoch.
WHOLE = {name: case for name, case in CASES.items() if not case.clipping.per_sample}
every_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
every_case = pytest.mark.parametrize("case", WHOLE.values(), ids=WHOLE)
worlds = pytest.mark.parametrize("world", [2, 4])
NORMED = CASES["adamw, batch norm, dropout, L2, clipped"]
PLAIN = CASES["adam, classes"]


def opened(case, group, engine, data=None):
    found, crew = parallel(group, engine)
    assert found.supports(case.program()) is None
    return found.open(case.program(), case.state(), data or case.data()), crew


def run_on(world, case, engine, steps=STEPS):
    """Every rank's stretch and State after the case's first steps."""

    def work(group):
        session, _ = opened(case, group, engine)
        return session.run(case.plan(steps)), session.state()

    return on_ranks(world, work)


@every_engine
@every_case
@worlds
def test_ranks_take_the_steps_of_one_process_to_rounding(engine, case, world):
    alone = case.open(engine)
    wanted = alone.run(case.plan())
    loose = 1e-9 if case.dtype == "float64" else 1e-4

    found = run_on(world, case, engine)

    for stretch, state in found:
        assert stretch.ended == "done"
        np.testing.assert_allclose(stretch.costs, wanted.costs, rtol=loose)
        np.testing.assert_allclose(stretch.weights, wanted.weights, rtol=1e-6)
        assert_near(state, alone.state(), loose)
        assert_same_bits(state, found[0][1])
        assert stretch.costs.tolist() == found[0][0].costs.tolist()


@every_engine
def test_as_many_ranks_give_the_same_bits_on_each_run(engine):
    for case in (NORMED, PLAIN):
        first, second = (run_on(3, case, engine) for _ in range(2))

        assert_same_bits(first[0][1], second[2][1])


def test_one_rank_takes_the_steps_of_the_engine_itself_to_the_bit():
    """In float64; in float32 the weights of a batch are summed in float64 all the same."""
    for case in [case for case in WHOLE.values() if case.dtype == "float64"]:
        alone = case.open(ENGINES["reference"])
        alone.run(case.plan())

        ((_, state),) = run_on(1, case, "reference")

        assert_same_bits(state, alone.state())


@every_engine
def test_a_rank_reads_its_own_rows_alone(engine):
    """The others' are not numbers there."""
    plan = PLAIN.plan(1)
    rows = plan.step_rows(0)
    alone = PLAIN.open(engine)
    alone.run(plan)

    def work(group):
        data, (first, last) = PLAIN.data(), group.place.share(BATCH)
        x = np.full_like(data.x, np.nan)
        x[rows[first:last]] = data.x[rows[first:last]]
        session, _ = opened(PLAIN, group, engine, replace(data, x=x))
        session.run(plan)
        return session.state()

    for state in on_ranks(2, work):
        assert_near(state, alone.state(), 1e-12)


@every_engine
@pytest.mark.parametrize("case", [PLAIN, NORMED], ids=["plain", "normed"])
def test_looking_on_one_rank_changes_no_bit_on_any(engine, case):
    wanted = run_on(2, case, engine, 3)
    plan = case.plan(3)

    def work(group):
        session, _ = opened(case, group, engine)
        if group.place.rank > 0:
            session.run(plan)
            return None, session.state()
        moments = [session.look(plan.part(k, k + 1), KEEP) for k in range(3)]
        return moments, session.state()

    (moments, state), (_, other) = on_ranks(2, work)

    assert_same_bits(state, wanted[0][1])
    assert_same_bits(other, state)
    assert [moment.J for moment in moments] == wanted[0][0].costs.tolist()
    whole = case.open(engine).gradient(plan.step_rows(0))
    np.testing.assert_allclose(moments[0].g, whole.g, atol=1e-12)
    np.testing.assert_allclose(moments[0].penalty, whole.penalty, rtol=1e-12)
    assert moments[0].a[0].shape[0] == 3  # of five rows
    np.testing.assert_array_equal(moments[1].theta, moments[0].theta + moments[0].change)
    blocks = case.program().specification.unpack(moments[0].g)
    np.testing.assert_array_equal(moments[0].dW[1], blocks.W[1])


@every_engine
def test_rows_that_weigh_nothing_move_nothing_but_count(engine):
    case = CASES["sgd with decay"]
    plan = case.plan(3)
    w = np.ones(len(case.data()))
    w[plan.step_rows(1)] = 0
    data = replace(case.data(), w=w)
    alone = engine.open(case.program(), case.state(), data)
    wanted = alone.run(plan)

    def work(group):
        session, _ = opened(case, group, engine, data)
        return session.run(plan), session.state()

    for stretch, state in on_ranks(2, work):
        assert state.t == 3
        assert stretch.weights.tolist() == wanted.weights.tolist()
        np.testing.assert_allclose(stretch.costs, wanted.costs, rtol=1e-9)
        assert_near(state, alone.state(), 1e-9)


@every_engine
def test_a_step_that_spoils_the_parameters_is_not_taken_on_any_rank(engine):
    plan = PLAIN.plan(4)
    rates = plan.rates.copy()
    rates[2] = np.inf
    before = run_on(2, PLAIN, engine, 2)

    def work(group):
        session, _ = opened(PLAIN, group, engine)
        return session.run(replace(plan, rates=rates)), session.state()

    for stretch, state in on_ranks(2, work):
        assert stretch.ended == "diverged"
        assert len(stretch.costs) == 3
        assert_same_bits(state, before[0][1])


@every_engine
@pytest.mark.parametrize("case", [PLAIN, NORMED], ids=["plain", "normed"])
def test_where_one_rank_leaves_all_end_after_the_same_step(engine, case):
    plan, after = case.plan(6), run_on(2, case, engine, 4)

    def work(group):
        session, crew = opened(case, group, engine)
        first = session.run(plan.part(0, 4))
        crew.leaving = group.place.rank == 1
        return first.ended, session.run(plan.part(4, 6)), session.state()

    for first, second, state in on_ranks(2, work):
        assert (first, second.ended, len(second.costs)) == ("done", "interrupted", 0)
        assert_same_bits(state, after[0][1])


@pytest.mark.parametrize("case", [PLAIN, NORMED], ids=["plain", "normed"])
def test_a_rank_that_has_ended_parts_from_those_that_have_not(case):
    def work(group):
        session, crew = opened(case, group, "auto")
        stretch = session.run(case.plan(3 if group.place.rank == 0 else 6))
        crew.part()
        return stretch.ended, session.state()

    (ended, state), (other_ended, other) = on_ranks(2, work)

    assert (ended, other_ended) == ("done", "interrupted")
    assert_same_bits(state, other)


def test_ranks_at_different_batches_are_told_so():
    def work(group):
        session, _ = opened(PLAIN, group, "auto")
        return session.run(PLAIN.plan().part(group.place.rank, 3))

    for error in on_ranks(2, work):
        assert isinstance(error, InvalidValue)
        assert "every rank must take its share of the same batch" in str(error)
        assert "adding up step 1" in str(error)


@every_engine
@pytest.mark.parametrize("case", [PLAIN, CASES["members"]], ids=["plain", "members"])
def test_many_rows_are_predicted_in_shares_with_the_same_bits(engine, case, monkeypatch):
    monkeypatch.setattr(session_file, "_WORTH_SHARING", 0)
    x = np.random.default_rng(1).normal(size=(37, 3))
    wanted = case.open(engine).forward(x)
    loose = 0 if engine.name == "native" else 1e-14

    def work(group):
        session, _ = opened(case, group, engine)
        return session.forward(x)

    for scores in on_ranks(3, work):
        assert (scores.z is None) == (case is not PLAIN)
        if wanted.z is not None:
            np.testing.assert_allclose(scores.z, wanted.z, rtol=loose, atol=loose)
        np.testing.assert_allclose(scores.a, wanted.a, rtol=loose, atol=loose)


def test_sparse_rows_are_shared_as_dense_ones_are():
    sparse = pytest.importorskip("scipy.sparse")
    dense = PLAIN.data()
    data = Data(sparse.csr_array(dense.x), dense.y, dense.w)

    def work(group):
        session, _ = opened(PLAIN, group, "native", data)
        session.run(PLAIN.plan())
        return session.state()

    for state in on_ranks(2, work):
        assert_same_bits(state, run_on(2, PLAIN, "native")[0][1])

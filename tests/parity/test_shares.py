"""A batch shared out over ranks: the sum of what they find is what one finds on all of it."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from glassnet.engine.interface import Pace, Share
from glassnet.engine.reference import batch_statistics
from tests.parity.bits import assert_same_bits
from tests.parity.cases import BATCH, CASES, ENGINES

WHOLE = {name: case for name, case in CASES.items() if not case.clipping.per_sample}
every_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
every_case = pytest.mark.parametrize("case", WHOLE.values(), ids=WHOLE)
NORMED = CASES["adamw, batch norm, dropout, L2, clipped"]
DROPPED = CASES["nesterov, dropout"]
PENALISED = CASES["rmsprop, L1, clipped entries"]
STATISTICS = frozenset({"mean", "variance"})
# How 5 rows are cut among ranks; the last of six gets none.
CUTS = ([0, 5], [0, 2, 5], [0, 1, 2, 3, 4, 5, 5])


class Ranks:
    """Threads that add up arrays among themselves, in the order of their numbers."""

    def __init__(self, count):
        self.barrier, self.parts = threading.Barrier(count), [None] * count

    def total(self, rank):
        def add_up(array):
            self.parts[rank] = np.array(array)
            self.barrier.wait(60)
            whole = sum(self.parts[1:], self.parts[0])
            self.barrier.wait(60)
            return whole

        return add_up

    def each(self, work):
        """work(rank, total) of every rank, side by side."""
        found = [None] * len(self.parts)

        def go(rank):
            found[rank] = work(rank, self.total(rank))

        threads = [threading.Thread(target=go, args=(rank,)) for rank in range(len(self.parts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(part is not None for part in found)
        return found


def shared_out(engine, case, cut, keep=frozenset()):
    """Each rank's moment of the first rows, cut at these places."""
    rows = case.plan(1).step_rows(0)[: cut[-1]]
    weight_sum = case.data().weight_sum(rows)

    def work(rank, total):
        first, last = cut[rank], cut[rank + 1]
        share = Share(weight_sum, first, rank == 0, total)
        return case.open(engine).gradient(rows[first:last], keep, share=share)

    return Ranks(len(cut) - 1).each(work)


@every_engine
@every_case
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_the_gradients_of_the_ranks_add_up_to_that_of_the_batch(engine, case, cut):
    rows = case.plan(1).step_rows(0)[:BATCH]
    loose = 1e-12 if case.dtype == "float64" else 2e-6
    whole = case.open(engine).gradient(rows)

    parts = shared_out(engine, case, cut)

    g = sum(np.asarray(part.g, np.float64) for part in parts)
    np.testing.assert_allclose(g, whole.g, rtol=0, atol=loose * max(1, np.abs(whole.g).max()))
    assert sum(part.J for part in parts) == pytest.approx(whole.J, rel=loose)
    for part in parts:
        assert part.weight_sum == pytest.approx(whole.weight_sum, rel=loose)


@every_engine
def test_one_rank_that_has_all_rows_finds_the_same_bits(engine):
    for case in WHOLE.values():
        rows = case.plan(1).step_rows(0)
        whole = case.open(engine).gradient(rows)

        share = Share(whole.weight_sum, total=lambda array: array)
        part = case.open(engine).gradient(rows, share=share)

        np.testing.assert_array_equal(part.g, whole.g)
        assert (part.J, part.weight_sum) == (whole.J, whole.weight_sum)


@every_engine
def test_every_rank_has_the_statistics_of_the_global_batch(engine):
    rows = NORMED.plan(1).step_rows(0)
    whole = NORMED.open(engine).gradient(rows, STATISTICS)

    parts = shared_out(engine, NORMED, CUTS[2], STATISTICS)

    for part in parts:
        for l in (1, 2):
            np.testing.assert_array_equal(part.mean[l], parts[0].mean[l])
            np.testing.assert_allclose(part.mean[l], whole.mean[l], atol=1e-14)
            np.testing.assert_allclose(part.variance[l], whole.variance[l], atol=1e-14)


@every_engine
def test_without_a_total_the_statistics_are_those_of_the_rows_at_hand(engine):
    case = CASES["momentum, batch norm"]
    rows = case.plan(1).step_rows(0)
    alone = case.open(engine).gradient(rows[:3], STATISTICS).mean[1]

    share = Share(case.data().weight_sum(rows[:3]))
    found = case.open(engine).gradient(rows[:3], STATISTICS, share=share).mean[1]

    np.testing.assert_array_equal(found, alone)


@every_engine
@pytest.mark.parametrize("first", [1, 4])
def test_masks_are_those_of_the_places_in_the_global_batch(engine, first):
    rows = DROPPED.plan(1).step_rows(0)
    whole = DROPPED.open(engine).gradient(rows, frozenset({"mask"})).mask[1]

    share = Share(float(len(rows)), first)
    part = DROPPED.open(engine).gradient(rows[first:], frozenset({"mask"}), share=share).mask[1]

    np.testing.assert_array_equal(part, whole[first:])


@every_engine
def test_penalties_are_added_by_the_rank_that_is_told_to(engine):
    rows = PENALISED.plan(1).step_rows(0)
    share = Share(PENALISED.data().weight_sum(rows), 0)
    session = PENALISED.open(engine)

    with_them = session.gradient(rows, share=share)
    without = session.gradient(rows, share=replace(share, penalised=False))

    assert without.penalty == 0 < with_them.penalty
    weights = PENALISED.program().specification.is_weight
    np.testing.assert_array_equal((with_them.g != without.g), weights)


@every_engine
@every_case
def test_a_step_applied_is_a_step_taken(engine, case):
    """Gradient, then apply with the batch's statistics: what run does in one."""
    plan = case.plan(3)
    ran, applied, spec = case.open(engine), case.open(engine), case.program().specification
    ran.run(plan)

    for k in range(plan.steps):
        moment = applied.gradient(plan.step_rows(k), STATISTICS)
        statistics = batch_statistics(spec, moment.mean, moment.variance)
        assert applied.apply(moment.g, plan.pace(k), moment.J, statistics)

    assert_same_bits(applied.state(), ran.state())


@every_engine
def test_without_statistics_the_running_ones_stay(engine):
    session = NORMED.open(engine)
    before = session.state().buffers

    session.apply(np.ones(NORMED.program().specification.parameter_count), Pace(0.1), 1.0)

    for name, value in session.state().buffers.items():
        np.testing.assert_array_equal(value, before[name])


@every_engine
def test_a_step_to_parameters_that_are_not_finite_says_so(engine):
    session, case = CASES["sgd"].open(engine), CASES["sgd"]
    before = session.state()
    g = np.zeros(case.program().specification.parameter_count)
    g[3] = 1e200

    assert session.apply(g, Pace(0.1), 1.0)
    g[3] = np.inf
    assert not session.apply(g, Pace(0.1), 1.0)
    assert not session.apply(np.ones_like(g), Pace(np.inf), 1.0)
    session.load(before)
    assert session.apply(np.zeros_like(g), Pace(0.1), 1.0)
    np.testing.assert_array_equal(session.state().theta, before.theta)


@every_engine
def test_what_goes_wrong_between_the_ranks_comes_out(engine):
    def broken(array):
        raise ConnectionError("rank 1 is gone")

    session = NORMED.open(engine)
    share = Share(5.0, total=broken)

    with pytest.raises(ConnectionError, match="rank 1 is gone"):
        session.gradient(NORMED.plan(1).step_rows(0), share=share)
    assert np.isfinite(session.gradient(NORMED.plan(1).step_rows(0)).J)  # it can go on


def test_the_weight_sum_of_rows_is_that_of_their_batch():
    data = PENALISED.data()
    rows = np.array([4, 0, 7])

    assert data.weight_sum(rows) == data.take(rows).weight_sum
    assert replace(data, w=None).weight_sum(rows) == 3.0

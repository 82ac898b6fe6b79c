"""How a run ends, on every engine: the stop rule, divergence, steps that would overflow."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet.data.batches import Data
from glassnet.engine.interface import KEEP, Plan, Program, StopRule
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD, Adam, Momentum
from tests.parity.bits import arrays, assert_same_bits
from tests.parity.cases import ENGINES, STEPS, Case, variant

every_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def line(rate, **more):
    """One weight, J = ½ θ², θ = 1 at first: a step is θ ← (1 − η) θ."""
    spec = Specification(1, (Dense(1, "identity", bias=False),), "squared_error")
    program = Program(spec, SGD(1.0))
    data = Data(np.ones((1, 1)), np.zeros((1, 1)))
    plan = Plan(np.zeros(50, dtype=np.int64), np.arange(51), np.full(50, float(rate)), **more)
    return program, State(np.ones(1)), data, plan


@every_engine
def test_the_stop_rule_ends_the_run_after_the_epoch_it_says(engine):
    ends = tuple(range(5, 51, 5))
    *opening, plan = line(0.5, epoch_ends=ends, stop=StopRule(tolerance=1e-4, patience=1))
    session = engine.open(*opening)

    stretch = session.run(plan)

    # Mean costs of the epochs: 0.13, 1.3e-4, 1.3e-7, 1.3e-10, …: the last two falls are too small.
    assert stretch.ended == "stopped"
    assert len(stretch.costs) == 25
    assert session.state().t == 25
    assert session.state().theta[0] == 0.5**25


@every_engine
def test_the_stop_rule_goes_on_with_the_memory_of_the_epochs_before(engine):
    rule = StopRule(tolerance=1e-4, patience=1)
    memory = rule.told(rule.told(rule.start(), 0.0), 0.0)
    *opening, plan = line(0.5, epoch_ends=(5, 10), stop=rule, stop_memory=memory)

    stretch = engine.open(*opening).run(plan)

    assert (stretch.ended, len(stretch.costs)) == ("stopped", 5)


@every_engine
def test_an_epoch_counts_its_steps_by_their_weights(engine):
    """Costs ½ and 2 in each epoch: a mean of ½ where the second step hardly weighs anything."""
    program, state, _, _ = line(1.0)
    data = Data(np.array([[1.0], [2.0]]), np.zeros((2, 1)), np.array([1.0, 1e-12]))
    rule = StopRule(tolerance=0.0, patience=0)
    memory = rule.told(rule.start(), 0.6)  # ½ is better; the plain mean, 1.25, would not be
    plan = Plan(np.array([0, 1]), np.arange(3), np.full(2, 1e-300), (2,), rule, memory)

    assert engine.open(program, state, data).run(plan).ended == "done"


@every_engine
def test_a_run_whose_cost_overflows_ends_before_that_step(engine):
    *opening, plan = line(-1e60)  # θ grows by 1e60 a step; θ² overflows from 1e154 on
    session = engine.open(*opening)

    stretch = session.run(plan)

    assert stretch.ended == "diverged"
    assert stretch.costs.tolist()[:3] == pytest.approx([0.5, 0.5e120, 0.5e240])
    assert stretch.costs[-1] == np.inf
    assert len(stretch.costs) == session.state().t + 1 == 4
    assert session.state().theta[0] == pytest.approx(1e180)


@every_engine
@pytest.mark.parametrize("method", [SGD(), Momentum(), Adam()])
def test_a_step_that_would_overflow_is_not_taken(engine, method):
    program, state, data, _ = line(1.0)
    program = replace(program, optimizer=method)
    session = engine.open(program, replace(state, theta=np.array([1e150])), data)
    plan = Plan(np.zeros(4, dtype=np.int64), np.arange(5), np.array([1e-9, 1.7e308, 1.0, 1.0]))

    stretch = session.run(plan)
    before = session.state()
    moment = session.look(plan.part(1, 2), KEEP)

    assert stretch.ended == "diverged"
    assert len(stretch.costs) == 2
    assert np.isfinite(stretch.costs).all()
    assert session.state().t == 1
    assert all(np.isfinite(array).all() for array in arrays(session.state()).values())
    assert not moment.finite
    assert moment.J == stretch.costs[1]
    assert_same_bits(session.state(), before)


@every_engine
def test_looking_at_a_cost_that_is_not_finite_takes_no_step(engine):
    program, state, data, plan = line(0.5)
    session = engine.open(program, replace(state, theta=np.array([1e200])), data)
    before = session.state()

    moment = session.look(plan, KEEP)

    assert (moment.J, moment.finite, moment.t, moment.rate) == (np.inf, False, 0, 0.5)
    assert moment.z[1].tolist() == [[1e200]]
    assert moment.change is None
    assert_same_bits(session.state(), before)


@every_engine
def test_a_diverging_network_ends_with_numbers_everywhere(engine):
    case = Case(variant("squared_error", "exp", "square", 3, depth=3), SGD(50.0))
    session = case.open(engine)

    stretch = session.run(case.plan(STEPS))

    assert stretch.ended == "diverged"
    assert all(np.isfinite(array).all() for array in arrays(session.state()).values())
    assert session.state().t == len(stretch.costs) - 1

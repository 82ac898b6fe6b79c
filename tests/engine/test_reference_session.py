"""The reference's own promises: Ctrl-C at any moment, masks of a rank, prediction."""

import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest

from glassnet.engine import reference_session
from glassnet.engine.interface import Program
from glassnet.engine.reference import Training, forward
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.optim.optimizers import SGD
from tests.engine.problems import Variant, problem
from tests.parity.bits import assert_same_bits
from tests.parity.cases import CASES

CASE = CASES["momentum, batch norm"]
ENGINE = ReferenceEngine()


@dataclass(frozen=True)
class Interrupted(SGD):
    """SGD during whose third step Ctrl-C is pressed."""

    def step(self, theta, g, memory, rate, J, decays=1.0):
        if memory.get("n", 0) == 2:
            raise KeyboardInterrupt
        change, _ = super().step(theta, g, memory, rate, J, decays)
        return change, {"n": memory.get("n", 0) + 1}


def test_ctrl_c_during_a_step_leaves_the_step_before():
    program = replace(CASE.program(), optimizer=Interrupted(0.05))
    session = ENGINE.open(program, CASE.state(), CASE.data())
    wanted = ENGINE.open(replace(program, optimizer=SGD(0.05)), CASE.state(), CASE.data())

    stretch = session.run(CASE.plan())
    costs = wanted.run(CASE.plan(2)).costs

    assert stretch.ended == "interrupted"
    np.testing.assert_array_equal(stretch.costs, costs)
    assert len(stretch.weights) == 2
    np.testing.assert_array_equal(session.state().theta, wanted.state().theta)


def interrupted_at(session, plan, line):
    """Run the plan, with Ctrl-C just before the n-th line of the session's steps."""
    left = line

    def each_line(frame, event, argument):
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return each_line

    def each_call(frame, event, argument):
        ours = frame.f_code.co_filename == reference_session.__file__
        return each_line if ours and frame.f_code.co_name != "run" else None

    before = sys.gettrace()
    sys.settrace(each_call)
    try:
        return session.run(plan)
    finally:
        sys.settrace(before)


def test_ctrl_c_at_any_line_leaves_whole_steps_and_their_costs():
    plan = CASE.plan(3)
    states, costs = [CASE.state()], []
    whole = CASE.open(ENGINE)
    states[0] = whole.state()
    for k in range(plan.steps):
        costs += whole.run(plan.part(k, k + 1)).costs.tolist()
        states.append(whole.state())
    seen = set()

    for line in range(1, 1000):
        session = CASE.open(ENGINE)
        stretch = interrupted_at(session, plan, line)
        taken = len(stretch.costs)
        assert len(stretch.weights) == taken
        assert stretch.costs.tolist() == costs[:taken]
        assert_same_bits(session.state(), states[taken])
        if stretch.ended == "done":
            break
        assert stretch.ended == "interrupted"
        seen.add(taken)

    assert stretch.ended == "done"
    assert seen == {0, 1, 2, 3}


@pytest.mark.parametrize("cut", [1, 4, 6])
def test_ranks_that_share_a_batch_draw_the_masks_of_the_whole(cut):
    drawn = problem(Variant(layer={"dropout": 0.5}, units=9))
    x, w = drawn.data.x, drawn.batch.w

    def mask(rows, first_row):
        training = Training(w[rows], drawn.t, drawn.seed, first_row)
        return forward(drawn.spec, drawn.theta, {}, x[rows], training).mask[1]

    whole = mask(slice(None), 0)
    parts = [mask(slice(0, cut), 0), mask(slice(cut, None), cut)]

    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_prediction_uses_the_running_statistics_and_drops_nothing():
    drawn = problem(Variant(norm=True, layer={"dropout": 0.5}, outputs=2))
    spec, x = drawn.spec, drawn.data.x
    state = spec.initial_state(0)
    state = replace(state, theta=drawn.theta, buffers=drawn.buffers)

    scores = ENGINE.open(Program(spec, SGD()), state, drawn.data).forward(x, every_layer=True)

    p = spec.unpack(drawn.theta)
    mean, variance = drawn.buffers["mean[1]"], drawn.buffers["variance[1]"]
    z = x @ p.W[1].T + p.b[1]
    z_tilde = p.gamma[1] * (z - mean) / np.sqrt(variance + 1e-5) + p.beta[1]
    wanted = np.tanh(z_tilde) @ p.W[2].T + p.b[2]
    np.testing.assert_allclose(scores.a, wanted, rtol=1e-13)
    np.testing.assert_allclose(scores.layers.a[1], np.tanh(z_tilde), rtol=1e-13)
    assert scores.layers.mask[1] is None


def test_it_supports_every_program():
    assert all(ENGINE.supports(case.program()) is None for case in CASES.values())

"""Backpropagation before the judge: an engine's gradient and differences of the reported cost."""

from typing import Any

import numpy as np

from glassnet.engine.differences import numerical_gradient, relative_error
from glassnet.engine.interface import Engine, Program
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD
from tests.engine.problems import Problem

TOLERANCE = 1e-7  # of the length of a block
STEP = 1e-4
MOST_SKIPPED = 0.25  # of the coordinates; problems are drawn away from kinks


def gradient(problem: Problem, engine: Engine | None = None) -> Any:
    """The Moment that an engine (the reference, by default) reports for a problem."""
    state = State(problem.theta, seed=problem.seed, t=problem.t, buffers=problem.buffers)
    program = Program(problem.spec, SGD())
    return (engine or ReferenceEngine()).open(program, state, problem.data).gradient(None)


def faults(problem: Problem, engine: Engine | None = None) -> list[str]:
    """What is wrong with the gradient of a problem, in words; empty if nothing is."""
    moment = gradient(problem, engine)
    judge = numerical_gradient(
        problem.spec,
        problem.theta,
        problem.buffers,
        problem.batch,
        t=problem.t,
        seed=problem.seed,
        step=STEP,
    )
    found = [] if judge.skipped.mean() <= MOST_SKIPPED else [f"{judge.skipped_count} skipped"]
    if not np.isfinite(moment.g).all() or not moment.g.any():
        found.append("not finite, or all 0")
    rounding = 1e3 * np.finfo(float).eps * (1 + abs(moment.J)) / STEP
    for slot in problem.spec.slots:
        g, other = moment.g[slot.start : slot.stop], judge.g[slot.start : slot.stop]
        seen = ~judge.skipped[slot.start : slot.stop]
        if _acts_on_nothing(problem, slot):
            if g.any() or np.abs(other).max() > rounding:
                found.append(f"{slot} is not exactly 0")
        elif not relative_error(g[seen], other[seen]) <= TOLERANCE:
            found.append(f"{slot} is off by {relative_error(g[seen], other[seen]):.1e}")
    return found


def _acts_on_nothing(problem: Problem, slot: Any) -> bool:
    """Whether the block is a bias whose effect batch norm takes off again."""
    layer = problem.spec.layer(slot.layer)
    return slot.name == "b" and layer.batch_norm is not None and not layer.frozen

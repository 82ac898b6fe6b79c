"""Steps on a copy of a network: what the planned optimizer does with it, or is doing."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.doctor.patient import Patient
from glassnet.doctor.plan import Plan
from glassnet.doctor.signals.steps import StepSigns, step_signs
from glassnet.engine.choice import choose
from glassnet.engine.interface import Moment, Program, Session
from glassnet.engine.interface import Plan as Steps
from glassnet.errors import Diverged, GlassnetError
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import LBFGS, Optimizer
from glassnet.training.train import train

STEPS = 10
WATCHED = 8
_ROWS = 512
_RUN_OUT = 0.01  # of the plan's rate
_SEEN = frozenset({"g", "theta", "change"})


@dataclass(frozen=True)
class Rehearsal:
    """J before each of the first steps, all on the same rows, and after the last.

    Attributes
    ----------
    costs : tuple of float
        With the planned learning rate; ends with infinity where it diverged.
    faster : tuple of float
        The same with ten times that rate.
    moved : float
        ‖change of W‖ / ‖W‖ per step, over all weights.
    """

    costs: tuple[float, ...]
    faster: tuple[float, ...]
    moved: float


def rehearse(who: Patient, plan: Plan) -> Rehearsal | None:
    """Take a few steps on a copy; None where the plan names no rate or the rows cannot be used.

    Examples
    --------
    >>> from glassnet.doctor.patient import patient
    >>> from glassnet.doctor.plan import plan_of
    >>> from glassnet.network.layers import Dense
    >>> one = patient(Network(1, [Dense(1, "identity")]), [[1.0], [2.0]], [3.0, 5.0])
    >>> first = rehearse(one, plan_of(None, "sgd", None, None))
    >>> len(first.costs), first.costs[-1] < first.costs[0]
    (11, True)
    """
    good = np.flatnonzero(who.sound)[:: max(1, int(who.sound.sum()) // _ROWS)]
    chosen: Any = plan.optimizer
    told = is_dataclass(plan.optimizer) and isinstance(plan.learning_rate, float | int)
    if not told or not plan.learning_rate or who.y is None or not len(good):
        return None
    x, y, w = who.x[good], who.y[good], who.w[good]
    try:
        costs, moved = _steps(who.net, x, y, w, chosen)
        quick: Any = replace(chosen, learning_rate=10 * plan.learning_rate)
        faster, _ = _steps(who.net, x, y, w, quick)
    except GlassnetError:  # targets or a pair that training refuses: a rule of its own says so
        return None
    return Rehearsal(costs, faster, moved)


def _steps(net: Network, x: Array, y: Array, w: Array, optimizer: Any) -> tuple[Any, float]:
    spec, state = net.specification, net.state
    copy = Network.of(_without_dropout(spec), replace(state, theta=state.theta.copy()))
    weights = spec.is_weight.astype(bool)
    before = state.theta[weights].astype(np.float64)
    try:
        with np.errstate(all="ignore"):
            run = train(
                copy, x, y, optimizer=optimizer, epochs=STEPS + 1, batch_size=len(x),
                sample_weight=w, shuffle=False,
            )  # fmt: skip
    except Diverged:
        return (1.0, float("inf")), float("inf")
    moved = np.linalg.norm(copy.state.theta[weights] - before) / (STEPS + 1)
    costs = tuple(float(cost) for cost in run.history.column("J"))
    return costs, float(moved / max(np.linalg.norm(before), 1e-300))


def watched_steps(who: Patient, plan: Plan, rate: float | None = None) -> StepSigns | None:
    """Watch a few steps from where the network stands; None where the plan tells no optimizer.

    They are taken on a copy: with the optimizer's memory if the network holds that optimizer's,
    with the plan's batch size, on batches drawn from the rows at hand, without dropout. ``rate`` is
    the learning rate where it is no longer the plan's; one that a schedule has all but ended shows
    nothing, and gives None.

    Examples
    --------
    >>> from glassnet.doctor.patient import patient
    >>> from glassnet.doctor.plan import plan_of
    >>> from glassnet.network.layers import Dense
    >>> one = patient(Network(1, [Dense(1, "identity")]), [[1.0], [2.0]], [3.0, 5.0])
    >>> signs = watched_steps(one, plan_of(None, "sgd", 10, 1))
    >>> signs.steps, signs.rows, signs.rises
    (8, 1, 0.0)
    """
    good = np.flatnonzero(who.sound)
    chosen: Any = plan.optimizer
    told = isinstance(chosen, Optimizer) and isinstance(plan.learning_rate, float | int)
    run_out = rate is not None and rate < _RUN_OUT * float(plan.learning_rate or 0.0)
    if not told or run_out or isinstance(chosen, LBFGS) or who.y is None or not len(good):
        return None
    spec, state, dtype = _without_dropout(who.spec), who.net.state, who.net.state.theta.dtype
    program = Program(spec, chosen, threads=1)
    size = max(1, min(plan.batch_size or 32, len(good)))
    chosen_rows, batches = _batches(good, size)
    data = Data(*(part[chosen_rows].astype(dtype) for part in (who.x, who.y, who.w)))
    try:
        with np.errstate(all="ignore"):
            session = choose("auto", program).open(program, _own(state, chosen.name), data)
            return _watched(
                session, spec, state.t, batches, float(rate or plan.learning_rate or 0.0)
            )
    except GlassnetError:  # a pair that training refuses: a rule of its own says so
        return None


def _watched(
    session: Session, spec: Specification, t: int, batches: list[Array], rate: float
) -> StepSigns:
    first = [session.gradient(rows, frozenset({"g"})).g for rows in batches]
    seen: list[Moment] = []
    after: list[Moment] = []
    for rows in batches:
        step = Steps(rows, np.array([0, len(rows)], np.int64), np.array([rate]))
        seen.append(session.look(step, _SEEN))
        if not seen[-1].finite:
            break
        after.append(session.gradient(rows, frozenset({"g"})))
    return step_signs(spec, t, len(batches[0]), rate, seen, after, first)


def _batches(rows: Array, size: int) -> tuple[Array, list[Array]]:
    """The rows that K batches of one size take, and each batch as places among them."""
    rng = np.random.default_rng(0)
    orders = [rng.permutation(rows) for _ in range(-(-WATCHED * size // len(rows)))]
    taken = np.concatenate(orders)[: WATCHED * size]
    return taken, list(np.arange(WATCHED * size).reshape(WATCHED, size))


def _own(state: State, optimizer: str) -> State:
    """A State of its own, whose memory is that optimizer's or none."""
    if state.optimizer != optimizer:
        state = replace(state, memory={}, optimizer=optimizer)
    memory = {name: np.array(value) if isinstance(value, np.ndarray) else value
              for name, value in state.memory.items()}  # fmt: skip
    buffers = {name: np.array(value) for name, value in state.buffers.items()}
    return replace(state, theta=np.array(state.theta), memory=memory, buffers=buffers)


def _without_dropout(spec: Specification) -> Specification:
    return replace(spec, layers=tuple(replace(each, dropout=0.0) for each in spec.layers))

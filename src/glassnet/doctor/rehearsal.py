"""The first steps on a copy of an untrained network: what the planned optimizer does with it."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.patient import Patient
from glassnet.doctor.plan import Plan
from glassnet.errors import Diverged, GlassnetError
from glassnet.network.network import Network
from glassnet.training.train import train

STEPS = 10
_ROWS = 512


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
    still = replace(spec, layers=tuple(replace(each, dropout=0.0) for each in spec.layers))
    copy = Network.of(still, replace(state, theta=state.theta.copy()))
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

"""Training by L-BFGS: every iteration sees all rows, and counts as an epoch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.interface import Moment
from glassnet.errors import Diverged
from glassnet.network.state import State
from glassnet.optim.lbfgs import minimise
from glassnet.optim.optimizers import LBFGS
from glassnet.training.loop import Loop

_STATISTICS = frozenset({"mean", "variance"})


def walk(loop: Loop) -> str:
    """Take up to ``epochs`` iterations; say why they ended.

    t stands still, so that dropout's masks, and with them J, stay one function of θ. Running
    statistics are those of all rows at the last θ.
    """
    method = cast(LBFGS, loop.program.optimizer)
    session, dtype = loop.session, loop.session.state().theta.dtype
    trainable = loop.spec.is_trainable
    accepted = session.state()
    stopped: list[str] = []
    evaluations = 0

    def cost(theta: Array) -> tuple[float, Array]:
        nonlocal evaluations
        evaluations += 1
        with loop.interrupts.allowed():
            session.load(replace(accepted, theta=theta.astype(dtype)))
            moment = session.gradient(loop.data.numbers)
        return moment.J, np.asarray(moment.g, dtype=np.float64) * trainable

    def each(theta: Array, J: float) -> bool:
        nonlocal accepted
        session.load(replace(accepted, theta=theta.astype(dtype)))
        accepted = _with_statistics(loop, session.state())
        session.load(accepted)
        said = loop.iteration(J)
        stopped.extend([said] if said else [])
        return said is not None

    try:
        first, _ = cost(accepted.theta)
        if not np.isfinite(first):
            raise Diverged(
                f"the cost is {first} at the first parameters already. Scale the inputs, or choose "
                "a smaller initialisation."
            )
        iterations = loop.settings.epochs - loop.epochs_done
        found = minimise(cost, accepted.theta, method=method, iterations=iterations, each=each)
    finally:
        session.load(accepted)
    if stopped:
        return stopped[0]
    if found.converged:
        return "converged"
    if loop.epochs_done >= loop.settings.epochs:
        return "epochs"
    return "evaluations" if evaluations > method.max_evaluations else "line search"


def _with_statistics(loop: Loop, state: State) -> State:
    if not state.buffers:
        return state
    moment: Moment = loop.session.gradient(loop.data.numbers, _STATISTICS)
    buffers: dict[str, Any] = dict(state.buffers)
    for name in _STATISTICS:
        for l, value in enumerate(getattr(moment, name)):
            if l > 0 and value is not None:
                buffers[f"{name}[{l}]"] = value
    return replace(state, buffers=buffers)

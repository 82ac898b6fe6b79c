"""Where a run went wrong: the layer in which a norm grew first."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.engine.interface import Moment, Plan, Session

_GROWN = 100.0  # times the value of the first step looked at
_NAMES = {"z": "‖z‖", "delta": "‖δ‖", "dW": "‖∂J/∂W‖"}


def first_to_grow(session: Session, plan: Plan) -> str:
    """Replay the plan step by step until the cost is not finite; say in words what grew first.

    ``session`` stands at the plan's first step. It ends at the diverging one.
    """
    first: dict[tuple[str, int], float] = {}
    for k in range(plan.steps):
        moment = session.look(plan.part(k, k + 1), frozenset(_NAMES))
        norms = _norms(moment)
        first = first or norms
        grown = {
            key: value / max(first[key], 1e-300)
            for key, value in norms.items()
            if not value <= _GROWN * first[key]
        }
        if grown:
            name, layer = max(grown, key=lambda key: np.nan_to_num(grown[key], nan=np.inf))
            return f"{_NAMES[name]} grew first in layer {layer}, {k} steps into the last epoch"
        if not moment.finite:
            break
    name, layer = max(first, key=lambda key: np.nan_to_num(first[key], nan=np.inf))
    return f"{_NAMES[name]} was largest in layer {layer} ({first[name, layer]:.3g})"


def _norms(moment: Moment) -> dict[tuple[str, int], float]:
    return {
        (name, l): _norm(layer)
        for name in _NAMES
        for l, layer in enumerate(getattr(moment, name))
        if l > 0
    }


def _norm(array: Any) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(np.sum(np.square(array, dtype=np.float64))))

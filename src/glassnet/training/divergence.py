"""Where a run went wrong: the layer in which a norm grew first."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.engine.interface import Moment, Plan, Session
from glassnet.errors import Diverged

_GROWN = 100.0  # times the first value that was not 0
_NAMES = {"z": "‖z‖", "delta": "‖δ‖", "dW": "‖∂J/∂W‖"}


def first_to_grow(session: Session, plan: Plan) -> str:
    """Replay the plan step by step until a step fails; say in words what grew first.

    ``session`` stands at the plan's first step. It ends at the diverging one.
    """
    first: dict[tuple[str, int], float] = {}
    norms: dict[tuple[str, int], float] = {}
    for k in range(plan.steps):
        moment = session.look(plan.part(k, k + 1), frozenset(_NAMES))
        norms = _norms(moment)
        grown = {
            key: value / first[key]
            for key, value in norms.items()
            if key in first and not value <= _GROWN * first[key]
        }
        if grown:
            name, layer = _largest(grown)
            return f"{_NAMES[name]} grew first in layer {layer}, {k} steps into the last epoch"
        for key, value in norms.items():
            if value > 0:
                first.setdefault(key, value)
        if not moment.finite:
            break
    name, layer = _largest(norms)
    return f"{_NAMES[name]} was largest in layer {layer} ({norms[name, layer]:.3g})"


def divergence(J: float, step: int, epoch: int, rate: float, where: str) -> Diverged:
    """The error of a run whose step had the cost J and could not be taken.

    Examples
    --------
    >>> print(divergence(float("nan"), 12, 2, 0.5, "‖z‖ grew first in layer 1"))
    the loss became nan at step 12 (epoch 2). ‖z‖ grew first in layer 1. Lower learning_rate ...
    """
    what = "a parameter became infinite" if np.isfinite(J) else f"the loss became {J}"
    return Diverged(
        f"{what} at step {step} (epoch {epoch}). {where}. Lower learning_rate (now {rate:g}), "
        "scale the inputs, or set clip_norm. The parameters of the last whole epoch were kept."
    )


def _largest(of: dict[tuple[str, int], float]) -> tuple[str, int]:
    """The key of the largest value; nan counts as infinite, and the first of equals wins."""
    return max(of, key=lambda key: np.nan_to_num(of[key], nan=np.inf, posinf=np.inf))


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

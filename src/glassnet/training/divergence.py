"""Where a run went wrong: the layer in which a norm grew first."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from glassnet.engine.interface import Moment, Plan, Session
from glassnet.errors import Diverged
from glassnet.network.state import State
from glassnet.training.observers import norm

_GROWN = 100.0  # times the first value that was not 0
_SIGNS = {"z": "‖z‖", "delta": "‖δ‖", "dW": "‖∂J/∂W‖"}
_KEEP = frozenset(_SIGNS)

Norms: TypeAlias = "dict[tuple[str, int], float]"


def first_to_grow(session: Session, plan: Plan, beginning: State) -> str:
    """Replay the plan step by step until a step fails; say in words what grew first.

    Norms are held against those that the rows of the plan's first step have at the run's
    ``beginning``. Where several grow at one step, the one that backpropagation computes first is
    named: z from layer 1 to L, then δ and ∂J/∂W from L to 1. What has grown before the plan begins
    is said to have grown "by" its first step.

    ``session`` stands at the plan's first step. It ends at the diverging one.
    """
    here = session.state()
    session.load(beginning)
    first = _norms(session.gradient(plan.step_rows(0), _KEEP))
    session.load(here)
    norms: Norms = {}
    for k in range(plan.steps):
        moment = session.look(plan.part(k, k + 1), _KEEP)
        norms = _norms(moment)
        for (name, layer), value in norms.items():
            usual = first[name, layer]
            if usual > 0 and not value <= _GROWN * usual:
                when = f"{'at' if k else 'by'} step {moment.t + 1}"
                return f"{_SIGNS[name]} grew first in layer {layer}, {when}"
        first = {key: value if value > 0 else norms[key] for key, value in first.items()}
        if not moment.finite:
            break
    name, layer = max(norms, key=lambda key: np.nan_to_num(norms[key], nan=np.inf, posinf=np.inf))
    return f"{_SIGNS[name]} was largest in layer {layer} ({norms[name, layer]:.3g})"


def divergence(J: float, step: int, epoch: int, rate: float, where: str) -> Diverged:
    """The error of a run whose step had the cost J and could not be taken.

    Examples
    --------
    >>> print(divergence(float("nan"), 12, 2, 0.5, "‖z‖ grew first in layer 1, at step 9"))
    the loss became nan at step 12 (epoch 2). ‖z‖ grew first in layer 1, at step 9. Lower ...
    """
    what = "a parameter became infinite" if np.isfinite(J) else f"the loss became {J}"
    return Diverged(
        f"{what} at step {step} (epoch {epoch}). {where}. Lower learning_rate (now {rate:g}), "
        "scale the inputs, or set clip_norm. The parameters of the last whole epoch were kept."
    )


def _norms(moment: Moment) -> Norms:
    """The norms by name and layer, in the order in which they are computed."""
    layers = range(1, len(moment.z))
    return {("z", l): norm(moment.z[l]) for l in layers} | {
        (name, l): norm(getattr(moment, name)[l])
        for l in reversed(layers)
        for name in ("delta", "dW")
    }

"""PyTorch's optimizers in glassnet's words."""

# pyright: reportMissingImports=false
# torch is an extra: the types are judged where it is installed.

from __future__ import annotations

from typing import Any

from torch import optim

from glassnet.network.penalties import L2, Penalty
from glassnet.optim.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSprop


def optimizer_of(theirs: optim.Optimizer) -> Any:
    """The same optimizer, by the first group of parameters; None where there is none like it.

    A coupled ``weight_decay`` is a penalty (:func:`penalties_of`), as its mathematics is.

    Examples
    --------
    >>> import torch
    >>> some = [torch.nn.Parameter(torch.ones(1))]
    >>> optimizer_of(optim.SGD(some, 0.1, momentum=0.9))
    Momentum(learning_rate=0.1, momentum=0.9, weight_decay=0.0)
    """
    group = theirs.param_groups[0]
    rate = float(group["lr"])
    if not 0 < rate < float("inf"):
        return None
    if isinstance(theirs, optim.AdamW):
        return AdamW(rate, *_adam(group), float(group["weight_decay"]))
    if isinstance(theirs, optim.Adam):
        return Adam(rate, *_adam(group))
    if isinstance(theirs, optim.RMSprop) and not group["momentum"]:
        return RMSprop(rate, float(group["alpha"]), float(group["eps"]))
    if not isinstance(theirs, optim.SGD):
        return None
    if not group["momentum"]:
        return SGD(rate)
    kind = Nesterov if group["nesterov"] else Momentum
    return kind(rate * (1 - float(group["dampening"])), float(group["momentum"]))


def _adam(group: dict[str, Any]) -> tuple[float, float, float]:
    """β₁, β₂ and ε."""
    beta_1, beta_2 = group["betas"]
    return float(beta_1), float(beta_2), float(group["eps"])


def penalties_of(theirs: optim.Optimizer) -> list[Penalty]:
    """½ λ Σ W² of a weight decay λ that is added to the gradient; none of AdamW's.

    Examples
    --------
    >>> import torch
    >>> penalties_of(optim.SGD([torch.nn.Parameter(torch.ones(1))], 0.1, weight_decay=0.01))
    [L2(strength=0.01, per_weight_sum=False)]
    """
    decay = float(theirs.param_groups[0].get("weight_decay", 0.0))
    decoupled = isinstance(theirs, optim.AdamW)
    return [L2(decay)] if decay > 0 and not decoupled else []


def steps_taken(theirs: optim.Optimizer) -> int:
    """How many steps it has taken, as far as its memory tells; 0 of a new one.

    Examples
    --------
    >>> import torch
    >>> steps_taken(optim.Adam([torch.nn.Parameter(torch.ones(1))]))
    0
    """
    counts = [int(each.get("step", 1)) for each in theirs.state.values() if each]
    return max(counts, default=0)

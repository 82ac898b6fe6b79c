"""One batch on its way through a PyTorch module and its loss."""

# pyright: reportMissingImports=false
# torch is an extra: the types are judged where it is installed.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from glassnet.arrays import Array
from glassnet.doctor.visits.pytorch_activations import LOG_SOFTMAX
from glassnet.errors import Unsupported


@dataclass(frozen=True, eq=False)
class Pass:
    """A batch as it was given: rows (m, n₀) and targets (m, k).

    ``codes`` are the targets as they were, (m,) where they are class numbers.
    """

    x: Array
    y: Array
    codes: Array

    @classmethod
    def of(cls, x: torch.Tensor, out: torch.Tensor, y: torch.Tensor) -> Pass:
        """Copy a batch; targets that are one row each stand as a column."""
        codes = y.detach().cpu().double().numpy()
        return cls(_rows(x), codes.reshape(len(out), -1), codes)


@dataclass(frozen=True, eq=False)
class Waiting:
    """A batch that was judged and waits for its step; without its rows where all are known."""

    count: int
    J: float
    seen: Pass | None


def _rows(tensor: torch.Tensor) -> Array:
    return tensor.detach().cpu().double().reshape(len(tensor), -1).numpy()


def same_values(out: torch.Tensor, given: Any) -> bool:
    """Whether the loss was given the module's output, in whatever shape."""
    if given is out:
        return True
    if not isinstance(given, torch.Tensor) or given.numel() != out.numel():
        return False
    flat, other = out.detach().reshape(-1), given.detach().reshape(-1)
    return bool(torch.allclose(flat, other.to(flat.dtype), rtol=1e-5, atol=1e-7, equal_nan=True))


_BETWEEN: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "logistic": torch.sigmoid,
    "softmax": lambda z: torch.softmax(z, dim=-1),
    LOG_SOFTMAX: lambda z: torch.log_softmax(z, dim=-1),
    "tanh": torch.tanh,
    "relu": torch.relu,
    "exp": torch.exp,
    "softplus": torch.nn.functional.softplus,
}


def between(out: torch.Tensor, given: Any) -> str:
    """The activation that was applied between the module and the loss.

    Raises
    ------
    Unsupported
        If it is none that is known.

    Examples
    --------
    >>> between(torch.tensor([[0.0, 3.0]]), torch.tensor([[0.5, 0.9525741]]))
    'logistic'
    """
    for name, function in _BETWEEN.items():
        if same_values(function(out.detach()), given):
            return name
    shape = tuple(np.shape(given.detach())) if isinstance(given, torch.Tensor) else type(given)
    raise Unsupported(
        "the loss must be given the output of the watched module, or an activation of it; what it "
        f"was given, {shape}, is neither. Watch the module that makes it."
    )

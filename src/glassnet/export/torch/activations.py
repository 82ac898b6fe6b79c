"""Each activation in PyTorch: one row of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from glassnet.export.torch import modules
from glassnet.export.torch.modules import Cos, Exp, Sin, Square


@dataclass(frozen=True)
class Row:
    """A class of modules, and its arguments for an activation."""

    kind: type[nn.Module]
    arguments: Callable[[Any], dict[str, Any]] = lambda phi: {}

    @property
    def own(self) -> bool:
        """Whether PyTorch has no such module, so that the class is one of this room."""
        return self.kind.__module__ == modules.__name__

    def module(self, phi: Any) -> nn.Module:
        """The module."""
        return self.kind(**self.arguments(phi))

    def text(self, phi: Any) -> str:
        """The module as Python."""
        place = "" if self.own else "nn."
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments(phi).items())
        return f"{place}{self.kind.__name__}({given})"


ACTIVATIONS: dict[str, Row] = {
    "identity": Row(nn.Identity),
    "logistic": Row(nn.Sigmoid),
    "tanh": Row(nn.Tanh),
    "relu": Row(nn.ReLU),
    "leaky_relu": Row(nn.LeakyReLU, lambda phi: {"negative_slope": phi.slope}),
    "elu": Row(nn.ELU, lambda phi: {"alpha": phi.alpha}),
    "selu": Row(nn.SELU),
    "gelu": Row(nn.GELU),
    "silu": Row(nn.SiLU),
    "mish": Row(nn.Mish),
    # At torch's own threshold of 20 it would be off by 2·10⁻⁹, which float64 sees.
    "softplus": Row(nn.Softplus, lambda phi: {"threshold": 40.0}),
    "softsign": Row(nn.Softsign),
    "exp": Row(Exp),
    "sin": Row(Sin),
    "cos": Row(Cos),
    "square": Row(Square),
    "softmax": Row(nn.Softmax, lambda phi: {"dim": 1}),
}

"""PyTorch's activations, as modules or as functions, in glassnet's words."""

# pyright: reportMissingImports=false
# torch is an extra: the types are judged where it is installed.

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.fx import Node

from glassnet.arrays import Array
from glassnet.errors import Unsupported
from glassnet.network.rectifiers import ELU, LeakyReLU

LOG_SOFTMAX = "log_softmax"  # no activation here: the loss takes its logarithm itself

_NAMES: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.SELU: "selu",
    nn.SiLU: "silu",
    nn.Mish: "mish",
    nn.Sigmoid: "logistic",
    nn.Tanh: "tanh",
    nn.Softsign: "softsign",
    nn.LogSoftmax: LOG_SOFTMAX,
}
# Each entry alone decides its output, so that φ′ can be had from autograd.
_ELEMENTWISE = (
    nn.Hardtanh, nn.ReLU6, nn.Hardswish, nn.Hardsigmoid, nn.Hardshrink, nn.Softshrink,
    nn.Tanhshrink, nn.Threshold, nn.LogSigmoid, nn.CELU, nn.GELU, nn.Softplus,
)  # fmt: skip


def _module(kind: type[nn.Module], *names: str) -> Callable[[Node], nn.Module]:
    """What makes a module of a function's call: those of its arguments that the module takes."""

    def made(node: Node) -> nn.Module:
        given = dict(zip(names, node.args[1:], strict=False)) | dict(node.kwargs)
        return kind(**{name: given[name] for name in names if given.get(name) is not None})

    return made


FUNCTIONS: dict[str, Callable[[Node], nn.Module]] = {
    "relu": _module(nn.ReLU),
    "leaky_relu": _module(nn.LeakyReLU, "negative_slope"),
    "elu": _module(nn.ELU, "alpha"),
    "celu": _module(nn.CELU, "alpha"),
    "selu": _module(nn.SELU),
    "gelu": lambda node: nn.GELU(str(node.kwargs.get("approximate", "none"))),
    "silu": _module(nn.SiLU),
    "mish": _module(nn.Mish),
    "sigmoid": _module(nn.Sigmoid),
    "tanh": _module(nn.Tanh),
    "softsign": _module(nn.Softsign),
    "softplus": _module(nn.Softplus, "beta", "threshold"),
    "relu6": _module(nn.ReLU6),
    "hardtanh": _module(nn.Hardtanh, "min_val", "max_val"),
    "logsigmoid": _module(nn.LogSigmoid),
    "softmax": _module(nn.Softmax, "dim"),
    "log_softmax": _module(nn.LogSoftmax, "dim"),
    "dropout": _module(nn.Dropout, "p"),
}


def activation_of(module: nn.Module, name: str) -> Any:
    """The activation of a module: a name, an object, or ``LOG_SOFTMAX``.

    Raises
    ------
    Unsupported
        If it is none; the message names it.

    Examples
    --------
    >>> activation_of(nn.Sigmoid(), "1"), activation_of(nn.LeakyReLU(0.2), "1").slope
    ('logistic', 0.2)
    """
    if isinstance(module, nn.Softmax | nn.LogSoftmax):
        _check_dim(module, name)
        return LOG_SOFTMAX if isinstance(module, nn.LogSoftmax) else "softmax"
    for kind, ours in _NAMES.items():
        if type(module) is kind:
            return ours
    if isinstance(module, nn.LeakyReLU):
        return LeakyReLU(float(module.negative_slope))
    if isinstance(module, nn.PReLU) and module.num_parameters == 1:
        return LeakyReLU(float(module.weight.detach()))
    if isinstance(module, nn.ELU):
        return ELU(float(module.alpha))
    if isinstance(module, nn.GELU) and module.approximate == "none":
        return "gelu"
    if isinstance(module, nn.Softplus) and module.beta == 1:
        return "softplus"
    if isinstance(module, _ELEMENTWISE):
        return AsItIs(module)
    raise Unsupported(
        f"{type(module).__name__} {name!r} has no place in a network of dense layers. Visited are "
        "Linear, BatchNorm1d, Dropout, Flatten, Identity and activations."
    )


def _check_dim(module: Any, name: str) -> None:
    if module.dim not in (1, -1, None):
        raise Unsupported(
            f"{type(module).__name__} {name!r} must add up over the outputs, dim=1; got "
            f"dim={module.dim}, which mixes the rows of a batch."
        )


class AsItIs:
    """An elementwise module of torch, with its derivative by autograd.

    Examples
    --------
    >>> import numpy as np
    >>> six = AsItIs(nn.ReLU6())
    >>> z = np.array([[-1.0, 3.0, 8.0]])
    >>> six.value(z).tolist(), six.derivative(z, None).tolist()
    ([[0.0, 3.0, 6.0]], [[0.0, 1.0, 0.0]])
    """

    def __init__(self, module: nn.Module) -> None:
        self.module, self.name = module, f"torch_{type(module).__name__.lower()}"

    def value(self, z: Array) -> Array:
        """φ(z).  (m, n) -> (m, n)"""
        with torch.no_grad():
            return self.module(torch.from_numpy(z.copy())).numpy()

    def derivative(self, z: Array, a: Array | None) -> Array:
        """φ′(z).  (m, n) -> (m, n)"""
        with torch.enable_grad():
            at = torch.from_numpy(z.copy()).requires_grad_()
            (slope,) = torch.autograd.grad(self.module(at).sum(), at)
        return slope.numpy()

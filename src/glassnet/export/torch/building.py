"""The modules of a network, one after another, and the text that makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from glassnet.arrays import Array
from glassnet.export.source import Source, source
from glassnet.export.torch.activations import ACTIVATIONS
from glassnet.export.torch.modules import Heads, Residual, Restore, Scale, Share
from glassnet.inspection.subjects import subject
from glassnet.network.heads import JointActivation
from glassnet.network.network import Network


@dataclass(frozen=True, eq=False)
class Built:
    """A module, and as Python the expressions that make its parts without their numbers."""

    module: nn.Sequential
    texts: tuple[str, ...]
    found: Source
    network: Network


def built(model: Any) -> Built:
    """The module of a model, in prediction and with its numbers.

    Raises
    ------
    InvalidValue, Unsupported
        As :func:`glassnet.export.source.source` raises them.
    """
    found = source(model)
    net = subject(model).network
    made = _Parts("float32" if net.state.theta.dtype == np.float32 else "float64")
    if found.scaling is not None:
        made.scale(*found.scaling)
    for l in range(1, net.depth + 1):
        _layer(made, net, l)
    if found.answer.restored:
        made.restore(found.answer.mean, found.answer.scale)
    return Built(nn.Sequential(*made.modules).eval(), tuple(made.texts), found, net)


class _Parts:
    """Modules and the texts that make them."""

    def __init__(self, dtype: str) -> None:
        self.dtype: torch.dtype = getattr(torch, dtype)
        self.kind = f"dtype=torch.{dtype}"
        self.modules: list[nn.Module] = []
        self.texts: list[str] = []

    def put(self, module: nn.Module, text: str, **numbers: Any) -> None:
        held = module.state_dict()
        for name, values in numbers.items():
            held[name].copy_(torch.from_numpy(np.array(values)))
        self.modules.append(module)
        self.texts.append(text)

    def join(self, first: int) -> None:
        """Make the modules from ``first`` on one, whose input is added to what they give."""
        modules, texts = self.modules[first:], self.texts[first:]
        del self.modules[first:], self.texts[first:]
        self.modules.append(Residual(nn.Sequential(*modules)))
        self.texts.append(f"Residual(nn.Sequential({', '.join(texts)}))")

    def scale(self, center: Array, scale: Array) -> None:
        n = len(center)
        self.put(Scale(n, self.dtype), f"Scale({n}, {self.kind})", center=center, scale=scale)

    def restore(self, mean: float, scale: float) -> None:
        self.put(Restore(1, self.dtype), f"Restore(1, {self.kind})", mean=[mean], scale=[scale])


def _layer(made: _Parts, net: Network, l: int) -> None:
    layer, (n_in, n_out) = net.specification.layer(l), net.units[l - 1 : l + 1]
    first = len(made.modules)
    numbers = {"weight": net.W[l]} | ({} if net.b[l] is None else {"bias": net.b[l]})
    bias = bool(layer.bias)
    linear = nn.Linear(n_in, n_out, bias=bias, dtype=made.dtype)
    without = "" if bias else "bias=False, "
    made.put(linear, f"nn.Linear({n_in}, {n_out}, {without}{made.kind})", **numbers)
    norm = layer.batch_norm
    if norm is not None:
        made.put(
            nn.BatchNorm1d(n_out, norm.epsilon, norm.momentum, dtype=made.dtype),
            f"nn.BatchNorm1d({n_out}, {norm.epsilon!r}, {norm.momentum!r}, {made.kind})",
            weight=net.gamma[l],
            bias=net.beta[l],
            running_mean=net.state.buffers[f"mean[{l}]"],
            running_var=net.state.buffers[f"variance[{l}]"],
            num_batches_tracked=net.state.t,
        )
    module, text = _activation(layer.activation)
    if layer.kappa is None:
        made.put(module, text)
    else:
        share = Share(n_out, module, made.dtype)
        made.put(share, f"Share({n_out}, {text}, {made.kind})", kappa=net.kappa[l])
    if layer.dropout:
        made.put(nn.Dropout(layer.dropout), f"nn.Dropout({layer.dropout!r})")
    if layer.residual:
        made.join(first)


def _activation(phi: Any) -> tuple[nn.Module, str]:
    if not isinstance(phi, JointActivation):
        row = ACTIVATIONS[phi.name]
        return row.module(phi), row.text(phi)
    units = [head.units for head in phi.heads]
    each = [_activation(head.activation) for head in phi.heads]
    texts = ", ".join(text for _, text in each)
    return Heads(units, [module for module, _ in each]), f"Heads({units!r}, [{texts}])"

"""The modules of a network, one after another, and the text that makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from glassnet.export.answer import Answer
from glassnet.export.source import Source, source
from glassnet.export.table_estimators import is_table_estimator
from glassnet.export.torch.activations import ACTIVATIONS
from glassnet.export.torch.modules import (
    Average,
    Heads,
    Limit,
    Ordered,
    Residual,
    Restore,
    Scale,
    Share,
    Tempered,
)
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
    net = subject(found.model).network
    made = _Parts("float32" if net.state.theta.dtype == np.float32 else "float64")
    if is_table_estimator(found.model):
        made.put(*_average([_member(one, made.dtype) for one in found.model.members_]))
        made.dtype = "float64"
    else:
        made.network(net, found.scaling)
    if found.answer.tempered:
        t, joint = found.answer.temperature, found.answer.kind == "multiclass"
        made.put(Tempered(t, joint), f"Tempered({t!r}, {joint!r})")
    if found.answer.restored:
        made.restored(found.answer)
    return Built(nn.Sequential(*made.modules).eval(), tuple(made.texts), found, net)


@dataclass
class _Parts:
    """Modules and the texts that make them."""

    dtype: str
    modules: list[nn.Module] = field(default_factory=list[nn.Module])
    texts: list[str] = field(default_factory=list[str])

    @property
    def type(self) -> torch.dtype:
        return getattr(torch, self.dtype)

    @property
    def kind(self) -> str:
        return f"dtype=torch.{self.dtype}"

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

    def network(self, net: Network, scaling: tuple[Any, Any] | None) -> None:
        if scaling is not None:
            n, (center, scale) = len(scaling[0]), scaling
            self.put(Scale(n, self.type), f"Scale({n}, {self.kind})", center=center, scale=scale)
        for l in range(1, net.depth + 1):
            _layer(self, net, l)

    def restored(self, answer: Answer) -> None:
        """Back to the units of the target, and into its range."""
        n = len(answer.mean)
        numbers = {"mean": answer.mean, "scale": answer.scale}
        self.put(Restore(n, self.type), f"Restore({n}, {self.kind})", **numbers)
        if answer.bounded:
            limits = {"low": answer.low, "high": answer.high}
            self.put(Limit(n, self.type), f"Limit({n}, {self.kind})", **limits)
        if answer.ordered:
            self.put(Ordered(answer.group), f"Ordered({answer.group})")


def _member(net: Network, dtype: str) -> _Parts:
    made = _Parts(dtype)
    stage: Any = net.specification.input_stage
    made.network(net, None if stage is None else (stage.mean, stage.scale))
    return made


def _average(members: Sequence[_Parts]) -> tuple[Average, str]:
    """The members side by side; those that are made alike are one expression."""
    each = [f"nn.Sequential({', '.join(made.texts)})" for made in members]
    alike = len(set(each)) == 1
    inside = f"{each[0]} for _ in range({len(each)})" if alike else ", ".join(each)
    return Average([nn.Sequential(*made.modules) for made in members]), f"Average([{inside}])"


def _layer(made: _Parts, net: Network, l: int) -> None:
    layer, (n_in, n_out) = net.specification.layer(l), net.units[l - 1 : l + 1]
    first = len(made.modules)
    numbers = {"weight": net.W[l]} | ({} if net.b[l] is None else {"bias": net.b[l]})
    bias = bool(layer.bias)
    linear = nn.Linear(n_in, n_out, bias=bias, dtype=made.type)
    without = "" if bias else "bias=False, "
    made.put(linear, f"nn.Linear({n_in}, {n_out}, {without}{made.kind})", **numbers)
    norm = layer.batch_norm
    if norm is not None:
        made.put(
            nn.BatchNorm1d(n_out, norm.epsilon, norm.momentum, dtype=made.type),
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
        share = Share(n_out, module, made.type)
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

"""From a PyTorch module to a network: the doctor's translation, and this room's own modules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from glassnet.doctor.visits.pytorch_activations import LOG_SOFTMAX
from glassnet.doctor.visits.pytorch_layers import Layer, layers_of, network_of_layers
from glassnet.errors import InvalidValue, Unsupported
from glassnet.export.torch.activations import ACTIVATIONS
from glassnet.export.torch.modules import Heads, Restore, Scale
from glassnet.network import catalogue
from glassnet.network.heads import Head, JointActivation
from glassnet.network.layers import Scaling
from glassnet.network.network import Network

_OWN = {row.kind: name for name, row in ACTIVATIONS.items() if row.own}
_LOSSES = {"softmax": "cross_entropy", "logistic": "binary_cross_entropy", "exp": "poisson"}


def network_of_module(module: nn.Module, loss: Any) -> Network:
    """The network of a module whose forward is a chain.

    Raises
    ------
    Unsupported, InvalidValue
    """
    if not isinstance(module, nn.Module):
        raise InvalidValue(f"module must be a torch.nn.Module; got {type(module).__name__}.")
    children = list(module.children()) if isinstance(module, nn.Sequential) else [module]
    stage, restored, heads = None, None, None
    if isinstance(children[0], Scale):
        first = children.pop(0)
        stage = Scaling(*(tuple(first.state_dict()[n].tolist()) for n in ("center", "scale")))
    if isinstance(children[-1], Restore):
        restored = children.pop()
    if isinstance(children[-1], Heads):
        heads = children[-1]
        children = children[:-1]
    layers = _layers(children)
    last = _joint(heads) if heads is not None else _output(layers[-1])
    name = last if isinstance(last, str) else getattr(last, "name", "")
    net = network_of_layers(layers, last, loss or _LOSSES.get(name, "squared_error"), [], 0)
    if restored is not None:
        _fold(net, restored, name)
    return _finished(net, stage, module)


def _layers(children: list[nn.Module]) -> list[Layer]:
    """The layers of a chain: what lies between own activations is translated by the doctor's."""
    place = next((k for k, child in enumerate(children) if type(child) in _OWN), None)
    if place is None:
        return layers_of(nn.Sequential(*children))
    before, own, rest = children[:place], children[place], children[place + 1 :]
    found = layers_of(nn.Sequential(*before))
    if found[-1].activation is not None:
        raise Unsupported(
            f"{type(own).__name__} must follow a Linear; it follows another activation."
        )
    found[-1].activation = _OWN[type(own)]
    while rest and isinstance(dropout := rest[0], nn.Dropout):  # of the activation before it
        found[-1].dropout = 1 - (1 - found[-1].dropout) * (1 - float(dropout.p))
        rest = rest[1:]
    return [*found, *(_layers(rest) if rest else [])]


def _output(layer: Layer) -> Any:
    if layer.activation == LOG_SOFTMAX:
        raise Unsupported(
            "LogSoftmax at the end gives logarithms, and a network's softmax gives probabilities. "
            "Leave it out, or put nn.Softmax(dim=1) in its place."
        )
    return layer.activation or "identity"


def _joint(heads: Heads) -> JointActivation:
    made: list[Head] = []
    for units, module in zip(heads.units, heads.activations, strict=True):
        (layer,) = _layers([nn.Linear(1, units), module])
        known = catalogue.activation(_output(layer))
        made.append(Head(units, known, _LOSSES.get(known.name, "squared_error")))
    return JointActivation(tuple(made))


def _fold(net: Network, restored: nn.Module, activation: str) -> None:
    """a · scale + mean into the last layer, which must be linear and have a bias."""
    numbers = {name: values.numpy() for name, values in restored.state_dict().items()}
    last = net.specification.layer(net.depth)
    if activation != "identity" or last.batch_norm is not None or not last.bias:
        raise Unsupported("Restore goes behind a Linear with a bias; something else is before it.")
    net.W[net.depth][...] *= numbers["scale"][:, None]
    net.b[net.depth][...] = net.b[net.depth] * numbers["scale"] + numbers["mean"]


def _finished(net: Network, stage: Scaling | None, module: nn.Module) -> Network:
    """With the scaling before it, and in the module's dtype."""
    numbers = next(p for p in module.parameters() if p.is_floating_point())
    dtype = np.float32 if numbers.dtype == torch.float32 else np.float64
    spec = replace(net.specification, input_stage=stage)
    buffers = {name: values.astype(dtype) for name, values in net.state.buffers.items()}
    state = replace(net.state, theta=net.state.theta.astype(dtype), buffers=buffers)
    return Network.of(spec, state)

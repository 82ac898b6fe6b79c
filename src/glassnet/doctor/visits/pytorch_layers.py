"""From a PyTorch module to glassnet's layers: what its forward does, one thing after another."""

# pyright: reportMissingImports=false
# torch is an extra: the types are judged where it is installed.

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.fx import Graph, Node, Tracer
from torch.fx.proxy import TraceError

from glassnet.arrays import Array
from glassnet.doctor.visits.pytorch_activations import FUNCTIONS, activation_of
from glassnet.errors import Unsupported
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.specification import Parameters, Specification
from glassnet.network.state import State

_SHAPES = (nn.Identity, nn.Flatten, nn.Unflatten)
_SHAPE_METHODS = {"view", "reshape", "flatten", "squeeze", "unsqueeze", "float", "contiguous"}
_SHAPE_FUNCTIONS = {torch.flatten, torch.squeeze, torch.unsqueeze, torch.reshape, operator.getitem}
_READS = {"size", "dim"}  # methods that look at a shape and give no tensor


@dataclass(eq=False)
class Layer:
    """A dense layer in the making; ``linear`` is None where W is the identity and stays so.

    ``names`` are those of the modules it is made of; ``always`` says that its dropout, a function,
    is not told when the module is in prediction.
    """

    names: list[str]
    units: int = 0
    linear: nn.Linear | None = None
    norm: nn.BatchNorm1d | None = None
    activation: Any = None
    dropout: float = 0.0
    always: bool = False

    @property
    def name(self) -> str:
        """The modules in one word, such as ``0 to 2`` or ``fc1``."""
        return self.names[0] if len(self.names) == 1 else f"{self.names[0]} to {self.names[-1]}"

    @property
    def frozen(self) -> bool:
        """Whether nothing in it is trained."""
        if self.linear is None:
            return self.norm is None
        return not any(p.requires_grad for p in self.linear.parameters())


def layers_of(module: nn.Module) -> list[Layer]:
    """The layers of a module whose forward is a chain.

    Raises
    ------
    Unsupported
        If it branches, or does something that no dense layer does; the message names it.

    Examples
    --------
    >>> made = layers_of(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)))
    >>> [(layer.name, layer.units) for layer in made]
    [('0 to 1', 3), ('2', 1)]
    """
    layers: list[Layer] = []
    if type(module).__module__.startswith("torch.nn.modules") and not list(module.children()):
        module = nn.Sequential(module)  # by itself it would be followed into its functions
    graph = _graph(module)
    always = {_called(node) for node in graph.nodes if _drops_always(node)}
    for name, part in _parts(graph, module):
        if isinstance(part, nn.Linear):
            layers.append(Layer([name], part.out_features, part))
        elif isinstance(part, nn.BatchNorm1d):
            _with_norm(layers, name, part)
        elif isinstance(part, nn.Dropout | nn.AlphaDropout):
            layer = _last(layers, name, free=True)
            layer.dropout = 1 - (1 - layer.dropout) * (1 - float(part.p))
            layer.always = layer.always or name in always
        elif not isinstance(part, _SHAPES):
            _last(
                layers, name, free=not layers or layers[-1].activation is None
            ).activation = activation_of(part, name)
    _fill_widths(layers)
    return layers


def _last(layers: list[Layer], name: str, *, free: bool) -> Layer:
    """The layer that a module belongs to; a new one with W = I where it cannot."""
    if not layers or not free:
        layers.append(Layer([name], layers[-1].units if layers else 0))
    elif layers[-1].names[-1] != name:
        layers[-1].names.append(name)
    return layers[-1]


def _with_norm(layers: list[Layer], name: str, norm: nn.BatchNorm1d) -> None:
    if norm.running_mean is None:
        raise Unsupported(
            f"BatchNorm1d {name!r} keeps no running statistics, which glassnet's batch norm does. "
            "Leave track_running_stats at True."
        )
    here = layers[-1] if layers else None
    free = here is not None and here.norm is None and here.activation is None and not here.dropout
    layer = _last(layers, name, free=free)
    layer.norm, layer.units = norm, norm.num_features


def _fill_widths(layers: list[Layer]) -> None:
    if not any(layer.linear is not None for layer in layers):
        raise Unsupported("the module must hold at least one Linear; it holds none.")
    first = next(layer.linear for layer in layers if layer.linear is not None)
    for layer in layers:
        layer.units = layer.units or first.in_features


def _drops_always(node: Node) -> bool:
    """Whether it is functional.dropout without ``training=self.training``."""
    name = getattr(node.target, "__name__", "")
    return node.op == "call_function" and name == "dropout" and bool(node.kwargs.get("training"))


def _parts(graph: Graph, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """What forward does, as named modules; a function stands as the module that does the same."""
    inside = dict(module.named_modules())
    tensors = [node for node in graph.nodes if node.op not in ("output", "get_attr")]
    here = next(node for node in tensors if node.op == "placeholder")
    while True:
        onward = [user for user in here.users if not _reads(user)]
        if len(onward) != 1 or (onward[0].op != "output" and onward[0].args[0] is not here):
            many = "to several places" if len(onward) > 1 else "into no chain"
            raise Unsupported(
                f"what {_called(here)!r} gives must go to one place; in forward it goes {many}. "
                "Only networks whose layers follow one another are visited."
            )
        here = onward[0]
        if here.op == "output":
            return
        yield _called(here), _as_module(here, inside)


def _graph(module: nn.Module) -> Graph:
    """The graph of forward as in prediction; the modules' modes are left as they are."""
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        return Tracer().trace(module)
    except (TraceError, TypeError) as fault:
        raise Unsupported(
            f"forward of {type(module).__name__} cannot be followed: {fault} Only modules whose "
            "forward takes the same way for every input are visited."
        ) from fault
    finally:
        for each, mode in modes:
            each.training = mode


def _reads(node: Node) -> bool:
    return (node.op == "call_method" and node.target in _READS) or (
        node.op == "call_function" and node.target is getattr
    )


def _called(node: Node) -> str:
    return str(node.target) if node.op in ("call_module", "call_method") else node.name


def _as_module(node: Node, inside: dict[str, nn.Module]) -> nn.Module:
    if node.op == "call_module":
        return inside[str(node.target)]
    shapes = node.op == "call_method" and node.target in _SHAPE_METHODS
    if shapes or (node.op == "call_function" and node.target in _SHAPE_FUNCTIONS):
        return nn.Identity()
    kind = FUNCTIONS.get(str(getattr(node.target, "__name__", node.target)).rstrip("_"))
    if kind is None:
        raise Unsupported(
            f"{_called(node)!r} in forward has no place in a network of dense layers. Visited are "
            "Linear, BatchNorm1d, Dropout, Flatten, Identity and activations."
        )
    return kind(node)


def network_of_layers(
    layers: list[Layer], activation: Any, loss: Any, penalties: list[Any], t: int
) -> Network:
    """The network with the module's present numbers, at step t.

    ``activation`` is that of the output layer, which the loss may hold.
    """
    dense = [_dense(layer) for layer in layers[:-1]]
    dense.append(_dense(layers[-1], activation))
    first = layers[0].linear
    inputs = layers[0].units if first is None else first.in_features
    spec = Specification(inputs, tuple(dense), loss, tuple(penalties), strict=False)
    blocks, buffers = Parameters.empty(len(layers)), dict[str, Array]()
    for l, layer in enumerate(layers, start=1):
        linear, norm = layer.linear, layer.norm
        blocks.W[l] = np.eye(layer.units) if linear is None else _numbers(linear.weight)
        if linear is not None and dense[l - 1].bias:
            blocks.b[l] = _numbers(linear.bias)
        if norm is not None:
            ones = torch.ones(layer.units)
            blocks.gamma[l] = _numbers(norm.weight if norm.affine else ones)
            blocks.beta[l] = _numbers(norm.bias if norm.affine else 0 * ones)
            buffers[f"mean[{l}]"] = _numbers(norm.running_mean)
            buffers[f"variance[{l}]"] = _numbers(norm.running_var)
    theta = np.ascontiguousarray(spec.pack(blocks))
    return Network.of(spec, State(theta=theta, t=t, buffers=buffers))


def _dense(layer: Layer, output: Any = None) -> Dense:
    norm = layer.norm
    found = None
    if norm is not None:
        # None means a plain average, which is what glassnet's begins with.
        found = BatchNorm(1e-9 if norm.momentum is None else norm.momentum, norm.eps)
    return Dense(
        layer.units,
        output if output is not None else layer.activation or "identity",
        bias=getattr(layer.linear, "bias", None) is not None,
        dropout=0.0 if output is not None else min(layer.dropout, 1 - 1e-9),
        batch_norm=found,
        frozen=layer.frozen,
    )


def _numbers(tensor: Any) -> Array:
    return tensor.detach().cpu().double().numpy().copy()

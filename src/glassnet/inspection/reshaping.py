"""A network of another shape with what the old one has learned: θ, buffers, optimizer's memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.network.contracts import Elementwise
from glassnet.network.ensembles import check_plain
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.specification import Parameters, Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import OPTIMIZERS

Blank = Callable[[Array, tuple[int, ...]], Array]
"""(block, shape) -> what new entries of that block's array begin with."""

_MEAN_SQUARES = {"adam": "v", "adamw": "v", "rmsprop": "v"}


def reshaped(
    net: Network,
    layers: Sequence[Dense],
    theta: Parameters,
    rearranged: Callable[[Parameters, Blank], Parameters],
    buffers: Mapping[str, Array],
) -> Network:
    """The network of these layers and parameters, whose training goes on where ``net``'s stood.

    The optimizer's memory is rearranged as the parameters are. Entries of new parameters begin
    with 0, as in a new memory; running means of g² with the mean over their block. (Were they 0 in
    a memory whose bias correction is long over, Adam's first steps for the new parameters would be
    up to 6 times its rate.) The memory of an optimizer that is not glassnet's begins anew.

    Parameters
    ----------
    net : Network
    layers : sequence of Dense
    theta : Parameters
    rearranged : callable
        (blocks of an array like the old θ, blank) -> blocks of one like the new.
    buffers : mapping
        The running statistics.
    """
    old, state = net.specification, net.state
    spec = replace(old, layers=tuple(layers))
    packed = np.ascontiguousarray(spec.pack(theta), dtype=state.theta.dtype)
    memory = _memory(old, spec, state, rearranged)
    moved = replace(
        state,
        theta=packed,
        memory=memory,
        optimizer=state.optimizer if memory else "",
        buffers={name: np.array(values) for name, values in buffers.items()},
    )
    return Network.of(spec, moved)


def _memory(
    old: Specification,
    spec: Specification,
    state: State,
    rearranged: Callable[[Parameters, Blank], Parameters],
) -> dict[str, Any]:
    if state.optimizer not in OPTIMIZERS:
        return {}
    made: Any = OPTIMIZERS[state.optimizer]
    start = made().start(np.zeros(1))
    memory: dict[str, Any] = {}
    for letter, kept in state.memory.items():
        if np.shape(kept) != state.theta.shape:
            memory[letter] = kept
            continue
        mean_squares = _MEAN_SQUARES.get(state.optimizer) == letter
        blank = _mean if mean_squares else _filled_with(float(start[letter][0]))
        blocks = rearranged(old.unpack(np.asarray(kept)), blank)
        memory[letter] = np.ascontiguousarray(spec.pack(blocks), dtype=state.theta.dtype)
    return memory


def _mean(block: Array, shape: tuple[int, ...]) -> Array:
    return np.full(shape, block.mean() if block.size else 0.0)


def _filled_with(value: float) -> Blank:
    return lambda block, shape: np.full(shape, value)


def copied(blocks: Parameters) -> Parameters:
    """The same blocks in lists of their own."""
    return Parameters(*(list(getattr(blocks, part.name)) for part in fields(blocks)))


def hidden_layer(net: object, layer: Any) -> int:
    """The number of a hidden layer whose units act each alone, checked.

    Raises
    ------
    InvalidValue
    """
    spec = checked(net).specification
    whole = isinstance(layer, int | np.integer) and not isinstance(layer, bool)
    if not whole or not 1 <= layer < spec.depth:
        hidden = f"from 1 to {spec.depth - 1}" if spec.depth > 1 else "of a network that has one"
        raise InvalidValue(f"layer must be the number of a hidden layer, {hidden}; got {layer!r}.")
    for l in (int(layer), int(layer) + 1):
        if not sees_all(spec, l):
            raise InvalidValue(
                f"layer {l} sees its inputs by groups (connections) or adds to them (residual), "
                "which leaves no place for a unit more. Change another layer."
            )
    if spec.layer(int(layer)).kappa is not None:
        raise InvalidValue(
            f"layer {layer} has an activation with a κ for each unit, of which a new one would "
            "need its own. Change another layer."
        )
    phi = spec.phi[int(layer)]
    if not isinstance(phi, Elementwise):
        raise InvalidValue(
            f"the activation of layer {layer} must act on each unit alone, or a unit more changes "
            f"all others; {phi.name!r} does not. Change another layer."
        )
    return int(layer)


def sees_all(spec: Specification, l: int) -> bool:
    """Whether layer l acts on what it is given by a whole W alone, or there is no such layer."""
    return l > spec.depth or (spec.layer(l).connections is None and not spec.layer(l).residual)


def checked(net: object) -> Network:
    """A network.

    Raises
    ------
    InvalidValue
    """
    if not isinstance(net, Network):
        raise InvalidValue(
            f"net must be a Network; got {type(net).__name__}. An estimator has one: network_."
        )
    check_plain(net.specification, "a change of units or layers")
    return net

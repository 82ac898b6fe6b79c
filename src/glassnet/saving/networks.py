"""A network as a part of a model file: what it is, and the numbers that predict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glassnet.arrays import Array
from glassnet.files.fields import fields, text, whole
from glassnet.network.description import describe_specification, rebuild_specification
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.saving.parts import Part

_LIMIT = 2**62  # bytes of θ; beyond it the sizes of arrays overflow


def network_part(net: Network) -> Part:
    """The specification, θ and the running statistics, the seed and how far training has come.

    Raises
    ------
    InvalidValue
        If the network has a part of a user's own.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(2, [Dense(1, "logistic")], loss="binary_cross_entropy")
    >>> network_of(network_part(net))
    Network(2-1; logistic; binary_cross_entropy; 3 parameters)
    """
    state = net.state
    header = {
        "specification": describe_specification(net.specification),
        "seed": str(state.seed),
        "steps": state.t,
        "epochs": state.epoch,
    }
    buffers = {f"buffers.{name}": array for name, array in state.buffers.items()}
    return Part(header, {"theta": state.theta, **buffers})


def network_of(part: Part) -> Network:
    """The network that :func:`network_part` wrote down.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is no such part.
    """
    held = fields(part.header, ("specification", "seed", "steps", "epochs"), "the network")
    spec, theta = rebuild_specification(held["specification"]), part.arrays["theta"]
    names = sorted(part.arrays.keys() - {"theta"})
    buffers = {name.removeprefix("buffers."): part.arrays[name] for name in names}
    if names != [f"buffers.{name}" for name in sorted(buffers)]:
        raise ValueError("the network has arrays that are not known")
    require_parameters(spec, theta)
    require_buffers(spec, buffers, theta)
    seed = text(held, "seed")
    if not seed.isdecimal() or not seed.isascii() or len(seed) > 20 or int(seed) >= 2**64:
        raise ValueError(f"'seed' must be a whole number below 2^64; it is {seed!r:.30}")
    state = State(
        theta=theta,
        seed=int(seed),
        t=whole(held, "steps"),
        epoch=whole(held, "epochs"),
        buffers=buffers,
    )
    return Network.of(spec, state)


def require_parameters(spec: Specification, theta: Array) -> None:
    """Demand that θ be of the network's size: an engine trusts it.

    Raises
    ------
    ValueError
    """
    if theta.dtype not in (np.float64, np.float32):
        raise ValueError(f"the parameters must be float64 or float32; they are {theta.dtype}")
    if spec.parameter_count > _LIMIT or theta.shape != (spec.parameter_count,):
        raise ValueError(
            f"the network has {spec.parameter_count:,} parameters; the file holds {theta.shape}"
        )
    if not spec.fully_connected and theta[spec.is_connected == 0].any():
        raise ValueError("the parameters must be 0 where a layer has no connection")


def require_buffers(spec: Specification, buffers: Mapping[str, Array], theta: Array) -> None:
    """Demand that the running statistics be those of the layers with batch norm.

    Raises
    ------
    ValueError
    """
    normed = [l for l, layer in enumerate(spec.layers, 1) if layer.batch_norm]
    wanted = {f"{name}[{l}]": (spec.units[l],) for l in normed for name in ("mean", "variance")}
    found = {name: array.shape for name, array in buffers.items()}
    if found != wanted or any(array.dtype != theta.dtype for array in buffers.values()):
        raise ValueError("the running statistics do not fit the network's batch norm")

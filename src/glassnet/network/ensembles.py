"""From a batch-ensemble to the plain networks that it stands for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.errors import InvalidValue, Unsupported
from glassnet.network.network import Network
from glassnet.network.specification import Parameters, Specification
from glassnet.network.state import State


def member_networks(net: Network) -> list[Network]:
    """Return the k plain networks of a batch-ensemble, each with numbers of its own.

    In layers with members W[l] of network i is diag(sᵢ) W diag(rᵢ) and b[l] is bᵢ; other layers are
    the same in all. The mean of their predictions is that of ``net``, up to rounding. All tools
    take them; what is done to them does not come back to ``net``. A plain network gives itself.

    Parameters
    ----------
    net : Network

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> import glassnet as gn
    >>> layers = [gn.Dense(8, "tanh", members=4), gn.Dense(1, "identity", members=4)]
    >>> net = gn.Network(2, layers, seed=0)
    >>> members = gn.member_networks(net)
    >>> mean = sum(gn.predict(member, [[1.0, 2.0]]) for member in members) / 4
    >>> bool(abs(mean - gn.predict(net, [[1.0, 2.0]])).max() < 1e-12)
    True
    """
    if not isinstance(net, Network):
        raise InvalidValue(f"net must be a Network; got {type(net).__name__}.")
    spec = net.specification
    if spec.members == 1:
        return [net]
    plain = replace(spec, layers=tuple(replace(layer, members=1) for layer in spec.layers))
    return [_member(net, plain, i) for i in range(spec.members)]


def _member(net: Network, plain: Specification, i: int) -> Network:
    given, state = net.parameters, net.state
    blocks = Parameters.empty(plain.depth)
    for l, layer in enumerate(net.specification.layers, start=1):
        shared = layer.members > 1
        blocks.gamma[l], blocks.beta[l] = given.gamma[l], given.beta[l]
        blocks.kappa[l] = given.kappa[l]
        blocks.W[l], blocks.b[l] = given.W[l], given.b[l]
        if shared:
            blocks.W[l] = given.s[l][i][:, None] * given.W[l] * given.r[l][i]
            blocks.b[l] = given.b[l][i] if layer.bias else None
    theta = np.array(plain.pack(blocks))
    buffers = {name: np.array(value) for name, value in state.buffers.items()}
    return Network.of(plain, State(theta=theta, seed=state.seed, t=state.t, buffers=buffers))


def check_plain(spec: Specification, what: str = "this") -> None:
    """Refuse a batch-ensemble where only plain networks are understood.

    Raises
    ------
    Unsupported

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> check_plain(Specification(1, (Dense(1, "identity", members=2),)), "gn.trace")
    Traceback (most recent call last):
        ...
    glassnet.errors.Unsupported: gn.trace takes plain networks; this one is a batch-ensemble of \
2 members. Give it one of gn.member_networks(net).
    """
    if spec.members > 1:
        raise Unsupported(
            f"{what} takes plain networks; this one is a batch-ensemble of {spec.members} members. "
            "Give it one of gn.member_networks(net)."
        )

"""The first layers of a network as a network of its own, whose outputs are learned features."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.inspection.looking import checked_layer
from glassnet.network.network import Network
from glassnet.network.state import State


def up_to(net: Network, layer: int) -> Network:
    """Return the network of layers 1 to ``layer``, which predicts a[layer] of ``net``.

    It has the same parameters (copied) and running statistics, no dropout after its last layer, and
    a loss that nobody should train it on.

    Raises
    ------
    InvalidValue
        If there is no such layer.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(2, [Dense(3, "tanh"), Dense(1, "identity")])
    >>> up_to(net, 1)
    Network(2-3; tanh; squared_error; 9 parameters)
    """
    spec, state = net.specification, net.state
    l = checked_layer(spec, layer)
    if l == spec.depth:
        return Network.of(spec, state)
    layers = (*spec.layers[: l - 1], replace(spec.layer(l), dropout=0.0))
    shorter = replace(spec, layers=layers, loss="squared_error", penalties=(), strict=False)
    stop = shorter.parameter_count
    names = set(shorter.initial_state(0).buffers)
    buffers = {name: value for name, value in state.buffers.items() if name in names}
    theta = np.array(state.theta[:stop])
    return Network.of(shorter, State(theta=theta, seed=state.seed, t=state.t, buffers=buffers))

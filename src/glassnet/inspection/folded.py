"""Layers as prediction sees them: W and b alone, batch norm folded in."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array
from glassnet.network.batch_norm import fold
from glassnet.network.specification import Specification
from glassnet.network.state import State


def folded(spec: Specification, state: State, l: int) -> tuple[Array, Array]:
    """W and b of layer l in prediction, batch norm folded in, in float64.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", bias=False, init=gn.Constant(2.0))])
    >>> folded(net.specification, net.state, 1)
    (array([[2.]]), array([0.]))
    """
    blocks = spec.unpack(np.asarray(state.theta, dtype=np.float64))
    W, b, layer = blocks.W[l], blocks.b[l], spec.layer(l)
    if b is None:
        b = np.zeros(layer.units)
    if layer.batch_norm is None:
        return W, b
    mean, variance = (
        np.asarray(state.buffers[f"{name}[{l}]"], dtype=np.float64) for name in ("mean", "variance")
    )
    return fold(W, b, layer.batch_norm, blocks.gamma[l], blocks.beta[l], mean, variance)

"""``gn.merge_twins``: units that are exactly alike become one, and predictions stay the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.reshaping import Blank, checked, copied, reshaped, sees_all
from glassnet.network.contracts import Elementwise
from glassnet.network.network import Network
from glassnet.network.specification import Parameters


def merge_twins(net: Network) -> Network:
    """Return a network in which no two hidden units of a layer have the same incoming weights.

    Units of equal incoming weights, bias, γ, β and running statistics give the same number for
    every row: the first stays, with the sum of their outgoing weights. Equal means to the bit;
    units that are only close are left alone. Merging goes from the first layer to the last, since
    it can make twins of two units of the next layer only by making their incoming weights equal.

    Predictions differ by rounding only; under dropout twins had masks of their own, and the one
    that is left has one. The optimizer's memory is that of the units that stay. A layer whose
    activation mixes its units (softmax) is left as it is, and so is one with a κ, and one with
    connections or a residual path, or before such a one.

    Parameters
    ----------
    net : Network

    Returns
    -------
    Network
        A new one; with as many units as before where there are no twins.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(4, "tanh", init="zeros"), gn.Dense(1, "identity")])
    >>> merge_twins(net).units
    (2, 1, 1)
    """
    found = checked(net)
    for l in range(1, found.depth):
        spec = found.specification
        alone = isinstance(spec.phi[l], Elementwise) and spec.layer(l).kappa is None
        if alone and sees_all(spec, l) and sees_all(spec, l + 1):
            found = _merged(found, l)
    return found


def _merged(net: Network, l: int) -> Network:
    first, group = _alike(net, l)
    kept = np.sort(first)
    layers = list(net.specification.layers)
    layers[l - 1] = replace(layers[l - 1], units=len(kept))
    # S adds the outgoing weights of each group to those of the one that stays.
    S = np.zeros((len(group), len(kept)))
    S[np.arange(len(group)), np.searchsorted(kept, first[group])] = 1.0
    theta = _taken(net.parameters, l, kept)
    theta.W[l + 1] = np.asarray(net.W[l + 1], dtype=np.float64) @ S

    def rearranged(blocks: Parameters, blank: Blank) -> Parameters:
        return _taken(blocks, l, kept)

    buffers = {
        name: values[kept] if name in (f"mean[{l}]", f"variance[{l}]") else values
        for name, values in net.state.buffers.items()
    }
    return reshaped(net, layers, theta, rearranged, buffers)


def _alike(net: Network, l: int) -> tuple[Array, Array]:
    """The first unit of each group of twins, and the group of each unit."""
    blocks, buffers = net.parameters, net.state.buffers
    statistics = (buffers.get(f"mean[{l}]"), buffers.get(f"variance[{l}]"))
    others = (blocks.b[l], blocks.gamma[l], blocks.beta[l], *statistics)
    columns = [np.asarray(values)[:, None] for values in others if values is not None]
    rows = np.concatenate([blocks.W[l], *columns], axis=1)
    _, first, group = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, group.reshape(-1)


def _taken(blocks: Parameters, l: int, kept: Array) -> Parameters:
    found = copied(blocks)
    for name in ("W", "b", "gamma", "beta"):
        block = getattr(blocks, name)[l]
        if block is not None:
            getattr(found, name)[l] = block[kept]
    found.W[l + 1] = blocks.W[l + 1][:, kept]
    return found

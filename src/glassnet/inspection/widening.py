"""``gn.widen``: more units in a hidden layer, and the same predictions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, UnknownName
from glassnet.inspection.new_units import NewUnits, idle, steepest, twins
from glassnet.inspection.reshaping import Blank, copied, hidden_layer, reshaped
from glassnet.network.network import Network
from glassnet.network.specification import Parameters

KINDS = ("twins", "idle", "gradient")


def widen(
    net: Network,
    layer: int,
    units: int,
    *,
    by: str = "twins",
    X: Any = None,
    y: Any = None,
    seed: int = 0,
) -> Network:
    """Return a network with more units in a hidden layer that predicts the same as ``net``.

    The new units are the layer's last. Predictions differ by rounding only; dropout draws other
    masks for the next layers, and penalties count the new weights. Training goes on where it
    stood: step count, order of rows and the optimizer's memory of the old parameters stay.

    Parameters
    ----------
    net : Network
    layer : int from 1 to L − 1
    units : int ≥ 1
        How many more.
    by : "twins", "idle" or "gradient"
        "twins": copies of units drawn by lot, each outgoing weight parted between the two in
        shares of its own (Net2Net, exact with batch norm too). "idle": incoming weights drawn as
        the layer's first ones were, outgoing weights 0. "gradient": incoming weights 0, outgoing
        weights such that the gradient of the new incoming ones is as large as it can be (GradMax);
        at most min(n_{l+1}, n_{l−1}) units.
    X, y : (m, n₀), (m,) or (m, n_L), optional
        "gradient" needs them; "idle" draws layer 1 in the units of the columns of X if given.
    seed : int ≥ 0
        Of the lot; another layer size draws other lots.

    Returns
    -------
    Network
        A new one.

    Raises
    ------
    InvalidValue, UnknownName
        If the layer is no hidden layer, its activation does not act on each unit alone, or the
        predictions could not stay the same; the message says why.

    References
    ----------
    Chen, Goodfellow & Shlens (2016), Net2Net: accelerating learning via knowledge transfer; Evci,
    van Merriënboer, Unterthiner, Pedregosa & Vladymyrov (2022), GradMax: growing neural networks
    using gradient information, eq. 11.

    Examples
    --------
    >>> import glassnet as gn
    >>> import numpy as np
    >>> net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")], seed=0)
    >>> wide = widen(net, 1, 2)
    >>> wide.units
    (2, 5, 1)
    >>> X = np.array([[0.5, -1.0]])
    >>> bool(np.allclose(gn.predict(wide, X), gn.predict(net, X)))
    True
    """
    l = hidden_layer(net, layer)
    if isinstance(units, bool) or not isinstance(units, int | np.integer) or units < 1:
        raise InvalidValue(f"units must be a whole number of at least 1; got {units!r}.")
    if by not in KINDS:
        raise UnknownName("way to widen", by, KINDS)
    new = _new_units(net, l, int(units), by, X, y, seed)
    spec = net.specification
    layers = list(spec.layers)
    layers[l - 1] = replace(layers[l - 1], units=spec.units[l] + int(units))
    theta = _appended(net.parameters, l, new)
    theta.W[l + 1][:, : spec.units[l]] += new.of_others
    if theta.b[l + 1] is not None:
        theta.b[l + 1] = theta.b[l + 1] + new.shift

    def rearranged(blocks: Parameters, blank: Blank) -> Parameters:
        return _appended(blocks, l, _blanks(blocks, l, new, blank))

    buffers = dict(net.state.buffers)
    for name in ("mean", "variance"):
        if f"{name}[{l}]" in buffers:
            more = getattr(new, name).astype(net.state.theta.dtype)
            buffers[f"{name}[{l}]"] = np.concatenate([buffers[f"{name}[{l}]"], more])
    return reshaped(net, layers, theta, rearranged, buffers)


def _new_units(net: Network, l: int, units: int, by: str, X: Any, y: Any, seed: int) -> NewUnits:
    if by == "gradient":
        if X is None or y is None:
            raise InvalidValue(
                'X and y must be given with by="gradient": the gradient is theirs. Give rows of '
                "the training set."
            )
        return steepest(net, l, units, X, y)
    rng = np.random.default_rng([seed, net.state.seed, l, net.units[l]])
    return twins(net, l, units, rng) if by == "twins" else idle(net, l, units, rng, X)


def _appended(blocks: Parameters, l: int, new: NewUnits) -> Parameters:
    found = copied(blocks)
    found.W[l] = np.concatenate([blocks.W[l], new.W])
    for name in ("b", "gamma", "beta"):
        block = getattr(blocks, name)[l]
        if block is not None:
            getattr(found, name)[l] = np.concatenate([block, getattr(new, name)])
    found.W[l + 1] = np.concatenate([blocks.W[l + 1], new.outgoing], axis=1)
    return found


def _blanks(blocks: Parameters, l: int, new: NewUnits, blank: Blank) -> NewUnits:
    """What a memory begins with for the parameters of the new units."""
    k = len(new.b)

    def of(block: Array | None) -> Array:
        return np.zeros(k) if block is None else blank(block, (k,))

    return replace(
        new,
        W=blank(blocks.W[l], new.W.shape),
        b=of(blocks.b[l]),
        gamma=of(blocks.gamma[l]),
        beta=of(blocks.beta[l]),
        outgoing=blank(blocks.W[l + 1], new.outgoing.shape),
    )

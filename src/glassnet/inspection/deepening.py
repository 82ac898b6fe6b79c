"""``gn.deepen``: one hidden layer more, and the same predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import InvalidValue
from glassnet.inspection.relays import EXACT, Relay, relay
from glassnet.inspection.reshaping import Blank, checked, copied, reshaped, sees_all
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.specification import Parameters


def deepen(net: Network, after: int, *, activation: Any = None) -> Network:
    """Return a network with a new hidden layer behind layer ``after`` that predicts the same.

    The new layer hands on what it is given. For relu behind a layer that is never below 0, and for
    the identity, it has as many units as that layer, and W = 1. For relu elsewhere, leaky_relu,
    gelu, silu and softplus it has two for each, of weights 1 and −1: φ(x) − φ(−x) is a multiple of
    x for these. No other activation of the catalogue hands on x exactly, and none is taken for it.

    The new layer has a bias, no dropout and no batch norm (which would need the rows to be undone).
    Training goes on where it stood, as after :func:`glassnet.widen`.

    Parameters
    ----------
    net : Network
    after : int from 0 to L − 1
        0: before layer 1.
    activation : str or Activation, optional
        Of the new layer; by default that of layer ``after`` (of layer 1 for 0).

    Returns
    -------
    Network
        A new one; its predictions differ by rounding only.

    Raises
    ------
    InvalidValue, UnknownName
        If there is no such layer, or the activation does not hand on what it is given.

    References
    ----------
    Chen, Goodfellow & Shlens (2016), Net2Net, section 2.2.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "identity")], seed=0)
    >>> deepen(net, 1).units, deepen(net, 1, activation="silu").units
    ((2, 3, 3, 1), (2, 3, 6, 1))
    """
    spec = checked(net).specification
    whole = isinstance(after, int | np.integer) and not isinstance(after, bool)
    if not whole or not 0 <= after < spec.depth:
        raise InvalidValue(
            f"after must be a layer that another follows, from 0 (the input) to {spec.depth - 1}; "
            f"got {after!r}."
        )
    l = int(after)
    if not sees_all(spec, l + 1):
        raise InvalidValue(
            f"layer {l + 1} sees its inputs by groups (connections) or adds to them (residual), "
            "which a new layer before it would mix. Put the new layer elsewhere."
        )
    phi = Dense(1, spec.phi[max(l, 1)] if activation is None else activation).activation
    handed = relay(spec, l, phi)
    if handed is None:
        raise InvalidValue(
            f"the new layer must hand on what it is given, which {', '.join(EXACT)} can; its "
            f'activation would be {phi.name!r}. Give activation="silu" or another of these.'
        )
    k = len(handed.incoming)
    layers = list(spec.layers)
    layers.insert(l, Dense(k, phi))
    theta = _inserted(net.parameters, l, handed.incoming, np.zeros(k), handed)

    def rearranged(blocks: Parameters, blank: Blank) -> Parameters:
        W = blocks.W[l + 1]
        found = _inserted(blocks, l, blank(W, handed.incoming.shape), blank(W, (k,)), None)
        if k != W.shape[1]:
            found.W[l + 2] = blank(W, (len(W), k))
        return found

    return reshaped(net, layers, theta, rearranged, _shifted(net, l))


def _inserted(blocks: Parameters, l: int, W: Any, b: Any, handed: Relay | None) -> Parameters:
    """The blocks with those of a new layer l + 1; what follows it takes the relay's outputs."""
    found = copied(blocks)
    for name, values in (("W", W), ("b", b), ("gamma", None), ("beta", None), ("kappa", None)):
        getattr(found, name).insert(l + 1, values)
    if handed is not None:
        found.W[l + 2] = np.asarray(blocks.W[l + 1], dtype=np.float64) @ handed.outgoing
    return found


def _shifted(net: Network, l: int) -> dict[str, Any]:
    """Running statistics under their layers' new numbers."""
    found: dict[str, Any] = {}
    for name, values in net.state.buffers.items():
        kind, _, number = name.rstrip("]").partition("[")
        if kind in ("mean", "variance") and number.isdigit():
            place = int(number) + (int(number) > l)
            found[f"{kind}[{place}]"] = values
        else:
            found[name] = values
    return found

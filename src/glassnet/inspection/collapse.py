"""A stack of identity layers is one linear layer: this makes it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.errors import InvalidValue
from glassnet.inspection.folded import folded
from glassnet.network.ensembles import check_plain
from glassnet.network.network import Network
from glassnet.network.state import State


def collapse(net: Network) -> Network:
    """Return the network of one layer that predicts the same as ``net``, whose φ[l] = z for l < L.

    W = W[L] … W[2] W[1] and b = W[L] (… (W[2] b[1] + b[2]) …) + b[L]: without a nonlinearity
    between them, layers add nothing to what one can express. Batch norm is folded into W and b at
    its running statistics; dropout, which prediction does not have, is left out. The output's
    activation, the loss, the penalties and the input stage stay.

    Parameters
    ----------
    net : Network

    Returns
    -------
    Network
        A new one; its predictions differ from those of ``net`` by rounding only.

    Raises
    ------
    InvalidValue
        If a hidden layer's activation is not the identity.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> deep = Network(2, [Dense(5, "identity"), Dense(3, "identity"), Dense(1, "logistic")])
    >>> flat = collapse(deep)
    >>> flat.units, flat.parameter_count, deep.parameter_count
    ((2, 1), 3, 37)
    """
    spec = net.specification
    check_plain(spec, "gn.collapse")
    for l in range(1, spec.depth):
        if spec.phi[l].name != "identity":  # a κ makes no difference to it
            raise InvalidValue(
                f'every hidden layer must have the activation "identity" to collapse; layer {l} '
                f"has {spec.phi[l].name!r}, and between two linear layers that makes a difference."
            )
    product, shift = np.eye(spec.inputs), np.zeros(spec.inputs)
    for l in range(1, spec.depth + 1):
        W, b = folded(spec, net.state, l)
        whole = W + np.eye(len(W)) if spec.layer(l).residual else W
        product, shift = whole @ product, whole @ shift + b
    shifts = any(layer.bias or layer.batch_norm for layer in spec.layers)
    last = replace(spec.layers[-1], bias=shifts, batch_norm=None, connections=None)
    flat = replace(spec, layers=(last,))
    parts = [product.ravel(), shift] if shifts else [product.ravel()]
    theta = np.concatenate(parts).astype(net.state.theta.dtype)
    return Network.of(flat, State(theta=theta, seed=net.state.seed))

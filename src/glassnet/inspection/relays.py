"""Layers that hand on what they are given: O φ(R a) = a for every a that can come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.network.specification import Specification

# c of φ(x) − φ(−x) = c x for all x: x Φ(x) + x Φ(−x) = x, log(1 + eˣ) − log(1 + e⁻ˣ) = x, …
_ODD_PART = {
    "relu": lambda phi: 1.0,
    "leaky_relu": lambda phi: 1.0 + phi.slope,
    "gelu": lambda phi: 1.0,
    "silu": lambda phi: 1.0,
    "softplus": lambda phi: 1.0,
}
EXACT = ("identity", *_ODD_PART)


@dataclass(frozen=True, eq=False)
class Relay:
    """n numbers through a layer of k units, and out again as they were.

    Attributes
    ----------
    phi : Activation
    incoming : (k, n)
        R, the layer's W; its b is 0.
    outgoing : (n, k)
        O, which the next layer's W is multiplied by.
    """

    phi: Any
    incoming: Array
    outgoing: Array


def relay(spec: Specification, l: int, phi: Any) -> Relay | None:
    """A layer of activation φ that may stand behind layer l; None where none hands on exactly.

    n units suffice for the identity, and for relu where nothing below 0 comes; else two for each
    number, one for either sign.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(2, (Dense(3, "relu"), Dense(1, "identity")))
    >>> [relay(spec, l, spec.phi[1]).incoming.shape for l in (0, 1)]
    [(4, 2), (3, 3)]
    """
    n = spec.units[l]
    ones = np.eye(n)
    if phi.name == "identity":
        return Relay(phi, ones, ones)
    plain = l > 0 and spec.layer(l).kappa is None and not spec.layer(l).residual
    if phi.name == "relu" and plain and spec.phi[l].range.lower >= 0:
        return Relay(phi, ones, ones)
    if phi.name not in _ODD_PART:
        return None
    share = ones / _ODD_PART[phi.name](phi)
    return Relay(phi, np.concatenate([ones, -ones]), np.concatenate([share, -share], axis=1))

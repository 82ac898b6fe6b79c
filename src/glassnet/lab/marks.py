"""Units that stand out: dead, saturated, twins."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array
from glassnet.network.contracts import Activation, Elementwise
from glassnet.network.specification import Parameters

_NEAR_THE_END = 0.025  # of the activation's range
_MOSTLY = 0.9  # of the rows


def dead(phi: Activation, z: Array, a: Array) -> Array:
    """Units through which no row sends anything back: φ′ is 0 in all of them.  (n,) bool

    Examples
    --------
    >>> from glassnet.network.rectifiers import ReLU
    >>> z = np.array([[-1.0, 2.0], [-3.0, -1.0]])
    >>> dead(ReLU(), z, np.maximum(z, 0)).tolist()
    [True, False]
    """
    if not isinstance(phi, Elementwise) or not len(z):
        return np.zeros(z.shape[1], bool)
    with np.errstate(all="ignore"):
        return (np.asarray(phi.derivative(z, a)) == 0).all(axis=0)


def saturated(phi: Activation, a: Array) -> Array:
    """Units that are at an end of their range in nine rows of ten.  (n,) bool

    Examples
    --------
    >>> from glassnet.network.activations import Tanh
    >>> saturated(Tanh(), np.array([[0.999, 0.1], [-0.999, 0.2]])).tolist()
    [True, False]
    """
    low, high = phi.range.lower, phi.range.upper
    if not np.isfinite([low, high]).all() or not len(a):
        return np.zeros(a.shape[1], bool)
    place = (a - low) / (high - low)
    ends = (place < _NEAR_THE_END) | (place > 1 - _NEAR_THE_END)
    return ends.mean(axis=0) >= _MOSTLY


def twins(blocks: Parameters, l: int) -> list[list[int]]:
    """Groups of units of layer l whose weights and biases are the same to nine digits.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(3, "tanh", init="zeros"), gn.Dense(1, "identity")])
    >>> twins(net.parameters, 1)
    [[0, 1, 2]]
    """
    parts = [blocks.W[l]]
    parts += [each[l][:, None] for each in (blocks.b, blocks.gamma, blocks.beta)
              if each[l] is not None]  # fmt: skip
    rows = np.concatenate(parts, axis=1)
    scale = np.abs(rows).max(initial=0.0)
    if not np.isfinite(scale):
        return []
    coarse = np.round(rows / (scale or 1.0), 9) + 0.0
    _, kind = np.unique(coarse, axis=0, return_inverse=True)
    kind = kind.ravel()
    groups = [np.flatnonzero(kind == each).tolist() for each in np.unique(kind)]
    return sorted(group for group in groups if len(group) > 1)

"""Activations that rise from one bound to another: logistic, tanh, softsign."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.arrays import Array, xp
from glassnet.network.contracts import Elementwise
from glassnet.network.intervals import Interval


@dataclass(frozen=True)
class Logistic(Elementwise):
    """a = 1 / (1 + exp(−z)),  φ′ = a (1 − a).  Also called the sigmoid.

    Examples
    --------
    >>> import numpy as np
    >>> Logistic().value(np.array([[0.0, -1000.0]])).round(6).tolist()
    [[0.5, 0.0]]
    """

    name = "logistic"
    range = Interval(0, 1)
    turns = ()
    bends = (0.0,)

    def value(self, z: Array) -> Array:
        # exp of −|z| only: ½(1 + tanh ½z) would keep four digits at z = −30.
        decay = xp(z).exp(-xp(z).abs(z))
        return xp(z).where(z >= 0, 1 / (1 + decay), decay / (1 + decay))

    def derivative(self, z: Array, a: Array) -> Array:
        return a * (1 - a)


@dataclass(frozen=True)
class Tanh(Elementwise):
    """a = tanh z,  φ′ = 1 − a².

    Examples
    --------
    >>> import numpy as np
    >>> Tanh().value(np.array([[0.0, 1.0]])).round(6).tolist()
    [[0.0, 0.761594]]
    """

    name = "tanh"
    range = Interval(-1, 1)
    turns = ()
    bends = (0.0,)

    def value(self, z: Array) -> Array:
        return xp(z).tanh(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return 1 - a * a


@dataclass(frozen=True)
class Softsign(Elementwise):
    """a = z / (1 + |z|),  φ′ = 1 / (1 + |z|)².  Bergstra et al. (2009).

    Examples
    --------
    >>> import numpy as np
    >>> Softsign().value(np.array([[1.0, -3.0]])).round(6).tolist()
    [[0.5, -0.75]]
    """

    name = "softsign"
    range = Interval(-1, 1)
    turns = ()
    bends = (0.0,)
    kinks = (0.0,)

    def value(self, z: Array) -> Array:
        return z / (1 + xp(z).abs(z))

    def derivative(self, z: Array, a: Array) -> Array:
        inverse = 1 / (1 + xp(z).abs(z))
        return inverse * inverse

"""Activations of which each unit has a share: a = z̃ + κ (φ(z̃) − z̃)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.network.contracts import Elementwise
from glassnet.network.enclosures import largest_size, outward, product


@dataclass(frozen=True, eq=False)
class Blended(Elementwise):
    """a = z + κ (φ(z) − z),  slope 1 + κ (φ′ − 1), with a κ for each unit: φ at 1, nothing at 0.

    κ is learned: ∂J/∂κ = Σᵢ gᵢ (φ(zᵢ) − zᵢ) with g = ∂J/∂a. He et al. (2015) learn such a share of
    relu; Holzmüller, Grinsztajn & Steinwart (2024) of selu and mish.

    Parameters
    ----------
    phi : Elementwise
    kappa : (n,)

    Examples
    --------
    >>> from glassnet.network.rectifiers import ReLU
    >>> Blended(ReLU(), np.array([1.0, 0.0, 0.5])).value(np.array([[-2.0, -2.0, -2.0]])).tolist()
    [[0.0, -2.0, -1.0]]
    """

    phi: Any
    kappa: Array

    name = "blended"

    def value(self, z: Array) -> Array:
        return z + self.kappa * (self.phi.value(z) - z)

    def derivative(self, z: Array, a: Array) -> Array:
        return 1 + self.kappa * (self.phi.derivative(z, self.phi.value(z)) - 1)

    def back(self, z: Array, a: Array, g: Array) -> Array:
        return g + self.kappa * (self.phi.back(z, self.phi.value(z), g) - g)

    def of_kappa(self, z: Array, g: Array) -> Array:
        """What each row adds to ∂J/∂κ.  (m, n) -> (m, n)"""
        return g * (self.phi.value(z) - z)

    def side(self, z: Array) -> Array:
        return self.phi.side(z)

    def interval(self, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
        """Bounds as of two terms that know nothing of each other; those of z or φ at 0 and 1."""
        fired = self.phi.interval(lower, upper, rounding)
        shared, left = _times(self.kappa, *fired), _times(1 - self.kappa, lower, upper)
        z, f = largest_size(lower, upper), largest_size(*fired)
        size = z + np.abs(self.kappa) * (z + f)
        with np.errstate(invalid="ignore"):
            low, high = shared[0] + left[0], shared[1] + left[1]
            return outward(low, high, 8 * float(rounding.eps) * size)

    def slope_interval(self, lower: Array, upper: Array) -> tuple[Array, Array]:
        low, high = _times(self.kappa, *self.phi.slope_interval(lower, upper))
        slack = 8 * np.finfo(np.float64).eps * (1 + np.abs(self.kappa) + largest_size(low, high))
        return outward(low + 1 - self.kappa, high + 1 - self.kappa, slack)


def _times(factor: Array, low: Array, high: Array) -> tuple[Array, Array]:
    each = np.broadcast_to(np.asarray(factor, dtype=np.float64), low.shape)
    return product(low, high, each, each)

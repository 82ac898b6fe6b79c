"""What an activation, a loss and a metric must offer; your own are objects of the same methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Array, xp
from glassnet.network import enclosures
from glassnet.network.intervals import REALS, Interval


class Activation(ABC):
    """What every activation offers. Subclass :class:`Elementwise` for one of your own.

    ``range`` holds every value φ can take; ``kinks`` are the z at which φ or one of its first two
    derivatives jumps, so that a numerical difference across them means nothing. For interval
    bounds, ``turns`` are the z at which φ goes over from falling to rising or back (it rises after
    the last; () rises everywhere) and ``bends`` those at which φ′ does, kinks apart; None says that
    they are not known, and ``range`` alone is relied on.

    Examples
    --------
    One that mixes the units of a layer gives ``back``, the product with its transposed Jacobian:

    >>> class Centred(Activation):
    ...     name = "centred"
    ...
    ...     def value(self, z):
    ...         return z - z.mean(axis=1, keepdims=True)
    ...
    ...     def back(self, z, a, g):
    ...         return g - g.mean(axis=1, keepdims=True)
    """

    name: ClassVar[str]
    range: ClassVar[Interval] = REALS
    kinks: ClassVar[tuple[float, ...]] = ()
    turns: ClassVar[tuple[float, ...] | None] = None
    bends: ClassVar[tuple[float, ...] | None] = None

    @abstractmethod
    def value(self, z: Array) -> Array:
        """φ(z).  (m, n) -> (m, n)"""

    @abstractmethod
    def back(self, z: Array, a: Array, g: Array) -> Array:
        """∂J/∂z, given a = φ(z) and g = ∂J/∂a.  (m, n) -> (m, n)"""

    def side(self, z: Array) -> Array:
        """How many kinks lie below z and how many at or below it, summed.  (m, n) -> (m, n)"""
        return _side(z, self.kinks)

    def interval(self, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
        """Bounds of φ(z) for lower ≤ z ≤ upper, also as computed in the dtype of ``rounding``.

        ``rounding`` is ``numpy.finfo`` of it.  (m, n), (m, n) -> (m, n), (m, n) float64
        """
        low, high = np.full(lower.shape, -np.inf), np.full(upper.shape, np.inf)
        return enclosures.within_range(self, low, high, rounding)

    def back_interval(
        self, lower: Array, upper: Array, g_lower: Array, g_upper: Array
    ) -> tuple[Array, Array]:
        """Bounds of ``back`` for lower ≤ z ≤ upper, (1, n), and bounds of g, (k, n) -> (k, n)."""
        return np.full(g_lower.shape, -np.inf), np.full(g_upper.shape, np.inf)


class Elementwise(Activation):
    """φ acts on each entry alone, so its Jacobian is diagonal.

    Examples
    --------
    An activation of your own needs a name, a value and a derivative:

    >>> class Cube(Elementwise):
    ...     name = "cube"
    ...
    ...     def value(self, z):
    ...         return z**3
    ...
    ...     def derivative(self, z, a):
    ...         return 3 * z**2
    """

    @abstractmethod
    def derivative(self, z: Array, a: Array) -> Array:
        """φ′(z), written with whichever of z and a = φ(z) is cheaper.  (m, n) -> (m, n)"""

    def back(self, z: Array, a: Array, g: Array) -> Array:
        return g * self.derivative(z, a)

    def interval(self, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
        if self.turns is None:
            return super().interval(lower, upper, rounding)
        return enclosures.enclosed_values(self, lower, upper, rounding)

    def slope_interval(self, lower: Array, upper: Array) -> tuple[Array, Array]:
        """Bounds of φ′(z) for lower ≤ z ≤ upper; at a kink, of the slopes on both its sides."""
        if self.bends is None:
            return np.full(lower.shape, -np.inf), np.full(upper.shape, np.inf)
        return enclosures.enclosed_slopes(self, lower, upper)

    def back_interval(
        self, lower: Array, upper: Array, g_lower: Array, g_upper: Array
    ) -> tuple[Array, Array]:
        return enclosures.product(g_lower, g_upper, *self.slope_interval(lower, upper))


class Loss(ABC):
    """ℓ: how far one row of outputs is from its target, summed over the outputs.

    ``domain`` holds the outputs for which ℓ is defined, ``targets`` the targets it takes, and
    ``partner`` names the output activation the loss is made for, if any. With its partner a loss is
    computed from the scores z, with any other activation from a = φ(z). ``kinks`` are the residuals
    a − y at which ℓ or one of its first two derivatives jumps.

    Examples
    --------
    A loss of your own needs a name, a value and a derivative:

    >>> class Fourth(Loss):
    ...     name = "fourth"
    ...
    ...     def of_output(self, a, y):
    ...         return (a - y) ** 4
    ...
    ...     def derivative(self, a, y):
    ...         return 4 * (a - y) ** 3
    """

    name: ClassVar[str]
    partner: ClassVar[str] = ""
    domain: ClassVar[Interval] = REALS
    targets: ClassVar[Interval] = REALS
    kinks: ClassVar[tuple[float, ...]] = ()

    def side(self, a: Array, y: Array) -> Array:
        """How many kinks lie below a − y and how many at or below it, summed.  (m, n) -> (m, n)"""
        return _side(a - y, self.kinks)

    @abstractmethod
    def of_output(self, a: Array, y: Array) -> Array:
        """ℓ per entry, from the output a.  (m, n) -> (m, n)"""

    @abstractmethod
    def derivative(self, a: Array, y: Array) -> Array:
        """∂ℓ/∂a.  (m, n) -> (m, n)"""

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        """ℓ per entry, from the scores z of the partner (a = φ(z)).  (m, n) -> (m, n)"""
        return self.of_output(a, y)

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        """∂ℓ/∂z for the partner.  (m, n) -> (m, n)"""
        return self.derivative(a, y)

    def value(self, phi: Activation, z: Array, a: Array, y: Array) -> Array:
        """ℓ of each row, by the route that fits φ.  (m, n) -> (m,)"""
        entries = self.of_score(z, a, y) if phi.name == self.partner else self.of_output(a, y)
        return xp(entries).sum(entries, axis=1)

    def delta(self, phi: Activation, z: Array, a: Array, y: Array) -> Array:
        """∂ℓ/∂z at the output layer, by the same route.  (m, n) -> (m, n)"""
        if phi.name == self.partner:
            return self.score_derivative(z, a, y)
        return phi.back(z, a, self.derivative(a, y))


class Metric(ABC):
    """A number that says how good the outputs are, for validation and early stopping.

    ``greater_is_better`` says which way is up.

    Examples
    --------
    >>> class WorstError(Metric):
    ...     name = "worst_error"
    ...     greater_is_better = False
    ...
    ...     def value(self, a, y, w):
    ...         return float(abs(a - y).max())
    """

    name: ClassVar[str]
    greater_is_better: ClassVar[bool] = True

    @abstractmethod
    def value(self, a: Array, y: Array, w: Array) -> float:
        """The metric of outputs a against targets y, (m, n), under weights w (m,) that sum to 1."""


def _side(x: Array, kinks: tuple[float, ...]) -> Array:
    count = xp(x).zeros_like(x)
    for kink in kinks:
        count = count + xp(x).astype(x > kink, x.dtype) + xp(x).astype(x >= kink, x.dtype)
    return count

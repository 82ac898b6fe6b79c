"""Activation functions φ: value, derivative, range, kinks; each is defined here and nowhere else.

An activation is a frozen object with a ``name``, its hyperparameters as fields, and three methods:
``value(z)``, ``derivative(z, a)`` and ``back(z, a, g)``; from its ``turns`` and ``bends`` follow
the interval bounds of its value and of its derivative. No value and no derivative overflows for
any finite z, in float32 or float64: where the mathematics does (``exp``, ``square``, ``selu``), the
value stops just below the largest number of the dtype. nan stays nan. A range is that of the
mathematics; rounding can reach an end that is open, as logistic(40) = 1 does.

Those that rise between two bounds are in :mod:`~glassnet.network.sigmoids`, those like relu in
:mod:`~glassnet.network.rectifiers`, the others here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, pi, sqrt
from typing import Any

import numpy as np

from glassnet.arrays import Array, largest, xp
from glassnet.network.contracts import Activation, Elementwise
from glassnet.network.enclosures import largest_size, outward, sine, softmax, softmax_back
from glassnet.network.intervals import Interval
from glassnet.network.limits import below_row_max, between, exponent
from glassnet.network.rectifiers import ELU, GELU, SELU, LeakyReLU, Mish, ReLU, SiLU, Softplus
from glassnet.network.sigmoids import Logistic, Softsign, Tanh


@dataclass(frozen=True)
class Identity(Elementwise):
    """a = z,  φ′ = 1.

    Examples
    --------
    >>> import numpy as np
    >>> Identity().value(np.array([[-1.0, 2.0]])).round(6).tolist()
    [[-1.0, 2.0]]
    """

    name = "identity"
    turns = bends = ()

    def value(self, z: Array) -> Array:
        return z

    def derivative(self, z: Array, a: Array) -> Array:
        return xp(z).ones_like(z)


@dataclass(frozen=True)
class Exp(Elementwise):
    """a = exp z,  φ′ = a.

    Examples
    --------
    >>> import numpy as np
    >>> Exp().value(np.array([[0.0, 1.0]])).round(6).tolist()
    [[1.0, 2.718282]]
    """

    name = "exp"
    range = Interval(0, inf)
    turns = bends = ()

    def value(self, z: Array) -> Array:
        return xp(z).exp(exponent(z))

    def derivative(self, z: Array, a: Array) -> Array:
        return a


@dataclass(frozen=True)
class Sin(Elementwise):
    """a = sin z,  φ′ = cos z.  Sitzmann et al. (2020) train networks of it.

    Examples
    --------
    >>> import numpy as np
    >>> Sin().value(np.array([[0.0, 1.0]])).round(6).tolist()
    [[0.0, 0.841471]]
    """

    name = "sin"
    range = Interval(-1, 1, closed_lower=True, closed_upper=True)

    def value(self, z: Array) -> Array:
        return xp(z).sin(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return xp(z).cos(z)

    def interval(self, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
        return sine(lower, upper, rounding)

    def slope_interval(self, lower: Array, upper: Array) -> tuple[Array, Array]:
        return _turned_sine(lower, upper, pi / 2, np.finfo(np.float64))


@dataclass(frozen=True)
class Cos(Elementwise):
    """a = cos z,  φ′ = −sin z.  With drawn frequencies it makes periodic embeddings of numbers.

    Gorishniy, Rubachev & Babenko (2022), On embeddings for numerical features, section 3.3.

    Examples
    --------
    >>> import numpy as np
    >>> Cos().value(np.array([[0.0, 1.0]])).round(6).tolist()
    [[1.0, 0.540302]]
    """

    name = "cos"
    range = Interval(-1, 1, closed_lower=True, closed_upper=True)

    def value(self, z: Array) -> Array:
        return xp(z).cos(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return -xp(z).sin(z)

    def interval(self, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
        return _turned_sine(lower, upper, pi / 2, rounding)

    def slope_interval(self, lower: Array, upper: Array) -> tuple[Array, Array]:
        return _turned_sine(lower, upper, pi, np.finfo(np.float64))


@dataclass(frozen=True)
class Square(Elementwise):
    """a = z²,  φ′ = 2z.  A polynomial: networks of it are not universal (Leshno et al., 1993).

    Examples
    --------
    >>> import numpy as np
    >>> Square().value(np.array([[3.0, -4.0]])).round(6).tolist()
    [[9.0, 16.0]]
    """

    name = "square"
    range = Interval(0, inf, closed_lower=True)
    turns = (0.0,)
    bends = ()

    def value(self, z: Array) -> Array:
        limit = sqrt(largest(z)) * (1 - 1e-6)
        near = between(z, -limit, limit)
        return near * near

    def derivative(self, z: Array, a: Array) -> Array:
        return 2 * between(z, -largest(z) / 2, largest(z) / 2)


@dataclass(frozen=True)
class Softmax(Activation):
    """aⱼ = exp(zⱼ) / Σₖ exp(zₖ) along each row;  ∂J/∂z = a ⊙ (g − Σₖ gₖ aₖ).

    The largest score of each row is taken off first, so no exponential overflows.

    Examples
    --------
    >>> import numpy as np
    >>> Softmax().value(np.array([[1000.0, 1000.0, 0.0]])).round(6).tolist()
    [[0.5, 0.5, 0.0]]
    """

    name = "softmax"
    range = Interval(0, 1)

    def value(self, z: Array) -> Array:
        powers = xp(z).exp(below_row_max(z))
        return powers / xp(z).sum(powers, axis=1, keepdims=True)

    def back(self, z: Array, a: Array, g: Array) -> Array:
        return a * (g - xp(z).sum(g * a, axis=1, keepdims=True))

    def interval(self, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
        return softmax(lower, upper, rounding)

    def back_interval(
        self, lower: Array, upper: Array, g_lower: Array, g_upper: Array
    ) -> tuple[Array, Array]:
        return softmax_back(lower, upper, g_lower, g_upper)


def _turned_sine(lower: Array, upper: Array, angle: float, rounding: Any) -> tuple[Array, Array]:
    """Bounds of sin(z + angle)."""
    slack = 4 * np.finfo(np.float64).eps * (1 + largest_size(lower, upper))
    low, high = outward(lower + angle, upper + angle, slack)
    return sine(low, high, rounding)


ACTIVATIONS: dict[str, type[Activation]] = {
    kind.name: kind
    for kind in (
        Identity, Logistic, Tanh, ReLU, LeakyReLU, ELU, SELU, GELU, SiLU, Mish, Softplus, Softsign,
        Exp, Sin, Cos, Square, Softmax,
    )
}  # fmt: skip

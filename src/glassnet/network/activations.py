"""Activation functions φ: value, derivative, range, kinks; each is defined here and nowhere else.

An activation is a frozen object with a ``name``, its hyperparameters as fields, and three methods:
``value(z)``, ``derivative(z, a)`` and ``back(z, a, g)``. No value and no derivative overflows for
any finite z, in float32 or float64: where the mathematics does (``exp``, ``square``, ``selu``), the
value stops at the largest number of the dtype.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, pi, sqrt
from typing import ClassVar

from glassnet.arrays import Array, largest, xp
from glassnet.network.contracts import Activation, Elementwise
from glassnet.network.error_function import erfc
from glassnet.network.intervals import Interval

_POSITIVE = Interval(0, inf)
_NOT_NEGATIVE = Interval(0, inf, closed_lower=True)


@dataclass(frozen=True)
class Identity(Elementwise):
    """a = z,  φ′ = 1."""

    name = "identity"

    def value(self, z: Array) -> Array:
        return z

    def derivative(self, z: Array, a: Array) -> Array:
        return xp(z).ones_like(z)


@dataclass(frozen=True)
class Logistic(Elementwise):
    """a = 1 / (1 + exp(−z)),  φ′ = a (1 − a).  Also called the sigmoid."""

    name = "logistic"
    range = Interval(0, 1)

    def value(self, z: Array) -> Array:
        # exp of −|z| only: ½(1 + tanh ½z) would keep four digits at z = −30.
        decay = xp(z).exp(-xp(z).abs(z))
        return xp(z).where(z >= 0, 1 / (1 + decay), decay / (1 + decay))

    def derivative(self, z: Array, a: Array) -> Array:
        return a * (1 - a)


@dataclass(frozen=True)
class Tanh(Elementwise):
    """a = tanh z,  φ′ = 1 − a²."""

    name = "tanh"
    range = Interval(-1, 1)

    def value(self, z: Array) -> Array:
        return xp(z).tanh(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return 1 - a * a


@dataclass(frozen=True)
class ReLU(Elementwise):
    """a = max(0, z),  φ′ = 1 for z > 0, 0 for z < 0, and ``at_zero`` for z = 0.

    φ has no derivative at 0; every value in [0, 1] is a subgradient. The usual choice is 0. What
    the choice changes is measured in Bertoin et al. (2021), Numerical influence of ReLU′(0) on
    backpropagation.
    """

    at_zero: float = 0.0

    name = "relu"
    range = _NOT_NEGATIVE
    kinks = (0.0,)

    def value(self, z: Array) -> Array:
        return xp(z).where(z > 0, z, xp(z).zeros_like(z))

    def derivative(self, z: Array, a: Array) -> Array:
        return _two_slopes(z, 1.0, 0.0, self.at_zero)


@dataclass(frozen=True)
class LeakyReLU(Elementwise):
    """a = z for z > 0, ``slope`` · z for z < 0;  φ′ = 1, ``slope``, and ``at_zero`` for z = 0.

    Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic models.
    """

    slope: float = 0.01
    at_zero: float = 0.0

    name = "leaky_relu"
    kinks = (0.0,)

    def value(self, z: Array) -> Array:
        return xp(z).where(z > 0, z, self.slope * z)

    def derivative(self, z: Array, a: Array) -> Array:
        return _two_slopes(z, 1.0, self.slope, self.at_zero)


def _two_slopes(z: Array, above: float, below: float, at_zero: float) -> Array:
    zeros = xp(z).zeros_like(z)
    return xp(z).where(z > 0, zeros + above, xp(z).where(z < 0, zeros + below, zeros + at_zero))


@dataclass(frozen=True)
class ELU(Elementwise):
    """a = z for z > 0, ``alpha`` (exp z − 1) otherwise;  φ′ = 1, a + ``alpha``.

    Clevert, Unterthiner & Hochreiter (2016), eq. 15.
    """

    alpha: float = 1.0

    name = "elu"
    kinks = (0.0,)

    def value(self, z: Array) -> Array:
        return xp(z).where(z > 0, z, self.alpha * xp(z).expm1(_not_above(z, 0.0)))

    def derivative(self, z: Array, a: Array) -> Array:
        return xp(z).where(z > 0, xp(z).ones_like(z), self.alpha * xp(z).exp(_not_above(z, 0.0)))


@dataclass(frozen=True)
class SELU(Elementwise):
    """a = λ z for z > 0, λα (exp z − 1) otherwise;  φ′ = λ, λα exp z.

    λ = 1.0507…, α = 1.6733… make mean 0 and variance 1 a fixed point.
    Klambauer et al. (2017), Self-normalizing neural networks, eq. 2 and 14.
    """

    name = "selu"
    range = Interval(-1.7580993408473766, inf)
    kinks = (0.0,)

    _scale: ClassVar[float] = 1.0507009873554804934193349852946
    _alpha: ClassVar[float] = 1.6732632423543772848170429916717

    def value(self, z: Array) -> Array:
        above = self._scale * xp(z).clip(z, 0.0, largest(z) / self._scale * (1 - 1e-6))
        below = self._scale * self._alpha * xp(z).expm1(_not_above(z, 0.0))
        return xp(z).where(z > 0, above, below)

    def derivative(self, z: Array, a: Array) -> Array:
        below = self._scale * self._alpha * xp(z).exp(_not_above(z, 0.0))
        return xp(z).where(z > 0, xp(z).zeros_like(z) + self._scale, below)


@dataclass(frozen=True)
class GELU(Elementwise):
    """a = z Φ(z),  φ′ = Φ(z) + z exp(−z²/2) / √(2π);  Φ: the normal distribution function, exact.

    Hendrycks & Gimpel (2016), Gaussian error linear units.
    """

    name = "gelu"
    range = Interval(-0.16997120747990369, inf, closed_lower=True)

    def value(self, z: Array) -> Array:
        return z * _normal_cdf(z)

    def derivative(self, z: Array, a: Array) -> Array:
        near = xp(z).clip(z, -40.0, 40.0)  # the density is 0 beyond, and z² would overflow
        return _normal_cdf(z) + near * xp(z).exp(-near * near / 2) / sqrt(2 * pi)


def _normal_cdf(z: Array) -> Array:
    return erfc(-z / sqrt(2)) / 2


@dataclass(frozen=True)
class SiLU(Elementwise):
    """a = z σ(z),  φ′ = σ(z) + a (1 − σ(z));  σ: the logistic function. Also called swish.

    Elfwing, Uchibe & Doya (2018), eq. 6; Ramachandran et al. (2017).
    """

    name = "silu"
    range = Interval(-0.27846454276107380, inf, closed_lower=True)

    def value(self, z: Array) -> Array:
        return z * Logistic().value(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return Logistic().value(z) + a * Logistic().value(-z)


@dataclass(frozen=True)
class Mish(Elementwise):
    """a = z t with t = tanh(softplus z);  φ′ = t + z σ(z) (1 − t²).

    Misra (2020), Mish: a self regularized non-monotonic activation function.
    """

    name = "mish"
    range = Interval(-0.30884081024725, inf, closed_lower=True)

    def value(self, z: Array) -> Array:
        return z * xp(z).tanh(Softplus().value(z))

    def derivative(self, z: Array, a: Array) -> Array:
        t = xp(z).tanh(Softplus().value(z))
        return t + z * Logistic().value(z) * (1 - t * t)


@dataclass(frozen=True)
class Softplus(Elementwise):
    """a = log(1 + exp z),  φ′ = σ(z), the logistic function.  Dugas et al. (2001)."""

    name = "softplus"
    range = _POSITIVE

    def value(self, z: Array) -> Array:
        return _not_below(z, 0.0) + xp(z).log1p(xp(z).exp(-xp(z).abs(z)))

    def derivative(self, z: Array, a: Array) -> Array:
        return Logistic().value(z)


@dataclass(frozen=True)
class Softsign(Elementwise):
    """a = z / (1 + |z|),  φ′ = 1 / (1 + |z|)².  Bergstra et al. (2009)."""

    name = "softsign"
    range = Interval(-1, 1)
    kinks = (0.0,)

    def value(self, z: Array) -> Array:
        return z / (1 + xp(z).abs(z))

    def derivative(self, z: Array, a: Array) -> Array:
        inverse = 1 / (1 + xp(z).abs(z))
        return inverse * inverse


@dataclass(frozen=True)
class Exp(Elementwise):
    """a = exp z,  φ′ = a.  Stops at the largest number of the dtype."""

    name = "exp"
    range = _POSITIVE

    def value(self, z: Array) -> Array:
        # One part in 10⁶ below the limit, or rounding it up in float32 would overflow.
        return xp(z).exp(_not_above(z, log(largest(z)) * (1 - 1e-6)))

    def derivative(self, z: Array, a: Array) -> Array:
        return a


@dataclass(frozen=True)
class Sin(Elementwise):
    """a = sin z,  φ′ = cos z.  Sitzmann et al. (2020) train networks of it."""

    name = "sin"
    range = Interval(-1, 1, closed_lower=True, closed_upper=True)

    def value(self, z: Array) -> Array:
        return xp(z).sin(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return xp(z).cos(z)


@dataclass(frozen=True)
class Square(Elementwise):
    """a = z²,  φ′ = 2z.  A polynomial: networks of it are not universal (Leshno et al., 1993)."""

    name = "square"
    range = _NOT_NEGATIVE

    def value(self, z: Array) -> Array:
        limit = sqrt(largest(z)) * (1 - 1e-6)
        near = xp(z).clip(z, -limit, limit)
        return near * near

    def derivative(self, z: Array, a: Array) -> Array:
        return 2 * xp(z).clip(z, -largest(z) / 2, largest(z) / 2)


@dataclass(frozen=True)
class Softmax(Activation):
    """aⱼ = exp(zⱼ) / Σₖ exp(zₖ) along each row;  ∂J/∂z = a ⊙ (g − Σₖ gₖ aₖ).

    The largest score of each row is taken off first, so no exponential overflows.
    """

    name = "softmax"
    range = Interval(0, 1)

    def value(self, z: Array) -> Array:
        powers = xp(z).exp(below_row_max(z))
        return powers / xp(z).sum(powers, axis=1, keepdims=True)

    def back(self, z: Array, a: Array, g: Array) -> Array:
        return a * (g - xp(z).sum(g * a, axis=1, keepdims=True))


def below_row_max(z: Array) -> Array:
    """zⱼ − max z along each row, at least −2·10⁴ so that no difference overflows.  (m, n) -> (m, n)

    Examples
    --------
    >>> import numpy as np
    >>> below_row_max(np.array([[1e308, -1e308, 1e308]])).tolist()
    [[0.0, -20000.0, 0.0]]
    """
    half = z / 2 - xp(z).max(z, axis=1, keepdims=True) / 2
    return 2 * _not_below(half, -1e4)


def _not_above(z: Array, limit: float) -> Array:
    return xp(z).where(z < limit, z, xp(z).zeros_like(z) + limit)


def _not_below(z: Array, limit: float) -> Array:
    return xp(z).where(z > limit, z, xp(z).zeros_like(z) + limit)


ACTIVATIONS: dict[str, type[Activation]] = {
    kind.name: kind
    for kind in (
        Identity, Logistic, Tanh, ReLU, LeakyReLU, ELU, SELU, GELU, SiLU, Mish, Softplus, Softsign,
        Exp, Sin, Square, Softmax,
    )
}  # fmt: skip

"""Activations that are small on the left and grow like z on the right: relu and its relatives."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, pi, sqrt
from typing import ClassVar

from glassnet.arrays import Array, largest, xp
from glassnet.network.contracts import Elementwise
from glassnet.network.error_function import erfc
from glassnet.network.hyperparameters import settle
from glassnet.network.intervals import REALS, Interval
from glassnet.network.limits import between, not_above, not_below
from glassnet.network.sigmoids import Logistic

_NOT_NEGATIVE = Interval(0, inf, closed_lower=True)
_SHARE = Interval(0, 1, closed_upper=True)


@dataclass(frozen=True)
class ReLU(Elementwise):
    """a = max(0, z),  φ′ = 1 for z > 0, 0 for z < 0, and ``at_zero`` for z = 0.

    φ has no derivative at 0; every value in [0, 1] is a subgradient. The usual choice is 0. What
    the choice changes is measured in Bertoin et al. (2021), Numerical influence of ReLU′(0) on
    backpropagation.

    Examples
    --------
    >>> import numpy as np
    >>> phi, z = ReLU(at_zero=0.5), np.array([-1.0, 0.0, 2.0])
    >>> phi.derivative(z, phi.value(z)).tolist()
    [0.0, 0.5, 1.0]
    """

    at_zero: float = 0.0

    name = "relu"
    range = Interval(0, inf, closed_lower=True)
    kinks = (0.0,)
    turns = bends = ()

    def __post_init__(self) -> None:
        settle(self, at_zero=REALS)

    def value(self, z: Array) -> Array:
        return not_below(z, 0.0)

    def derivative(self, z: Array, a: Array) -> Array:
        return _two_slopes(z, 1.0, 0.0, self.at_zero)


@dataclass(frozen=True)
class LeakyReLU(Elementwise):
    """a = z for z > 0, ``slope`` · z for z < 0;  φ′ = 1, ``slope``, and ``at_zero`` for z = 0.

    ``slope`` is in (0, 1]; the subgradients at 0 lie between it and 1.
    Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic models.

    Examples
    --------
    >>> import numpy as np
    >>> LeakyReLU(slope=0.2).value(np.array([-10.0, 10.0])).tolist()
    [-2.0, 10.0]
    """

    slope: float = 0.01
    at_zero: float = 0.0

    name = "leaky_relu"
    kinks = (0.0,)
    turns = bends = ()

    def __post_init__(self) -> None:
        settle(self, slope=_SHARE, at_zero=REALS)

    def value(self, z: Array) -> Array:
        return xp(z).where(z > 0, z, self.slope * z)

    def derivative(self, z: Array, a: Array) -> Array:
        return _two_slopes(z, 1.0, self.slope, self.at_zero)


def _two_slopes(z: Array, above: float, below: float, at_zero: float) -> Array:
    rest = xp(z).where(z == 0, at_zero, xp(z).zeros_like(z) + below)
    return xp(z).where(z > 0, above, rest)


@dataclass(frozen=True)
class ELU(Elementwise):
    """a = z for z > 0, ``alpha`` (exp z − 1) otherwise;  φ′ = 1, ``alpha`` exp z;  ``alpha`` ≥ 0.

    Clevert, Unterthiner & Hochreiter (2016), eq. 15.

    Examples
    --------
    >>> print(ELU(alpha=2.0).range)
    (-2, ∞)
    """

    alpha: float = 1.0

    name = "elu"
    kinks = (0.0,)
    turns = bends = ()

    def __post_init__(self) -> None:
        settle(self, alpha=_NOT_NEGATIVE)

    @property
    def range(self) -> Interval:  # pyright: ignore[reportIncompatibleVariableOverride] # a field decides it
        """From −alpha, which is reached only if it is 0."""
        return Interval(-self.alpha, inf, closed_lower=self.alpha == 0)

    def value(self, z: Array) -> Array:
        return xp(z).where(z > 0, z, self.alpha * xp(z).expm1(not_above(z, 0.0)))

    def derivative(self, z: Array, a: Array) -> Array:
        return xp(z).where(z > 0, 1.0, self.alpha * xp(z).exp(not_above(z, 0.0)))


@dataclass(frozen=True)
class SELU(Elementwise):
    """a = λ z for z > 0, λα (exp z − 1) otherwise;  φ′ = λ, λα exp z.

    λ = 1.0507…, α = 1.6733… make mean 0 and variance 1 a fixed point.
    Klambauer et al. (2017), Self-normalizing neural networks, eq. 2 and 14.

    Examples
    --------
    >>> import numpy as np
    >>> SELU().value(np.array([[1.0, -1.0]])).round(6).tolist()
    [[1.050701, -1.111331]]
    """

    name = "selu"
    range = Interval(-1.7580993408473768, inf)
    kinks = (0.0,)
    turns = bends = ()

    _scale: ClassVar[float] = 1.0507009873554804934193349852946
    _scale_alpha: ClassVar[float] = 1.7580993408473768599402175208123

    def value(self, z: Array) -> Array:
        above = self._scale * between(z, 0.0, largest(z) / self._scale * (1 - 1e-6))
        below = self._scale_alpha * xp(z).expm1(not_above(z, 0.0))
        return xp(z).where(z > 0, above, below)

    def derivative(self, z: Array, a: Array) -> Array:
        below = self._scale_alpha * xp(z).exp(not_above(z, 0.0))
        return xp(z).where(z > 0, self._scale, below)


@dataclass(frozen=True)
class GELU(Elementwise):
    """a = z Φ(z),  φ′ = Φ(z) + z exp(−z²/2) / √(2π);  Φ: the normal distribution function, exact.

    Hendrycks & Gimpel (2016), Gaussian error linear units.

    Examples
    --------
    >>> import numpy as np
    >>> GELU().value(np.array([[1.0, -1.0]])).round(6).tolist()
    [[0.841345, -0.158655]]
    """

    name = "gelu"
    range = Interval(-0.16997120747990366, inf, closed_lower=True)
    turns = (-0.7517915246935645,)
    bends = (-sqrt(2), sqrt(2))

    def value(self, z: Array) -> Array:
        return z * (erfc(-z / sqrt(2)) / 2)

    def derivative(self, z: Array, a: Array) -> Array:
        tiny = xp(z).abs(z) < 1e-30
        cdf = xp(z).where(tiny, 0.5, a / xp(z).where(tiny, 1.0, z))  # a / z, not a second erfc
        near = between(z, -40.0, 40.0)  # the density is 0 beyond, and z² would overflow
        return cdf + near * xp(z).exp(-near * near / 2) / sqrt(2 * pi)


@dataclass(frozen=True)
class SiLU(Elementwise):
    """a = z σ(z),  φ′ = σ(z) + a (1 − σ(z));  σ: the logistic function. Also called swish.

    Elfwing, Uchibe & Doya (2018), eq. 6; Ramachandran et al. (2017).

    Examples
    --------
    >>> import numpy as np
    >>> SiLU().value(np.array([[1.0, -1.0]])).round(6).tolist()
    [[0.731059, -0.268941]]
    """

    name = "silu"
    range = Interval(-0.2784645427610738, inf, closed_lower=True)
    turns = (-1.2784645427610738,)
    bends = (-2.3993572805154677, 2.3993572805154677)

    def value(self, z: Array) -> Array:
        return z * Logistic().value(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return Logistic().value(z) + a * Logistic().value(-z)


@dataclass(frozen=True)
class Softplus(Elementwise):
    """a = log(1 + exp z),  φ′ = σ(z), the logistic function.  Dugas et al. (2001).

    Examples
    --------
    >>> import numpy as np
    >>> Softplus().value(np.array([[0.0, 1000.0]])).round(6).tolist()
    [[0.693147, 1000.0]]
    """

    name = "softplus"
    range = Interval(0, inf)
    turns = bends = ()

    def value(self, z: Array) -> Array:
        return not_below(z, 0.0) + xp(z).log1p(xp(z).exp(-xp(z).abs(z)))

    def derivative(self, z: Array, a: Array) -> Array:
        return Logistic().value(z)


@dataclass(frozen=True)
class Mish(Elementwise):
    """a = z t with t = tanh(softplus z);  φ′ = t + z σ(z) (1 − t²).

    Misra (2020), Mish: a self regularized non-monotonic activation function.

    Examples
    --------
    >>> import numpy as np
    >>> Mish().value(np.array([[1.0, -1.0]])).round(6).tolist()
    [[0.865098, -0.303401]]
    """

    name = "mish"
    range = Interval(-0.30884341301725043, inf, closed_lower=True)
    turns = (-1.1924312145154952,)
    bends = (-2.2563763963607931, 1.4905711794854285)

    def value(self, z: Array) -> Array:
        return z * xp(z).tanh(Softplus().value(z))

    def derivative(self, z: Array, a: Array) -> Array:
        t = xp(z).tanh(Softplus().value(z))
        return t + z * Logistic().value(z) * (1 - t * t)

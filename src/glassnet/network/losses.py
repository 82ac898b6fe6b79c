"""Losses ℓ: value, derivative and δ; each is defined here and nowhere else.

A loss sums over the outputs of a row. The reported cost is J = Σᵢ wᵢ ℓᵢ + penalties with weights
that sum to 1, so δ[L] = wᵢ ∂ℓᵢ/∂zᵢ and nothing is divided later. With n outputs, squared_error is
therefore n times half of the mean over outputs that other texts use, and its gradient is that of
the cost shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from glassnet.arrays import Array, smallest, xp
from glassnet.network.activations import Exp, Softplus, below_row_max
from glassnet.network.contracts import Loss
from glassnet.network.intervals import Interval

_UNIT = Interval(0, 1, closed_lower=True, closed_upper=True)
_NOT_NEGATIVE = Interval(0, inf, closed_lower=True)


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """ℓ = −Σⱼ [yⱼ log aⱼ + (1 − yⱼ) log(1 − aⱼ)],  with its partner ∂ℓ/∂z = a − y.

    y in [0, 1], one column per label (several columns: multilabel). ``label_smoothing`` s replaces
    y by (1 − s) y + s/2.
    """

    label_smoothing: float = 0.0

    name = "binary_cross_entropy"
    partner = "logistic"
    domain = Interval(0, 1)
    targets = _UNIT

    def of_output(self, a: Array, y: Array) -> Array:
        y = _smooth(y, self.label_smoothing, 2)
        log = xp(a).log
        return -(y * log(_positive(a)) + (1 - y) * log(_positive(1 - a)))

    def derivative(self, a: Array, y: Array) -> Array:
        y = _smooth(y, self.label_smoothing, 2)
        below, above = -y / _positive(a), (1 - y) / _positive(1 - a)
        return _where_positive(a, below) + _where_positive(1 - a, above)

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        # log(1 + exp z) − y z, with exp of −|z| only.
        return Softplus().value(z) - _smooth(y, self.label_smoothing, 2) * z

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        return a - _smooth(y, self.label_smoothing, 2)


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """ℓ = −Σⱼ yⱼ log aⱼ,  with its partner ∂ℓ/∂z = a Σⱼ yⱼ − y.

    y is one-hot, or a distribution over the n classes. ``label_smoothing`` s replaces y by
    (1 − s) y + s/n.  Szegedy et al. (2016), section 7.
    """

    label_smoothing: float = 0.0

    name = "cross_entropy"
    partner = "softmax"
    domain = Interval(0, 1, closed_upper=True)
    targets = _UNIT

    def of_output(self, a: Array, y: Array) -> Array:
        return -_smooth(y, self.label_smoothing, y.shape[1]) * xp(a).log(_positive(a))

    def derivative(self, a: Array, y: Array) -> Array:
        return _where_positive(a, -_smooth(y, self.label_smoothing, y.shape[1]) / _positive(a))

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        below = below_row_max(z)
        log_sum = xp(z).log(xp(z).sum(xp(z).exp(below), axis=1, keepdims=True))
        return _smooth(y, self.label_smoothing, y.shape[1]) * (log_sum - below)

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        y = _smooth(y, self.label_smoothing, y.shape[1])
        return a * xp(y).sum(y, axis=1, keepdims=True) - y


@dataclass(frozen=True)
class SquaredError(Loss):
    """ℓ = ½ Σⱼ (aⱼ − yⱼ)²,  ∂ℓ/∂a = a − y."""

    name = "squared_error"
    partner = "identity"

    def of_output(self, a: Array, y: Array) -> Array:
        return (a - y) * (a - y) / 2

    def derivative(self, a: Array, y: Array) -> Array:
        return a - y


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """ℓ = Σⱼ |aⱼ − yⱼ|,  ∂ℓ/∂a = sign(a − y), 0 where they are equal. Its minimum is the median."""

    name = "absolute_error"
    partner = "identity"
    kinks = (0.0,)

    def of_output(self, a: Array, y: Array) -> Array:
        return xp(a).abs(a - y)

    def derivative(self, a: Array, y: Array) -> Array:
        return xp(a).sign(a - y)


@dataclass(frozen=True)
class Huber(Loss):
    """ℓ = Σⱼ ½ r² for |r| ≤ threshold, threshold (|r| − ½ threshold) beyond;  r = a − y.

    ``threshold`` is in units of y.  Huber (1964), Robust estimation of a location parameter.
    """

    threshold: float = 1.0

    name = "huber"
    partner = "identity"

    @property
    def kinks(self) -> tuple[float, ...]:  # pyright: ignore[reportIncompatibleVariableOverride] # a field decides it
        """The residuals at which the second derivative jumps."""
        return (-self.threshold, self.threshold)

    def of_output(self, a: Array, y: Array) -> Array:
        size = xp(a).abs(a - y)
        near = xp(a).where(size < self.threshold, size, xp(a).zeros_like(size) + self.threshold)
        return near * (size - near / 2)

    def derivative(self, a: Array, y: Array) -> Array:
        return xp(a).clip(a - y, -self.threshold, self.threshold)


@dataclass(frozen=True)
class Poisson(Loss):
    """ℓ = Σⱼ yⱼ log(yⱼ / aⱼ) − yⱼ + aⱼ,  with its partner ∂ℓ/∂z = a − y.

    Half the Poisson deviance, 0 at a = y; counts or rates y ≥ 0.  McCullagh & Nelder (1989), 2.3.
    """

    name = "poisson"
    partner = "exp"
    domain = Interval(0, inf)
    targets = _NOT_NEGATIVE

    def of_output(self, a: Array, y: Array) -> Array:
        some = xp(a).where(y > 0, y, xp(a).ones_like(a))
        return y * (xp(a).log(some) - xp(a).log(_positive(a))) - y + a

    def derivative(self, a: Array, y: Array) -> Array:
        return 1 - _where_positive(a, y / _positive(a))

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        some = xp(z).where(y > 0, y, xp(z).ones_like(z))
        return y * (xp(z).log(some) - z) - y + Exp().value(z)

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        return a - y


@dataclass(frozen=True)
class Quantile(Loss):
    """ℓ = Σⱼ max(q (yⱼ − aⱼ), (1 − q)(aⱼ − yⱼ)): the pinball loss; its minimum is the q-quantile.

    ``quantile`` q is in (0, 1); ∂ℓ/∂a is −q below y, 1 − q above, 0 at y.
    Koenker & Bassett (1978).
    """

    quantile: float = 0.5

    name = "quantile"
    partner = "identity"
    kinks = (0.0,)

    def of_output(self, a: Array, y: Array) -> Array:
        r = a - y
        return xp(a).where(r > 0, (1 - self.quantile) * r, -self.quantile * r)

    def derivative(self, a: Array, y: Array) -> Array:
        r, zeros = a - y, xp(a).zeros_like(a)
        above = xp(a).where(r > 0, zeros + (1 - self.quantile), zeros)
        return xp(a).where(r < 0, zeros - self.quantile, above)


def _smooth(y: Array, amount: float, n: int) -> Array:
    return y if amount == 0 else (1 - amount) * y + amount / n


def _positive(a: Array) -> Array:
    """a, no smaller than the smallest normal number, so that its logarithm is finite."""
    floor = smallest(a)
    return xp(a).where(a > floor, a, xp(a).zeros_like(a) + floor)


def _where_positive(a: Array, derivative: Array) -> Array:
    """The derivative, and 0 where ``_positive`` put a constant in the place of a."""
    return xp(a).where(a > smallest(a), derivative, xp(a).zeros_like(a))


LOSSES: dict[str, type[Loss]] = {
    kind.name: kind
    for kind in (
        BinaryCrossEntropy, CrossEntropy, SquaredError, AbsoluteError, Huber, Poisson, Quantile,
    )
}  # fmt: skip

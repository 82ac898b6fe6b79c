"""Losses ℓ: value, derivative and δ; each is defined here and nowhere else.

A loss sums over the outputs of a row. The reported cost is J = Σᵢ wᵢ ℓᵢ + penalties with weights
that sum to 1, so δ[L] = wᵢ ∂ℓᵢ/∂zᵢ and nothing is divided later. With n outputs, squared_error is
therefore n times half of the mean over outputs that other texts use, and its gradient is that of
the cost shown.

For finite arguments nothing becomes nan, and a loss becomes infinite only where its exact value is
beyond the largest number of the dtype. An output outside the domain (``strict=False``), or carried
to its edge by rounding, counts as the nearest one inside, logarithms being taken of the smallest
normal number at least; the derivative there is that of the loss so stopped, 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from glassnet.arrays import Array, largest, smallest, xp
from glassnet.network.contracts import Loss
from glassnet.network.hyperparameters import settle
from glassnet.network.intervals import Interval
from glassnet.network.limits import below_row_max, between, exponent, not_above, not_below

_UNIT = Interval(0, 1, closed_lower=True, closed_upper=True)
_BETWEEN = Interval(0, 1)
_SMOOTHING = Interval(0, 1, closed_lower=True)
_POSITIVE = Interval(0, inf)
_NOT_NEGATIVE = Interval(0, inf, closed_lower=True)


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """ℓ = −Σⱼ [yⱼ log aⱼ + (1 − yⱼ) log(1 − aⱼ)],  with its partner ∂ℓ/∂z = a − y.

    y in [0, 1], one column per label (several columns: multilabel). ``label_smoothing`` s replaces
    y by (1 − s) y + s/2;  s in [0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> half, one = np.array([[0.5]]), np.array([[1.0]])
    >>> float(BinaryCrossEntropy().of_output(half, one)[0, 0])  # log 2
    0.6931471805599453
    """

    label_smoothing: float = 0.0

    name = "binary_cross_entropy"
    partner = "logistic"
    domain = Interval(0, 1)
    targets = _UNIT

    def __post_init__(self) -> None:
        settle(self, label_smoothing=_SMOOTHING)

    def of_output(self, a: Array, y: Array) -> Array:
        y, a = _smooth(y, self.label_smoothing, 2), between(a, 0.0, 1.0)
        # 1 − a is exact from ½ on; below, log1p keeps the digits that 1 − a would lose.
        log_of_rest = xp(a).where(
            a < 0.5, xp(a).log1p(-not_above(a, 0.5)), xp(a).log(_positive(1 - a))
        )
        return -(y * xp(a).log(_positive(a)) + (1 - y) * log_of_rest)

    def derivative(self, a: Array, y: Array) -> Array:
        y = _smooth(y, self.label_smoothing, 2)
        below = xp(a).where(a > smallest(a), -y / _positive(a), 0.0)
        above = xp(a).where(1 - a > smallest(a), (1 - y) / _positive(1 - a), 0.0)
        return xp(a).where((a >= 0) & (a <= 1), below + above, 0.0)

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        # log(1 + exp z) − y z as a sum of terms that are not negative, with exp of −|z| only.
        y, size = _smooth(y, self.label_smoothing, 2), xp(z).abs(z)
        return size * xp(z).where(z > 0, 1 - y, y) + xp(z).log1p(xp(z).exp(-size))

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        return a - _smooth(y, self.label_smoothing, 2)


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """ℓ = −Σⱼ yⱼ log aⱼ,  with its partner ∂ℓ/∂z = a Σⱼ yⱼ − y.

    y is one-hot, or a distribution over the n classes. ``label_smoothing`` s replaces y by
    (1 − s) y + s/n;  s in [0, 1).  Szegedy et al. (2016), section 7.

    Examples
    --------
    >>> import numpy as np
    >>> a, y = np.array([[0.5, 0.25, 0.25]]), np.array([[0.0, 1.0, 0.0]])
    >>> float(CrossEntropy().of_output(a, y).sum())  # log 4
    1.3862943611198906
    """

    label_smoothing: float = 0.0

    name = "cross_entropy"
    partner = "softmax"
    domain = Interval(0, 1, closed_upper=True)
    targets = _UNIT

    def __post_init__(self) -> None:
        settle(self, label_smoothing=_SMOOTHING)

    def of_output(self, a: Array, y: Array) -> Array:
        y = _smooth(y, self.label_smoothing, y.shape[1])
        return -y * xp(a).log(between(a, smallest(a), 1.0))

    def derivative(self, a: Array, y: Array) -> Array:
        y = _smooth(y, self.label_smoothing, y.shape[1])
        return xp(a).where((a > smallest(a)) & (a <= 1), -y / _positive(a), 0.0)

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        below = below_row_max(z)
        # log Σₖ exp = log c + log1p(rest / c), c entries being the largest: so a loss near 0 keeps
        # its digits.
        top = below == 0
        count = xp(z).sum(xp(z).astype(top, z.dtype), axis=1, keepdims=True)
        rest = xp(z).sum(xp(z).where(top, 0.0, xp(z).exp(below)), axis=1, keepdims=True)
        log_sum = xp(z).log(count) + xp(z).log1p(rest / count)
        return _smooth(y, self.label_smoothing, y.shape[1]) * (log_sum - below)

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        y = _smooth(y, self.label_smoothing, y.shape[1])
        return a * xp(y).sum(y, axis=1, keepdims=True) - y


@dataclass(frozen=True)
class SquaredError(Loss):
    """ℓ = ½ Σⱼ (aⱼ − yⱼ)²,  ∂ℓ/∂a = a − y.

    Examples
    --------
    >>> import numpy as np
    >>> SquaredError().of_output(np.array([[3.0]]), np.array([[1.0]])).tolist()
    [[2.0]]
    """

    name = "squared_error"
    partner = "identity"

    def of_output(self, a: Array, y: Array) -> Array:
        return (a - y) * (a - y) / 2

    def derivative(self, a: Array, y: Array) -> Array:
        return a - y


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """ℓ = Σⱼ |aⱼ − yⱼ|,  ∂ℓ/∂a = sign(a − y), 0 where they are equal. Its minimum is the median.

    Examples
    --------
    >>> import numpy as np
    >>> AbsoluteError().derivative(np.array([[3.0]]), np.array([[1.0]])).tolist()
    [[1.0]]
    """

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

    ``threshold`` > 0 is in units of y.  Huber (1964), Robust estimation of a location parameter.

    Examples
    --------
    >>> import numpy as np
    >>> Huber(threshold=1.0).of_output(np.array([[0.5, 3.0]]), np.zeros((1, 2))).tolist()
    [[0.125, 2.5]]
    """

    threshold: float = 1.0

    name = "huber"
    partner = "identity"

    def __post_init__(self) -> None:
        settle(self, threshold=_POSITIVE)

    @property
    def kinks(self) -> tuple[float, ...]:  # pyright: ignore[reportIncompatibleVariableOverride] # a field decides it
        """The residuals at which the second derivative jumps."""
        return (-self.threshold, self.threshold)

    def of_output(self, a: Array, y: Array) -> Array:
        size = xp(a).abs(a - y)
        near = not_above(size, self.threshold)
        return near * (size - near / 2)

    def derivative(self, a: Array, y: Array) -> Array:
        return between(a - y, -self.threshold, self.threshold)


@dataclass(frozen=True)
class Poisson(Loss):
    """ℓ = Σⱼ yⱼ log(yⱼ / aⱼ) − yⱼ + aⱼ,  with its partner ∂ℓ/∂z = a − y.

    Half the Poisson deviance, 0 at a = y; counts or rates y ≥ 0.  McCullagh & Nelder (1989), 2.3.
    Near a = y it is written with the small quantity itself, r = (a − y) / y or u = z − log y, and
    not as the difference of large terms.

    Examples
    --------
    >>> import numpy as np
    >>> Poisson().of_output(np.array([[2.0, 2.0]]), np.array([[0.0, 2.0]])).tolist()
    [[2.0, 0.0]]
    """

    name = "poisson"
    partner = "exp"
    domain = Interval(0, inf)
    targets = _NOT_NEGATIVE

    def of_output(self, a: Array, y: Array) -> Array:
        some, a = xp(a).where(y > 0, y, 1.0), _positive(a)
        close = xp(a).abs(a - y) < y / 2
        r = xp(a).where(close, a - y, 0.0) / some
        far = y * (xp(a).log(some) - xp(a).log(a)) - y + a
        return xp(a).where(close, y * (r - xp(a).log1p(r)), far)

    def derivative(self, a: Array, y: Array) -> Array:
        # 1 − y/a, stopped near the largest number: with φ′ it makes a δ that may be small.
        divisor = not_below(_positive(a), y * (2 / largest(a)))
        return xp(a).where(a > smallest(a), a - y, 0.0) / divisor

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        some, z = xp(z).where(y > 0, y, 1.0), exponent(z)
        u = z - xp(z).log(some)
        close = (y > 0) & (xp(z).abs(u) < 0.5)
        near = xp(z).where(close, u, 0.0)
        far = xp(z).exp(z) - y - y * u
        return xp(z).where(close, y * (xp(z).expm1(near) - near), far)

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        return a - y


@dataclass(frozen=True)
class Quantile(Loss):
    """ℓ = Σⱼ max(q (yⱼ − aⱼ), (1 − q)(aⱼ − yⱼ)): the pinball loss; its minimum is the q-quantile.

    ``quantile`` q is in (0, 1); ∂ℓ/∂a is −q below y, 1 − q above, 0 at y.
    Koenker & Bassett (1978).

    Examples
    --------
    >>> import numpy as np
    >>> Quantile(0.9).of_output(np.array([[-1.0, 1.0]]), np.zeros((1, 2))).round(9).tolist()
    [[0.9, 0.1]]
    """

    quantile: float = 0.5

    name = "quantile"
    partner = "identity"
    kinks = (0.0,)

    def __post_init__(self) -> None:
        settle(self, quantile=_BETWEEN)

    def of_output(self, a: Array, y: Array) -> Array:
        r = a - y
        return xp(a).where(r > 0, (1 - self.quantile) * r, -self.quantile * r)

    def derivative(self, a: Array, y: Array) -> Array:
        r = a - y
        above = xp(a).where(r > 0, 1 - self.quantile, xp(r).zeros_like(r))
        return xp(a).where(r < 0, -self.quantile, above)


def _smooth(y: Array, amount: float, n: int) -> Array:
    return y if amount == 0 else (1 - amount) * y + amount / n


def _positive(a: Array) -> Array:
    """a, no smaller than the smallest normal number, so that its logarithm is finite."""
    return not_below(a, smallest(a))


LOSSES: dict[str, type[Loss]] = {
    kind.name: kind
    for kind in (
        BinaryCrossEntropy, CrossEntropy, SquaredError, AbsoluteError, Huber, Poisson, Quantile,
    )
}  # fmt: skip

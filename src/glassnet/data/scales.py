"""Three ways to bring the numbers of a column near one: robust, standard, by quantiles.

Each is learned from finite numbers and is plain data; ``middle`` stands where a value is missing.
Sums, products, quotients and roots alone: a row gets the bits that it has in any batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Any, ClassVar, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.rule_numbers import RuleNumbers
from glassnet.data.scaling import center_and_scale, standardised
from glassnet.files.fields import whole

_LARGEST = 1e150  # its square is still a number
_FAR = 1e30  # of a standardised number: float32 holds it, and the sums of a layer over it
_HALF = float(np.finfo(np.float64).max) / 2  # the difference of two such is still a number
_BOUND = 3.0


@dataclass(frozen=True)
class Robust:
    """z / √(1 + (z/3)²) with z = (x − median) / spread: no outlier comes beyond ±3.

    Parameters
    ----------
    median : float
    spread : float > 0
        The distance of the quartiles; half of the range where they coincide.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default, section 3.

    Examples
    --------
    >>> Robust.of(np.array([0.0, 1.0, 2.0, 3.0, 4.0]))
    Robust(median=2.0, spread=2.0)
    >>> Robust(2.0, 1.0).scaled("x", np.array([2.0, 3.0, 99.0])).round(2).tolist()
    [0.0, 0.95, 3.0]
    """

    name: ClassVar[str] = "robust"

    median: float
    spread: float

    @classmethod
    def of(cls, values: Array) -> Robust:
        """Learn it from finite numbers; none give (0, 1)."""
        return cls(*_median_and_spread(values))

    @property
    def middle(self) -> float:
        """The median."""
        return self.median

    def scaled(self, column: str, x: Array) -> Array:
        """Scale finite numbers.  (n,) -> (n,)"""
        with np.errstate(over="ignore"):
            z = np.clip((x - self.median) / self.spread, -_LARGEST, _LARGEST)
            return z / np.sqrt(1.0 + (z / _BOUND) * (z / _BOUND))

    def entry(self, numbers: RuleNumbers) -> dict[str, Any]:
        """What a header says of it."""
        numbers.add("median", self.median)
        numbers.add("spread", self.spread)
        return {}  # files without a word about the scale are as they ever were

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any], numbers: RuleNumbers) -> Robust:
        """Rebuild it; ValueError if it is none."""
        return cls(*numbers.take("median"), *numbers.take("spread", above=0.0))


@dataclass(frozen=True)
class Standard:
    """(x − mean) / scale, the standard deviation.

    Examples
    --------
    >>> Standard.of(np.array([1.0, 3.0])).scaled("x", np.array([5.0])).tolist()
    [3.0]
    """

    name: ClassVar[str] = "standard"

    mean: float
    scale: float

    @classmethod
    def of(cls, values: Array) -> Standard:
        """Learn it from finite numbers; none give (0, 1)."""
        return cls(*center_and_scale(values))

    @property
    def middle(self) -> float:
        """The mean."""
        return self.mean

    def scaled(self, column: str, x: Array) -> Array:
        """Scale finite numbers; InvalidValue for one beyond 10³⁰ deviations.  (n,) -> (n,)"""
        return standardised(column, x, self.mean, self.scale, most=_FAR)

    def entry(self, numbers: RuleNumbers) -> dict[str, Any]:
        """What a header says of it."""
        numbers.add("mean", self.mean)
        numbers.add("scale", self.scale)
        return {"scaling": self.name}

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any], numbers: RuleNumbers) -> Standard:
        """Rebuild it; ValueError if it is none."""
        return cls(*numbers.take("mean"), *numbers.take("scale", above=0.0))


@dataclass(frozen=True)
class Quantile:
    """Φ⁻¹ of the share of training values below x: the column becomes normal.

    At a threshold tₖ, a value of training, the share is that of the values below plus half of
    those equal to it, so ties need no noise. Between thresholds the score is a straight line,
    beyond the first and the last it stays.

    Parameters
    ----------
    middle : float
        The median.
    thresholds : tuple of float
        Ascending, one at least.
    scores : tuple of float
        One per threshold, ascending.

    Examples
    --------
    >>> made = Quantile.of(np.array([1.0, 10.0, 100.0]))
    >>> made.scaled("x", np.array([0.0, 1.0, 10.0, 55.0, 1e9])).round(2).tolist()
    [-0.97, -0.97, 0.0, 0.48, 0.97]
    """

    name: ClassVar[str] = "quantile"

    middle: float
    thresholds: tuple[float, ...]
    scores: tuple[float, ...]

    @classmethod
    def of(cls, values: Array) -> Quantile:
        """Learn it from n finite numbers: at most 10 thresholds, or n / 30, up to 1,000."""
        if len(values) == 0:
            return cls(0.0, (0.0,), (0.0,))
        ordered = np.sort(np.clip(values, -_HALF, _HALF))
        most = max(min(len(ordered) // 30, 1000), 10)
        chosen = np.unique(ordered)
        if len(chosen) > most:
            shares = np.linspace(0.0, 1.0, most)
            chosen = np.unique(np.quantile(ordered, shares, method="inverted_cdf"))
        below, upto = (np.searchsorted(ordered, chosen, side) for side in ("left", "right"))
        shares = (below + upto) / (2.0 * len(ordered))
        scores = map(NormalDist().inv_cdf, shares.tolist())
        return cls(_median_and_spread(ordered)[0], tuple(chosen.tolist()), tuple(scores))

    def scaled(self, column: str, x: Array) -> Array:
        """Scale finite numbers.  (n,) -> (n,)"""
        t, s = np.array(self.thresholds), np.array(self.scores)
        if len(t) == 1:
            return np.full(len(x), s[0])
        x = np.clip(x, t[0], t[-1])
        j = np.clip(np.searchsorted(t, x, "right") - 1, 0, len(t) - 2)
        return s[j] + (s[j + 1] - s[j]) * ((x - t[j]) / (t[j + 1] - t[j]))

    def entry(self, numbers: RuleNumbers) -> dict[str, Any]:
        """What a header says of it."""
        numbers.add("median", self.middle)
        numbers.add("thresholds", *self.thresholds)
        numbers.add("scores", *self.scores)
        return {"scaling": self.name, "thresholds": len(self.thresholds)}

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any], numbers: RuleNumbers) -> Quantile:
        """Rebuild it; ValueError if it is none."""
        count = whole(entry, "thresholds", low=1)
        (middle,) = numbers.take("median")
        thresholds, scores = numbers.take("thresholds", count), numbers.take("scores", count)
        steps = [hi - lo for lo, hi in pairwise(thresholds)]
        if any(not 0 < step < np.inf for step in steps) or any(
            hi < lo or max(abs(lo), abs(hi)) > _BOUND**4 for lo, hi in pairwise(scores)
        ):
            raise ValueError("its thresholds and scores do not ascend")
        return cls(middle, thresholds, scores)


Scale: TypeAlias = Robust | Standard | Quantile

SCALES: Mapping[str, type[Robust] | type[Standard] | type[Quantile]] = {
    made.name: made for made in (Robust, Standard, Quantile)
}


def _median_and_spread(values: Array) -> tuple[float, float]:
    """The median, and the distance of the quartiles; half of the range where that is 0."""
    if len(values) == 0:
        return 0.0, 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        low, median, high = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    if not np.isfinite(median):  # the mean of two values near the largest number
        median = float(np.sort(values)[len(values) // 2])
    with np.errstate(over="ignore"):
        spread = high - low
        if not spread > 0:
            spread = float(values.max()) / 2 - float(values.min()) / 2
    spread = min(spread, float(np.finfo(np.float64).max))
    return median, spread if spread > 0 else 1.0

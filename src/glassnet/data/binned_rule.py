"""A number as several columns: itself, bounded smoothly, and how far it has come through each bin.

A network learns steps and bends of a single column slowly; bins give each stretch its own weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.data.rules import Encoded, numbers_of
from glassnet.data.scaling import require_finite
from glassnet.data.tables import Column

_LARGEST = 1e150  # its square is still a number
_BOUND = 3.0


@dataclass(frozen=True)
class BinnedRule:
    """z / √(1 + (z/3)²) with z = (x − median) / spread, then min(max((x − lo) / (hi − lo), 0), 1).

    Parameters
    ----------
    name : str
    median : float
        It stands where the value is missing.
    spread : float > 0
        The distance of the quartiles.
    edges : tuple of float
        Of the bins, ascending: a bin lies between each two neighbours. None or one: no bins.
    indicator : bool
        Whether the last column is 1 where x is missing.

    References
    ----------
    The bounded scaling: Holzmüller, Grinsztajn & Steinwart (2024), Better by default, section 3.
    The bins: Gorishniy, Rubachev & Babenko (2022), On embeddings for numerical features, eq. 1.

    Examples
    --------
    >>> rule = BinnedRule("size", 2.0, 1.0, (0.0, 2.0, 4.0), False)
    >>> out = np.empty((3, 3))
    >>> rule.fill(Column("size", "numeric", np.array([2.0, 3.0, 99.0])), out, Encoded(out))
    >>> out.round(2)
    array([[0.  , 1.  , 0.  ],
           [0.95, 1.  , 0.5 ],
           [3.  , 1.  , 1.  ]])
    """

    name: str
    median: float
    spread: float
    edges: tuple[float, ...]
    indicator: bool

    @classmethod
    def of(cls, column: Column, bins: int) -> BinnedRule:
        """Learn the rule of a column of numbers.

        Up to ``bins`` bins end at quantiles; of few different values each is an end of a bin.

        Raises
        ------
        InvalidValue
            If a value is infinite.

        Examples
        --------
        >>> BinnedRule.of(Column("n", "numeric", np.array([0.0, 1.0, 1.0, 5.0])), 16).edges
        (0.0, 1.0, 5.0)
        """
        values = numbers_of(column)
        require_finite(column.name, values)
        missing = np.isnan(values)
        known = values[~missing]
        median, spread = _median_and_spread(known)
        return cls(column.name, median, spread, _edges(known, bins), bool(missing.any()))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        bins = zip(self.edges, self.edges[1:], strict=False)
        names = [self.name, *(f"{self.name} from {lo:.6g} to {hi:.6g}" for lo, hi in bins)]
        return (*names, f"{self.name} is missing") if self.indicator else tuple(names)

    def fill(self, column: Column, out: Array, seen: Encoded) -> None:
        """Encode into ``out`` (n, columns), and note what had to be replaced."""
        values, missing = numbers_of(column), np.array(column.missing)
        require_finite(self.name, values)
        x = np.where(missing, self.median, values)
        # Sums, products, quotients and roots alone: each row gets the same bits as in any batch.
        with np.errstate(over="ignore"):
            z = np.clip((x - self.median) / self.spread, -_LARGEST, _LARGEST)
            out[:, 0] = z / np.sqrt(1.0 + (z / _BOUND) * (z / _BOUND))
            for j, low in enumerate(self.edges[:-1]):
                share = (x - low) / (self.edges[j + 1] - low)
                out[:, j + 1] = np.clip(share, 0.0, 1.0)
        if self.indicator:
            out[:, -1] = missing
        elif missing.any():
            seen.imputed[self.name] = int(missing.sum())


def _median_and_spread(values: Array) -> tuple[float, float]:
    """The median, and the distance of the quartiles; half of the range where that is 0."""
    if len(values) == 0:
        return 0.0, 1.0
    low, median, high = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    if not np.isfinite(median):  # the mean of two values near the largest number
        median = float(np.sort(values)[len(values) // 2])
    with np.errstate(over="ignore"):
        spread = high - low
        if not spread > 0:
            spread = float(values.max()) / 2 - float(values.min()) / 2
    spread = min(spread, float(np.finfo(np.float64).max))
    return median, spread if spread > 0 else 1.0


def _edges(values: Array, bins: int) -> tuple[float, ...]:
    """Ends of the bins; none where one value is all there is."""
    different = np.unique(values)
    if len(different) > bins + 1:
        different = np.unique(np.quantile(values, np.linspace(0.0, 1.0, bins + 1)))
    with np.errstate(over="ignore"):
        plain = len(different) > 1 and bins > 0 and np.isfinite(different[-1] - different[0])
    return tuple(different.tolist()) if plain else ()

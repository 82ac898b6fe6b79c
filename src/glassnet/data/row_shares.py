"""Which rows of a set on disk are held out: a hash of the row's number says so, no list is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue

TRAINING, VALIDATION, TEST = 0, 1, 2

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))


@dataclass(frozen=True)
class Shares:
    """How rows are shared out by the hash of their number (SplitMix64) and a seed.

    A row's part follows from its number alone, so nothing must be remembered, and the parts stay
    the same however the rows are read.

    Parameters
    ----------
    seed : int
    validation, test : float ≥ 0
        Shares of the rows; what they leave is trained on.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> parts = Shares(seed=0, validation=0.25).parts(0, 10_000)
    >>> round(float((parts == VALIDATION).mean()), 1), bool((parts == TEST).any())
    (0.2, False)

    References
    ----------
    Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators.
    """

    seed: int
    validation: float = 0.0
    test: float = 0.0

    def __post_init__(self) -> None:
        if not (self.validation >= 0 and self.test >= 0 and self.validation + self.test < 1):
            raise InvalidValue(
                "the shares of rows held out must be 0 or above and leave rows to train on; got "
                f"{self.validation:g} for validation and {self.test:g} for the test."
            )

    @property
    def holds_out(self) -> bool:
        """Whether any row may be held out."""
        return self.validation + self.test > 0

    def parts(self, first: int, count: int) -> Array:
        """The part of each of ``count`` rows from number ``first`` on.  -> (count,) uint8"""
        found = np.zeros(count, np.uint8)
        if self.holds_out:
            share = _hashed(first, count, self.seed) * 2.0**-64
            found[share < self.test + self.validation] = VALIDATION
            found[share < self.test] = TEST
        return found


def _hashed(first: int, count: int, seed: int) -> Array:
    """SplitMix64 of the row numbers, its start hashed from the seed.  -> (count,) uint64"""
    with np.errstate(over="ignore"):
        start = _mixed(np.array([seed % 2**64], np.uint64) * _GOLDEN + _GOLDEN)
        numbers = np.arange(first + 1, first + count + 1, dtype=np.uint64)
        return _mixed(numbers * _GOLDEN + start)


def _mixed(z: Array) -> Array:
    z = (z ^ (z >> _SHIFTS[0])) * _FACTORS[0]
    z = (z ^ (z >> _SHIFTS[1])) * _FACTORS[1]
    return z ^ (z >> _SHIFTS[2])

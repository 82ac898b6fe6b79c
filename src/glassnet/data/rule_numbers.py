"""The numbers of rules in a model file: named arrays, filled and emptied in the rules' order."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import numpy as np

from glassnet.arrays import Array


class RuleNumbers:
    """Named lists of float64; each rule adds its own, and takes them back in the same order.

    Parameters
    ----------
    arrays : mapping of str to (n,) float64
        Of a file; ValueError if one is anything else. Empty to begin one.

    Examples
    --------
    >>> written = RuleNumbers()
    >>> written.add("edges", 0.0, 1.0)
    >>> read = RuleNumbers(written.arrays())
    >>> read.take("edges", 2)
    (0.0, 1.0)
    >>> read.require_none_left()
    """

    def __init__(self, arrays: Mapping[str, Array] | None = None) -> None:
        self._lists: dict[str, list[float]] = {}
        self._taken: dict[str, int] = {}
        for name, array in (arrays or {}).items():
            if array.ndim != 1 or array.dtype != np.float64:
                raise ValueError(f"{name!r} is no list of float64 numbers")
            self._lists[name] = array.tolist()

    def add(self, name: str, *values: float) -> None:
        """Write numbers at the end of a list."""
        self._lists.setdefault(name, []).extend(values)

    def arrays(self) -> dict[str, Array]:
        """The lists as arrays."""
        return {name: np.array(values, np.float64) for name, values in self._lists.items()}

    def take(self, name: str, count: int = 1, *, above: float | None = None) -> tuple[float, ...]:
        """The next numbers of a list.

        Raises
        ------
        ValueError
            If there are not so many, or one is not finite or not ``above`` this.
        """
        begin = self._taken.get(name, 0)
        self._taken[name] = begin + count
        values = self._lists.get(name, [])[begin : begin + count]
        if len(values) < count:
            raise ValueError(f"there are not enough numbers {name!r} for the columns")
        if not all(isfinite(value) and (above is None or value > above) for value in values):
            raise ValueError(f"the numbers {name!r} are not all proper ones")
        return tuple(values)

    def require_none_left(self) -> None:
        """Raise ValueError if a list has more numbers than were taken."""
        for name, values in self._lists.items():
            if len(values) != self._taken.get(name, 0):
                raise ValueError(f"there are more numbers {name!r} than columns take")

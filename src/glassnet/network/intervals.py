"""Intervals of the real line: the range of an activation, the domain of a loss."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Interval:
    """The numbers between ``lower`` and ``upper``, the ends included where they are closed.

    Examples
    --------
    >>> Interval(0, 1).within(Interval(0, 1, closed_lower=True, closed_upper=True))
    True
    >>> print(Interval(0, inf, closed_lower=True))
    [0, ∞)
    """

    lower: float = -inf
    upper: float = inf
    closed_lower: bool = False
    closed_upper: bool = False

    def holds(self, number: float) -> bool:
        """Return whether the number lies in the interval; nan never does."""
        above = number > self.lower or (self.closed_lower and number == self.lower)
        below = number < self.upper or (self.closed_upper and number == self.upper)
        return above and below

    def within(self, other: Interval) -> bool:
        """Return whether every number of this interval lies in the other."""
        above = self.lower > other.lower or (
            self.lower == other.lower and (other.closed_lower or not self.closed_lower)
        )
        below = self.upper < other.upper or (
            self.upper == other.upper and (other.closed_upper or not self.closed_upper)
        )
        return above and below

    def __str__(self) -> str:
        """Write it as mathematics does, such as [0, ∞)."""
        left, right = "[" if self.closed_lower else "(", "]" if self.closed_upper else ")"
        ends = [
            "−∞" if end == -inf else "∞" if end == inf else f"{end:.4g}"
            for end in (self.lower, self.upper)
        ]
        return f"{left}{ends[0]}, {ends[1]}{right}"


REALS = Interval()

"""Ranges of hyperparameters, and the words for a value outside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from numbers import Integral, Real
from typing import Any

from glassnet.errors import InvalidValue


@dataclass(frozen=True)
class Range:
    """The numbers for which ``holds`` is true, and the same in words."""

    words: str
    holds: Callable[[float], bool]
    whole: bool = False

    def number(self, value: Any) -> Any:
        """The value as a plain Python number, None if it is not one of this range."""
        if isinstance(value, bool) or not isinstance(value, Integral if self.whole else Real):
            return None
        plain = int(value) if isinstance(value, Integral) else float(value)
        return plain if self.holds(plain) else None


POSITIVE = Range("above 0", lambda v: 0 < v < inf)
NOT_NEGATIVE = Range("0 or above", lambda v: 0 <= v < inf)
AT_LEAST_1 = Range("1 or above", lambda v: 1 <= v < inf)
SHARE = Range("in [0, 1)", lambda v: 0 <= v < 1)
CLOSED_SHARE = Range("in [0, 1]", lambda v: 0 <= v <= 1)
OPEN_SHARE = Range("in (0, 1)", lambda v: 0 < v < 1)
FACTOR = Range("in (0, 1]", lambda v: 0 < v <= 1)
COUNT = Range("an integer, 1 or above", lambda v: v >= 1, whole=True)
COUNT_OR_0 = Range("an integer, 0 or above", lambda v: v >= 0, whole=True)
PATIENCE = Range("an integer, 0 or above, or inf", lambda v: v == inf or (v >= 0 and v % 1 == 0))


def check(thing: object, **ranges: Range) -> None:
    """Hold the named fields of a definition to their ranges, and make plain Python numbers of them.

    A NumPy scalar would decide the dtype of what it is multiplied with: a float64 one would turn
    the arrays of a float32 network into float64.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> check(SimpleNamespace(momentum=1.5), momentum=SHARE)
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: momentum of SimpleNamespace must be in [0, 1); got 1.5.
    """
    for name, allowed in ranges.items():
        value = getattr(thing, name)
        number = allowed.number(value)
        if number is None:
            raise InvalidValue(
                f"{name} of {type(thing).__name__} must be {allowed.words}; got {value!r}."
            )
        object.__setattr__(thing, name, number)

"""The numbers of a definition: checked once, when it is made."""

from __future__ import annotations

from numbers import Real
from typing import Any

from glassnet.errors import InvalidValue
from glassnet.network.intervals import Interval


def settle(part: Any, **allowed: Interval) -> None:
    """Check fields of a frozen definition against intervals, and make each a ``float`` of Python.

    A scalar of NumPy would otherwise turn float32 arrays into float64 wherever it meets them.

    Raises
    ------
    InvalidValue
        If a field is no number, not finite, or outside its interval.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> part = SimpleNamespace(rate=2)
    >>> settle(part, rate=Interval(0, 1))
    Traceback (most recent call last):
        ...
    glassnet.errors.InvalidValue: rate of SimpleNamespace must be a number in (0, 1); got 2.
    """
    for name, interval in allowed.items():
        value = getattr(part, name)
        number = isinstance(value, Real) and not isinstance(value, bool)
        if not number or not interval.holds(float(value)):
            raise InvalidValue(
                f"{name} of {type(part).__name__} must be a number in {interval}; got {value!r}."
            )
        object.__setattr__(part, name, float(value))


def settle_count(part: Any, name: str, *, least: int = 1) -> None:
    """Check that a field is an integer of at least 1, or ``least``; make it an ``int`` of Python.

    Raises
    ------
    InvalidValue
        If it is anything else.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> settle_count(SimpleNamespace(units=0), "units")
    Traceback (most recent call last):
        ...
    glassnet.errors.InvalidValue: units of SimpleNamespace must be a positive integer; got 0.
    """
    value = getattr(part, name)
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < least:
        what = "a positive integer" if least == 1 else f"an integer of at least {least}"
        raise InvalidValue(f"{name} of {type(part).__name__} must be {what}; got {value!r}.")
    object.__setattr__(part, name, int(value))

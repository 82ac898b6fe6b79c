"""What one cell of a table means: missing or not, and how it reads as text."""

from __future__ import annotations

import math
import numbers
from decimal import Decimal
from typing import Any

import numpy as np

from glassnet.arrays import Array

# What files write where a value is missing. "?" is the habit of the UCI repository.
MISSING = frozenset({"", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "?"})


def is_missing(value: Any) -> bool:
    """Tell whether a value stands for a missing one: None, nan, pandas' NA and NaT.

    Examples
    --------
    >>> [is_missing(value) for value in (None, float("nan"), 0, "")]
    [True, True, False, False]
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType")


def is_number(value: Any) -> bool:
    """Tell whether a value is a real number; True and False are none.

    Examples
    --------
    >>> is_number(3), is_number(True), is_number("3")
    (True, False, False)
    """
    real = isinstance(value, numbers.Real | Decimal)
    return real and not isinstance(value, bool | np.bool_)


def number(value: Any) -> float:
    """Return a real number as a float; one beyond its range is infinite.

    Examples
    --------
    >>> number(10**400)
    inf
    """
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def as_text(value: Any) -> str:
    """Return the text of a value: the same for 3 and 3.0, so that a level is known in any dtype.

    Examples
    --------
    >>> as_text(3.0), as_text(2.5), as_text(True), as_text("3.0")
    ('3', '2.5', 'True', '3.0')
    """
    if is_number(value):
        whole = float(value)
        return str(int(whole)) if whole.is_integer() and abs(whole) < 2**53 else repr(whole)
    return str(value)


def rows_in_words(mask: Array) -> str:
    """Return where a mask is true, counting rows from 1.

    Parameters
    ----------
    mask : (n,) bool

    Examples
    --------
    >>> import numpy as np
    >>> rows_in_words(np.array([False, True]))
    'row 2'
    >>> rows_in_words(np.ones(100, bool))
    'rows 1, 2, 3 and 97 more'
    """
    rows = [str(row + 1) for row in np.flatnonzero(mask)]
    if len(rows) == 1:
        return f"row {rows[0]}"
    if len(rows) <= 4:
        return f"rows {', '.join(rows[:-1])} and {rows[-1]}"
    return f"rows {', '.join(rows[:3])} and {len(rows) - 3:,} more"

"""Rows in order of a value."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue


def ranked(values: Array, k: int) -> Array:
    """The numbers of the k largest values, the largest first; of equal ones the first first.

    Raises
    ------
    InvalidValue
        If k is no positive integer; one that is too large means all.

    Examples
    --------
    >>> ranked(np.array([1.0, 3.0, 3.0, 2.0]), 3).tolist()
    [1, 2, 3]
    """
    if isinstance(k, bool) or not hasattr(k, "__index__") or int(k) < 1:
        raise InvalidValue(f"k must be a positive integer; got {k!r}.")
    return np.argsort(-values, kind="stable")[: int(k)]

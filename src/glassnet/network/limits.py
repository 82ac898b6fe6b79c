"""Numbers kept within limits, nan let through so that a failing run shows."""

from __future__ import annotations

from math import log

from glassnet.arrays import Array, largest, xp


def not_above(x: Array, limit: Array | float) -> Array:
    """The lesser of each entry and the limit; nan stays nan.

    Examples
    --------
    >>> import numpy as np
    >>> not_above(np.array([-1.0, 2.0, np.nan]), 0.0).tolist()
    [-1.0, 0.0, nan]
    """
    return xp(x).where(x > limit, limit, x)


def not_below(x: Array, limit: Array | float) -> Array:
    """The greater of each entry and the limit; nan stays nan.

    Examples
    --------
    >>> import numpy as np
    >>> not_below(np.array([-1.0, 2.0, np.nan]), 0.0).tolist()
    [0.0, 2.0, nan]
    """
    return xp(x).where(x < limit, limit, x)


def between(x: Array, low: float, high: float) -> Array:
    """Each entry, or the limit it lies beyond; nan stays nan.

    Examples
    --------
    >>> import numpy as np
    >>> between(np.array([-3.0, 0.5, 3.0]), -1.0, 1.0).tolist()
    [-1.0, 0.5, 1.0]
    """
    return not_above(not_below(x, low), high)


def exponent(z: Array) -> Array:
    """z, no larger than what exp takes without overflow.

    Examples
    --------
    >>> import numpy as np
    >>> bool(np.isfinite(np.exp(exponent(np.array([1e308]))))[0])
    True
    """
    # One part in 10⁶ below the limit, or rounding it up in float32 would overflow.
    return not_above(z, log(largest(z)) * (1 - 1e-6))


def below_row_max(z: Array) -> Array:
    """zⱼ − max z along each row, stopped at minus half the largest number.  (m, n) -> (m, n)

    Examples
    --------
    >>> import numpy as np
    >>> below_row_max(np.array([[1e3, 3e3, -1e308]])).tolist()
    [[-2000.0, 0.0, -8.98...e+307]]
    """
    half = z / 2 - xp(z).max(z, axis=1, keepdims=True) / 2  # of the difference, which may overflow
    return 2 * not_below(half, -largest(z) / 4)

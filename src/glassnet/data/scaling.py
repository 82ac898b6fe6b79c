"""Mean and scale of a column, without overflow or cancellation whatever its magnitude."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import rows_in_words
from glassnet.errors import InvalidValue


def center_and_scale(values: Array) -> tuple[float, float]:
    """Return the mean and the standard deviation (dividing by n) of finite numbers.

    The values are first moved and shrunk to [−1, 1], so that neither 1e308 nor 5e-324 overflows or
    vanishes and a small spread about a large mean keeps its digits. No values give (0, 1), a
    constant gives scale 1.

    Parameters
    ----------
    values : (n,) float64

    Examples
    --------
    >>> import numpy as np
    >>> center_and_scale(np.array([1e308, -1e308]))
    (0.0, 1e+308)
    >>> center_and_scale(np.full(7, 0.1))
    (0.1, 1.0)
    """
    if len(values) == 0:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    if half == 0.0:
        return low, 1.0
    unit = (values - middle) / half
    scale = half * float(unit.std())
    return middle + half * float(unit.mean()), scale if scale > 0 else half


def standardised(
    name: str, values: Array, mean: float, scale: float, *, most: float = np.inf
) -> Array:
    """(x − mean) / scale, nan where x is nan.

    Raises
    ------
    InvalidValue
        If a value is so far from those of training that the result would not be finite, or
        beyond ``most``.

    Examples
    --------
    >>> import numpy as np
    >>> standardised("x", np.array([1e308, -1e308]), -1e308, 1e308)
    array([2., 0.])
    """
    with np.errstate(over="ignore"):
        result = (values - mean) / scale
        lost = np.isinf(result)
        if lost.any():  # the difference overflowed: divide first, which costs digits
            result[lost] = values[lost] / scale - mean / scale
        lost = np.isinf(result) | (np.abs(result) > most)
    if lost.any():
        raise InvalidValue(
            f"the column {name!r} must stay near the values of training (mean {mean:.6g}, scale "
            f"{scale:.6g}); {rows_in_words(lost)} cannot be standardised. Correct these values."
        )
    return result


def require_finite(name: str, values: Array) -> None:
    """Raise InvalidValue if a value is infinite; nan stands for a missing one and passes.

    Examples
    --------
    >>> import numpy as np
    >>> require_finite("age", np.array([1.0, np.inf, np.nan]))
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: the column 'age' must hold finite numbers; ... at row 2. ...
    """
    infinite = np.isinf(values)
    if infinite.any():
        raise InvalidValue(
            f"the column {name!r} must hold finite numbers; it is infinite or too large at "
            f"{rows_in_words(infinite)}. Correct these values, or leave them empty."
        )

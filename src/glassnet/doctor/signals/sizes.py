"""How large arrays are, and how much they differ from row to row; nan where that has no answer."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array


def rms(array: Array) -> float:
    """√ mean square; 0 of no numbers.

    Examples
    --------
    >>> rms(np.array([3.0, -3.0]))
    3.0
    """
    return float(np.sqrt(np.mean(np.square(array)))) if array.size else 0.0


def spread(array: Array) -> float:
    """The rms, over columns, of their standard deviations between rows.  (m, n) -> ()

    Examples
    --------
    >>> spread(np.array([[1.0, 5.0], [1.0, 7.0]])) == 0.5**0.5
    True
    """
    return rms(np.std(array, axis=0))


def share(mask: Array) -> float:
    """The share of entries that are true; 0 of none.

    Examples
    --------
    >>> share(np.array([True, False]))
    0.5
    """
    return float(np.mean(mask)) if mask.size else 0.0


def ratio(above: float, below: float) -> float:
    """above / below, infinite where only below is 0, nan where both are.

    Examples
    --------
    >>> ratio(1.0, 2.0), ratio(1.0, 0.0)
    (0.5, inf)
    """
    with np.errstate(all="ignore"):
        return float(np.float64(above) / np.float64(below))


def growth(sizes: list[float]) -> float:
    """The factor per layer by which positive sizes grow: exp of the slope of their logarithms.

    Examples
    --------
    >>> round(growth([1.0, 2.0, 4.0]), 9)
    2.0
    """
    values = np.asarray(sizes, np.float64)
    if len(values) < 2 or not (np.isfinite(values) & (values > 0)).all():
        return float("nan")
    return float(np.exp(np.polyfit(np.arange(len(values)), np.log(values), 1)[0]))

"""Numbers as JSON has them: nan and infinities as texts, arrays with seven digits or with all."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import orjson

from glassnet.arrays import Array


def number(value: float) -> float | str:
    """A number, or the text that stands for one that JSON cannot hold.

    Examples
    --------
    >>> number(0.5), number(float("-inf"))
    (0.5, '-Infinity')
    """
    value = float(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def numbers(array: Array) -> Any:
    """An array for a frame: in float32, which JSON writes with at most nine digits.

    Examples
    --------
    >>> numbers(np.array([1.0, float("nan")]))
    [1.0, 'NaN']
    """
    if array is None:
        return None
    with np.errstate(over="ignore"):
        small = np.ascontiguousarray(array, np.float32)
    return small if np.isfinite(small).all() else exact(small)


def exact(array: Array) -> Any:
    """An array as nested lists with every digit.

    Examples
    --------
    >>> exact(np.array([[0.1, float("inf")]]))
    [[0.1, 'Infinity']]
    """
    return _named(np.asarray(array).tolist())


def _named(value: Any) -> Any:
    if isinstance(value, list):
        return [_named(each) for each in cast("list[Any]", value)]
    return number(value)


def json(value: Any) -> bytes:
    """A value as JSON; what is not finite in it, and was not named, is null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)

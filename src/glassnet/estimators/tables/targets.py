"""Targets of a table estimator: complete, one column, and for numbers standardised and undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from glassnet.arrays import Array
from glassnet.data.cells import is_missing, rows_in_words
from glassnet.data.scaling import center_and_scale
from glassnet.errors import InvalidValue, ShapeMismatch


@dataclass(frozen=True)
class Spread:
    """What undoes the standardising of a target: its mean, scale and range in training.

    Examples
    --------
    >>> spread = Spread.of(np.array([1.0, 3.0]), None)
    >>> spread.standardised(np.array([1.0, 3.0])).ravel().tolist()
    [-1.0, 1.0]
    >>> spread.restored(np.array([[0.5], [9.0]])).tolist()
    [2.5, 3.0]
    """

    mean: float
    scale: float
    low: float
    high: float

    @classmethod
    def of(cls, y: Array, w: Array | None) -> Spread:
        """Of the targets of training; weights count as rows."""
        mean, scale = center_and_scale(y)
        if w is not None and scale > 0:
            z, share = (y - mean) / scale, w / w.sum()
            shift = float(share @ z)
            spread = float(np.sqrt(share @ ((z - shift) * (z - shift))))
            mean, scale = mean + scale * shift, scale * spread if spread > 0 else scale
        return cls(mean, scale, float(y.min()), float(y.max()))

    def standardised(self, y: Array) -> Array:
        """(m,) -> (m, 1)"""
        return ((y - self.mean) / self.scale)[:, None]

    def restored(self, outputs: Array) -> Array:
        """Outputs in the target's units, within the range of training.  (m, 1) -> (m,)"""
        y = outputs[:, 0].astype(np.float64) * self.scale + self.mean
        return np.clip(y, self.low, self.high)


def complete_target(y: Any, rows: int) -> Array:
    """y as one column without gaps, of whatever type it is.  -> (m,)

    Raises
    ------
    InvalidValue
        If values are missing (the rows are named) or infinite.
    ShapeMismatch
        If there are not as many as rows.

    Examples
    --------
    >>> complete_target(["a", None, "b"], 3)
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: y must have a value in every row; 1 of 3 is missing (row 2). Leave these rows out.
    """  # noqa: E501 (an error is one line, and the example shows all of it)
    given = column_or_1d(_array(y), warn=True)
    if len(given) != rows:
        raise ShapeMismatch(
            f"X and y must have as many rows, consistent numbers of samples; got {rows} and "
            f"{len(given)}."
        )
    missing = _missing(given)
    if missing.any():
        many = int(missing.sum())
        are = "is" if many == 1 else "are"
        raise InvalidValue(
            f"y must have a value in every row; {many:,} of {rows:,} {are} "
            f"missing ({rows_in_words(missing)}). Leave these rows out."
        )
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise InvalidValue(
            f"y must be finite; it contains infinity at {rows_in_words(~np.isfinite(given))}."
        )
    return given


def numbers(y: Array) -> Array:
    """Targets of a regression.  (m,) -> (m,) float64

    Raises
    ------
    InvalidValue
        If they are no real numbers.

    Examples
    --------
    >>> numbers(np.array([1, 2], dtype=object)).tolist()
    [1.0, 2.0]
    """
    if y.dtype.kind == "c":
        raise InvalidValue("Complex data not supported: y must hold real numbers. Take y.real.")
    try:
        found = y.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValue(
            f"the target of a regression must hold numbers; {error}. Use TableClassifier for "
            "classes."
        ) from error
    if not np.isfinite(found).all():
        raise InvalidValue(
            f"y must be finite; it contains infinity at {rows_in_words(~np.isfinite(found))}."
        )
    return found


def _array(y: Any) -> Array:
    """y as an array; whole numbers and truths that came as objects as what they are."""
    given = np.asarray(y)
    if given.dtype.kind == "U" and not isinstance(y, np.ndarray) and not hasattr(y, "dtype"):
        given = np.asarray(y, dtype=object)  # None among texts would become the text "None"
        return given if any(map(is_missing, given.ravel().tolist())) else np.asarray(y)
    if given.dtype == object and given.ndim == 1:
        kinds = set(map(type, given.tolist()))
        if len(kinds) == 1 and kinds <= {int, bool, float}:
            return np.array(given.tolist())
    return given


def _missing(y: Array) -> Array:
    if y.dtype.kind == "f":
        return np.isnan(y)
    if y.dtype == object:
        return np.array([is_missing(value) for value in y.tolist()], dtype=bool)
    return np.isnat(y) if y.dtype.kind in "mM" else np.zeros(len(y), dtype=bool)

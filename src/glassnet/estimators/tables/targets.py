"""Targets of a table estimator: as many as rows, complete, of whatever type they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from glassnet.arrays import Array
from glassnet.data.cells import is_missing, rows_in_words
from glassnet.data.frames import column_names
from glassnet.data.tables import Column, Table
from glassnet.errors import InvalidValue, ShapeMismatch

_EXACT = 2.0**53


def complete_target(y: Any, rows: int) -> Array:
    """y without gaps, of whatever type it is.  -> (m,), or (m, k) for several targets

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
    glassnet.errors.InvalidValue: y must have a value in every row; 1 of 3 is missing (row 2). Leave these rows out, or pass missing_target="drop".
    """  # noqa: E501 (an error is one line, and the example shows all of it)
    given = _as_many(y, rows)
    missing = _missing(given)
    if missing.any():
        many = int(missing.sum())
        are = "is" if many == 1 else "are"
        raise InvalidValue(
            f"y must have a value in every row; {many:,} of {rows:,} {are} missing "
            f'({rows_in_words(missing)}). Leave these rows out, or pass missing_target="drop".'
        )
    return _finite(given)


def known_target(y: Any, rows: int) -> tuple[Array, Array]:
    """The targets that are there, and the numbers of their rows.

    A row of several targets counts where all of them are there.

    Raises
    ------
    InvalidValue
        If none is there, or one is infinite.
    ShapeMismatch
        If there are not as many as rows.

    Examples
    --------
    >>> target, rows = known_target(["a", None, "b"], 3)
    >>> target.tolist(), rows.tolist()
    (['a', 'b'], [0, 2])
    """
    given = _as_many(y, rows)
    known = np.flatnonzero(~_missing(given))
    if len(known) == 0:
        raise InvalidValue(f"y must have a value in some row; all {rows:,} are missing.")
    return _finite(_plain(given[known])), known


def numbers(y: Array) -> Array:
    """Targets of a regression.  (m,) or (m, k) -> the same shape, float64

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
    return _finite(found)


def target_names(y: Any, columns: int) -> tuple[str, ...]:
    """Names of the targets, as a series or a frame has them; else y, or y0, y1, … of several.

    Examples
    --------
    >>> target_names([[1.0, 2.0]], 2), target_names(Column("rent", "numeric", np.zeros(1)), 1)
    (('y0', 'y1'), ('rent',))
    """
    name = getattr(y, "name", None)
    if isinstance(name, str) and name and columns == 1:
        return (name,)
    several = y.names if isinstance(y, Table) else column_names(y)
    if several is not None and len(several) == columns:
        return tuple(several)
    return ("y",) if columns == 1 else tuple(f"y{j}" for j in range(columns))


def _as_many(y: Any, rows: int) -> Array:
    """y as an array with an entry, or a row of several, for each of the rows."""
    given = _array(y)
    if given.ndim != 2 or given.shape[1] < 2:
        given = column_or_1d(given, warn=True)
    if len(given) != rows:
        raise ShapeMismatch(
            f"X and y must have as many rows, consistent numbers of samples; got {rows} and "
            f"{len(given)}."
        )
    return given


def _array(y: Any) -> Array:
    """y as an array; whole numbers and truths that came as objects as what they are."""
    if isinstance(y, Table):
        return np.stack([_array(column) for column in y.columns], axis=1)
    if isinstance(y, Column):
        return _cells(y)
    given = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    if given.dtype.kind == "U" and not isinstance(y, np.ndarray) and not hasattr(y, "dtype"):
        given = np.asarray(y, dtype=object)  # None among texts would become the text "None"
        return given if any(map(is_missing, given.ravel().tolist())) else np.asarray(y)
    return _plain(given)


def _cells(column: Column) -> Array:
    """The values as y would hold them: truths and whole numbers as such."""
    values = column.values
    if column.kind == "categorical" or column.missing.any():
        return values
    whole = column.kind == "boolean" or bool((np.abs(values) < _EXACT).all())
    if not whole or not (values == np.floor(values)).all():
        return values
    return values.astype(bool if column.kind == "boolean" else np.int64)


def _plain(y: Array) -> Array:
    if y.dtype != object or y.ndim == 0:
        return y
    kinds = set(map(type, y.ravel().tolist()))
    alike = len(kinds) == 1 and kinds <= {int, bool, float}
    return np.array(y.tolist()) if alike else y


def _missing(y: Array) -> Array:
    """The rows in which a value is missing.  -> (m,)"""
    if y.dtype.kind == "f":
        gaps = np.isnan(y)
    elif y.dtype == object:
        each = [is_missing(value) for value in y.ravel().tolist()]
        gaps = np.array(each, dtype=bool).reshape(y.shape)
    else:
        gaps = np.isnat(y) if y.dtype.kind in "mM" else np.zeros(y.shape, dtype=bool)
    return gaps.any(axis=1) if gaps.ndim == 2 else gaps


def _finite(y: Array) -> Array:
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        bad = ~np.isfinite(y).reshape(len(y), -1).all(axis=1)
        raise InvalidValue(f"y must be finite; it contains infinity at {rows_in_words(bad)}.")
    return y

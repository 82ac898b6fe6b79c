"""A frame of any library, as typed columns of NumPy arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.exceptions import DuplicateError

from glassnet.arrays import Array
from glassnet.data.cells import as_text, is_missing, is_number, number
from glassnet.data.frame_dates import column_of_dates, column_of_datetime64, column_of_moments
from glassnet.data.frame_orders import order_of
from glassnet.data.tables import Column, Table, as_objects, require_different
from glassnet.errors import InvalidValue, ShapeMismatch


def as_table(
    X: Any, feature_names: Sequence[str] | None = None, *, leave_out: Collection[int] = ()
) -> Table:
    """Return any frame, or a two-dimensional array, as a table; float64 columns are not copied.

    Parameters
    ----------
    X : frame or (n, d) array-like
        pandas, polars or Arrow (whatever narwhals knows), NumPy, nested lists, or a Table.
    feature_names : sequence of d str, optional
        Names for the columns of an array; ``x0``, ``x1``, … without it. A frame has its own.
    leave_out : collection of int
        Columns, counted from 0, that are not looked at; they may hold anything.

    Returns
    -------
    Table
        Numbers of any width become float64 (whole numbers beyond 2⁵³ are rounded), booleans 0.0
        and 1.0, dates seconds since 1970; text, categories and mixed objects become text. An
        ordered category keeps its order.

    Raises
    ------
    InvalidValue
        For two columns of one name, dates beyond the years 1 to 9999, and for lists, times of day
        and whatever else is neither number, boolean, text nor date.
    ShapeMismatch
        If an array is not two-dimensional, or the names are not d.

    Examples
    --------
    >>> import numpy as np
    >>> as_table(np.eye(2), ["a", "b"])["b"].values
    array([0., 1.])
    """
    if isinstance(X, Table):
        return X
    try:
        frame = nw.from_native(X, eager_only=True)
    except TypeError:
        return _from_array(X, feature_names, leave_out)
    except DuplicateError:
        require_different(map(str, getattr(X, "column_names", X.columns)))
        raise
    if feature_names is not None:
        raise InvalidValue("feature_names is for arrays; a frame has names of its own. Omit it.")
    return Table(
        [
            _from_series(series, str(series.name))
            for j, series in enumerate(frame.iter_columns())
            if j not in leave_out
        ]
    )


def column_names(X: Any) -> tuple[str, ...] | None:
    """Names of a frame's columns as text; None for what has none.

    Examples
    --------
    >>> import numpy as np
    >>> column_names({"a": [1]}), column_names(np.eye(2))
    (None, None)
    """
    if isinstance(X, Table):
        return X.names
    try:
        return tuple(map(str, nw.from_native(X, eager_only=True).columns))
    except TypeError:
        return None
    except DuplicateError:
        require_different(map(str, getattr(X, "column_names", X.columns)))
        raise


def as_column(values: Any, name: str = "y") -> Column:
    """Return a one-dimensional array, series or list as a column.

    Raises
    ------
    ShapeMismatch
        If it is not one-dimensional.

    Examples
    --------
    >>> as_column([True, False, None]).values
    array([ 1.,  0., nan])
    """
    if isinstance(values, Column):
        return replace(values, name=name)
    try:
        series = nw.from_native(values, series_only=True)
    except TypeError:
        return _from_vector(values, name)
    return _from_series(series, name)


def _from_array(X: Any, feature_names: Sequence[str] | None, leave_out: Collection[int]) -> Table:
    array = X if isinstance(X, np.ndarray) else _nested(X)
    if array.ndim != 2:
        raise ShapeMismatch(
            f"X must have two axes, rows and columns; got shape {array.shape}. "
            "A single column is X.reshape(-1, 1)."
        )
    width = array.shape[1]
    names = [f"x{j}" for j in range(width)] if feature_names is None else list(feature_names)
    if len(names) != width:
        raise ShapeMismatch(f"X has {width} columns; feature_names has {len(names)}.")
    columns = [(array[:, j], name) for j, name in enumerate(names) if j not in leave_out]
    return Table([_from_vector(values, name) for values, name in columns])


def _nested(X: Any) -> Array:
    if hasattr(X, "tocsr"):
        raise InvalidValue("X must be a frame or a dense array here; got a sparse one. Densify it.")
    if hasattr(X, "collect"):
        raise InvalidValue("X must be a frame in memory; got a lazy one. Call X.collect() first.")
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise ShapeMismatch("the rows of X must have as many values each; they differ.") from error
    return np.asarray(X, dtype=object) if array.dtype.kind == "U" else array  # numbers stay numbers


def _from_vector(values: Any, name: str) -> Column:
    if isinstance(values, str) or hasattr(values, "columns") or not hasattr(values, "__iter__"):
        raise ShapeMismatch(f"{name!r} must be one column of values; got {type(values).__name__}.")
    if not isinstance(values, np.ndarray):  # nan among texts would become the text "nan"
        values = as_objects(cast("Iterable[Any]", values))
    if values.ndim != 1:
        raise ShapeMismatch(f"{name!r} must have one axis; got shape {values.shape}.")
    if values.dtype.kind == "b":
        return Column(name, "boolean", values.astype(np.float64))
    if values.dtype.kind in "fiu":
        return Column(name, "numeric", values.astype(np.float64, copy=False))
    if values.dtype.kind == "M":
        return column_of_datetime64(values, name)
    if values.dtype.kind in "OUT":
        return _from_objects(values.tolist(), name)
    raise _unsuitable(name, str(values.dtype))


def _from_series(series: nw.Series[Any], name: str) -> Column:
    kind = series.dtype
    if kind == nw.Boolean or kind.is_numeric():
        if series.implementation.is_pyarrow():  # its own cast refuses whole numbers beyond 2⁵³
            values = series.to_native().cast("float64", safe=False).to_numpy()
        else:
            values = series.cast(nw.Float64).to_numpy()
        values = np.asarray(values, dtype=np.float64)
        return Column(name, "boolean" if kind == nw.Boolean else "numeric", values)
    if isinstance(kind, nw.Date | nw.Datetime):
        return column_of_dates(series, name)
    if isinstance(kind, nw.String | nw.Categorical | nw.Enum | nw.Object):
        order = order_of(series)
        if series.implementation.is_pyarrow():  # 25 times faster than its dictionaries' to_list
            series = series.cast(nw.String)
        column = _from_objects(series.to_list(), name)
        if kind == nw.Object or (column.kind == "categorical" and not order):
            return column
        return Column(name, "categorical", column.texts(), order=order)  # categories of any kind
    if series.null_count() == len(series):  # of no type at all: Arrow's null, polars' Null
        return Column(name, "categorical", as_objects([None] * len(series)))
    raise _unsuitable(name, str(kind))


def _from_objects(values: list[Any], name: str) -> Column:
    if {str} <= set(map(type, values)) <= {str, type(None)}:  # the common case, 5 times faster
        return Column(name, "categorical", as_objects(values))
    present = [value for value in values if not is_missing(value)]
    kinds = set(map(type, present))
    if kinds and kinds <= {bool, np.bool_}:
        numbers = [np.nan if is_missing(value) else float(value) for value in values]
        return Column(name, "boolean", np.array(numbers))
    if all(map(is_number, present)):
        numbers = [np.nan if is_missing(value) else number(value) for value in values]
        return Column(name, "numeric", np.array(numbers))
    if any(isinstance(value, date | np.datetime64) for value in present):
        return column_of_moments(values, name)
    for value in present:
        if not (isinstance(value, str | bool | np.bool_) or is_number(value)):
            raise _unsuitable(name, type(value).__name__)
    texts = [None if is_missing(value) else as_text(value) for value in values]
    return Column(name, "categorical", as_objects(texts))


def _unsuitable(name: str, kind: str) -> InvalidValue:
    return InvalidValue(
        f"the column {name!r} must hold numbers, booleans, text or dates; it has {kind}. "
        "Convert it, or leave it out."
    )

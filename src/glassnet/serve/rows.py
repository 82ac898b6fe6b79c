"""Rows of a request, one object or list each, as typed columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.frames import as_column
from glassnet.data.tables import Column, Kind, Table
from glassnet.web.refusals import Refused

_NUMBERS = {int, float, type(None)}
_SHOWN = 5


def table_of_rows(rows: Any, kinds: Mapping[str, Kind], most: int) -> Table:
    """Rows as a table of the model's columns; null stands for a missing value.

    Parameters
    ----------
    rows : list
        Of objects ``{column: value}``, whose other keys are left out, or of lists of values in
        the order of the model's columns.
    kinds : mapping of str to "numeric", "boolean" or "categorical"
        The model's columns in order.
    most : int
        How many rows there may be.

    Raises
    ------
    Refused
        400 if it is no list of rows, a column is not there or a number is none; 413 for too many.

    Examples
    --------
    >>> table = table_of_rows(
    ...     [{"size": 3, "shop": "a"}, [None, "b"]],
    ...     {"size": "numeric", "shop": "categorical"},
    ...     most=10,
    ... )
    >>> table["size"].values, table["shop"].values.tolist()
    (array([ 3., nan]), ['a', 'b'])
    """
    columns = zip(*cells_of_rows(rows, tuple(kinds), most), strict=True)
    return Table([
        _column(name, kind, values)
        for (name, kind), values in zip(kinds.items(), columns, strict=True)
    ])  # fmt: skip


def cells_of_rows(rows: Any, names: tuple[str, ...], most: int) -> list[Sequence[Any]]:
    """The values of each row in the order of the columns; see :func:`table_of_rows`.

    Examples
    --------
    >>> cells_of_rows([{"b": 1, "a": 2}, [3, 4]], ("a", "b"), 10)
    [[2, 1], [3, 4]]
    """
    if not isinstance(rows, list) or not rows:
        raise Refused(400, "rows must be a list of at least one row; got " + _kind_of(rows) + ".")
    listed = cast("list[Any]", rows)
    if len(listed) > most:
        raise Refused(413, f"a request may have {most:,} rows; got {len(listed):,}. Send parts.")
    return [_cells(row, number, names) for number, row in enumerate(listed, start=1)]


def matrix_of_cells(cells: Sequence[Sequence[Any]]) -> Array | None:
    """The values as a matrix, null as nan; None where one is no number.

    Examples
    --------
    >>> matrix_of_cells([[2, None], [3.5, 4]])
    array([[2. , nan],
           [3.5, 4. ]])
    >>> matrix_of_cells([["2"]]) is None
    True
    """
    if not set(map(type, chain.from_iterable(cells))) <= _NUMBERS:
        return None
    return np.array(cells, dtype=np.float64)


def _cells(row: Any, number: int, names: tuple[str, ...]) -> Sequence[Any]:
    if isinstance(row, dict):
        told = cast("dict[str, Any]", row)
        try:
            return [told[name] for name in names]
        except KeyError:
            absent = [name for name in names if name not in told]
            raise Refused(
                400,
                f"row {number} must have the columns of training; {_listed(absent)} "
                f"{'is' if len(absent) == 1 else 'are'} not there. null says that a value is "
                "missing.",
            ) from None
    if isinstance(row, list):
        values = cast("list[Any]", row)
        if len(values) == len(names):
            return values
        raise Refused(
            400, f"row {number} must have {len(names)} values, a column each; got {len(values)}."
        )
    raise Refused(400, f"a row must be an object or a list; row {number} is {_kind_of(row)}.")


def _column(name: str, kind: Kind, values: tuple[Any, ...]) -> Column:
    types = set(map(type, values))
    if kind == "numeric":
        if not types <= _NUMBERS:
            _refuse_number(name, values)
        return Column(name, kind, np.array(values, dtype=np.float64))
    if not types <= {str, bool, int, float, type(None)}:
        at = next(i for i, value in enumerate(values, start=1) if isinstance(value, dict | list))
        raise Refused(400, f"the column {name!r} must hold single values; row {at} does not.")
    return as_column(list(values), name)


def _refuse_number(name: str, values: tuple[Any, ...]) -> None:
    at, odd = next((i, v) for i, v in enumerate(values, start=1) if type(v) not in _NUMBERS)
    raise Refused(
        400,
        f"the column {name!r} must hold numbers, as in training; row {at} has {_kind_of(odd)}. "
        "null says that a value is missing.",
    )


def ignored(rows: Any, kinds: Mapping[str, Kind]) -> list[str]:
    """Names of the columns that the rows have and the model does not use, sorted.

    Examples
    --------
    >>> ignored([{"size": 3, "day": 1}], {"size": "numeric"})
    ['day']
    """
    told = chain.from_iterable(row for row in rows if isinstance(row, dict))
    return sorted(set(told) - set(kinds))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more


def _kind_of(value: Any) -> str:
    """The value, or its kind, in words fit for a message."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value!r:.40}"

"""What a column is: found in its values, or said by the one who knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from glassnet.data.cells import as_text
from glassnet.data.date_rule import as_dates
from glassnet.data.dates import seconds_of_text, seconds_of_texts
from glassnet.data.rules import numbers_of
from glassnet.data.tables import Column
from glassnet.errors import InvalidValue

NAMES = ("numeric", "categorical", "date")
Said: TypeAlias = str | Sequence[Any]
WORDS = "'numeric', 'categorical', 'date', or a list of levels from low to high"


def require_kind(said: Any, column: str) -> None:
    """Demand a kind that a column can be said to be of.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> require_kind("ordinal", "grade")
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: the kind of 'grade' must be 'numeric', 'categorical', 'date', or
    a list of levels from low to high; got 'ordinal'. Say one of these.
    """
    if isinstance(said, str):
        right = said in NAMES
    else:
        listed = isinstance(said, list | tuple | np.ndarray)
        right = listed and len(set(map(as_text, said))) == len(said) > 0
    if not right:
        raise InvalidValue(
            f"the kind of {column!r} must be {WORDS}; got {said!r:.60}. Say one of these."
        )


def as_said(column: Column, said: Said) -> Column:
    """The column, made what somebody says it is.

    Raises
    ------
    InvalidValue
        If it cannot be that: the rows are named.

    Examples
    --------
    >>> as_said(Column("floor", "numeric", np.array([2.0, 1.0])), "categorical").values.tolist()
    ['2', '1']
    >>> as_said(Column("stars", "numeric", np.array([2.0, 1.0])), [1, 2, 3]).order
    ('1', '2', '3')
    """
    require_kind(said, column.name)
    if said == "date":
        return as_dates(column)
    if said == "numeric":
        return Column(column.name, "numeric", numbers_of(column))
    order = () if isinstance(said, str) else tuple(map(as_text, said))
    return Column(column.name, "categorical", column.texts(), order=order)


def as_found(column: Column) -> Column:
    """The column; one whose texts are all dates in ISO 8601 as dates.

    Examples
    --------
    >>> from glassnet.data.tables import as_objects
    >>> as_found(Column("sent", "categorical", as_objects(["2024-05-31", None]))).kind
    'date'
    """
    if column.kind != "categorical" or column.order:
        return column
    first = next((one for one in column.values.tolist() if one is not None), "")
    if seconds_of_text(first.strip()) is None:
        return column
    values, odd, zoned = seconds_of_texts(column.values.tolist())
    if odd.any() or len(zoned) > 1:
        return column
    return replace(column, kind="date", values=values, zone="UTC" if True in zoned else "")

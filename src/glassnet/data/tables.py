"""Typed columns of equal length: what every file and frame becomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import as_text, is_missing
from glassnet.data.dates import texts_of_dates
from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName

Kind: TypeAlias = Literal["numeric", "categorical", "boolean", "date"]


@dataclass(frozen=True, eq=False)
class Column:
    """A named column of n values.

    Attributes
    ----------
    name : str
    kind : "numeric", "boolean", "categorical" or "date"
    values : (n,) array
        float64 with nan for missing, where true is 1.0 and false 0.0 and a date the seconds since
        the beginning of 1970; a categorical column has objects, ``str`` with None for missing.
    zone : str
        The time zone of dates, whose seconds are then those of UTC. "" where they have none, and
        the seconds are those of clocks on the wall.
    order : tuple of str
        The levels from low to high, if the frame says that there is an order.

    Examples
    --------
    >>> column = Column("colour", "categorical", as_objects(["red", None, "blue"]))
    >>> column.missing.tolist()
    [False, True, False]
    """

    name: str
    kind: Kind
    values: Array
    zone: str = ""
    order: tuple[str, ...] = ()

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.values)

    @property
    def missing(self) -> Array:
        """Which values are missing.  -> (n,) bool"""
        if self.kind == "categorical":
            return np.array([value is None for value in self.values.tolist()], dtype=bool)
        return np.isnan(self.values)

    def take(self, rows: Array) -> Column:
        """The column of these rows: numbers, a slice or a mask."""
        return replace(self, values=self.values[rows])

    def texts(self) -> Array:
        """The values as text, None where missing.  -> (n,) object"""
        if self.kind == "categorical":
            return self.values
        if self.kind == "date":
            return as_objects(texts_of_dates(self.values, self.zone))
        whole = self.values.tolist()
        if self.kind == "boolean":
            whole = [value if is_missing(value) else bool(value) for value in whole]
        return as_objects([None if is_missing(value) else as_text(value) for value in whole])


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length with different names.

    Parameters
    ----------
    columns : sequence of Column

    Raises
    ------
    InvalidValue
        If there is no column, or two have the same name.
    ShapeMismatch
        If the columns differ in length.

    Examples
    --------
    >>> a = Column("a", "numeric", np.array([1.0, np.nan]))
    >>> b = Column("b", "categorical", as_objects(["x", "y"]))
    >>> table = Table([a, b])
    >>> table.names, len(table), table["b"].kind
    (('a', 'b'), 2, 'categorical')
    >>> table.without("a").names
    ('b',)
    """

    columns: Sequence[Column]

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        if not self.columns:
            raise InvalidValue("a table must have at least one column; got none.")
        require_different(self.names)
        lengths = {len(column) for column in self.columns}
        if len(lengths) > 1:
            first = self.columns[0]
            other = next(column for column in self.columns if len(column) != len(first))
            raise ShapeMismatch(
                f"columns must have the same number of rows; {first.name!r} has {len(first)} and "
                f"{other.name!r} has {len(other)}."
            )

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.columns[0])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """The column of that name; UnknownName if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownName("column", name, self.names)

    def __contains__(self, name: object) -> bool:
        """Whether there is a column of that name."""
        return name in self.names

    def without(self, *names: str) -> Table:
        """The table less these columns, each of which must be there."""
        for name in names:
            self[name]
        return Table([column for column in self.columns if column.name not in names])

    def take(self, rows: Array) -> Table:
        """The table of these rows: numbers, a slice or a mask."""
        return Table([column.take(rows) for column in self.columns])


def require_different(names: Iterable[str]) -> None:
    """Raise InvalidValue if a name stands twice.

    Examples
    --------
    >>> require_different(["a", "b", "a"])
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: columns must have different names; 'a' stands twice. Rename one.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidValue(
                f"columns must have different names; {name!r} stands twice. Rename one."
            )
        seen.add(name)


def as_objects(values: Iterable[Any]) -> Array:
    """Return a vector that holds the values as they are; NumPy would unpack nested ones.

    Examples
    --------
    >>> as_objects(["a", [1, 2]]).shape
    (2,)
    """
    listed = list(values)
    vector = np.empty(len(listed), dtype=object)
    vector[:] = listed
    return vector

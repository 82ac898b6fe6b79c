"""A set of rows on disk as its groups, and the blocks of rows that reading a group gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from glassnet.arrays import Array
from glassnet.data.tables import Column, Kind, Table

BLOCK_BYTES = 2**23  # of a block, about: small beside a window, and large beside a call


class Group(NamedTuple):
    """Rows that lie together in a file and are read one after the other.

    Attributes
    ----------
    file : str
        Its name, for messages.
    number : int
        Of the group in its file, from 0.
    row : int
        Number in the file of its first row, from 0.
    first : int
        Number in the whole set of its first row, from 0.
    rows : int
    """

    file: str
    number: int
    row: int
    first: int
    rows: int

    def __str__(self) -> str:
        """The file and the group, as messages name them."""
        return f"{self.file}, row group {self.number}"


class Block(Protocol):
    """Some rows of a group, in their order."""

    @property
    def group(self) -> Group:
        """The group they are of."""
        ...

    @property
    def start(self) -> int:
        """Place in the group of the first of them."""
        ...

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def numbers(self, names: Sequence[str], dtype: Any) -> Array:
        """Columns of numbers, nan where one is missing.  -> (rows, names), C-contiguous"""
        ...

    def values(self, name: str) -> Array:
        """A column as it stands: numbers, truth values or text.  -> (rows,)"""
        ...

    def column(self, name: str) -> Column:
        """A column as tables have it."""
        ...

    def table(self, names: Sequence[str]) -> Table:
        """Columns as those of a frame in memory become."""
        ...


class RowSource(Protocol):
    """Rows on disk that have been opened and whose files agree."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in the order of the first file."""
        ...

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups, in the order of the files and of the rows in them."""
        ...

    @property
    def digest(self) -> str:
        """What tells these files from others, without reading all of them."""
        ...

    def require_numbers(self, names: Sequence[str]) -> None:
        """Demand that these columns hold numbers; InvalidValue if one does not."""
        ...

    def dtype(self, names: Sequence[str]) -> str:
        """float32 where that holds every value of these columns exactly, else float64."""
        ...

    def together(self, names: Sequence[str]) -> np.dtype[Any]:
        """What an array of these columns, which hold numbers, has as its dtype in memory."""
        ...

    def kind(self, name: str) -> Kind:
        """How a table types this column."""
        ...

    def read(self, group: Group, names: Sequence[str], most: int | None = None) -> Iterator[Block]:
        """These columns of a group, in blocks of some megabytes and at most so many rows.

        Raises
        ------
        BadFile
            If it cannot be read.
        """
        ...

    def close(self) -> None:
        """Close the files; a second time does nothing."""
        ...

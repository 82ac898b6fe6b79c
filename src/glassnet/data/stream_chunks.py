"""A piece of a file that is read as a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glassnet.arrays import Array
from glassnet.data.tables import Table


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows of a file, in their order.

    Attributes
    ----------
    table : Table
        The columns asked for. A row with a fault has missing values in its place.
    numbers : (n,) int64
        The line on which each row begins, or its number; both counted from 1.
    kept : dict of str to sequence
        Columns as they stand in the file: texts (None where missing), or an Arrow array.
    faults : dict of int to str
        What is wrong with a row, by its place in the chunk.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet.data.frames import as_table
    >>> len(Chunk(as_table(np.eye(2)), np.array([2, 3])))
    2
    """

    table: Table
    numbers: Array
    kept: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
    faults: dict[int, str] = field(default_factory=dict[int, str])

    def __len__(self) -> int:
        """The number of rows, those with faults among them."""
        return len(self.numbers)

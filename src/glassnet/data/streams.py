"""A file as chunks of rows, in their order, so that it may be larger than the memory.

A row that cannot be read does not end the stream: it stands in its place without values, and the
chunk says what is wrong with it. CSV and Parquet are read a piece at a time; the other formats are
read whole and handed out in pieces.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from glassnet.arrays import Array
from glassnet.data.delimited_streams import DelimitedStream
from glassnet.data.parquet_streams import ParquetStream
from glassnet.data.readers import kind_of_file, read_table, separator
from glassnet.data.stream_chunks import Chunk
from glassnet.data.tables import Kind, Table
from glassnet.data.text_files import AnyPath

ROWS = 32_768  # of a chunk, where its format lets one choose


class Stream(Protocol):
    """A file of rows that is being read; ``place`` says what they are counted in."""

    place: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        ...

    def chunks(self, wanted: Mapping[str, Kind], kept: Sequence[str]) -> Iterator[Chunk]:
        """The rows in their order: the columns wanted, and those kept as they stand there."""
        ...

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        ...


@dataclass
class _Whole:
    """A table in memory, in pieces."""

    table: Table
    place: str = field(default="row", init=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.table.names

    def chunks(self, wanted: Mapping[str, Kind], kept: Sequence[str]) -> Iterator[Chunk]:
        """See :class:`Stream`."""
        for start in range(0, len(self.table), ROWS):
            rows = np.arange(start, min(start + ROWS, len(self.table)))
            part = self.table.take(rows)
            yield Chunk(
                Table([part[name] for name in wanted]),
                rows + 1,
                {name: list(part[name].texts()) for name in kept},
            )

    def close(self) -> None:
        """See :class:`Stream`."""


def open_stream(
    path: AnyPath,
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> Stream:
    r"""Open a file of rows for reading it a chunk at a time.

    Parameters
    ----------
    path : path-like
        As for :func:`glassnet.data.read_table`; "-" is CSV from standard input.
    encoding, delimiter : str
        Of a text file.
    kinds : mapping of str to kind, optional
        How to type the columns of a file that is read whole.

    Returns
    -------
    Stream
        ``names`` of its columns, and ``chunks``. ``place`` says what its rows are counted in:
        "line" of a text file, or "row".

    Raises
    ------
    BadFile, FileFault, InvalidValue, Unsupported
        As :func:`glassnet.data.read_table` does.

    Examples
    --------
    >>> with open("a.csv", "w") as file:
    ...     size = file.write("size,shop\n1.5,north\nNA,south\nbig,east\n")
    >>> stream = open_stream("a.csv")
    >>> (chunk,) = stream.chunks({"size": "numeric"}, ["shop"])
    >>> chunk.table["size"].values, chunk.kept["shop"], chunk.faults
    (array([1.5, nan, nan]), ['north', 'south', 'east'], {2: "the column 'size' must hold numbers; got 'big'"})
    """  # noqa: E501 (the example's line)
    if os.fspath(path) == "-" or kind_of_file(path) in (".csv", ".tsv"):
        return DelimitedStream(path, separator(path, delimiter), encoding)
    if kind_of_file(path) == ".parquet":
        return ParquetStream(path, ROWS)
    return _Whole(read_table(path, encoding=encoding, delimiter=delimiter, kinds=kinds))


def infinite_rows(table: Table) -> dict[int, str]:
    """Rows with a number that is infinite, and in which column.

    Examples
    --------
    >>> from glassnet.data.frames import as_table
    >>> infinite_rows(as_table([[1.0], [np.inf]], ["size"]))
    {1: "the column 'size' must hold finite numbers; got inf"}
    """
    faults: dict[int, str] = {}
    for column in table.columns:
        if column.kind == "categorical":
            continue
        infinite: Array = np.isinf(column.values)
        if infinite.any():
            for row in np.flatnonzero(infinite).tolist():
                value = column.values[row]
                faults.setdefault(
                    row, f"the column {column.name!r} must hold finite numbers; got {value:g}"
                )
    return faults

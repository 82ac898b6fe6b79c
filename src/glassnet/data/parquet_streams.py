"""Parquet as chunks of typed columns; only the columns asked for are read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.data.frames import as_table
from glassnet.data.readers import ROW_LABELS, raise_unreadable
from glassnet.data.stream_chunks import Chunk
from glassnet.data.tables import Column, Kind, Table
from glassnet.data.text_files import AnyPath, require_file
from glassnet.errors import BadFile, Unsupported
from glassnet.files import shown


def arrow(path: AnyPath) -> tuple[Any, Any]:
    """The modules ``pyarrow`` and ``pyarrow.parquet``.

    Raises
    ------
    Unsupported
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise Unsupported(
            f"{shown(path)} needs pyarrow, which is not installed. "
            'Run: pip install "glassnet[parquet]".'
        ) from error
    return pyarrow, parquet


class ParquetStream:
    """A Parquet file, read a row group at a time and handed out in chunks of ``rows``."""

    place = "row"

    def __init__(self, path: AnyPath, rows: int) -> None:
        require_file(path)
        self._path, self._rows = path, rows
        self._arrow, parquet = arrow(path)
        try:
            self._file = parquet.ParquetFile(os.fspath(path), pre_buffer=False)
        except (self._arrow.ArrowException, OSError, ValueError) as error:
            raise_unreadable(path, error, "a parquet file")
        names = [str(name) for name in self._file.schema_arrow.names]
        self.names = tuple(name for name in names if not ROW_LABELS.fullmatch(name))
        if len(set(self.names)) < len(self.names):
            raise BadFile(f"{shown(path)} has two columns of one name. Rename one.")
        if self._file.metadata.num_rows == 0:
            raise BadFile(f"{shown(path)} has columns and no rows. Check that it was written.")

    @property
    def size(self) -> tuple[int, int]:
        """Rows, and bytes of their values unpacked, by the file's own table of contents."""
        told = self._file.metadata
        return told.num_rows, sum(
            told.row_group(k).total_byte_size for k in range(told.num_row_groups)
        )

    def chunks(self, wanted: Mapping[str, Kind], kept: Sequence[str]) -> Iterator[Chunk]:
        """The rows in their order."""
        columns, row = list(dict.fromkeys([*wanted, *kept])), 0
        try:
            # Threads of its own would hold several row groups at once.
            batches = self._file.iter_batches(self._rows, columns=columns, use_threads=False)
            for batch in batches:
                batch.validate(full=True)  # its texts might be no UTF-8
                yield self._chunk(batch, row, wanted, kept)
                row += len(batch)
        except (self._arrow.ArrowException, OSError) as error:
            raise_unreadable(self._path, error, "a parquet file")

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._file.close()

    def _chunk(
        self, batch: Any, row: int, wanted: Mapping[str, Kind], kept: Sequence[str]
    ) -> Chunk:
        faults: dict[int, str] = {}
        table = as_table(self._arrow.Table.from_batches([batch]).select(list(wanted)))
        columns = [typed(column, wanted[column.name], faults) for column in table.columns]
        numbers = np.arange(row + 1, row + len(batch) + 1)
        return Chunk(Table(columns), numbers, {n: batch.column(n) for n in kept}, faults)


def typed(column: Column, kind: Kind, faults: dict[int, str]) -> Column:
    """The column as a column of that kind; text where numbers must be is a fault of its row.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> faults = {}
    >>> typed(as_column([None, "big"], "size"), "numeric", faults).values, faults
    (array([nan, nan]), {1: "the column 'size' must hold numbers; got 'big'"})
    """
    if kind == "numeric" and column.kind == "categorical":
        for row in np.flatnonzero(~column.missing).tolist():
            words = f"the column {column.name!r} must hold numbers; got {column.values[row]!r:.40}"
            faults.setdefault(row, words)
        return Column(column.name, "numeric", np.full(len(column), np.nan))
    if kind == "categorical" and column.kind != "categorical":
        return Column(column.name, "categorical", column.texts())
    return column

"""Columns to a file a chunk at a time: CSV lines, or Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Protocol, TextIO, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import as_text
from glassnet.data.parquet_streams import arrow
from glassnet.data.text_files import AnyPath
from glassnet.data.writers import quoted

# Numbers, texts (None where missing), or an Arrow array.
Values: TypeAlias = Sequence[Any]


class RowWriter(Protocol):
    """Where columns go, a chunk at a time; every chunk has the same ones."""

    def write(self, columns: Mapping[str, Values], absent: Mapping[str, Array]) -> None:
        """Write some rows; ``absent`` marks those of a column that have no value."""
        ...

    def close(self) -> None:
        """Write what is still to be written. The file stays open."""
        ...


class CsvRows:
    """Lines of CSV, as :func:`glassnet.data.write_csv` writes them.

    Examples
    --------
    >>> import sys
    >>> rows = CsvRows(sys.stdout)
    >>> rows.write({"n": np.array([1.0, 2.5]), "t": ["a", None]}, {"n": np.array([False, True])})
    n,t
    1,a
    ,
    """

    def __init__(self, text: TextIO) -> None:
        self._text, self._begun = text, False

    def write(self, columns: Mapping[str, Values], absent: Mapping[str, Array]) -> None:
        """Write some rows, and the names of the columns before the first."""
        alone = len(columns) == 1
        if not self._begun:
            self._text.write(",".join(quoted(name, alone) for name in columns) + "\n")
            self._begun = True
        cells = [_cells(values, absent.get(name), alone) for name, values in columns.items()]
        self._text.writelines([",".join(row) + "\n" for row in zip(*cells, strict=True)])

    def close(self) -> None:
        """Hand on what is buffered."""
        self._text.flush()


def _cells(values: Any, absent: Array | None, alone: bool) -> list[str]:
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        texts = [text[:-2] if text[-2:] == ".0" else text for text in map(repr, values.tolist())]
        if alone or np.isnan(values).any():
            texts = [quoted("" if text == "nan" else text, alone) for text in texts]
    else:
        listed = values.tolist() if hasattr(values, "tolist") else values
        # Few levels have many rows; each is quoted once.
        known = {value: quoted(_text(value), alone) for value in set(listed)}
        texts = [known[value] for value in listed]
    if absent is not None and absent.any():
        empty = quoted("", alone)
        texts = [empty if gone else text for text, gone in zip(texts, absent, strict=True)]
    return texts


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return as_text(value) if isinstance(value, float) else str(value)


class ParquetRows:
    """A Parquet file, a row group per chunk; its columns' types are those of the first chunk."""

    def __init__(self, file: BinaryIO, path: AnyPath) -> None:
        self._file = file
        self._arrow, self._parquet = arrow(path)
        self._writer: Any = None

    def write(self, columns: Mapping[str, Values], absent: Mapping[str, Array]) -> None:
        """Write some rows."""
        arrays = {name: self._array(values, absent.get(name)) for name, values in columns.items()}
        table = self._arrow.table(arrays)
        if self._writer is None:
            self._writer = self._parquet.ParquetWriter(self._file, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        """Write the end of the file."""
        if self._writer is not None:
            self._writer.close()

    def _array(self, values: Values, absent: Array | None) -> Any:
        if isinstance(values, self._arrow.Array | self._arrow.ChunkedArray):
            return values
        kind = None if isinstance(values, np.ndarray) and values.dtype.kind != "O" else "text"
        made = self._arrow.string() if kind == "text" else None
        return self._arrow.array(values, type=made, mask=absent)

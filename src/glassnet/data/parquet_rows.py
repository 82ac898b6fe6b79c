"""Parquet files as a source of rows to train on: one schema, read a row group at a time."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.frames import as_table
from glassnet.data.parquet_streams import arrow
from glassnet.data.readers import ROW_LABELS, raise_unreadable
from glassnet.data.row_blocks import BLOCK_BYTES, Group
from glassnet.data.tables import Column, Kind, Table, as_objects
from glassnet.data.text_files import in_one_line, require_file
from glassnet.errors import BadFile, InvalidValue, UnknownName
from glassnet.files import shown

_BUFFER = 2**17  # bytes read at a time of each column of a group
_LINES = 4096  # rows copied at a time: their place in the matrix stays in the cache


class ParquetRows:
    """Parquet files whose columns agree, as one set of rows.

    Parameters
    ----------
    paths : sequence of Path
    needed : sequence of str, optional
        The columns that must be there and agree; all of the first file by default, and then no
        file may have others.

    Raises
    ------
    BadFile
        If a file is damaged or no Parquet file, or columns disagree.
    UnknownName
        If no file has a column that is needed.
    FileFault
        If the system cannot read a file.
    Unsupported
        If pyarrow is not installed.
    """

    def __init__(self, paths: Sequence[Path], needed: Sequence[str] | None = None) -> None:
        self._paths = tuple(paths)
        self._arrow, self._parquet = arrow(self._paths[0])
        self._held = threading.local()  # a thread's own open file: reading it moves its place
        self._number: dict[str, int] = {}
        self._types: dict[str, Any] = {}
        groups: list[Group] = []
        footers = hashlib.sha256()
        first = 0
        for number, path in enumerate(self._paths):
            file = self._opened(number)
            self._compare(path, file.schema_arrow, needed)
            self._number[shown(path)] = number
            row = 0
            for k in range(file.metadata.num_row_groups):
                count = file.metadata.row_group(k).num_rows
                if count:
                    groups.append(Group(shown(path), k, row, first, count))
                row, first = row + count, first + count
            footers.update(_footer(path))
        if not first:
            raise BadFile(
                f"{shown(self._paths[0])} has columns and no rows. Check that it was written."
            )
        self.groups, self.digest = tuple(groups), footers.hexdigest()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._types)

    def require_numbers(self, names: Sequence[str]) -> None:
        """Demand that these columns hold numbers."""
        for name in names:
            if not self._is_number(self._type(name)):
                raise InvalidValue(
                    f"the column {name!r} must hold numbers; it holds {self._type(name)} in "
                    f"{shown(self._paths[0])}. Leave it out with columns=[...], or train with "
                    "`glassnet fit`, which encodes texts."
                )

    def dtype(self, names: Sequence[str]) -> str:
        """float32 where that holds every value of these columns exactly, else float64."""
        types = self._arrow.types
        small = (types.is_float32, types.is_float16, types.is_boolean, types.is_int8)
        small = (*small, types.is_uint8, types.is_int16, types.is_uint16)
        exact = all(any(test(self._type(name)) for test in small) for name in names)
        return "float32" if exact else "float64"

    def together(self, names: Sequence[str]) -> np.dtype[Any]:
        """What an array of these columns has as its dtype in memory."""
        return np.result_type(*(np.dtype(self._type(name).to_pandas_dtype()) for name in names))

    def kind(self, name: str) -> Kind:
        """How a table types this column; InvalidValue for dates, lists and the like."""
        kind, types = self._type(name), self._arrow.types
        if types.is_boolean(kind):
            return "boolean"
        if self._is_number(kind) or types.is_decimal(kind):
            return "numeric"
        inner = kind.value_type if types.is_dictionary(kind) else kind
        if types.is_string(inner) or types.is_large_string(inner) or types.is_null(inner):
            return "categorical"
        raise InvalidValue(
            f"the column {name!r} must hold numbers, booleans or text; it has {kind} in "
            f"{shown(self._paths[0])}. Convert it, or leave it out."
        )

    def read(
        self, group: Group, names: Sequence[str], most: int | None = None
    ) -> Iterator[ParquetBlock]:
        """These columns of a group, block by block."""
        wanted = list(dict.fromkeys(names))
        expected = {name: self._types[name] for name in wanted}
        rows = max(1024, BLOCK_BYTES // (8 * max(1, len(wanted))))
        rows = rows if most is None else min(rows, most)
        start = 0
        try:
            file = self._opened(self._number[group.file])
            # Threads of its own would hold more than one block at once.
            batches = file.iter_batches(
                rows, row_groups=[group.number], columns=wanted, use_threads=False
            )
            for batch in batches:
                if {field.name: field.type for field in batch.schema} != expected:
                    raise ValueError("its columns were changed while the rows were read")
                batch.validate(full=True)  # its texts might be no UTF-8
                count = len(batch)
                block = ParquetBlock(group, start, batch, self._arrow)
                del batch  # so that it may go before the next is decoded
                yield block
                del block
                start += count
        except (self._arrow.ArrowException, OSError, ValueError, OverflowError) as error:
            raise _unreadable(group, error) from error
        if start != group.rows:
            raise _unreadable(group, f"it ends after {start:,} of its {group.rows:,} rows")

    def close(self) -> None:
        """Close the file that this thread has open."""
        held: tuple[int, Any] | None = vars(self._held).pop("open", None)
        if held is not None:
            held[1].close()

    def _opened(self, number: int) -> Any:
        """One file, the last that the thread asked for, stays open."""
        held: tuple[int, Any] | None = vars(self._held).get("open")
        if held is None or held[0] != number:
            self.close()
            path = self._paths[number]
            require_file(path)
            try:
                file = self._parquet.ParquetFile(
                    os.fspath(path),
                    pre_buffer=False,
                    buffer_size=_BUFFER,
                    page_checksum_verification=True,
                )
            except (self._arrow.ArrowException, OSError, ValueError) as error:
                raise_unreadable(path, error, "a parquet file")
            held = self._held.open = (number, file)
        return held[1]

    def _compare(self, path: Path, schema: Any, needed: Sequence[str] | None) -> None:
        """Take the first file's columns, and hold those of the others to them."""
        names = [name for name in schema.names if not ROW_LABELS.fullmatch(name)]
        if len(set(names)) < len(names):
            raise BadFile(f"{shown(path)} has two columns of one name. Rename one.")
        if not self._types:
            for name in needed or ():
                if name not in names:
                    of = f" of {shown(path)}" if len(self._paths) > 1 else ""
                    raise UnknownName(f"column{of}", name, names)
            self._types = {
                name: schema.field(name).type
                for name in names
                if needed is None or name in set(needed)
            }
            return
        one = shown(self._paths[0])
        for name, kind in self._types.items():
            if name not in names:
                raise BadFile(
                    f"the files must have the same columns; {shown(path)} lacks {name!r}, which "
                    f"{one} has. Write it anew, or leave one of them out."
                )
            if schema.field(name).type != kind:
                raise BadFile(
                    f"the files must have the same types; the column {name!r} is "
                    f"{schema.field(name).type} in {shown(path)} and {kind} in {one}. Write one "
                    "of them anew."
                )
        more = [name for name in names if name not in self._types]
        if more and needed is None:
            raise BadFile(
                f"the files must have the same columns; {shown(path)} has {more[0]!r}, which "
                f"{one} lacks. Name those to use with columns=[...], or write it anew."
            )

    def _type(self, name: str) -> Any:
        if name not in self._types:
            raise UnknownName("column", name, self._types)
        return self._types[name]

    def _is_number(self, kind: Any) -> bool:
        types = self._arrow.types
        return types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)


class ParquetBlock:
    """Some rows of a row group; see :class:`~glassnet.data.row_blocks.Block`."""

    def __init__(self, group: Group, start: int, batch: Any, arrow: Any) -> None:
        self.group, self.start = group, start
        self._batch, self._arrow = batch, arrow

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._batch)

    def numbers(self, names: Sequence[str], dtype: Any) -> Array:
        """Columns of numbers, nan where one is missing."""
        out = np.empty((len(self), len(names)), dtype)
        columns = [self.values(name) for name in names]
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is found
            for start in range(0, len(self), _LINES):
                part = slice(start, start + _LINES)
                for j, column in enumerate(columns):
                    out[part, j] = column[part]
        return out

    def values(self, name: str) -> Array:
        """A column as it stands."""
        array = self._batch.column(name)
        kind, types = array.type, self._arrow.types
        if types.is_boolean(kind):
            array = array.cast("int8")
        if types.is_decimal(kind):
            array = array.cast("float64")
        if types.is_integer(array.type) or types.is_floating(array.type):
            if array.null_count:  # NumPy has nan for a missing number, and no other
                array = array.cast("float64", safe=False).fill_null(float("nan"))
            # Arrow's own ways to NumPy import pandas where that is installed: 60 MB.
            of = np.dtype(array.type.to_pandas_dtype())
            found = np.frombuffer(array.buffers()[1], of, len(array), array.offset * of.itemsize)
            return found.astype(bool) if types.is_boolean(kind) and of.kind == "i" else found
        return as_objects(array.cast("string").to_pylist())

    def column(self, name: str) -> Column:
        """A column as tables have it."""
        values = self.values(name)
        if values.dtype.kind == "O":
            return Column(name, "categorical", values)
        boolean = self._arrow.types.is_boolean(self._batch.column(name).type)
        kind: Kind = "boolean" if boolean else "numeric"
        return Column(name, kind, values.astype(np.float64))

    def table(self, names: Sequence[str]) -> Table:
        """Columns as those of a frame in memory become."""
        return as_table(self._arrow.Table.from_batches([self._batch]).select(list(names)))


def _footer(path: Path) -> bytes:
    """Size and footer of a file: names, types, and the least and largest value of each group."""
    size = os.stat(path).st_size
    with open(path, "rb") as file:
        file.seek(max(0, size - 8))
        length = int.from_bytes(file.read(4), "little")
        file.seek(max(0, size - 8 - length))
        return f"{path.name} {size} ".encode() + file.read()


def _unreadable(group: Group, why: BaseException | str) -> BadFile:
    said = why if isinstance(why, str) else in_one_line(why)
    return BadFile(
        f"{group} cannot be read ({said:.160}). Write the file anew, or leave such groups out with "
        "skip_bad=True (--skip-bad)."
    )

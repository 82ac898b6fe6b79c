"""Arrays in ``.npy`` files as a source of rows to train on, read a piece at a time.

The pieces are read and not mapped: pages of a mapped file count as memory of the process until the
system wants them back.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.frames import as_column
from glassnet.data.row_blocks import BLOCK_BYTES, Group
from glassnet.data.tables import Column, Kind, Table
from glassnet.data.text_files import in_one_line, require_file
from glassnet.errors import BadFile, InvalidValue, ShapeMismatch, UnknownName
from glassnet.files import file_fault, shown

_SAMPLE = 2**20  # bytes at both ends of a file that its digest is made of


class NpyRows:
    """A matrix and columns beside it, each in a ``.npy`` file, as one set of rows.

    Parameters
    ----------
    matrix : Path
        X, (m, n₀) numbers in C order; its columns are named x0, x1, …
    columns : mapping of str to Path
        Files of (m,), or of (m, k) whose columns are named "y0", "y1", … after the name.

    Raises
    ------
    BadFile
        If a file is damaged, or holds no plain numbers in C order.
    ShapeMismatch
        If the files differ in rows.
    FileFault
        If the system cannot read a file.
    """

    def __init__(self, matrix: Path, columns: Mapping[str, Path]) -> None:
        self._files = [_NpyFile(matrix), *(_NpyFile(path) for path in columns.values())]
        self._place: dict[str, tuple[int, int]] = {}
        for number, (stem, file) in enumerate(zip(["x", *columns], self._files, strict=True)):
            one = number > 0 and file.width == 1
            names = [stem] if one else [f"{stem}{j}" for j in range(file.width)]
            self._place |= {name: (number, j) for j, name in enumerate(names)}
            if file.rows != self._files[0].rows:
                raise ShapeMismatch(
                    f"files of one set must have as many rows; {shown(matrix)} has "
                    f"{self._files[0].rows:,} and {shown(file.path)} {file.rows:,}."
                )
        size = max(1024, BLOCK_BYTES // self._files[0].row_bytes)
        rows, name = self._files[0].rows, shown(matrix)
        starts = range(0, rows, size)
        self.groups = tuple(
            Group(name, k, start, start, min(size, rows - start)) for k, start in enumerate(starts)
        )
        self.digest = hashlib.sha256(b"".join(file.sample() for file in self._files)).hexdigest()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._place)

    def require_numbers(self, names: Sequence[str]) -> None:
        """Demand that these columns hold numbers, as all columns of arrays do."""
        for name in names:
            if name not in self._place:
                raise UnknownName("column", name, self._place)

    def dtype(self, names: Sequence[str]) -> str:
        """float32 where that holds every value of these columns exactly, else float64."""
        files = {self._place[name][0] for name in names}
        exact = all(np.can_cast(self._files[k].dtype, np.float32, "safe") for k in files)
        return "float32" if exact else "float64"

    def together(self, names: Sequence[str]) -> np.dtype[Any]:
        """What an array of these columns has as its dtype in memory."""
        return np.result_type(*{self._files[self._place[name][0]].dtype for name in names})

    def kind(self, name: str) -> Kind:
        """How a table types this column."""
        return "boolean" if self._files[self._place[name][0]].dtype.kind == "b" else "numeric"

    def read(
        self, group: Group, names: Sequence[str], most: int | None = None
    ) -> Iterator[NpyBlock]:
        """These columns of a group, block by block."""
        wanted = {self._place[name][0] for name in names}
        size = group.rows if most is None else min(most, group.rows)
        for start in range(0, group.rows, size):
            count = min(size, group.rows - start)
            parts = {k: self._files[k].read(group, start, count) for k in wanted}
            yield NpyBlock(group, start, count, self._place, parts)

    def close(self) -> None:
        """Files are open only while they are read."""


class NpyBlock:
    """Some rows of arrays; see :class:`~glassnet.data.row_blocks.Block`."""

    def __init__(
        self,
        group: Group,
        start: int,
        count: int,
        place: Mapping[str, tuple[int, int]],
        parts: Mapping[int, Array],
    ) -> None:
        self.group, self.start = group, start
        self._count, self._place, self._parts = count, place, parts

    def __len__(self) -> int:
        """How many rows there are."""
        return self._count

    def numbers(self, names: Sequence[str], dtype: Any) -> Array:
        """Columns of numbers."""
        files = {self._place[name][0] for name in names}
        with np.errstate(over="ignore"):
            if len(files) == 1:
                (k,) = files
                columns = [self._place[name][1] for name in names]
                part = self._parts[k]
                whole = columns == list(range(part.shape[1]))
                return np.ascontiguousarray(part if whole else part[:, columns], dtype=dtype)
            return np.stack([self.values(name) for name in names], axis=1).astype(dtype)

    def values(self, name: str) -> Array:
        """A column as it stands."""
        k, j = self._place[name]
        return self._parts[k][:, j]

    def column(self, name: str) -> Column:
        """A column as tables have it."""
        return as_column(self.values(name), name)

    def table(self, names: Sequence[str]) -> Table:
        """Columns as those of an array in memory become."""
        return Table([self.column(name) for name in names])


class _NpyFile:
    """The header of a file, and its rows when they are asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        require_file(path)
        try:
            with open(path, "rb") as file:
                version = np.lib.format.read_magic(file)
                read = {(1, 0): np.lib.format.read_array_header_1_0}
                header = read.get(version, np.lib.format.read_array_header_2_0)(file)
                self._begin = file.tell()
        except (ValueError, SyntaxError, EOFError) as error:
            raise BadFile(f"{shown(path)} is no .npy file ({in_one_line(error):.120}).") from error
        shape, fortran, self.dtype = header
        if self.dtype.kind not in "biuf" or len(shape) not in (1, 2):
            raise BadFile(
                f"{shown(path)} must hold numbers in one or two dimensions; it holds {self.dtype} "
                f"of shape {shape}."
            )
        if fortran and len(shape) == 2 and shape[1] > 1:
            raise InvalidValue(
                f"{shown(path)} must lie in C order, row by row; it lies column by column. Save "
                "numpy.ascontiguousarray(X)."
            )
        self.rows, self.width = int(shape[0]), int(shape[1]) if len(shape) == 2 else 1
        self.row_bytes = self.width * self.dtype.itemsize
        size = os.stat(path).st_size
        if self.rows == 0:
            raise BadFile(f"{shown(path)} has no rows. Check that it was written.")
        if size < self._begin + self.rows * self.row_bytes:
            raise BadFile(
                f"{shown(path)} is cut short: {self.rows:,} rows take "
                f"{self._begin + self.rows * self.row_bytes:,} bytes, and it has {size:,}."
            )

    def read(self, group: Group, start: int, count: int) -> Array:
        """Some rows of a group.  -> (count, width)"""
        try:
            with open(self.path, "rb", buffering=0) as file:
                file.seek(self._begin + (group.row + start) * self.row_bytes)
                flat = np.fromfile(file, self.dtype, count * self.width)
        except OSError as error:
            raise file_fault(self.path, error, doing="read") from error
        if len(flat) < count * self.width:
            raise BadFile(f"{group} cannot be read: the file was cut short while it was read.")
        return flat.reshape(count, self.width)

    def sample(self) -> bytes:
        """Name, size and both ends."""
        size = os.stat(self.path).st_size
        with open(self.path, "rb") as file:
            head = file.read(_SAMPLE)
            file.seek(max(0, size - _SAMPLE))
            return f"{self.path.name} {size} ".encode() + head + file.read()

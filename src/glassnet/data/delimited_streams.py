"""CSV and TSV as chunks of typed columns; a record that is wrong is named and not the end."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, TextIO

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import MISSING
from glassnet.data.delimited import csv_words, header_of, numbers_of
from glassnet.data.stream_chunks import Chunk
from glassnet.data.tables import Column, Kind, Table, as_objects
from glassnet.data.text_files import AnyPath, open_text
from glassnet.errors import BadFile
from glassnet.files import shown

CHARACTERS = 2**21  # of a chunk; about 15,000 lines of 20 columns, which take 20 MB as cells


class DelimitedStream:
    """A text file with a header line and a record per line; "-" is standard input."""

    place = "line"

    def __init__(self, path: AnyPath, delimiter: str, encoding: str) -> None:
        self._path, self._delimiter, self._encoding = path, delimiter, encoding
        self._opened = _opened(path, encoding)
        self._file = self._opened.__enter__()
        self.names: tuple[str, ...]
        try:
            names, self._line = header_of(path, self._file, delimiter)
        except BaseException as error:
            self._opened.__exit__(type(error), error, error.__traceback__)
            raise
        self.names = tuple(names)

    def chunks(self, wanted: Mapping[str, Kind], kept: Sequence[str]) -> Iterator[Chunk]:
        """The rows in their order, once."""
        try:
            rows = 0
            while block := self._file.readlines(CHARACTERS):
                chunk = self._numbers_alone(block, wanted, kept) or self._chunk(block, wanted, kept)
                rows += len(chunk)
                if len(chunk):
                    yield chunk
            if rows == 0:
                raise BadFile(
                    f"{shown(self._path)} has a header and no rows. Check that it was written."
                )
        except BaseException as error:
            if not self._opened.__exit__(type(error), error, error.__traceback__):
                raise
        else:
            self.close()

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._opened.__exit__(None, None, None)

    def _numbers_alone(
        self, block: list[str], wanted: Mapping[str, Kind], kept: Sequence[str]
    ) -> Chunk | None:
        """A block of numbers alone through NumPy's parser, three times as fast; else None."""
        if kept or any(kind != "numeric" for kind in wanted.values()):
            return None
        text = "".join(block)
        if '"' in text or "\0" in text or text.isspace():
            return None
        try:
            found = np.loadtxt(block, delimiter=self._delimiter, comments=None, ndmin=2)
        except ValueError:
            return None
        if found.shape[1] != len(self.names):
            return None
        lines = np.arange(self._line + 1, self._line + len(block) + 1)
        if len(found) != len(block):
            lines = lines[[not line.isspace() for line in block]]
        self._line += len(block)
        columns = [
            Column(name, "numeric", np.ascontiguousarray(found[:, self.names.index(name)]))
            for name in wanted
        ]
        return Chunk(Table(columns), lines)

    def _chunk(self, block: list[str], wanted: Mapping[str, Kind], kept: Sequence[str]) -> Chunk:
        records, lines, faults = self._records(block)
        columns: list[Column] = []
        for name, kind in wanted.items():
            j = self.names.index(name)
            cells = [record[j] for record in records]
            if kind == "numeric":
                columns.append(Column(name, "numeric", _numbers(name, cells, faults)))
            else:
                columns.append(Column(name, "categorical", _levels(cells)))
        places = [self.names.index(name) for name in kept]
        texts = {self.names[j]: [record[j] for record in records] for j in places}
        return Chunk(Table(columns), np.array(lines, dtype=np.int64), texts, faults)

    def _records(self, block: list[str]) -> tuple[list[list[str]], list[int], dict[int, str]]:
        """The records of a block, and of what a quoted cell carries over its end."""
        reader = csv.reader(chain(block, self._file), delimiter=self._delimiter, strict=True)
        records: list[list[str]] = []
        lines: list[int] = []
        faults: dict[int, str] = {}
        width = len(self.names)
        while reader.line_num < len(block):
            line = self._line + reader.line_num + 1
            try:
                record, words = next(reader, []), ""
            except csv.Error as error:
                record, words = [], csv_words(error)
            if len(record) != width and not words:
                if not "".join(record).strip():  # a blank line
                    continue
                words = f"it has {len(record)} cells, and the header {width}"
            if words:
                faults[len(records)], record = words, [""] * width
            records.append(record)
            lines.append(line)
        self._line += reader.line_num
        return records, lines, faults


@contextmanager
def _opened(path: AnyPath, encoding: str) -> Generator[TextIO]:
    if os.fspath(path) != "-":
        with open_text(path, encoding) as file:
            yield file
        return
    with suppress(AttributeError):  # a stream that a test or a notebook put in its place has none
        stream: Any = sys.stdin
        stream.reconfigure(encoding=encoding)
    try:
        yield sys.stdin
    except UnicodeError as error:
        raise BadFile(f"standard input is not {encoding}. Name its encoding.") from error


def _numbers(name: str, cells: list[str], faults: dict[int, str]) -> Array:
    """The cells as numbers, nan where missing or no number; a fault is noted for the latter."""
    found = numbers_of(cells)
    if found is not None:
        return found
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        number = numbers_of([cell])
        if number is None:
            words = f"the column {name!r} must hold numbers; got {cell.strip()!r:.40}"
            faults.setdefault(row, words)
        else:
            values[row] = number[0]
    return values


def _levels(cells: list[str]) -> Array:
    """The cells as texts, None where missing; one object for all cells of a level."""
    known: dict[str, str | None] = {}
    for cell in set(cells):
        text = cell.strip()
        known[cell] = None if text in MISSING else text
    return as_objects([known[cell] for cell in cells])

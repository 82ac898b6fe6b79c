"""Predictions of a model for rows that come in chunks, with an account of what was odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.stream_chunks import Chunk
from glassnet.data.streams import infinite_rows
from glassnet.data.tables import Table
from glassnet.errors import BadFile, InvalidValue
from glassnet.estimators.table_face import TableFace, face_of

OnError: TypeAlias = Literal["stop", "skip", "null"]

_SHOWN = 5  # faults that are kept for a message


@dataclass(frozen=True)
class Answer:
    """What a chunk becomes: columns by name, and where a column has no value."""

    columns: Mapping[str, Sequence[Any]]
    absent: Mapping[str, Array]

    def __len__(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))


@dataclass
class TablePredictions:
    """Predicts chunk after chunk, and counts.

    Parameters
    ----------
    model : TableModel, TableClassifier or TableRegressor
    path : str
        The file that the chunks are from, for messages.
    place : str
        What its rows are counted in: "line" or "row".
    on_error : "stop", "skip" or "null"
        What becomes of a row that cannot be read: an error, no row, or a row without prediction.

    Attributes
    ----------
    face : TableFace
        Of the model.
    rows, faulty : int
        How many rows there were, and how many could not be read.
    faults : list of str
        What was wrong with the first of them.
    imputed, unknown : Counter of str
        Rows per column whose value was missing although it never was in training, or was of a level
        that training did not have.
    """

    model: Any
    path: str
    place: str
    on_error: OnError = "stop"
    rows: int = 0
    faulty: int = 0
    faults: list[str] = field(default_factory=list[str])
    imputed: Counter[str] = field(default_factory=Counter[str])
    unknown: Counter[str] = field(default_factory=Counter[str])
    face: TableFace = field(init=False)

    def __post_init__(self) -> None:
        self.face = self.model if isinstance(self.model, TableFace) else face_of(self.model)

    def of(self, chunk: Chunk) -> Answer:
        """Predict the rows of a chunk, in their order.

        Raises
        ------
        BadFile
            If a row cannot be read and ``on_error`` is "stop".
        """
        faults = {**infinite_rows(chunk.table), **chunk.faults}
        bad = np.zeros(len(chunk), dtype=bool)
        bad[list(faults)] = True
        x = np.zeros((len(chunk), len(self.face.encoder.feature_names)), self.face.dtype)
        self._encode(chunk.table, np.flatnonzero(~bad), x, faults)
        bad[list(faults)] = True
        self._note(chunk, faults)
        columns = {**chunk.kept, **self.face.columns(self.face.answers(self.face.outputs(x)))}
        if not faults:
            return Answer(columns, {})
        if self.on_error == "null":
            return Answer(columns, {name: bad for name in columns if name not in chunk.kept})
        good = np.flatnonzero(~bad)
        return Answer({name: _taken(values, good) for name, values in columns.items()}, {})

    def _encode(self, table: Table, rows: Array, x: Array, faults: dict[int, str]) -> None:
        """Encode these rows; where one cannot be, halve them until it is found."""
        if len(rows) == 0:
            return
        part = table if len(rows) == len(table) else table.take(rows)
        try:
            found = self.face.encode(part)
        except InvalidValue as error:
            if len(rows) == 1:
                faults[int(rows[0])] = str(error).split(";")[0]
                return
            half = len(rows) // 2
            self._encode(table, rows[:half], x, faults)
            self._encode(table, rows[half:], x, faults)
            return
        x[rows] = found.x
        self.imputed.update(found.imputed)
        self.unknown.update(found.unknown)

    def _note(self, chunk: Chunk, faults: Mapping[int, str]) -> None:
        self.rows += len(chunk)
        self.faulty += len(faults)
        room = _SHOWN - len(self.faults)
        for row in sorted(faults)[:room]:
            self.faults.append(f"{self.place} {chunk.numbers[row]}: {faults[row]}")
        if faults and self.on_error == "stop":
            raise BadFile(
                f"{self.path}, {self.faults[0]}. Correct it, or predict with --on-error skip "
                "(without these rows) or null (without their predictions)."
            )


def _taken(values: Any, rows: Array) -> Any:
    if hasattr(values, "take"):  # an array of NumPy or Arrow
        return values.take(rows)
    return [values[row] for row in rows.tolist()]

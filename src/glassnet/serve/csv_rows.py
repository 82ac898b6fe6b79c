"""Rows of a request as CSV with a header line, as typed columns."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO

import numpy as np

from glassnet.data.cells import MISSING
from glassnet.data.tables import Column, Kind, Table, as_objects
from glassnet.web.refusals import Refused


def table_of_csv(body: bytes, kinds: Mapping[str, Kind], most: int) -> tuple[Table, list[str]]:
    r"""The table of a CSV text, and the columns it has that the model does not use.

    An empty cell, NA, NaN, null and ? are missing values, as in files.

    Raises
    ------
    Refused
        400 if it is no CSV in UTF-8, or lacks a column, or a number is none; 413 for too many rows.

    Examples
    --------
    >>> table, other = table_of_csv(b"day,size\n1,2.5\n2,NA\n", {"size": "numeric"}, 10)
    >>> table["size"].values, other
    (array([2.5, nan]), ['day'])
    """
    names, records = _records(body, most)
    absent = [name for name in kinds if name not in names]
    if absent:
        listed = ", ".join(map(repr, absent[:5]))
        raise Refused(400, f"the CSV must have the columns of training; it lacks {listed}.")
    twice = {name for name in names if names.count(name) > 1}
    if twice & set(kinds):
        raise Refused(400, f"columns must have different names; {min(twice)!r} stands twice.")
    cells = dict(zip(names, zip(*records, strict=True), strict=True))
    columns = [_column(name, kind, cells[name]) for name, kind in kinds.items()]
    return Table(columns), sorted(set(names) - set(kinds))


def _records(body: bytes, most: int) -> tuple[list[str], list[list[str]]]:
    try:
        lines = csv.reader(StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        records = [record for record in lines if record]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(400, f"the body must be CSV in UTF-8: {error}.") from None
    if len(records) < 2:
        raise Refused(400, "the CSV must have a header line and at least one row.")
    header, rows = records[0], records[1:]
    if len(rows) > most:
        raise Refused(413, f"a request may have {most:,} rows; got {len(rows):,}. Send parts.")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise Refused(
                400, f"row {number} must have {len(header)} cells, as the header; got {len(row)}."
            )
    return [name.strip() for name in header], rows


def _column(name: str, kind: Kind, cells: Sequence[str]) -> Column:
    texts = [None if cell.strip() in MISSING else cell.strip() for cell in cells]
    if kind != "numeric":
        return Column(name, "categorical", as_objects(texts))
    numbers = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if text is None:
            continue
        try:
            numbers[row] = float(text)
        except ValueError:
            raise Refused(
                400,
                f"the column {name!r} must hold numbers, as in training; row {row + 1} has "
                f"{text!r:.40}.",
            ) from None
    return Column(name, kind, numbers)

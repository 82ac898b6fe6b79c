"""How the columns of a table estimator's training rows become numbers, and what to say of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.encode import TableEncoder
from glassnet.data.rich_encoding import Encoding, rich_encoding
from glassnet.data.tables import Table
from glassnet.doctor.signals.columns import leaks
from glassnet.estimators.tables.cuts import some_rows, target_edges
from glassnet.estimators.tables.presets import ENOUGH_ROWS

_ROWS_PER_COUNT, _MOST_COUNT = 500, 10
_MOST_CELLS = 2**28  # of the encoded rows, in float32
_FEWEST_BINS = 4
_ROWS_TO_TELL = 20_000  # that columns which give the target away are looked for in


def encoding(
    est: Any, p: dict[str, Any], table: Table, targets: Array, w: Array | None
) -> tuple[Encoding, list[str]]:
    """How the columns of an estimator's training rows are to be encoded, and what is to be noted.

    Parameters
    ----------
    est : TableEstimator
    p : dict
        Its parameters, as the preset settles them. A preset's bins are made fewer where the encoded
        rows would take more than 1 GB.
    table : Table
    targets : (m, k)
        As the loss takes them; where bins end may depend on them.
    w : (m,), optional
    """
    notes: list[str] = []
    settle_bins(p, table)
    most = _affordable_bins(table, steps=bool(p["steps"]))
    if est.bins is None and most < p["bins"]:
        notes.append(
            f"bins: {most} in the place of {p['bins']}, so that {len(table):,} encoded rows take "
            "about 1 GB."
        )
        p["bins"] = most
    count = est.min_count
    if count == "auto":
        count = min(_MOST_COUNT, max(1, len(table) // _ROWS_PER_COUNT))
    how = Encoding(
        p["bins"],
        int(count),
        int(est.max_levels),
        p["scaling"],
        est.infinite == "missing",
        p["steps"],
        target_edges(table, targets, w, p["bins"]) if p["cuts"] == "target" else {},
    )
    return how, notes


def settle_bins(p: dict[str, Any], table: Table) -> None:
    """What "auto" comes down to for a table, written into ``p``.

    From 2,500 rows on a number has steps, and bins where a tree of the target cuts it: 24, or as
    many as make 480 encoded columns of all numbers. On fewer rows the tree would tell the members
    too much of the rows that they hold out: bins end at quantiles, 16, without steps.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> p = {"bins": "auto", "cuts": "auto", "steps": "auto"}
    >>> settle_bins(p, Table([as_column([1, 2, 3], "size")]))
    >>> p
    {'bins': 16, 'cuts': 'quantiles', 'steps': False}
    """
    many = len(table) >= ENOUGH_ROWS
    numbers = max(1, sum(column.kind == "numeric" for column in table.columns))
    found = {
        "cuts": "target" if many else "quantiles",
        "steps": many,
        "bins": max(_FEWEST_BINS, min(24, 240 // numbers)) if many else 16,
    }
    p.update({name: value for name, value in found.items() if p[name] == "auto"})


def _affordable_bins(table: Table, *, steps: bool) -> int:
    """Bins of each number with which the encoded rows take about 1 GB; 4 at least."""
    numbers = sum(column.kind in ("numeric", "date") for column in table.columns)
    columns = _MOST_CELLS // max(1, len(table) * numbers)  # of each number
    return max(_FEWEST_BINS, (columns - 1) // 2 if steps else columns - 1)


def learned_encoder(table: Table, how: Encoding) -> tuple[TableEncoder, list[str]]:
    """The encoder of the training rows and its notes; warns of columns that name the rows."""
    found = rich_encoding(table, how)
    for sentence in found.suspects:
        warnings.warn(sentence, UserWarning, stacklevel=3)
    return found.encoder, list(found.notes)


def given_away(table: Table, y: Array, names: Sequence[str], *, classes: bool) -> list[str]:
    """Sentences about columns that tell a target almost alone; warns of each.

    Parameters
    ----------
    table : Table
    y : (m,) or (m, k)
    names : sequence of k str
        Of the targets.
    classes : bool
        Whether y holds classes, not numbers.
    """
    rows = some_rows(len(table), _ROWS_TO_TELL)
    told, few = table.take(rows), y[rows].reshape(len(rows), -1)
    notes: list[str] = []
    for name, column in zip(names, few.T, strict=False):
        target = np.unique(column, return_inverse=True)[1] if classes else column.astype(float)
        notes += [
            f"{leak.sentence} Leave it out with drop=[{leak.column!r}] if it is known only after "
            "the target."
            for leak in leaks(told, target, name if few.shape[1] > 1 else "")
        ]
    for sentence in notes:
        warnings.warn(sentence, UserWarning, stacklevel=3)
    return notes

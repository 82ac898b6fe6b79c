"""The rows of a table that count: those with a target, where that is asked, and with a weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.cli.talk import Talk
from glassnet.data.cells import rows_in_words
from glassnet.data.tables import Column, Table
from glassnet.errors import InvalidValue
from glassnet.estimators.table_task import in_words, require_target


@dataclass(frozen=True, eq=False)
class Taken:
    """Rows that count.

    Attributes
    ----------
    table : Table
        Without the column of weights.
    weight : (m,) or None
        Above 0.
    numbers : (m,) int
        Which rows of the file they are, from 1.
    """

    table: Table
    weight: Array | None
    numbers: Array


def taken_rows(
    table: Table, targets: Sequence[str], weight: str | None, *, missing: str, talk: Talk
) -> Taken:
    """The rows to learn from and to score; what is left out is said.

    Parameters
    ----------
    table : Table
    targets : sequence of str
    weight : str or None
        The column of weights.
    missing : "error" or "drop"
        What to do with rows in which a target is missing.
    talk : Talk

    Raises
    ------
    InvalidValue
        If there is no target, or a weight is missing, negative, infinite or no number.
    """
    kept = np.ones(len(table), dtype=bool)
    w = None
    if weight is not None:
        w = weights_of(table[weight])
        kept = w > 0
        if not kept.all():
            talk.say(f"rows of weight 0, left out: {int((~kept).sum()):,}")
        table = table.without(weight)
    if missing == "drop":
        gone = np.zeros(len(table), dtype=bool)
        for name in targets:
            require_target(table, name)
            gone |= table[name].missing
        if (gone & kept).any():
            words = in_words(targets)
            talk.say(f"rows without {words}, left out: {int((gone & kept).sum()):,}")
        kept &= ~gone
    rows = np.flatnonzero(kept)
    return Taken(table.take(rows), None if w is None else w[rows], rows + 1)


def weights_of(column: Column) -> Array:
    """The weights of the rows that a column holds.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> weights_of(Column("times", "numeric", np.array([1.0, -2.0])))
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: weights must be finite and not negative; 'times' is not at row 2 (as -2). Correct it, or write 0 for rows that do not count.
    """  # noqa: E501 (an error is one line, and the example shows all of it)
    if column.kind not in ("numeric", "boolean"):
        held = {"categorical": "text", "date": "dates"}[column.kind]
        raise InvalidValue(f"weights must be numbers; {column.name!r} holds {held}.")
    missing = column.missing
    if missing.any():
        raise InvalidValue(
            f"a weight must be there in every row; {column.name!r} is missing at "
            f"{rows_in_words(missing)}. Fill it in, with 0 for rows that do not count."
        )
    w = column.values
    bad = ~(np.isfinite(w) & (w >= 0))
    if bad.any():
        raise InvalidValue(
            f"weights must be finite and not negative; {column.name!r} is not at "
            f"{rows_in_words(bad)} (as {w[bad][0]:g}). Correct it, or write 0 for rows that do not "
            "count."
        )
    if not w.any():
        raise InvalidValue(f"some weight must be above 0; {column.name!r} is 0 in all rows.")
    return w

"""The richer encoding of a table: bins for numbers, a level for the rare, no constant columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.encode import MAX_LEVELS, Rule, TableEncoder
from glassnet.data.rules import LevelRule
from glassnet.data.tables import Column, Table
from glassnet.errors import InvalidValue

_FEW_ROWS = 20  # with fewer, any column can look like an identifier


@dataclass(frozen=True)
class RichEncoding:
    """An encoder, and what a careful reader would want to know about the columns.

    Attributes
    ----------
    encoder : TableEncoder
        It has no rule for a column that is the same in all rows.
    notes : tuple of str
    suspects : tuple of str
        Those of the notes that call for a decision: columns that look like identifiers.
    """

    encoder: TableEncoder
    notes: tuple[str, ...]
    suspects: tuple[str, ...]


def rich_encoding(
    table: Table, *, bins: int = 16, min_count: int = 1, max_levels: int = MAX_LEVELS
) -> RichEncoding:
    """Learn how to encode a table from the rows of training.

    Parameters
    ----------
    table : Table
    bins : int ≥ 0
        Most bins of a number.
    min_count : int ≥ 1
        Levels on fewer rows share one level, which levels of later tables join.
    max_levels : int
        Most levels of a category, after the rare ones were put together.

    Raises
    ------
    InvalidValue
        If there are no rows, a number is infinite, or a category has too many levels.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> table = Table([as_column([1, 2, 2], "rooms"), as_column(["a", "a", "a"], "shop")])
    >>> found = rich_encoding(table)
    >>> found.encoder.feature_names
    ('rooms', 'rooms from 1 to 2')
    >>> found.notes
    ("'shop' is the same in every row and is left out.",)
    """
    if len(table) == 0:
        raise InvalidValue("a table must have at least one row to learn from; it has none.")
    rules: list[Rule] = []
    notes: list[str] = []
    suspects: list[str] = []
    for column in table.columns:
        rule = _rule(column, bins, min_count, max_levels)
        identifier = _identifier(column)
        if identifier:
            suspects.append(identifier)
        if _constant(column):
            notes.append(f"{column.name!r} is {_constancy(column)} and is left out.")
        elif rule is None:
            notes.append(
                f"{column.name!r} has no level on {min_count} rows or more and is left out."
            )
        else:
            rules.append(rule)
            notes += _notes(column, rule, min_count)
    if not rules:
        notes.append("no column tells rows apart: every row gets the same prediction.")
        rules = [BinnedRule(table.columns[0].name, 0.0, 1.0, (), False)]
        if table.columns[0].kind == "categorical":
            rules = [LevelRule(table.columns[0].name, "categorical", (), True)]
    return RichEncoding(TableEncoder(tuple(rules)), (*notes, *suspects), tuple(suspects))


def _rule(column: Column, bins: int, min_count: int, max_levels: int) -> Rule | None:
    if column.kind == "numeric":
        return BinnedRule.of(column, bins)
    counts = Counter(column.texts().tolist())
    missing = counts.pop(None, 0) > 0
    kept = sorted(level for level, count in counts.items() if count >= min_count)
    if not kept and not missing:
        return None
    if len(kept) > max_levels:
        rarer = f" (on {min_count} rows or more)" if min_count > 1 else ""
        raise InvalidValue(
            f"a category may have {max_levels:,} levels; {column.name!r} has {len(kept):,}{rarer} "
            f"in {len(column):,} rows. Leave it out with drop=[{column.name!r}], put rare levels "
            "together with a larger min_count, or turn it into numbers."
        )
    return LevelRule(column.name, column.kind, tuple(kept), missing, len(kept) < len(counts))


def _constant(column: Column) -> bool:
    """Whether all rows are alike: one value, or nothing but missing ones."""
    missing = column.missing
    if missing.any():
        return bool(missing.all())
    first = column.values[0]
    return bool((column.values == first).all())


def _constancy(column: Column) -> str:
    return "missing in every row" if column.missing.any() else "the same in every row"


def _identifier(column: Column) -> str:
    """A sentence about a column that seems to number or name the rows; else nothing."""
    rows = len(column)
    if rows < _FEW_ROWS or column.kind == "boolean":
        return ""
    advice = f"Leave it out with drop=[{column.name!r}] if it only tells rows apart."
    if column.kind == "numeric":
        return f"{column.name!r} numbers the rows. {advice}" if _numbering(column.values) else ""
    different = len(set(column.values[~column.missing].tolist()))
    if different <= rows / 2:
        return ""
    return f"{column.name!r} has {different:,} different texts in {rows:,} rows. {advice}"


def _numbering(values: Array) -> bool:
    """Whether whole numbers follow each other without a gap, in any order."""
    if np.isnan(values).any() or values.max() - values.min() != len(values) - 1:
        return False
    return bool((np.diff(np.sort(values)) == 1).all())


def _notes(column: Column, rule: Rule, min_count: int) -> list[str]:
    notes: list[str] = []
    missing = int(column.missing.sum())
    if missing:
        notes.append(f"{column.name!r} has {missing:,} missing values of {len(column):,}.")
    if isinstance(rule, LevelRule) and rule.rare:
        pooled = len(set(column.texts().tolist()) - {None}) - len(rule.levels)
        notes.append(
            f"{pooled:,} levels of {column.name!r} on fewer than {min_count} rows are one level."
        )
    return notes

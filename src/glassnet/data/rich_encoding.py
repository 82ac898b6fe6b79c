"""The richer encoding of a table: bins, dates, orders, rare levels, and no constant columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.column_notes import constancy, gaps, identifier
from glassnet.data.date_rule import DateRule
from glassnet.data.encode import MAX_LEVELS, Rule, TableEncoder
from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import LevelRule
from glassnet.data.tables import Column, Table
from glassnet.errors import InvalidValue


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


@dataclass(frozen=True)
class Encoding:
    """How the columns of a table are to be encoded.

    Parameters
    ----------
    bins : int ≥ 0
        Most bins of a number.
    min_count : int ≥ 1
        Levels on fewer rows share one level, which levels of later tables join.
    max_levels : int
        Most levels of a category, after the rare ones were put together.
    scaling : "robust", "standard" or "quantile"
        Of numbers.
    infinite : bool
        Whether infinities are missing values; else they are refused.
    steps : bool
        Whether a number also has a column of 0 and 1 for each edge between two bins.
    edges : mapping of str to tuple of float
        Ends of the bins of these columns of numbers, in the place of quantiles.

    Examples
    --------
    >>> Encoding(bins=0).scaling
    'robust'
    """

    bins: int = 16
    min_count: int = 1
    max_levels: int = MAX_LEVELS
    scaling: str = "robust"
    infinite: bool = False
    steps: bool = False
    edges: Mapping[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])


def rich_encoding(table: Table, how: Encoding | None = None) -> RichEncoding:
    """Learn how to encode a table from the rows of training.

    Parameters
    ----------
    table : Table
    how : Encoding, optional

    Raises
    ------
    InvalidValue
        If there are no rows, a number is infinite and may not be, or a category has too many
        levels.

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
    how = how or Encoding()
    rules: list[Rule] = []
    notes: list[str] = []
    suspects: list[str] = []
    for column in table.columns:
        rule = _rule(column, how)
        sentence, alike = identifier(column), constancy(column)
        if sentence:
            suspects.append(sentence)
        if alike:
            notes.append(f"{column.name!r} is {alike} and is left out.")
        elif rule is None:
            notes.append(
                f"{column.name!r} has no level on {how.min_count} rows or more and is left out."
            )
        else:
            rules.append(rule)
            notes += gaps(column) + _pooled(column, rule, how)
    if not rules:
        notes.append("no column tells rows apart: every row gets the same prediction.")
        rules = [_nothing(table.columns[0])]
    return RichEncoding(TableEncoder(tuple(rules)), (*notes, *suspects), tuple(suspects))


def _rule(column: Column, how: Encoding) -> Rule | None:
    if column.kind == "numeric":
        return BinnedRule.of(
            column,
            how.bins,
            scaling=how.scaling,
            infinite=how.infinite,
            steps=how.steps,
            edges=how.edges.get(column.name),
        )
    if column.kind == "date":
        return DateRule.of(column, how.bins, scaling=how.scaling)
    if column.order:
        return OrderRule.of(column, column.order, how.bins, scaling=how.scaling)
    counts = Counter(column.texts().tolist())
    missing = counts.pop(None, 0) > 0
    kept = sorted(level for level, count in counts.items() if count >= how.min_count)
    if not kept and not missing:
        return None
    if len(kept) > how.max_levels:
        rarer = f" (on {how.min_count} rows or more)" if how.min_count > 1 else ""
        raise InvalidValue(
            f"a category may have {how.max_levels:,} levels; {column.name!r} has {len(kept):,}"
            f"{rarer} in {len(column):,} rows. Leave it out with drop=[{column.name!r}], put rare "
            "levels together with a larger min_count, or turn it into numbers."
        )
    return LevelRule(column.name, column.kind, tuple(kept), missing, len(kept) < len(counts))


def _nothing(column: Column) -> Rule:
    """A rule that is the same for every row, whatever the column's dtype."""
    empty = bool(column.missing.all())
    return LevelRule(column.name, "categorical", (), empty, not empty)


def _pooled(column: Column, rule: Rule, how: Encoding) -> list[str]:
    if not (isinstance(rule, LevelRule) and rule.rare):
        return []
    pooled = len(set(column.texts().tolist()) - {None}) - len(rule.levels)
    return [
        f"{pooled:,} levels of {column.name!r} on fewer than {how.min_count} rows are one level."
    ]

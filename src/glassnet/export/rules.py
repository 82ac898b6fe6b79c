"""What each rule of a table's encoder asks of an exported file: one row of a table for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.date_rule import DateRule, as_dates
from glassnet.data.dates import DAY, FIRST, LAST, on_the_wall
from glassnet.data.encode import Rule
from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import LevelRule, NumberRule, numbers_of
from glassnet.data.tables import Column, Kind, as_objects
from glassnet.errors import Unsupported

Cell: TypeAlias = Literal["number", "truth", "text", "date"]


@dataclass(frozen=True)
class Row:
    """What a file takes for a column, and how cells to try it on are made.

    Attributes
    ----------
    cell : callable
        From the rule to "number", "truth" (1, 0), "text" or "date" (seconds since 1970, on the
        clocks of the rule's zone).
    made : callable
        From the rule, a number of rows and a generator to values like those of training, none
        missing.
    levels : callable
        From the rule to the least and the largest of its encoded columns, where they are known
        without any row; else None.
    """

    cell: Callable[[Any], Cell]
    made: Callable[[Any, int, np.random.Generator], Array]
    levels: Callable[[Any], tuple[float, float] | None] = lambda rule: None


def _numbers(rule: NumberRule, count: int, rng: np.random.Generator) -> Array:
    return rule.mean + rule.scale * rng.normal(size=count)


def _binned(rule: BinnedRule, count: int, rng: np.random.Generator) -> Array:
    """About the range of training, some far out of it."""
    middle = rule.scale.middle
    width = max((abs(edge - middle) for edge in rule.edges), default=1.0) or 1.0
    far = np.where(rng.random(count) < 0.05, 1e3, 0.5)
    return middle + width * far * rng.normal(size=count)


def _dates(rule: DateRule, count: int, rng: np.random.Generator) -> Array:
    return np.clip(_binned(rule.days, count, rng) * DAY, FIRST, LAST - 1.0)


def _levels(rule: LevelRule | OrderRule, count: int, rng: np.random.Generator) -> Array:
    if rule.kind == "boolean":
        return rng.integers(0, 2, count).astype(np.float64)
    levels = [*rule.levels, "new " + max(rule.levels, default="", key=len)]
    return as_objects(levels[k] for k in rng.integers(0, len(levels), count))


RULES: Mapping[type, Row] = {
    NumberRule: Row(lambda rule: "number", _numbers),
    BinnedRule: Row(lambda rule: "number", _binned),
    LevelRule: Row(
        lambda rule: "truth" if rule.kind == "boolean" else "text",
        _levels,
        lambda rule: (-1.0 if codes_of(rule) == 2 else 0.0, 1.0),
    ),
    OrderRule: Row(lambda rule: "text", _levels),
    DateRule: Row(lambda rule: "date", _dates),
}


def codes_of(rule: LevelRule) -> int:
    """The number of levels, those for the missing and the rare included; two share a column."""
    return len(rule.levels) + rule.missing + rule.rare


def absent_code(rule: LevelRule) -> int:
    """The code of a missing value; −2, which is in no column, where training had none."""
    return len(rule.levels) if rule.missing else -2


def unknown_code(rule: LevelRule) -> int:
    """The code of a level that is not named: that of the rare, or −1, which is in no column."""
    return len(rule.levels) + rule.missing if rule.rare else -1


def row_of(rule: Rule) -> Row:
    """The row of a rule.

    Raises
    ------
    Unsupported
        If the table has none.
    """
    found = RULES.get(type(rule))
    if found is None:
        raise _unknown(rule, "exports")
    return found


def writer(rule: Rule, writers: Mapping[type, Any], home: str) -> Any:
    """The writer of a rule among those of a format.

    Raises
    ------
    Unsupported
        If it has none.

    Examples
    --------
    >>> writer(NumberRule("size", 0.0, 1.0, False), {}, "C")
    Traceback (most recent call last):
    glassnet.errors.Unsupported: the encoding of 'size' (NumberRule) cannot be written into C. ...
    """
    found = writers.get(type(rule))
    if found is None:
        raise _unknown(rule, home)
    return found


def cell_of(rule: Rule) -> Cell:
    """What a file takes for the rule's column."""
    return row_of(rule).cell(rule)


def made_column(rule: Rule, count: int, rng: np.random.Generator) -> Column:
    """Cells like those of training, a tenth of them missing; among levels, one that is new."""
    row, absent = row_of(rule), rng.random(count) < 0.1
    values, cell = row.made(rule, count, rng), row.cell(rule)
    if cell == "text":
        texts = [None if gone else text for text, gone in zip(values, absent, strict=True)]
        return Column(rule.name, "categorical", as_objects(texts))
    kinds: Mapping[Cell, Kind] = {"number": "numeric", "truth": "boolean", "date": "date"}
    zone = "UTC" if getattr(rule, "zone", "") else ""
    return Column(rule.name, kinds[cell], np.where(absent, np.nan, values), zone)


def cells_of(rule: Rule, column: Column) -> list[Any]:
    """The cells of a column as a file takes them: floats with nan, or texts with None."""
    cell = cell_of(rule)
    if cell == "text":
        return column.texts().tolist()
    if cell == "truth":
        return [_truth(text) for text in column.texts().tolist()]
    if isinstance(rule, DateRule):
        dates = as_dates(column, zoned=bool(rule.zone))
        return on_the_wall(dates.values, rule.zone, rule.name).tolist()
    return numbers_of(column).tolist()


def _truth(text: str | None) -> float:
    """1 for a text that means true, 0 for false, nan for none, 2 for any other."""
    known = {None: float("nan"), "true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}
    return known.get(None if text is None else text.lower(), 2.0)


def _unknown(rule: Rule, home: str) -> Unsupported:
    return Unsupported(
        f"the encoding of {rule.name!r} ({type(rule).__name__}) cannot be written into {home}. "
        "Turn the column into numbers or texts before the fit, or export a network of members_ "
        "and give it rows of encode(X)."
    )

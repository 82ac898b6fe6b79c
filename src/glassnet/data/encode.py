"""Columns to arrays: standardised numbers, categories as columns of their own, missing values.

What is learned from the training table is plain data (names, means, scales, levels), so it lies in
a model file as JSON and two arrays, and a reader in any language can apply it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.rules import Encoded, LevelRule, NumberRule
from glassnet.data.scaling import center_and_scale, require_finite
from glassnet.data.tables import Column, Kind, Table, require_different
from glassnet.errors import BadFile, InvalidValue, ShapeMismatch, Unsupported

Rule: TypeAlias = NumberRule | LevelRule | BinnedRule

MAX_LEVELS = 1000


@dataclass(frozen=True)
class TableEncoder:
    """What a training table taught: one rule a column. Make one with :meth:`fit`.

    Numbers are standardised (a constant column gets scale 1); a column with missing values in
    training gets an indicator beside it. Text and booleans become columns per level.
    :func:`glassnet.data.rich_encoding.rich_encoding` makes one with bins of numbers.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> table = Table([as_column([1, 2, 3], "size"), as_column(["b", "a", "c"], "shop")])
    >>> encoder = TableEncoder.fit(table)
    >>> encoder.feature_names
    ('size', 'shop=a', 'shop=b', 'shop=c')
    >>> encoder.transform(table)[0]
    array([-1.2247,  0.    ,  1.    ,  0.    ])
    """

    rules: tuple[Rule, ...]

    @classmethod
    def fit(cls, table: Table, *, max_levels: int = MAX_LEVELS) -> TableEncoder:
        """Learn the rules from the rows of training.

        Raises
        ------
        InvalidValue
            If there are no rows, a number is infinite, or a column of text has more than
            ``max_levels`` levels.
        """
        if len(table) == 0:
            raise InvalidValue("a table must have at least one row to learn from; it has none.")
        return cls(tuple(_rule(column, max_levels) for column in table.columns))

    @property
    def plain_rules(self) -> tuple[NumberRule | LevelRule, ...]:
        """The rules, where numbers are standardised and no more: what exporters can write.

        Raises
        ------
        Unsupported
            If a number has bins, or rare levels share one.
        """
        plain: list[NumberRule | LevelRule] = []
        for rule in self.rules:
            if isinstance(rule, BinnedRule) or (isinstance(rule, LevelRule) and rule.rare):
                raise Unsupported(
                    f"the encoding of {rule.name!r} (bins, or a level for the rare) is not written "
                    "into exports yet. Export the network and give it rows from encode."
                )
            plain.append(rule)
        return tuple(plain)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the table's columns, before encoding."""
        return tuple(rule.name for rule in self.rules)

    @property
    def kinds(self) -> dict[str, Kind]:
        """How each column was typed; ``read_table(…, kinds=…)`` types another file the same way."""
        return {r.name: r.kind if isinstance(r, LevelRule) else "numeric" for r in self.rules}

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the d encoded columns."""
        return tuple(name for rule in self.rules for name in rule.outputs)

    def transform(self, table: Table) -> Array:
        """Encode a table.  -> (n, d) float64"""
        return self.encode(table).x

    def encode(self, table: Table, dtype: Any = np.float64) -> Encoded:
        """Encode a table, and count what training had not prepared for.

        Columns are found by name; others are ignored. Each is computed in float64 and kept in
        ``dtype``.

        Raises
        ------
        ShapeMismatch
            If columns are not there.
        InvalidValue
            If a number is infinite, or text stands where training had numbers.
        """
        self.require_columns(table.names)
        encoded = Encoded(np.empty((len(table), len(self.feature_names)), dtype))
        end = 0
        for rule in self.rules:
            begin, end = end, end + len(rule.outputs)
            rule.fill(table[rule.name], encoded.x[:, begin:end], encoded)
        return encoded

    def require_columns(self, names: Sequence[str]) -> None:
        """Demand that the columns of training be among these.

        Raises
        ------
        ShapeMismatch
        """
        known = set(names)
        absent = [name for name in self.names if name not in known]
        if absent:
            more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
            raise ShapeMismatch(
                f"the table must have the columns of training; {', '.join(map(repr, absent[:5]))}"
                f"{more} of {len(self.names)} are not there. It has {', '.join(names[:8])}."
            )

    def to_header(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return the rules as JSON and arrays, for a model file."""
        columns = [_entry(rule) for rule in self.rules]
        numbers = [rule for rule in self.rules if isinstance(rule, NumberRule)]
        arrays = {
            "mean": np.array([rule.mean for rule in numbers], dtype=np.float64),
            "scale": np.array([rule.scale for rule in numbers], dtype=np.float64),
        }
        binned = [rule for rule in self.rules if isinstance(rule, BinnedRule)]
        if binned:
            edges = [edge for rule in binned for edge in rule.edges]
            arrays["median"] = np.array([rule.median for rule in binned], dtype=np.float64)
            arrays["spread"] = np.array([rule.spread for rule in binned], dtype=np.float64)
            arrays["edges"] = np.array(edges, dtype=np.float64)
        return {"columns": columns}, arrays

    @classmethod
    def from_header(cls, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> TableEncoder:
        """Return the encoder that :meth:`to_header` described.

        Raises
        ------
        BadFile
            If it is anything else.
        """
        try:
            rules = _rules(header["columns"], arrays)
            require_different(rule.name for rule in rules)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadFile(f"the file's encoder of columns is not valid: {error}.") from error
        return cls(tuple(rules))


def _rule(column: Column, max_levels: int) -> Rule:
    missing = bool(column.missing.any())
    if column.kind == "numeric":
        require_finite(column.name, column.values)
        mean, scale = center_and_scale(column.values[~column.missing])
        return NumberRule(column.name, mean, scale, missing)
    levels = sorted(set(column.texts().tolist()) - {None})
    if len(levels) > max_levels:
        raise InvalidValue(
            f"a column of text may have {max_levels} levels; {column.name!r} has {len(levels):,} "
            f"in {len(column):,} rows. Leave it out if it names rows, or turn it into numbers."
        )
    return LevelRule(column.name, column.kind, tuple(levels), missing)


def _entry(rule: Rule) -> dict[str, Any]:
    """A rule as JSON; its numbers lie in arrays."""
    if isinstance(rule, NumberRule):
        return {"name": rule.name, "kind": "numeric", "indicator": rule.indicator}
    if isinstance(rule, BinnedRule):
        ends, flag = len(rule.edges), rule.indicator
        return {"name": rule.name, "kind": "binned", "indicator": flag, "edges": ends}
    levels, missing = list(rule.levels), rule.missing
    entry = {"name": rule.name, "kind": rule.kind, "levels": levels, "missing": missing}
    return entry | {"rare": True} if rule.rare else entry  # files without it are as they ever were


def _rules(columns: object, arrays: Mapping[str, Array]) -> list[Rule]:
    """Rebuild the rules, demanding of each field what its dataclass promises."""
    nothing = np.zeros(0)
    numbers = iter(zip(arrays["mean"].tolist(), arrays["scale"].tolist(), strict=True))
    binned = [arrays.get(name, nothing).tolist() for name in ("median", "spread", "edges")]
    rules: list[Rule] = []
    for entry in cast("list[dict[str, Any]]", columns):
        name, kind = entry["name"], entry["kind"]
        if kind == "numeric":
            m, s = next(numbers, (None, None))
            if not (isinstance(m, float) and abs(m) < np.inf and isinstance(s, float) and s > 0):
                raise ValueError(f"{name!r} has no proper mean and scale")
            rule: Rule = NumberRule(name, m, s, entry["indicator"])
            flag = rule.indicator
        elif kind == "binned":
            rule = _binned(entry, *binned)
            flag = rule.indicator
        else:
            levels, rare = entry["levels"], entry.get("rare", False)
            if kind not in ("categorical", "boolean") or levels != sorted(set(map(str, levels))):
                raise ValueError(f"the levels of {name!r} are not sorted texts")
            rule = LevelRule(name, kind, tuple(levels), entry["missing"], rare)
            flag = rule.missing if isinstance(rare, bool) else None
        if not isinstance(name, str) or not isinstance(flag, bool):
            raise ValueError(f"the entry of {name!r} is not of the right types")
        rules.append(rule)
    if next(numbers, None) is not None or any(binned):
        raise ValueError("there are more numbers than columns of numbers")
    return rules


def _binned(
    entry: Mapping[str, Any], medians: list[float], spreads: list[float], edges: list[float]
) -> BinnedRule:
    """The rule whose numbers stand first in the lists; they are taken from there."""
    name, count = entry["name"], entry["edges"]
    if type(count) is not int or not 0 <= count <= len(edges) or not medians or not spreads:
        raise ValueError(f"{name!r} has not the numbers of its bins")
    median, spread, own = medians.pop(0), spreads.pop(0), tuple(edges[:count])
    del edges[:count]
    finite = all(isinstance(n, float) and abs(n) < np.inf for n in (median, spread, *own))
    if not finite or not spread > 0 or any(hi <= lo for lo, hi in pairwise(own)):
        raise ValueError(f"{name!r} has no proper median, spread and bins")
    return BinnedRule(name, median, spread, own, entry["indicator"])

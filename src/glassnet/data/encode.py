"""Columns to arrays: standardised numbers, categories as columns of their own, missing values.

What is learned from the training table is plain data (names, means, scales, levels), so it lies in
a model file as JSON and two arrays, and a reader in any language can apply it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.date_rule import DateRule
from glassnet.data.order_rule import OrderRule
from glassnet.data.rule_numbers import RuleNumbers
from glassnet.data.rules import Encoded, LevelRule, NumberRule
from glassnet.data.scaling import center_and_scale, require_finite
from glassnet.data.tables import Column, Kind, Table, require_different
from glassnet.errors import BadFile, InvalidValue, ShapeMismatch, Unsupported

Rule: TypeAlias = NumberRule | LevelRule | BinnedRule | OrderRule | DateRule

RULES: Mapping[str, type[Rule]] = {  # by the word for them in a model file
    "numeric": NumberRule,
    "categorical": LevelRule,
    "boolean": LevelRule,
    "binned": BinnedRule,
    "ordinal": OrderRule,
    "date": DateRule,
}
MAX_LEVELS = 1000
_BLOCK = 2048  # rows: 960 columns of 200,000 rows took 2.5 s so, 5.1 s a whole column at a time


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
            if not isinstance(rule, NumberRule | LevelRule) or getattr(rule, "rare", False):
                raise Unsupported(
                    f"the encoding of {rule.name!r} (bins, dates, an order, or a level for the "
                    "rare) is not known here. Take the network and give it rows from encode."
                )
            plain.append(rule)
        return tuple(plain)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the table's columns, before encoding."""
        return tuple(rule.name for rule in self.rules)

    @property
    def kinds(self) -> dict[str, Kind]:
        """How to read each column of a file; ``read_table(…, kinds=…)`` types another so.

        Dates and levels with an order are read as the texts that they are there.
        """
        read: dict[str, Kind] = {"numeric": "numeric", "boolean": "boolean"}
        return {rule.name: read.get(rule.kind, "categorical") for rule in self.rules}

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
        columns = [table[rule.name] for rule in self.rules]
        encoded = Encoded(np.empty((len(table), len(self.feature_names)), dtype))
        try:
            for begin in range(0, len(table), _BLOCK):
                rows = slice(begin, begin + _BLOCK)
                part = Encoded(encoded.x[rows])
                self._fill([column.take(rows) for column in columns], part)
                for total, more in (
                    (encoded.imputed, part.imputed),
                    (encoded.unknown, part.unknown),
                ):
                    total.update({name: total.get(name, 0) + n for name, n in more.items()})
        except InvalidValue:
            self._fill(columns, encoded)  # which names the rows of the table, not of the block
            raise
        return encoded

    def _fill(self, columns: Sequence[Column], encoded: Encoded) -> None:
        end = 0
        for rule, column in zip(self.rules, columns, strict=True):
            begin, end = end, end + len(rule.outputs)
            rule.fill(column, encoded.x[:, begin:end], encoded)

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
        numbers = RuleNumbers({"mean": np.zeros(0), "scale": np.zeros(0)})
        columns = [rule.entry(numbers) for rule in self.rules]
        return {"columns": columns}, numbers.arrays()

    @classmethod
    def from_header(cls, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> TableEncoder:
        """Return the encoder that :meth:`to_header` described.

        Raises
        ------
        BadFile
            If it is anything else.
        """
        try:
            numbers = RuleNumbers(arrays)
            entries = cast("list[dict[str, Any]]", header["columns"])
            rules = [RULES[entry["kind"]].of_entry(entry, numbers) for entry in entries]
            numbers.require_none_left()
            require_different(rule.name for rule in rules)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadFile(f"the file's encoder of columns is not valid: {error}.") from error
        return cls(tuple(rules))


def _rule(column: Column, max_levels: int) -> Rule:
    if column.kind == "date":
        raise InvalidValue(
            f"the column {column.name!r} must hold numbers, booleans or text here; it has dates. "
            "Convert it, leave it out, or use TableClassifier or TableRegressor, which take dates."
        )
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

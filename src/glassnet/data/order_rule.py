"""Levels that have an order, as their rank: a number, with a step for each level reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Array
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.cells import rows_in_words
from glassnet.data.rule_numbers import RuleNumbers
from glassnet.data.rules import Encoded
from glassnet.data.tables import Column
from glassnet.errors import InvalidValue
from glassnet.files.fields import fields, items, text

_MOST = 1_000_000  # levels of a file; each is a text of its own


@dataclass(frozen=True)
class OrderRule:
    """The rank of a level, 0 for the lowest, encoded as a number is.

    A bin lies between each two neighbouring levels that training had, up to the number of bins: its
    column is 1 from the upper level on. A text that is not among the levels is a missing value.

    Parameters
    ----------
    name : str
    levels : tuple of str
        From low to high.
    number : BinnedRule
        Of the ranks.

    Examples
    --------
    >>> from glassnet.data.tables import as_objects
    >>> column = Column("size", "categorical", as_objects(["S", "L", "M", "S"]))
    >>> rule = OrderRule.of(column, ["S", "M", "L"], 16)
    >>> out = np.empty((4, 3))
    >>> rule.fill(column, out, Encoded(out))
    >>> out[:, 1:].tolist()
    [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    >>> rule.outputs
    ('size', 'size from S to M', 'size from M to L')
    """

    kind: ClassVar[str] = "ordinal"

    name: str
    levels: tuple[str, ...]
    number: BinnedRule

    @classmethod
    def of(
        cls, column: Column, levels: Sequence[str], bins: int, *, scaling: str = "robust"
    ) -> OrderRule:
        """Learn the rule of a column whose levels have this order.

        Raises
        ------
        InvalidValue
            If the column has a text that is none of them.
        """
        texts = column.texts()
        ranks = _ranks(texts, levels)
        odd = np.isnan(ranks) & ~column.missing
        if odd.any():
            raise InvalidValue(
                f"the column {column.name!r} must hold the levels of its order, "
                f"{', '.join(levels[:8])}{', …' if len(levels) > 8 else ''}; it holds "
                f"{texts[int(odd.argmax())]!r:.40} at {rows_in_words(odd)}. Add it to the order, "
                "or leave these values empty."
            )
        number = BinnedRule.of(Column(column.name, "numeric", ranks), bins, scaling=scaling)
        return cls(column.name, tuple(levels), number)

    @property
    def indicator(self) -> bool:
        """Whether the last column is 1 where the level is missing."""
        return self.number.indicator

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        named = [f"{self.name} from {self._at(low)} to {self._at(high)}"
                 for low, high in pairwise(self.number.edges)]  # fmt: skip
        last = [f"{self.name} is missing"] if self.indicator else []
        return (self.name, *named, *last)

    def fill(self, column: Column, out: Array, seen: Encoded) -> None:
        """Encode into ``out`` (n, columns), and note what training did not have."""
        ranks, absent = _ranks(column.texts(), self.levels), column.missing
        self.number.put(ranks, out)
        unknown = np.isnan(ranks) & ~absent
        if unknown.any():
            seen.unknown[self.name] = int(unknown.sum())
        if absent.any() and not self.indicator:
            seen.imputed[self.name] = int(absent.sum())

    def entry(self, numbers: RuleNumbers) -> dict[str, Any]:
        """What a header says of it; its numbers go into arrays."""
        number = self.number.entry(numbers)
        return {"name": self.name, "kind": "ordinal", "levels": list(self.levels), "number": number}

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any], numbers: RuleNumbers) -> OrderRule:
        """Rebuild it; ValueError, TypeError or KeyError if it is none."""
        held = fields(entry, ("name", "kind", "levels", "number"), "a column with an order")
        name, levels = text(held, "name"), items(held, "levels")
        number = BinnedRule.of_entry(held["number"], numbers)
        if not all(type(level) is str for level in levels):
            raise ValueError(f"the levels of {name!r} are not texts")
        if not 0 < len(set(levels)) == len(levels) <= _MOST or number.name != name:
            raise ValueError(f"the order of {name!r} is none")
        if any(not 0 <= edge < len(levels) for edge in number.edges):
            raise ValueError(f"the bins of {name!r} are not between its levels")
        return cls(name, tuple(levels), number)

    def _at(self, rank: float) -> str:
        """The level of a rank, the lower neighbour of one between two."""
        return self.levels[int(rank)]


def _ranks(texts: Array, levels: Sequence[str]) -> Array:
    """The place of each text among the levels, nan where there is none.  (n,) -> (n,)"""
    rank: dict[str | None, float] = {level: float(k) for k, level in enumerate(levels)}
    return np.array([rank.get(one, np.nan) for one in texts.tolist()], np.float64)

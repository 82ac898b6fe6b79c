"""Which encoded columns are not the bins or steps of a number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.arrays import Array
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.date_rule import DateRule
from glassnet.data.encode import Rule, TableEncoder
from glassnet.data.order_rule import OrderRule


def plain_columns(encoder: TableEncoder) -> Array:
    """Numbers of the encoded columns that stay where nothing is cut.  -> (k,) int

    Scaled numbers, levels, parts of dates and the marks of gaps.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> from glassnet.data.rich_encoding import rich_encoding
    >>> from glassnet.data.tables import Table
    >>> table = Table([as_column([1, 2, 3], "size"), as_column(["a", "b", "c"], "shop")])
    >>> encoder = rich_encoding(table).encoder
    >>> [encoder.feature_names[j] for j in plain_columns(encoder)]
    ['size', 'shop=a', 'shop=b', 'shop=c']
    """
    kept: list[int] = []
    end = 0
    for rule in encoder.rules:
        cut = set(_cut(rule))
        kept += [end + j for j in range(len(rule.outputs)) if j not in cut]
        end += len(rule.outputs)
    return np.array(kept, dtype=np.intp)


def _cut(rule: Rule) -> Iterator[int]:
    """The columns of a rule that are bins or steps."""
    if isinstance(rule, BinnedRule | OrderRule):
        yield from range(1, len(rule.outputs) - rule.indicator)
    if isinstance(rule, DateRule):
        days = len(rule.days.outputs)
        yield from range(1, days)
        if rule.years is not None:
            yield from range(days + 1, days + len(rule.years.outputs))

"""Each rule of a table's encoder in C: one row of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.date_rule import DateRule
from glassnet.data.encode import Rule
from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import LevelRule, NumberRule
from glassnet.export.c.dates import dated
from glassnet.export.c.levels import levels, ranks
from glassnet.export.c.numbers import binned, number
from glassnet.export.c.row import Place, Reading
from glassnet.export.rules import writer

Writer: TypeAlias = Callable[[Reading, Any, Place], None]

RULES: Mapping[type, Writer] = {
    NumberRule: number,
    BinnedRule: binned,
    LevelRule: levels,
    OrderRule: ranks,
    DateRule: dated,
}


def write_rule(made: Reading, rule: Rule, place: Place) -> None:
    """Add to a file what fills in the encoded columns of a rule.

    Raises
    ------
    Unsupported
        If C has no row for the rule.
    """
    writer(rule, RULES, "C")(made, rule, place)

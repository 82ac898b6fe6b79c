"""Each rule of a table's encoder in ONNX: one row of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.date_rule import DateRule
from glassnet.data.encode import Rule
from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import LevelRule, NumberRule
from glassnet.export.onnx.dates import dated
from glassnet.export.onnx.graph import Graph
from glassnet.export.onnx.levels import levels, ranks
from glassnet.export.onnx.numbers import binned, number
from glassnet.export.rules import writer

Writer: TypeAlias = Callable[[Graph, Any, str], str]

RULES: Mapping[type, Writer] = {
    NumberRule: number,
    BinnedRule: binned,
    LevelRule: levels,
    OrderRule: ranks,
    DateRule: dated,
}


def encoded(graph: Graph, rule: Rule, x: str) -> str:
    """The encoded columns of the input x (rows, 1), float64; nan where the model refuses the row.

    Raises
    ------
    Unsupported
        If ONNX has no row for the rule.
    """
    return writer(rule, RULES, "ONNX")(graph, rule, x)

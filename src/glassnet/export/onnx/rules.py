"""Each rule of a table's encoder in ONNX: one row of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.encode import Rule
from glassnet.data.rules import LevelRule, NumberRule
from glassnet.export.onnx.graph import Graph
from glassnet.export.rules import codes_of, writer

Writer: TypeAlias = Callable[[Graph, Any, str], str]

_LARGEST, _BOUND = 1e150, 3.0  # of BinnedRule


def encoded(graph: Graph, rule: Rule, x: str) -> str:
    """The encoded columns of the input x (rows, 1), in float64; nan where x is infinite.

    Raises
    ------
    Unsupported
        If ONNX has no row for the rule.
    """
    return writer(rule, RULES, "ONNX")(graph, rule, x)


def scaled(graph: Graph, x: str, center: Any, scale: Any) -> str:
    """(x − center) / scale in float64."""
    return graph.add("Div", graph.add("Sub", x, _wide(graph, center)), _wide(graph, scale))


def _wide(graph: Graph, values: Any) -> str:
    """Float64 numbers: one, or a row of them."""
    array = np.asarray(values, dtype=np.float64)
    return graph.constant(array[None] if array.ndim else array)


def _number(graph: Graph, rule: NumberRule, x: str) -> str:
    missing = graph.add("IsNaN", x)
    filled = graph.add("Where", missing, _wide(graph, rule.mean), x)
    standard = scaled(graph, filled, [rule.mean], [rule.scale])
    # The model's own way when the difference overflows: divide first.
    ratio = _wide(graph, rule.mean / rule.scale)
    apart = graph.add("Sub", graph.add("Div", filled, _wide(graph, rule.scale)), ratio)
    standard = graph.add("Where", graph.add("IsInf", standard), apart, standard)
    standard = graph.add("Where", missing, _wide(graph, 0.0), standard)
    return _marked(graph, standard, missing, indicator=rule.indicator)


def _binned(graph: Graph, rule: BinnedRule, x: str) -> str:
    missing = graph.add("IsNaN", x)
    filled = graph.add("Where", missing, _wide(graph, rule.median), x)
    z = scaled(graph, filled, [rule.median], [rule.spread])
    z = graph.add("Clip", z, _wide(graph, -_LARGEST), _wide(graph, _LARGEST))
    part = graph.add("Div", z, _wide(graph, _BOUND))
    root = graph.add("Add", graph.add("Mul", part, part), _wide(graph, 1.0))
    bounded = graph.add("Div", z, graph.add("Sqrt", root))
    # Bounded or not, an infinity is refused: x − x is nan there and 0 elsewhere.
    whole = graph.add("Add", bounded, graph.add("Sub", filled, filled))
    if len(rule.edges) > 1:
        edges = np.array(rule.edges)
        share = scaled(graph, filled, edges[:-1], edges[1:] - edges[:-1])
        share = graph.add("Clip", share, _wide(graph, 0.0), _wide(graph, 1.0))
        whole = graph.add("Concat", whole, share, axis=1)
    return _marked(graph, whole, missing, indicator=rule.indicator)


def _marked(graph: Graph, columns: str, missing: str, *, indicator: bool) -> str:
    """The columns and, with an indicator, one more that is 1 where the value was missing."""
    if not indicator:
        return columns
    return graph.add("Concat", columns, graph.cast(missing, np.float64), axis=1)


def _levels(graph: Graph, rule: LevelRule, x: str) -> str:
    """A column per level, 1 where it holds; one of −1 and +1 where there are two."""
    code = _truth(graph, rule, x) if rule.kind == "boolean" else _text(graph, rule, x)
    count = codes_of(rule)
    if count == 2:
        twice = graph.cast(graph.add("Mul", code, graph.constant(np.int64(2))), np.float64)
        double = graph.add("Sub", twice, _wide(graph, 1.0))
        known = graph.add("GreaterOrEqual", code, graph.constant(np.int64(0)))
        return graph.add("Where", known, double, _wide(graph, 0.0))
    every = graph.constant(np.arange(count, dtype=np.int64)[None])
    return graph.cast(graph.add("Equal", code, every), np.float64)


def _absent(rule: LevelRule) -> int:
    """The code of a missing value; −2, which is in no column, where training had none."""
    return len(rule.levels) if rule.missing else -2


def _unknown(rule: LevelRule) -> int:
    """The code of a level that is not named: that of the rare, or −1, which is in no column."""
    return len(rule.levels) + rule.missing if rule.rare else -1


def _text(graph: Graph, rule: LevelRule, x: str) -> str:
    """The number of a text among the levels; the empty one is missing."""
    keys, codes = list(rule.levels), list(range(len(rule.levels)))
    if "" not in keys:
        keys, codes = [*keys, ""], [*codes, _absent(rule)]
    return graph.add(
        "LabelEncoder", x, domain="ai.onnx.ml", keys_strings=keys, values_int64s=codes,
        default_int64=_unknown(rule),
    )  # fmt: skip


def _truth(graph: Graph, rule: LevelRule, x: str) -> str:
    """The number of a truth value among the levels."""
    number = {text: code for code, text in enumerate(rule.levels)}
    unknown = _unknown(rule)
    code = graph.constant(np.array(unknown, dtype=np.int64))
    for text, as_number in (("False", 0.0), ("True", 1.0)):
        same = graph.add("Equal", x, _wide(graph, as_number))
        held = graph.constant(np.int64(number.get(text, unknown)))
        code = graph.add("Where", same, held, code)
    return graph.add("Where", graph.add("IsNaN", x), graph.constant(np.int64(_absent(rule))), code)


RULES: Mapping[type, Writer] = {NumberRule: _number, BinnedRule: _binned, LevelRule: _levels}

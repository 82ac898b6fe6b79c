"""Columns of levels in ONNX: texts and truth values, with an order or without."""

from __future__ import annotations

import numpy as np

from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import LevelRule
from glassnet.export.onnx.graph import Graph
from glassnet.export.onnx.numbers import binned, wide
from glassnet.export.rules import absent_code, codes_of, unknown_code


def levels(graph: Graph, rule: LevelRule, x: str) -> str:
    """A column per level, 1 where it holds; one of −1 and +1 where there are two."""
    code = _truth(graph, rule, x) if rule.kind == "boolean" else _text(graph, rule, x)
    count = codes_of(rule)
    if count == 2:
        twice = graph.cast(graph.add("Mul", code, graph.constant(np.int64(2))), np.float64)
        double = graph.add("Sub", twice, wide(graph, 1.0))
        known = graph.add("GreaterOrEqual", code, graph.constant(np.int64(0)))
        return graph.add("Where", known, double, wide(graph, 0.0))
    every = graph.constant(np.arange(count, dtype=np.int64)[None])
    return graph.cast(graph.add("Equal", code, every), np.float64)


def ranks(graph: Graph, rule: OrderRule, x: str) -> str:
    """The columns of a rank; a text that is no level is missing, and so is the empty one."""
    codes = {text: code for code, text in enumerate(rule.levels)}
    code = _looked_up(graph, x, codes, -1)
    known = graph.add("GreaterOrEqual", code, graph.constant(np.int64(0)))
    rank = graph.add("Where", known, graph.cast(code, np.float64), wide(graph, np.nan))
    return binned(graph, rule.number, rank)


def _text(graph: Graph, rule: LevelRule, x: str) -> str:
    """The number of a text among the levels; the empty one is missing."""
    codes = {"": absent_code(rule)} | {text: code for code, text in enumerate(rule.levels)}
    return _looked_up(graph, x, codes, unknown_code(rule))


def _looked_up(graph: Graph, x: str, codes: dict[str, int], other: int) -> str:
    return graph.add(
        "LabelEncoder", x, domain="ai.onnx.ml", keys_strings=list(codes),
        values_int64s=list(codes.values()), default_int64=other,
    )  # fmt: skip


def _truth(graph: Graph, rule: LevelRule, x: str) -> str:
    """The number of a truth value among the levels."""
    number = {text: code for code, text in enumerate(rule.levels)}
    unknown = unknown_code(rule)
    code = graph.constant(np.array(unknown, dtype=np.int64))
    for text, as_number in (("False", 0.0), ("True", 1.0)):
        same = graph.add("Equal", x, wide(graph, as_number))
        held = graph.constant(np.int64(number.get(text, unknown)))
        code = graph.add("Where", same, held, code)
    absent = graph.constant(np.int64(absent_code(rule)))
    return graph.add("Where", graph.add("IsNaN", x), absent, code)

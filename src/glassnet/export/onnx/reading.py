"""The part of the graph that makes a[0] of its inputs: a matrix, or an input for each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import ValueInfoProto

from glassnet.data.rules import LevelRule, NumberRule
from glassnet.export.onnx.graph import INSIDE, Graph, value
from glassnet.export.source import Source


@dataclass(frozen=True)
class Inputs:
    """What the graph is given: ``columns`` names the model's column behind each input."""

    values: list[ValueInfoProto]
    columns: dict[str, str]


def inputs(found: Source, dtype: Any, taken: set[str]) -> Inputs:
    """The inputs of a source: ``X`` (rows, n₀), or (rows, 1) each for the columns of a table.

    Numbers of a table are float64, as frames hold them, and truth values float64 1 and 0, nan for
    missing; texts are strings, empty for missing. Names in ``taken`` get an underline.
    """
    if found.rules is None:
        return Inputs([value("X", dtype, len(found.names))], {"X": ", ".join(found.names)})
    values: list[ValueInfoProto] = []
    columns: dict[str, str] = {}
    for rule in found.rules:
        name = rule.name or "column"
        while name in taken or name in columns or name.startswith(INSIDE):
            name = f"{name}_" if not name.startswith(INSIDE) else f"column {name}"
        columns[name] = rule.name
        values.append(value(name, str if is_text(rule) else np.float64, 1))
    return Inputs(values, columns)


def is_text(rule: NumberRule | LevelRule) -> bool:
    """Whether the column is one of texts; truth values are numbers in ONNX."""
    return isinstance(rule, LevelRule) and rule.kind != "boolean"


def read(graph: Graph, found: Source, names: list[str]) -> tuple[str, str]:
    """a[0] in the graph's dtype, and a column that is 0, or nan where the model refuses the row."""
    if found.rules is None:
        x, wide = names[0], graph.dtype
        if found.scaling is not None:
            x, wide = _scaled(graph, graph.cast(x, np.float64), found.scaling), np.dtype(np.float64)
    else:
        pieces = [
            _column(graph, r, n) for r, n in zip(found.rules, names, strict=True) if r.outputs
        ]
        x, wide = graph.add("Concat", *pieces, axis=1), np.dtype(np.float64)
        if found.scaling is not None:
            x = _scaled(graph, x, found.scaling)
    a = graph.own(x, wide)
    # x − x is 0 where x is finite and nan elsewhere: the model would refuse such a row.
    axes = graph.constant(np.array([1], dtype=np.int64))
    return a, graph.add("ReduceSum", graph.add("Sub", a, a), axes, keepdims=1)


def _scaled(graph: Graph, x: str, scaling: tuple[Any, Any]) -> str:
    center, scale = (graph.constant(np.asarray(part, np.float64)[None]) for part in scaling)
    return graph.add("Div", graph.add("Sub", x, center), scale)


def _column(graph: Graph, rule: NumberRule | LevelRule, x: str) -> str:
    """The encoded columns of one column, in float64."""
    if isinstance(rule, LevelRule):
        return _levels(graph, rule, x)
    missing = graph.add("IsNaN", x)
    zero = graph.constant(np.array(0.0))
    filled = graph.add("Where", missing, graph.constant(np.array(rule.mean)), x)
    standard = _scaled(graph, filled, (np.array([rule.mean]), np.array([rule.scale])))
    # The model's own way when the difference overflows: divide first.
    scale, ratio = (
        graph.constant(np.array(rule.scale)),
        graph.constant(np.array(rule.mean / rule.scale)),
    )
    apart = graph.add("Sub", graph.add("Div", filled, scale), ratio)
    standard = graph.add("Where", graph.add("IsInf", standard), apart, standard)
    standard = graph.add("Where", missing, zero, standard)
    if not rule.indicator:
        return standard
    return graph.add("Concat", standard, graph.cast(missing, np.float64), axis=1)


def _levels(graph: Graph, rule: LevelRule, x: str) -> str:
    """A column per level, 1 where it holds; one of −1 and +1 where there are two."""
    code = _truth(graph, rule, x) if rule.kind == "boolean" else _text(graph, rule, x)
    count = len(rule.levels) + rule.missing
    if count == 2:
        twice = graph.cast(graph.add("Mul", code, graph.constant(np.int64(2))), np.float64)
        double = graph.add("Sub", twice, graph.constant(np.array(1.0)))
        known = graph.add("GreaterOrEqual", code, graph.constant(np.int64(0)))
        return graph.add("Where", known, double, graph.constant(np.array(0.0)))
    every = graph.constant(np.arange(count, dtype=np.int64)[None])
    return graph.cast(graph.add("Equal", code, every), np.float64)


def _text(graph: Graph, rule: LevelRule, x: str) -> str:
    """The number of a text among the levels, −1 where it is none; the empty one is missing."""
    keys, codes = list(rule.levels), list(range(len(rule.levels)))
    if rule.missing and "" not in keys:
        keys, codes = [*keys, ""], [*codes, len(codes)]
    if not keys:
        keys, codes = [""], [-1]
    return graph.add(
        "LabelEncoder", x, domain="ai.onnx.ml", keys_strings=keys, values_int64s=codes,
        default_int64=-1,
    )  # fmt: skip


def _truth(graph: Graph, rule: LevelRule, x: str) -> str:
    """The number of a truth value among the levels, −1 where it is none."""
    number = {text: code for code, text in enumerate(rule.levels)}
    code = graph.constant(np.array(-1, dtype=np.int64))
    for text, as_number in (("False", 0.0), ("True", 1.0)):
        same = graph.add("Equal", x, graph.constant(np.array(as_number)))
        code = graph.add("Where", same, graph.constant(np.int64(number.get(text, -1))), code)
    absent = len(rule.levels) if rule.missing else -1
    return graph.add("Where", graph.add("IsNaN", x), graph.constant(np.int64(absent)), code)

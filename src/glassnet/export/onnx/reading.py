"""The part of the graph that makes a[0] of its inputs: a matrix, or an input for each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import ValueInfoProto

from glassnet.export.onnx.graph import INSIDE, Graph, value
from glassnet.export.onnx.numbers import scaled
from glassnet.export.onnx.rules import encoded
from glassnet.export.rules import cell_of
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
        values.append(value(name, str if cell_of(rule) == "text" else np.float64, 1))
    return Inputs(values, columns)


def read(graph: Graph, found: Source, names: list[str]) -> tuple[str, str]:
    """a[0] in the graph's dtype, and a column that is 0, or nan where the model refuses the row."""
    if found.rules is None:
        x, wide = names[0], graph.dtype
        if found.scaling is not None:
            x, wide = scaled(graph, graph.cast(x, np.float64), *found.scaling), np.dtype(np.float64)
    else:
        pieces = [
            encoded(graph, r, n) for r, n in zip(found.rules, names, strict=True) if r.outputs
        ]
        x, wide = graph.add("Concat", *pieces, axis=1), np.dtype(np.float64)
        if found.scaling is not None:
            x = scaled(graph, x, *found.scaling)
    a = graph.own(x, wide)
    # x − x is 0 where x is finite and nan elsewhere: the model would refuse such a row.
    axes = graph.constant(np.array([1], dtype=np.int64))
    return a, graph.add("ReduceSum", graph.add("Sub", a, a), axes, keepdims=1)

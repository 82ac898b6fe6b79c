"""Columns of numbers in ONNX: three ways to scale them, bins, and a mark for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.rules import NumberRule
from glassnet.data.scales import Quantile, Robust, Standard
from glassnet.export.onnx.graph import Graph

Scaler: TypeAlias = Callable[[Graph, Any, str], str]

_LARGEST, _BOUND, _FAR = 1e150, 3.0, 1e30  # of glassnet.data.scales


def scaled(graph: Graph, x: str, center: Any, scale: Any) -> str:
    """(x − center) / scale in float64."""
    return graph.add("Div", graph.add("Sub", x, wide(graph, center)), wide(graph, scale))


def wide(graph: Graph, values: Any) -> str:
    """Float64 numbers: one, or a row of them."""
    array = np.asarray(values, dtype=np.float64)
    return graph.constant(array[None] if array.ndim else array)


def number(graph: Graph, rule: NumberRule, x: str) -> str:
    """The columns of a number that is standardised and no more."""
    missing = graph.add("IsNaN", x)
    filled = graph.add("Where", missing, wide(graph, rule.mean), x)
    standard = _standardised(graph, filled, rule.mean, rule.scale)
    standard = graph.add("Where", missing, wide(graph, 0.0), standard)
    return marked(graph, standard, missing, indicator=rule.indicator)


def binned(graph: Graph, rule: BinnedRule, x: str) -> str:
    """The columns of a number with bins."""
    missing = graph.add("IsNaN", x)
    if rule.infinite:
        missing = graph.add("Or", missing, graph.add("IsInf", x))
    filled = graph.add("Where", missing, wide(graph, rule.scale.middle), x)
    first = SCALES[type(rule.scale)](graph, rule.scale, filled)
    # Bounded or not, an infinity is refused: x − x is nan there and 0 elsewhere.
    whole = graph.add("Add", first, graph.add("Sub", filled, filled))
    if len(rule.edges) > 1:
        edges = np.array(rule.edges)
        share = scaled(graph, filled, edges[:-1], edges[1:] - edges[:-1])
        share = graph.add("Clip", share, wide(graph, 0.0), wide(graph, 1.0))
        whole = graph.add("Concat", whole, share, axis=1)
    if rule.stairs:
        above = graph.add("Greater", filled, wide(graph, rule.stairs))
        whole = graph.add("Concat", whole, graph.cast(above, np.float64), axis=1)
    return marked(graph, whole, missing, indicator=rule.indicator)


def marked(graph: Graph, columns: str, missing: str, *, indicator: bool) -> str:
    """The columns and, with an indicator, one more that is 1 where the value was missing."""
    if not indicator:
        return columns
    return graph.add("Concat", columns, graph.cast(missing, np.float64), axis=1)


def _standardised(graph: Graph, x: str, mean: float, scale: float) -> str:
    """(x − mean) / scale; where the difference overflows, by the model's own way round it."""
    standard = scaled(graph, x, [mean], [scale])
    apart = graph.add("Div", x, wide(graph, scale))
    apart = graph.add("Sub", apart, wide(graph, mean / scale))
    return graph.add("Where", graph.add("IsInf", standard), apart, standard)


def _robust(graph: Graph, scale: Robust, x: str) -> str:
    z = scaled(graph, x, [scale.median], [scale.spread])
    z = graph.add("Clip", z, wide(graph, -_LARGEST), wide(graph, _LARGEST))
    part = graph.add("Div", z, wide(graph, _BOUND))
    root = graph.add("Add", graph.add("Mul", part, part), wide(graph, 1.0))
    return graph.add("Div", z, graph.add("Sqrt", root))


def _standard(graph: Graph, scale: Standard, x: str) -> str:
    """With nan where the model refuses the number."""
    standard = _standardised(graph, x, scale.mean, scale.scale)
    far = graph.add("Greater", graph.add("Abs", standard), wide(graph, _FAR))
    return graph.add("Where", far, wide(graph, np.nan), standard)


def _quantile(graph: Graph, scale: Quantile, x: str) -> str:
    """A straight line between the two thresholds about x: counting those below finds them."""
    t, s = np.array(scale.thresholds), np.array(scale.scores)
    if len(t) == 1:
        return graph.add("Add", graph.add("Mul", x, wide(graph, 0.0)), wide(graph, s))
    x = graph.add("Clip", x, wide(graph, t[0]), wide(graph, t[-1]))
    below = graph.cast(graph.add("GreaterOrEqual", x, wide(graph, t)), np.int64)
    axes = graph.constant(np.array([1], dtype=np.int64))
    j = graph.add("Sub", graph.add("ReduceSum", below, axes), graph.constant(np.int64(1)))
    j = graph.add("Min", j, graph.constant(np.int64(len(t) - 2)))
    at = [
        graph.add("Gather", graph.constant(values), j)
        for values in (t[:-1], t[1:] - t[:-1], s[:-1], s[1:] - s[:-1])
    ]
    share = graph.add("Div", graph.add("Sub", x, at[0]), at[1])
    return graph.add("Add", at[2], graph.add("Mul", at[3], share))


SCALES: Mapping[type, Scaler] = {Robust: _robust, Standard: _standard, Quantile: _quantile}

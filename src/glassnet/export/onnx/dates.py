"""Columns of dates in ONNX: the calendar in float64, whose whole numbers and floors are exact."""

from __future__ import annotations

import numpy as np

from glassnet.data.date_rule import DateRule, circle
from glassnet.data.dates import DAY, FIRST, LAST
from glassnet.export.onnx.graph import Graph
from glassnet.export.onnx.numbers import binned, marked, wide


def dated(graph: Graph, rule: DateRule, x: str) -> str:
    """The columns of seconds since 1970 on the clocks of the rule's zone, nan for missing.

    Outside the years 1 to 9999 they are nan.
    """
    missing = graph.add("IsNaN", x)
    early, late = graph.add("Less", x, wide(graph, FIRST)), graph.add("Less", x, wide(graph, LAST))
    outside = graph.add("Or", early, graph.add("Not", graph.add("Or", late, missing)))
    none = graph.add("Or", missing, outside)
    seconds = graph.add("Where", none, wide(graph, 0.0), x)
    parts = _calendar(graph, seconds)
    gap = wide(graph, np.nan)
    days = graph.add("Div", seconds, wide(graph, DAY))
    pieces = [binned(graph, rule.days, graph.add("Where", missing, gap, days))]
    if rule.years is not None:
        year = graph.add("Where", missing, gap, parts["year"])
        pieces.append(binned(graph, rule.years, year))
    for part in rule.parts:
        place = graph.cast(parts[part], np.int64)
        axes = graph.constant(np.array([1], dtype=np.int64))
        both = graph.add("Gather", graph.constant(circle(part)), graph.add("Squeeze", place, axes))
        pieces.append(graph.add("Where", missing, wide(graph, 0.0), both))
    whole = graph.add("Concat", *pieces, axis=1) if len(pieces) > 1 else pieces[0]
    whole = graph.add("Where", outside, gap, whole)
    return marked(graph, whole, missing, indicator=rule.indicator)


def _calendar(graph: Graph, seconds: str) -> dict[str, str]:
    """Year, month, day, weekday and minute, from 0 but the year, of the Gregorian calendar.

    Years are taken to begin in March, so that the day that comes and goes is their last; 400 of
    them have 146,097 days, and the first began 719,468 days before 1970.
    """

    def floor(x: str, by: float) -> str:
        return graph.add("Floor", graph.add("Div", x, wide(graph, by)))

    def plus(x: str, by: float) -> str:
        return graph.add("Add", x, wide(graph, by))

    def less(x: str, *others: str) -> str:
        for other in others:
            x = graph.add("Sub", x, other)
        return x

    def times(x: str, by: float) -> str:
        return graph.add("Mul", x, wide(graph, by))

    days = floor(seconds, DAY)
    since = plus(days, 719_468.0)
    era = floor(since, 146_097.0)
    of_era = less(since, times(era, 146_097.0))
    leaps = less(floor(of_era, 36_524.0), floor(of_era, 1_460.0), floor(of_era, 146_096.0))
    of_years = floor(graph.add("Add", of_era, leaps), 365.0)
    own_leaps = less(floor(of_years, 4.0), floor(of_years, 100.0))
    of_year = less(of_era, times(of_years, 365.0), own_leaps)
    month = floor(plus(times(of_year, 5.0), 2.0), 153.0)  # from March
    begun = floor(plus(times(month, 153.0), 2.0), 5.0)
    year = graph.add("Add", of_years, times(era, 400.0))
    next_year = graph.add("GreaterOrEqual", month, wide(graph, 10.0))
    return {
        "year": graph.add("Where", next_year, plus(year, 1.0), year),
        "month": graph.add("Where", next_year, plus(month, -10.0), plus(month, 2.0)),
        "day": less(of_year, begun),
        "weekday": less(plus(since, 2.0), times(floor(plus(since, 2.0), 7.0), 7.0)),
        "minute": floor(less(seconds, times(days, DAY)), 60.0),
    }

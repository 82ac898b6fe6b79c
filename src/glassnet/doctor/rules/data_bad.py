"""DATA_BAD: numbers that are none, inputs that never change, answers that nothing explains."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral

_NOISE_ROWS = 100


def data_bad(chart: Chart) -> Finding | None:
    """Find nan in X or y, constant inputs, contradicting rows, or targets without a relation to x.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> print(gn.diagnose(net, [[float("nan")], [1.0]], [0.0, 1.0]).findings[0].saw)
    1 of 2 rows of X and 0 of y hold nan or infinite values.
    """
    return _broken(chart) or _constant(chart) or _contradicting(chart) or _unrelated(chart)


def _broken(chart: Chart) -> Finding | None:
    table = chart.table
    if not table.broken_x + table.broken_y:
        return None
    return Finding(
        "DATA_BAD",
        f"{table.broken_x} of {table.rows} rows of X and {table.broken_y} of y hold nan or "
        "infinite values.",
        "One such row makes J, and after one step every weight, nan.",
        "Drop these rows, or impute the values.",
        {"X": "drop rows that are not finite"},
        layer=0,
        numbers={"broken_x": table.broken_x, "broken_y": table.broken_y},
        severity="fatal",
        confidence=1.0,
    )


def _constant(chart: Chart) -> Finding | None:
    table = chart.table
    if len(table.constant) < table.columns or table.rows < 2:
        return None
    return Finding(
        "DATA_BAD",
        f"All {table.columns} columns of X have the same value in all {table.rows} rows.",
        "Equal inputs give equal outputs: the best that can be learned is a constant.",
        "Look at how X was made: a scaler fitted on one row, a wrong slice, an emptied column.",
        {"X": "make anew"},
        layer=0,
        units=table.constant,
        numbers={"constant columns": len(table.constant)},
        severity="fatal",
        confidence=1.0,
    )


def _contradicting(chart: Chart) -> Finding | None:
    """Where half of all rows contradict another and even the nearest rows explain little."""
    part = chart.table.contradicting
    if not (part > 0.5 and chart.learnable < 0.2):
        return None
    return Finding(
        "DATA_BAD",
        f"{percent(part)} of the rows have an x that occurs with different y, and the nearest rows "
        f"explain {numeral(max(0.0, chart.learnable), 2)} of the variance of y.",
        "No function gives two answers to one question: this sets a floor under the loss.",
        "Add the columns that tell these rows apart, or check how y was joined to X.",
        {"X": "add columns"},
        layer=0,
        numbers={"contradicting": part, "explained": chart.learnable},
        confidence=0.7,
    )


def _unrelated(chart: Chart) -> Finding | None:
    """Neither a straight line nor the nearest rows do better than the mean."""
    linear, near = chart.probes.linear, chart.probes.neighbours
    rows = chart.table.rows
    if not (rows >= _NOISE_ROWS and linear < 0.01 and near < 0.01) or chart.does_well:
        return None
    return Finding(
        "DATA_BAD",
        f"On rows left out, a straight line explains {numeral(linear, 2)} of the variance of y and "
        f"the nearest rows {numeral(near, 2)}: no more than the mean of y does.",
        "Rows and targets may be out of step with each other, shuffled apart, or pure noise.",
        "Check that row i of X and row i of y are the same sample (sorting, joins, shuffles).",
        {"y": "align with X"},
        numbers={"linear": linear, "neighbours": near},
        confidence=0.6,
    )

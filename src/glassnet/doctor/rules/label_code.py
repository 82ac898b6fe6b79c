"""LABEL_CODE: targets written in another code than the outputs and the loss read."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.inspection.numerals import numeral

_MOST_CLASSES = 64


def label_code(chart: Chart) -> Finding | None:
    """Find wrong widths, class numbers in one logistic unit, codes the loss does not take.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(3, "softmax")], loss="cross_entropy")
    >>> print(gn.diagnose(net, [[0.0], [1.0], [2.0]], [1, 2, 3]).findings[0].saw)
    y holds 3 different values from 1 to 3; 3 outputs take class numbers from 0 to 2.
    """
    if chart.given is None:
        return None
    return _misfit(chart) or _numbers_in_one_unit(chart) or _one_class(chart)


def _misfit(chart: Chart) -> Finding | None:
    given, table, L = chart.given, chart.table, chart.spec.depth
    n = chart.spec.units[L]
    if given is None or chart.y is not None or table.broken_y == len(given):
        return None
    width = 1 if given.ndim == 1 else given.shape[1]
    codes = chart.spec.loss.name == "cross_entropy" and given.ndim == 1
    if not codes and width == n:
        return None
    need = f"class numbers from 0 to {n - 1}" if codes else f"{n} columns"
    have = _values(chart) if codes else f"y has {width} column{'s' * (width > 1)}"
    many = table.y_values > n and codes and table.y_whole
    return Finding(
        "LABEL_CODE",
        f"{have}; {n} output{'s' * (n > 1)} take {need}.",
        "An output without its own column of y, or a class without its output, is never right.",
        _change(chart, codes=codes, many=many),
        {"y": "number the classes", f"layers[{L}].units": table.y_values}
        if codes
        else {f"layers[{L}].units": width},
        layer=L,
        numbers={"outputs": n, "columns": width, "values": table.y_values},
        severity="fatal",
        confidence=1.0,
    )


def _change(chart: Chart, *, codes: bool, many: bool) -> str:
    if not codes:
        return "Give the output layer a unit per column of y."
    more = f", and give the output layer {chart.table.y_values} units" if many else ""
    return f"Number the classes 0, 1, … in order of their names{more}."


def _values(chart: Chart) -> str:
    table = chart.table
    low, high = numeral(table.y_low), numeral(table.y_high)
    return f"y holds {table.y_values} different values from {low} to {high}"


def _numbers_in_one_unit(chart: Chart) -> Finding | None:
    """Whole numbers beyond 0 and 1 under a logarithm of a probability."""
    table, L = chart.table, chart.spec.depth
    head = chart.spec.heads[0]
    if chart.y is None or not chart.classifies:
        return None
    coded = table.y_whole and 2 <= table.y_values <= _MOST_CLASSES
    taken = head.loss.targets.holds(chart.y.min()) and head.loss.targets.holds(chart.y.max())
    if taken or not coded:
        return None
    two = table.y_values == 2
    return Finding(
        "LABEL_CODE",
        f"{_values(chart)}; {head.loss.name} takes y in {head.loss.targets}.",
        "Beyond them the loss has no minimum: it falls without end as the output saturates, or is "
        "negative.",
        "Write the two classes as 0 and 1."
        if two
        else "Give each class an output: softmax with cross_entropy, and y as class numbers "
        "0, 1, ….",
        {"y": "0 and 1"}
        if two
        else {
            "y": "number the classes",
            f"layers[{L}].units": table.y_values,
            f"layers[{L}].activation": "softmax",
            "loss": "cross_entropy",
        },
        layer=L,
        numbers={"lowest": table.y_low, "highest": table.y_high, "values": table.y_values},
        severity="fatal",
        confidence=0.97,
    )


def _one_class(chart: Chart) -> Finding | None:
    shares = chart.table.shares
    if not chart.classifies or shares is None or chart.table.rows < 2 or shares.max() < 1:
        return None
    return Finding(
        "LABEL_CODE",
        f"All {chart.table.rows} rows have the same class, {int(shares.argmax())}.",
        "There is nothing to tell apart: every network that always says so is perfect.",
        "Look at how y was made (a comparison that is always true, integer division, a sorted "
        "file cut in two).",
        {"y": "make anew"},
        numbers={"classes": 1},
        severity="fatal",
        confidence=1.0,
    )

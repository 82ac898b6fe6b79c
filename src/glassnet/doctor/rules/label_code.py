"""LABEL_CODE: targets written in another code than the outputs and the loss read."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rules.heads import MOST_CLASSES, class_numbers, head_for, single
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral
from glassnet.network.intervals import Interval

_BIT = Interval(0, 1, closed_lower=True, closed_upper=True)


def label_code(chart: Chart) -> Finding | None:
    """Find wrong widths, class numbers in one bounded unit, codes the loss does not take.

    Signs of a shape that was broadcast: equal columns of y; a loss in which a row's cost depends
    on the targets of other rows, so that even y itself costs more than the mean of y. Whole numbers
    are taken for classes only where each comes on several rows.

    References
    ----------
    Stack Overflow 57326611; Ben Braiek & Khomh (2022), TheDeepChecker: labels and shapes.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(3, "softmax")], loss="cross_entropy")
    >>> print(gn.diagnose(net, [[0.0], [1.0], [2.0]], [1, 2, 3]).findings[0].saw)
    y holds 3 different values from 1 to 3; 3 outputs take class numbers from 0 to 2.
    """
    if chart.given is None:
        return None
    return (
        _misfit(chart)
        or _broadcast_loss(chart)
        or _numbers_in_one_unit(chart)
        or _one_class(chart)
        or _same_columns(chart)
    )


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
        {"head": "softmax" if codes else head_for(chart)},
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
    head, phi = chart.spec.heads[0], chart.spec.phi[L]
    y = single(chart)
    if y is None or y.shape[1] > 1 or len(chart.spec.heads) > 1:
        return None
    low, high = float(y.min()), float(y.max())
    if chart.classifies:
        taken = _BIT.holds(low) and _BIT.holds(high) and _takes(head.loss, low, high)
        coded = table.y_whole and 2 <= table.y_values <= MOST_CLASSES
        limit = f"{head.loss.name} takes y in {_BIT}"
        why = ("Beyond them the loss has no minimum: it falls without end as the output saturates, "
               "or is negative.")  # fmt: skip
    else:
        taken = phi.range.holds(low) and phi.range.holds(high)
        bounded = np.isfinite(phi.range.lower) and np.isfinite(phi.range.upper)
        coded = bounded and low >= 0 and class_numbers(chart)
        limit = f"one unit of {phi.name} gives {phi.range}"
        why = "Class numbers have no sizes: class 2 is not twice class 1, and cannot be reached."
    if taken or not coded:
        return None
    two = table.y_values == 2
    return Finding(
        "LABEL_CODE",
        f"{_values(chart)}; {limit}.",
        why,
        "Write the two classes as 0 and 1."
        if two
        else "Give each class an output: softmax with cross_entropy, and y as class numbers "
        "0, 1, ….",
        {"y": "0 and 1"} if two else {"head": "softmax"},
        layer=L,
        numbers={"lowest": table.y_low, "highest": table.y_high, "values": table.y_values},
        severity="fatal",
        confidence=0.97 if chart.classifies else 0.8,
    )


def _takes(loss: Any, low: float, high: float) -> bool:
    return bool(loss.targets.holds(low) and loss.targets.holds(high))


def _same_columns(chart: Chart) -> Finding | None:
    """Of labels, or of numbers that the output can reach: else their range is what is wrong."""
    y, L = chart.y, chart.spec.depth
    if y is None or y.shape[1] == 1 or len(y) < 3 or not (y == y[:, :1]).all():
        return None
    if all(head.loss.name == "quantile" for head in chart.spec.heads):
        return None  # several levels of one target
    phi = chart.spec.phi[L]
    out = y.min() < phi.range.lower or y.max() > phi.range.upper
    if not np.ptp(y) or (out and not class_numbers(chart)):
        return None
    head = head_for(chart)
    return Finding(
        "LABEL_CODE",
        f"All {y.shape[1]} columns of y are the same: one column of labels stands against "
        f"{y.shape[1]} outputs.",
        "Every output is asked for the same number, so none can stand for a class of its own.",
        f'Give the output layer the activation "{head}" with its own loss, and a unit per class or '
        "column.",
        {"head": head},
        layer=L,
        numbers={"columns": y.shape[1]},
        severity="fatal",
        confidence=0.95,
    )


def _broadcast_loss(chart: Chart) -> Finding | None:
    coupled, exact, L = chart.loss.coupled, chart.loss.exact, chart.spec.depth
    if not (coupled > 1e-6 and exact > 0.99):
        return None
    head = head_for(chart)
    return Finding(
        "LABEL_CODE",
        f"The loss of a row changes by {percent(coupled)} when the targets of other rows change "
        f"places; outputs equal to y cost {numeral(exact, 3)} times as much as the mean of y.",
        "Outputs (m, 1) against targets (m,) are broadcast to m × m: each row is compared with the "
        "targets of all, and the best that can be learned is their mean.",
        "Give y the shape of the outputs, (m, 1), or use a loss that refuses other shapes.",
        {"head": head},
        layer=L,
        numbers={"coupled": coupled, "exact": exact},
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

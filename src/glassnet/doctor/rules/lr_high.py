"""LR_HIGH: steps that jump over the valley."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rehearsal import STEPS
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral


def lr_high(chart: Chart) -> Finding | None:
    """The cost of the same rows ends half above where it began, or the run ended far above.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> X, y = [[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0]
    >>> gn.diagnose(net, X, y, optimizer=gn.SGD(9.0)).findings[0].code
    'LR_HIGH'
    """
    return _rehearsed(chart) if chart.rehearsal is not None else _run(chart)


def _rehearsed(chart: Chart) -> Finding | None:
    costs = np.asarray(chart.rehearsal.costs if chart.rehearsal else ())
    rises = int((np.diff(costs) > 0).sum())
    finite = bool(np.isfinite(costs).all())
    if finite and not (costs[-1] > 1.5 * costs[0] or costs.max() > 10 * costs[0]):
        return None
    text = (
        f"J of the same rows went from {numeral(costs[0], 3)} to {numeral(costs[-1], 3)}, and up "
        f"to {numeral(float(costs.max()), 3)} between"
        if finite
        else "J of the same rows left the finite numbers"
    )
    saw = f"In the first {STEPS} steps {text}."
    return _finding(chart, saw, "step 1", {"rises": rises, "last": float(costs[-1])})


def _run(chart: Chart) -> Finding | None:
    curve = chart.curve
    if curve is None or chart.does_well or (curve.finite and curve.epochs < 5):
        return None
    constant = float("nan") if chart.look is None else chart.look.constant
    risen = curve.last > 2 * curve.lowest and curve.last > constant
    if curve.finite and not (risen and curve.rises > 0.3):
        return None
    saw = (
        f"J fell to {numeral(curve.lowest, 3)} and ended at {numeral(curve.last, 3)}; it rose in "
        f"{percent(curve.rises)} of the later epochs."
        if curve.finite
        else "J left the finite numbers during training."
    )
    return _finding(chart, saw, "after training", {"lowest": curve.lowest, "last": curve.last})


def _finding(chart: Chart, saw: str, first: str, numbers: dict[str, float]) -> Finding:
    told = chart.plan.learning_rate
    change = "to a tenth" if told is None else f"from {numeral(told)} to {numeral(told / 10)}"
    return Finding(
        "LR_HIGH",
        saw,
        "Each step jumps over the valley and lands higher on the other side.",
        f"Lower learning_rate {change}.",
        {"learning_rate": None if told is None else told / 10},
        numbers=numbers,
        first=first,
        severity="fatal",
        confidence=0.9,
    )

"""LR_LOW: steps that lead nowhere in the time there is."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rehearsal import STEPS
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral

_MOVED = 1e-4  # of the weights' size per step
_REACH = 0.6  # of J, by all steps at the pace of the first


def lr_low(chart: Chart) -> Finding | None:
    """Weights move less than 10⁻⁴ of their size per step, and ten times the rate does far more.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(8, "tanh"), gn.Dense(1, "identity")])
    >>> X, y = [[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0]
    >>> gn.diagnose(net, X, y, optimizer=gn.SGD(1e-6), epochs=100, batch_size=3).findings[0].code
    'LR_LOW'
    """
    seen, told = chart.rehearsal, chart.plan.learning_rate
    steps = chart.plan.steps(chart.rows)
    if seen is None or told is None or steps is None or not seen.moved < _MOVED:
        return None
    costs, faster = np.asarray(seen.costs), np.asarray(seen.faster)
    if not (np.isfinite(costs).all() and np.isfinite(faster).all() and costs[0] > 0):
        return None
    fall, ten = float(costs[0] - costs[-1]), float(costs[0] - faster[-1])
    reach = fall / STEPS * steps / float(costs[0])
    if not (ten > 5 * fall > 0 and reach < _REACH):
        return None
    return Finding(
        "LR_LOW",
        f"A step changes the weights by {numeral(seen.moved, 2)} of their size, and at the pace of "
        f"the first {STEPS} steps all {steps:,} would lower J by {percent(reach)}; with ten "
        f"times the rate the first steps lower it {numeral(ten / fall, 2)} times as much.",
        "The run ends long before the network has learned anything.",
        f"Raise learning_rate from {numeral(told)} to {numeral(10 * told)}.",
        {"learning_rate": 10 * told},
        numbers={"moved": seen.moved, "reach": reach, "faster": ten / fall},
        first="step 1",
        confidence=0.85,
    )

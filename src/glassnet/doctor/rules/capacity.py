"""CAPACITY: a layer too narrow for what must pass through it."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.signals.tables import needed_width
from glassnet.doctor.trials import WIDER
from glassnet.inspection.numerals import numeral

_NARROW = 3
_POOR = 0.3  # of the constant's loss
_BETTER, _FAR_BETTER = 0.6, 0.3
_LINE = 0.8  # of y's variance, explained by a straight line: no hidden layer is needed


def capacity(chart: Chart) -> Finding | None:
    """The rows cannot be fitted, nor a few be learned by heart, as a wider copy of the network can.

    Sign: a hidden layer of three units or fewer, one narrower than the directions in which y
    varies, or none at all where no straight line will do. Consequence, on copies with new weights,
    even columns and Adam: the loss ends above 0.3 of the constant's, and a copy of 16 units or more
    ends far lower; lower still where 16 rows alone can be learned by heart. A narrow layer that is
    enough passes, and so do rows that contradict each other, whose floor no width goes below.

    References
    ----------
    Ben Braiek & Khomh (2022), TheDeepChecker, and Karpathy (2019): overfit one batch.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(
    ...     2, [gn.Dense(1, "tanh"), gn.Dense(1, "logistic")], loss="binary_cross_entropy"
    ... )
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
    >>> gn.diagnose(net, X, y).findings[0].code
    'CAPACITY'
    """
    look, trials = chart.look, chart.trials
    if look is None or trials is None or chart.does_well or chart.y is None:
        return None
    if not (chart.untrained or chart.ended) or not look.finite:
        return None
    hidden = chart.spec.units[1:-1]
    l = 1 + int(np.argmin(hidden)) if hidden else 0
    width = hidden[l - 1] if hidden else 0
    if hidden and width > _NARROW and width >= needed_width(chart.y):
        return None
    if not hidden and not chart.probes.fit < _LINE:
        return None
    change, contradicting = ("wide" if hidden else "deep"), chart.table.contradicting
    fit = None if contradicting > 0.2 else trials.fitted()
    if fit is None or fit.recognises or not fit.end > _POOR * abs(look.constant):
        return None
    wide, heart, wider = trials.fitted(change), trials.by_heart(), trials.by_heart(change)
    if wide is None or heart is None or wider is None or not wide.end < _BETTER * fit.end:
        return None
    by_heart = heart.end < _POOR * _start(heart.start, look) or wider.end > _BETTER * heart.end
    if by_heart and not (hidden and wide.end < _FAR_BETTER * fit.end):
        return None
    what = (
        f"Layer {l} has {width} unit{'s' * (width > 1)}. Fitted anew, the network ends with a loss "
        f"of {numeral(fit.end, 3)}, with wider layers with {numeral(wide.end, 3)}"
        if hidden
        else f"There is no hidden layer. Fitted anew, the network ends with a loss of "
        f"{numeral(fit.end, 3)}, with one of 16 units with {numeral(wide.end, 3)}"
    )
    return Finding(
        "CAPACITY",
        f"{what}; {min(len(chart.y), 16)} rows alone with {numeral(heart.end, 3)} and "
        f"{numeral(wider.end, 3)}.",
        "What a narrow layer does not pass on, no layer above can use: the loss stays on a plateau "
        "while every gradient looks healthy.",
        f"Widen layer {l} to {max(16, WIDER * width)} units." if hidden
        else "Put a hidden layer of 16 units or more under the output.",
        {f"layers[{k}].units": max(16, WIDER * units) for k, units in enumerate(hidden, 1)
         if units < max(16, WIDER * width)},
        layer=l or 1,
        numbers={"units": width, "loss": fit.end, "wider": wide.end, "by heart": heart.end},
        first="step 0" if chart.untrained else "after training",
        confidence=0.8,
    )  # fmt: skip


def _start(start: float, look: object) -> float:
    """What a few rows' loss is measured by: the constant's, or less where they begin lower."""
    return min(abs(start), abs(getattr(look, "constant", start)))

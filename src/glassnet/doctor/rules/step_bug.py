"""STEP_BUG: a step that does not follow the gradient of the cost that is reported."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.signals.activations import slope_error
from glassnet.doctor.trials import SIZED
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral

_WRONG = 0.02  # relative error of a derivative; kinks are left out
_SMALL = 1e-3  # of the planned rate: where J is a straight line along the step


def step_bug(chart: Chart) -> Finding | None:
    """A wrong derivative, an update uphill, or a loss summed over the batch.

    Signs: the derivative of a loss or an activation against numerical ones, away from kinks; the
    cosine between updates and −g; a row's loss in a batch that is repeated. Consequences: a step
    uphill must raise J of its own rows at a thousandth of the rate too, since momentum alone may
    turn a step; a sum over rows harms where a step grows with the gradient, and is advice where
    the optimizer sizes its steps itself.

    References
    ----------
    Ben Braiek & Khomh (2022), TheDeepChecker: gradient check, sum over the batch.

    Examples
    --------
    >>> import glassnet as gn
    >>> class Cubed:
    ...     def of_output(self, a, y):
    ...         return abs(a - y) ** 3
    ...
    ...     def derivative(self, a, y):
    ...         return 3 * (a - y) ** 2
    >>> net = gn.Network(1, [gn.Dense(1, "identity")], loss=Cubed())
    >>> gn.diagnose(net, [[0.0], [1.0], [2.0]], [0.5, 1.0, 4.0]).findings[0].code
    'STEP_BUG'
    """
    return _derivative(chart) or _uphill(chart) or _summed(chart)


def _derivative(chart: Chart) -> Finding | None:
    errors = [(chart.loss.slope_error, f"the loss {chart.spec.loss.name}", chart.spec.depth)]
    for l in range(1, chart.spec.depth + 1):
        phi = chart.spec.phi[l]
        errors.append((slope_error(phi), f"the activation {phi.name}", l))
    error, whose, l = max(errors, key=lambda each: each[0])
    if not error > _WRONG:
        return None
    return Finding(
        "STEP_BUG",
        f"The derivative of {whose} differs by {percent(error)} from the differences of its own "
        "values.",
        "Backpropagation multiplies by it: every gradient below is wrong, and steps do not follow "
        "the cost that is reported.",
        f"Correct the derivative of {whose}; gn.check_gradients shows where it differs.",
        {},
        layer=l,
        numbers={"error": error},
        severity="fatal",
        confidence=0.97,
    )


def _uphill(chart: Chart) -> Finding | None:
    steps = chart.steps
    if steps is None or not (steps.downhill < -0.05 and steps.rises >= 0.5):
        return None
    if not chart.untrained and chart.plan.name != "sgd":
        return None  # what an optimizer remembers may carry it uphill for a while
    small = None if chart.trials is None else chart.trials.run(_SMALL)
    if small is not None and not small.end > small.start:
        return None
    return Finding(
        "STEP_BUG",
        f"The cosine between the updates and −g is {numeral(steps.downhill, 2)}, and "
        f"{percent(steps.rises)} of the first steps raise J of their own rows; a thousandth of the "
        "learning rate raises it too.",
        "The step is added where it must be taken away: the network climbs, at any rate.",
        "Turn the sign of the update: θ ← θ − η g. Here, use an optimizer of the library.",
        {"optimizer": "adam"},
        numbers={"cosine": steps.downhill, "rises": steps.rises},
        first="step 1",
        severity="fatal",
        confidence=0.98,
    )


def _summed(chart: Chart) -> Finding | None:
    repeated, plan = chart.loss.repeated, chart.plan
    if not 1.9 < repeated < 2.1:
        return None
    size = plan.batch_size or 32
    sized = plan.name.lower() in SIZED
    rate = plan.learning_rate
    return Finding(
        "STEP_BUG",
        f"A row's part of {chart.spec.loss.name} doubles when the batch is repeated: it is summed "
        "over the batch, not averaged.",
        f"With {size} rows a step is {size} times as long as its learning rate says, and depends "
        "on the batch size.",
        "Average the loss over the batch"
        + ("." if rate is None else f", or divide learning_rate by {size}."),
        {"learning_rate": None if rate is None else float(np.float64(rate) / size)},
        layer=chart.spec.depth,
        numbers={"repeated": repeated, "batch": size},
        severity="advice" if sized else "harmful",
        confidence=0.95,
    )

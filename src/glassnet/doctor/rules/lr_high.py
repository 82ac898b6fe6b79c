"""LR_HIGH: steps that jump over the valley."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rehearsal import STEPS
from glassnet.doctor.signals.steps import StepSigns
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral

_FAR = 100.0  # times the first cost: no run is expected to come back from there


def lr_high(chart: Chart) -> Finding | None:
    """J of the same rows ends half above its start; or steps overshoot where lower rates learn.

    Signs of overshooting are steps that raise J of their own rows, gradients that turn round, and
    weights that change by a tenth of their size. Each occurs in healthy runs at the edge of
    stability, so the run must also come to nothing in its first steps where a lower rate, from
    the same start and in as many, does not. After training: J far above its minimum, and above that
    of the best constant output.

    References
    ----------
    Ben Braiek & Khomh (2022), TheDeepChecker: diverging loss; Schneider et al. (2021), Cockpit: α;
    Cohen et al. (2021) on the edge of stability.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> X, y = [[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0]
    >>> gn.diagnose(net, X, y, optimizer=gn.SGD(9.0)).findings[0].code
    'LR_HIGH'
    """
    if chart.does_well:
        return None
    return _rehearsed(chart) or _overshooting(chart) or _run(chart)


def _rehearsed(chart: Chart) -> Finding | None:
    if chart.rehearsal is None:
        return None
    costs = np.asarray(chart.rehearsal.costs)
    rises = int((np.diff(costs) > 0).sum())
    finite = bool(np.isfinite(costs).all())
    start = abs(costs[0])
    if finite and not (costs[-1] > costs[0] + 0.5 * start or costs.max() > costs[0] + 9 * start):
        return None
    if finite and costs.max() < _FAR * start and _comes_round(chart):
        return None
    text = (
        f"J of the same rows went from {numeral(costs[0], 3)} to {numeral(costs[-1], 3)}, and up "
        f"to {numeral(float(costs.max()), 3)} between"
        if finite
        else "J of the same rows left the finite numbers"
    )
    saw = f"In the first {STEPS} steps {text}."
    return _finding(chart, saw, "step 1", {"rises": rises, "last": float(costs[-1])})


def _comes_round(chart: Chart) -> bool:
    """Whether a longer run gets over its first steps, and does about as well as a slower one."""
    trials, look = chart.trials, chart.look
    seen = None if trials is None else trials.run()
    if trials is None or look is None or seen is None or not seen.finite:
        return False
    if not seen.end < 0.8 * min(abs(seen.start), abs(look.constant)):
        times = trials.better_rate(0.1)
        slower = None if times is None else trials.run(times)
        # Where no rate learns either, something else is wrong.
        return slower is not None and slower.end > 0.9 * min(abs(seen.end), abs(look.constant))
    times = trials.better_rate(0.1)
    slower = None if times is None else trials.run(times)
    return slower is None or not slower.end < 0.75 * seen.end


def _overshooting(chart: Chart) -> Finding | None:
    steps, look, trials = chart.steps, chart.look, chart.trials
    if steps is None or look is None or trials is None or not _overshoots(steps):
        return None
    seen = trials.run()
    if seen is None or seen.end < 0.8 * min(seen.start, look.constant):
        return None
    times = trials.better_rate(0.1)
    slower = None if times is None else trials.run(times)
    if slower is None or times is None or not slower.end < 0.7 * min(seen.end, look.constant):
        return None
    saw = (
        f"{percent(steps.rises)} of the steps raise J of their own rows, and a step changes the "
        f"weights by {numeral(steps.moved, 2)} of their size. {seen.updates} steps bring the loss "
        f"from {numeral(seen.start, 3)} to {numeral(seen.end, 3)}, as many at {numeral(times)} "
        f"times the rate to {numeral(slower.end, 3)}."
    )
    numbers = {"rises": steps.rises, "moved": steps.moved, "end": seen.end, "slower": slower.end}
    return _finding(chart, saw, f"step {max(1, look.t)}", numbers)


def _overshoots(steps: StepSigns) -> bool:
    return bool(
        steps.lost or steps.rises >= 0.5 or steps.turned < -0.3 or steps.kept < 0
        or steps.moved > 0.1
    )  # fmt: skip


def _run(chart: Chart) -> Finding | None:
    curve = chart.curve
    if curve is None or (curve.finite and curve.epochs < 5):
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
    times = None
    if told is not None and chart.trials is not None and chart.untrained:
        times = chart.trials.better_rate(0.1)
    rate = None if told is None else float(f"{told * (times or 0.1):.3g}")
    change = "to a tenth" if told is None else f"from {numeral(told)} to {numeral(rate or 0.0)}"
    return Finding(
        "LR_HIGH",
        saw,
        "Each step jumps over the valley and lands higher on the other side.",
        f"Lower learning_rate {change}.",
        {"learning_rate": rate},
        numbers=numbers,
        first=first,
        severity="fatal",
        confidence=0.9,
    )

"""LR_LOW: steps that lead nowhere in the time there is."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.trial import Trial
from glassnet.doctor.trials import SIZED, Trials
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral

_TRAVEL = 0.4  # of the weights' size, by all planned steps at the pace of the first
_ENOUGH = 50  # steps: in fewer no rate learns, and that is another cause


def lr_low(chart: Chart) -> Finding | None:
    """All planned steps move the weights too little, and a higher rate learns far more in as many.

    The sign is the way that all steps together go: ‖ΔW‖ / ‖W‖ of the first, times their number. A
    small ratio of one step alone is no illness of a long run, and a wide network learns while
    its weights hardly move. So the run is foreseen, by fewer steps at a rate that is higher in
    proportion, which lead to the same place while rates are small; it must end with more than half
    of what the best constant output costs, and a higher rate with far less.

    Of plain steps, which keep their direction, a run that falls all the way and comes to nothing is
    enough, however far the weights go.

    References
    ----------
    Ben Braiek & Khomh (2022), TheDeepChecker, and Wardat et al. (2022), DeepDiagnosis, judge the
    ratio alone.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(8, "tanh"), gn.Dense(1, "identity")], seed=1)
    >>> X, y = [[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0]
    >>> gn.diagnose(net, X, y, optimizer=gn.SGD(1e-6), epochs=100, batch_size=3).findings[0].code
    'LR_LOW'
    """
    told, steps, seen = chart.plan.learning_rate, chart.plan.steps(chart.rows), chart.steps
    look, trials = chart.look, chart.trials
    if not told or steps is None or seen is None or look is None or trials is None:
        return None
    travel = seen.moved * steps
    if not chart.untrained or steps < _ENOUGH or not travel > 0:
        return None
    ahead = foreseen(trials, steps)
    plain = chart.plan.name.lower() not in SIZED
    nothing = plain and ahead is not None and _nothing(ahead, look.constant)
    if ahead is None or not ahead.falls or not (travel < _TRAVEL or nothing):
        return None
    times = trials.better_rate(10.0)
    best = None if times is None else trials.run(times)
    if best is None or times is None:
        return None
    poor = ahead.end > 0.5 * look.constant and not ahead.recognises
    if not (poor and best.end < 0.7 * ahead.end):
        return None
    rate = float(f"{told * times:.3g}")
    return Finding(
        "LR_LOW",
        f"A step changes the weights by {numeral(seen.moved, 2)} of their size, and all {steps:,} "
        f"together by {percent(travel)}: they would bring the loss from {numeral(look.loss, 3)} to "
        f"about {numeral(ahead.end, 3)}. {best.updates} steps at {numeral(times)} times the rate "
        f"bring it to {numeral(best.end, 3)}.",
        "The run ends long before the network has learned anything.",
        f"Raise learning_rate from {numeral(told)} to {numeral(rate)}.",
        {"learning_rate": rate},
        numbers={"moved": seen.moved, "travel": travel, "foreseen": ahead.end, "faster": best.end},
        first="step 1",
        confidence=0.85,
    )


def _nothing(ahead: Trial, constant: float) -> bool:
    """Whether, falling all the way, the run does not come far below the best constant output."""
    return ahead.falls and ahead.end > 0.9 * abs(constant)


def foreseen(trials: Trials, steps: int) -> Trial | None:
    """Where the planned steps lead, by fewer of a higher rate; None where that cannot be said."""
    seen = trials.run()
    if seen is None or not seen.finite or seen.updates >= steps:
        return seen if seen is not None and seen.finite else None
    ahead = trials.run(steps / seen.updates)
    return ahead if ahead is not None and ahead.finite else None

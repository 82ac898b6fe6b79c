"""FEW_STEPS: a run that ends while it is still learning."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.trials import Trial
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral

_FEW = 200
_HARDLY = 50
_TRAVEL = 0.1  # of the weights' size, by all steps together
_MORE = 20  # times the epochs


def few_steps(chart: Chart) -> Finding | None:
    """Fewer than 200 updates, J still falling at their end, and little learned by then.

    Before training, so short a run is rehearsed whole on a copy, and goes on for longer there: that
    must learn far more; fewer than 50 steps that hardly move the weights need no such proof. After
    training the history is judged: J fell by more than 1 % an epoch, and the loss is above half of
    the best constant output's. A run that its validation loss has ended early is none.

    References
    ----------
    Cao et al. (2022), DeepFD, fault "epochs".

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).normal(size=(64, 2))
    >>> net = gn.Network(2, [gn.Dense(8, "tanh"), gn.Dense(1, "identity")], seed=1)
    >>> y = 2 + np.sin(X[:, 0])
    >>> run = gn.train(net, X, y, optimizer=gn.SGD(0.01), epochs=5)
    >>> gn.diagnose(net, X, y, history=run).findings[0].code
    'FEW_STEPS'
    """
    if chart.look is None or chart.does_well:
        return None
    return _rehearsed(chart) if chart.untrained else _run(chart)


def _rehearsed(chart: Chart) -> Finding | None:
    look, trials, epochs = chart.look, chart.trials, chart.plan.epochs
    steps = chart.plan.steps(chart.rows)
    if look is None or trials is None or epochs is None or steps is None or steps >= _FEW:
        return None
    seen = trials.run() if trials.whole else None
    if seen is None or not seen.finite or not seen.end > 0.5 * look.constant or seen.recognises:
        return None
    travel = 0.0 if chart.steps is None else chart.steps.moved * steps
    if steps < _HARDLY and 0 < travel < _TRAVEL and bool((np.diff(seen.losses) < 0).all()):
        return _hardly(steps, travel, seen, epochs)
    falling = seen.losses[-2] - seen.end > 0.01 * abs(seen.losses[-2])
    longer = trials.longer(_MORE) if falling or seen.end > 0.9 * seen.start else None
    learned = longer is not None and look.constant - longer.end > 0.1 * look.constant
    if longer is None or not learned or not longer.end < 0.7 * seen.end:
        return None
    return _finding(
        f"All {steps} updates that are planned bring the loss from {numeral(seen.start, 3)} to "
        f"{numeral(seen.end, 3)}, and {longer.updates} to {numeral(longer.end, 3)}; the best "
        f"constant output has {numeral(look.constant, 3)}.",
        epochs,
        {"steps": steps, "end": seen.end, "longer": longer.end},
        "step 1",
    )


def _hardly(steps: int, travel: float, seen: Trial, epochs: int) -> Finding:
    saw = (
        f"All {steps} updates that are planned change the weights by {percent(travel)} of their "
        f"size, and bring the loss from {numeral(seen.start, 3)} to {numeral(seen.end, 3)}."
    )
    return _finding(saw, epochs, {"steps": steps, "travel": travel, "end": seen.end}, "step 1")


def _run(chart: Chart) -> Finding | None:
    curve = chart.curve
    if curve is None or not curve.finite:
        return None
    quick = curve.falling > 0.01
    hardly = curve.steps < _HARDLY and curve.rises == 0 and curve.last > 0.9 * curve.first
    if not (curve.steps < _FEW and curve.epochs > 1 and (quick or hardly)) or curve.val_since > 10:
        return None
    saw = (
        f"The run ended after {curve.steps} updates with J still falling by "
        f"{percent(curve.falling)} an epoch, from {numeral(curve.first, 3)} to "
        f"{numeral(curve.last, 3)} in all."
    )
    numbers = {"steps": curve.steps, "falling": curve.falling}
    return _finding(saw, curve.epochs, numbers, "after training")


def _finding(saw: str, epochs: int, numbers: dict[str, float], first: str) -> Finding:
    return Finding(
        "FEW_STEPS",
        saw,
        "It is not done then: more of the same goes on lowering J.",
        f"Train for {_MORE * epochs} epochs instead of {epochs}, or with smaller batches.",
        {"epochs": _MORE * epochs},
        numbers=numbers,
        first=first,
        confidence=0.85,
    )

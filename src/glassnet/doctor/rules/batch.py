"""BATCH: batches too large for the epochs there are, or too small for the rate."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.inspection.numerals import numeral

_PER_EPOCH = 10
_FEW = 200
_CLEAR = 10.0  # signal over noise: a batch could be smaller by as much
_USUAL = 32
_LOUD = 1.0
_MORE = 16


def batch(chart: Chart) -> Finding | None:
    """Fewer than ten updates an epoch, and smaller batches learn; or noise alone, and larger do.

    Too large: in fewer than 200 updates in all the loss stays above half of the constant's, the
    gradient of a batch stands far above its noise, and as many passes over the rows in batches of
    32 learn far more. Too small: the gradients of a few rows are nothing but noise, single steps
    lower their loss and not that of all rows, and with 16 times the rows in a batch they do. Noise
    near the floor is normal, and so is a large batch that learns.

    References
    ----------
    McCandlish et al. (2018), the noise scale; Schneider et al. (2021), Cockpit: CABS.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).normal(size=(2000, 4))
    >>> net = gn.Network(4, [gn.Dense(16, "tanh"), gn.Dense(1, "identity")], seed=0)
    >>> y, large = 2 + X @ [0.5, 1.0, -0.5, 0.2], {"epochs": 30, "batch_size": 2000}
    >>> found = gn.diagnose(net, X, y, optimizer="adam", **large)
    >>> found.findings[0].code, found.findings[0].remedy
    ('BATCH', {'batch_size': 32})
    """
    if not chart.untrained or chart.trials is None or chart.steps is None:
        return None
    return _too_large(chart) or _too_small(chart)


def _too_large(chart: Chart) -> Finding | None:
    plan, trials, look, steps = chart.plan, chart.trials, chart.look, chart.plan.steps(chart.rows)
    if look is None or trials is None or not plan.epochs or not plan.batch_size or not steps:
        return None
    size, each = min(plan.batch_size, chart.rows), steps / plan.epochs
    clear = chart.steps is not None and chart.steps.signal > _CLEAR
    if not (each < _PER_EPOCH and steps < _FEW and size >= 4 * _USUAL and clear):
        return None
    seen, other = trials.run(), trials.in_batches(_USUAL)
    if seen is None or other is None or not trials.whole:
        return None
    poor = seen.end > 0.5 * abs(look.constant) and not seen.recognises
    if not (poor and other.end < 0.5 * seen.end):
        return None
    return Finding(
        "BATCH",
        f"A batch has {size} of the {chart.rows} rows, which makes {steps} updates in all "
        f"{plan.epochs} epochs: they bring the loss from {numeral(seen.start, 3)} to "
        f"{numeral(seen.end, 3)}, {other.updates} updates with {_USUAL} rows to "
        f"{numeral(other.end, 3)}.",
        "A row more adds to the cost of a step and, once the gradient is clear, nothing to its "
        "direction: there are too few steps.",
        f"Use batches of {_USUAL} rows, or more epochs.",
        {"batch_size": _USUAL},
        numbers={"batch": size, "updates": steps, "end": seen.end, "smaller": other.end},
        first="step 1",
        confidence=0.8,
    )


def _too_small(chart: Chart) -> Finding | None:
    plan, trials, look, steps = chart.plan, chart.trials, chart.look, chart.steps
    if look is None or trials is None or steps is None or not plan.batch_size:
        return None
    size, larger = plan.batch_size, _MORE * plan.batch_size
    noise = steps.signal < _LOUD and steps.rises < 0.5 and steps.kept > 0 and not steps.lost
    if not (noise and size <= 8 and chart.rows >= 4 * larger):
        return None
    seen = trials.run()
    bad = seen is not None and not seen.falls and seen.end > min(seen.start, abs(look.constant))
    other = trials.in_batches(larger) if bad else None
    if seen is None or other is None or not other.falls:
        return None
    if not other.end < 0.7 * min(seen.end, abs(look.constant)):
        return None
    return Finding(
        "BATCH",
        f"The gradients of {size} row{'s' * (size > 1)} differ more than they agree (signal over "
        f"noise {numeral(steps.signal, 2)}): {seen.updates} steps bring the loss of all rows from "
        f"{numeral(seen.start, 3)} to {numeral(seen.end, 3)}, with {larger} rows each to "
        f"{numeral(other.end, 3)}.",
        "Each step serves its own rows at the cost of the others.",
        f"Use batches of {larger} rows, or a lower learning rate.",
        {"batch_size": larger},
        numbers={"signal": steps.signal, "end": seen.end, "larger": other.end},
        first="step 1",
        confidence=0.7,
    )

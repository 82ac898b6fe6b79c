"""FEW_STEPS: a run that ended while it was still learning."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.wording import percent


def few_steps(chart: Chart) -> Finding | None:
    """Fewer than 200 updates, J still falling by more than 1 % an epoch, and nothing learned yet.

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
    curve = chart.curve
    if curve is None or chart.look is None or chart.does_well or not curve.finite:
        return None
    going = curve.epochs > 1 and curve.falling > 0.01 and curve.val_since <= 10
    if not (curve.steps < 200 and going):
        return None
    needed = 10 * curve.epochs
    return Finding(
        "FEW_STEPS",
        f"The run ended after {curve.steps} updates with J still falling by "
        f"{percent(curve.falling)} an epoch.",
        "It was not done: more of the same would have gone on lowering J.",
        f"Train for {needed} epochs instead of {curve.epochs}, or with smaller batches.",
        {"epochs": needed},
        numbers={"steps": curve.steps, "falling": curve.falling},
        first="after training",
        confidence=0.85,
    )

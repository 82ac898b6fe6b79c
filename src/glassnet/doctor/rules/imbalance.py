"""IMBALANCE: a rare class that the network never names."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.wording import percent

_APART = 10
_RECALL = 0.3
_LEAST_ROWS = 5


def imbalance(chart: Chart) -> Finding | None:
    """Classes more than ten times apart, and of the rare one less than 30 % recognised at the end.

    The end is that of a run that was made, or of one so short that it is rehearsed whole before
    training. Unequal classes alone are none, and in its first epochs a healthy network names
    only the largest class.

    References
    ----------
    Amazon SageMaker Debugger, rule ClassImbalance; He & Garcia (2009).

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> y = (X[:, 0] > 1.6).astype(float)
    >>> net = gn.Network(2, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")
    >>> run = gn.train(net, X, y, optimizer=gn.SGD(0.1), epochs=10)
    >>> gn.diagnose(net, X, y).findings[0].code
    'IMBALANCE'
    """
    look, shares = chart.look, chart.table.shares
    if look is None or shares is None:
        return None
    here = shares > 0
    rare = int(np.argmin(np.where(here, shares, np.inf)))
    part = float(shares[rare])
    if not (shares.max() > _APART * part and part * chart.table.rows >= _LEAST_ROWS):
        return None
    recalls = _recalls(chart)
    if recalls is None or len(shares) != len(recalls) or not recalls[rare] < _RECALL:
        return None
    recall = float(recalls[rare])
    return Finding(
        "IMBALANCE",
        f"Class {rare} has {percent(part)} of the rows, the largest class "
        f"{percent(float(shares.max()))}; of its rows {percent(recall)} are recognised"
        + (" at the end of a rehearsal of the whole run." if chart.untrained else "."),
        "Never to name it costs little loss, so the other classes' rows decide every step.",
        'Weigh the classes: class_weight="balanced".',
        {"class_weight": "balanced"},
        layer=chart.spec.depth,
        units=(rare,) if len(shares) > 2 else (),
        numbers={"share": part, "recall": recall},
        first="step 1" if chart.untrained else "after training",
        confidence=0.8,
    )


def _recalls(chart: Chart) -> Array | None:
    """At the end of training; in the middle of one nothing can be said."""
    if not chart.untrained:
        return None if chart.look is None or not chart.ended else chart.look.recalls
    if chart.trials is None or not chart.trials.whole:
        return None
    seen = chart.trials.run()
    return None if seen is None else seen.recalls

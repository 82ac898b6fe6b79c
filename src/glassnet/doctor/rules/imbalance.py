"""IMBALANCE: a rare class that the trained network never names."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.wording import percent


def imbalance(chart: Chart) -> Finding | None:
    """Classes more than ten times apart, and of the rare one less than 30 % recognised.

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
    if look is None or look.t == 0 or look.recalls is None or shares is None:
        return None
    if len(shares) != len(look.recalls):
        return None
    here = shares > 0
    rare = int(np.argmin(np.where(here, shares, np.inf)))
    recall, part = float(look.recalls[rare]), float(shares[rare])
    if not (shares.max() > 10 * part and recall < 0.3 and part * chart.table.rows >= 5):
        return None
    return Finding(
        "IMBALANCE",
        f"Class {rare} has {percent(part)} of the rows, the largest class "
        f"{percent(float(shares.max()))}; of its rows {percent(recall)} are recognised.",
        "Never to name it costs little loss, so the other classes' rows decide every step.",
        'Weigh the classes: class_weight="balanced".',
        {"class_weight": "balanced"},
        layer=chart.spec.depth,
        units=(rare,) if len(shares) > 2 else (),
        numbers={"share": part, "recall": recall},
        first="after training",
        confidence=0.8,
    )

"""SPLIT_LEAK: validation rows seen in training, or a column that holds the answer."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.wording import percent

_SHARED = 0.2


def split_leak(chart: Chart) -> Finding | None:
    """A fifth of the validation rows is among X, each with one target; or a column is a line of y.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).normal(size=(60, 3))
    >>> net = gn.Network(3, [gn.Dense(1, "identity")])
    >>> gn.diagnose(net, X, X[:, 0] ** 2, validation=X[:30]).findings[0].code
    'SPLIT_LEAK'
    """
    if chart.in_both > _SHARED:
        return Finding(
            "SPLIT_LEAK",
            f"{percent(chart.in_both)} of the validation rows are also among the training rows.",
            "The validation score then measures memory, and early stopping stops too late.",
            "Drop duplicates before the split, or split by group.",
            {"X": "split anew"},
            layer=0,
            numbers={"in both": chart.in_both},
            confidence=0.9,
        )
    column = chart.probes.giveaway
    if column is None:
        return None
    return Finding(
        "SPLIT_LEAK",
        f"Column {column} of X alone is a straight line of y, to nine digits.",
        "If the column was made from y, it will not be known for new rows.",
        f"Leave column {column} out, unless it is known before y is.",
        {},  # whether the column is known before y is for people to say: without it much is lost
        layer=0,
        units=(column,),
        severity="advice",
        confidence=0.6,
    )

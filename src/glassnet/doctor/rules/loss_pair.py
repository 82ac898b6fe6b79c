"""LOSS_PAIR: an output and a loss that do not belong together."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.wording import percent


def loss_pair(chart: Chart) -> Finding | None:
    """Find outputs outside the loss's domain, and one softmax for several labels.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "relu")], loss="binary_cross_entropy", strict=False)
    >>> found = gn.diagnose(net, [[-1.0], [2.0], [3.0]], [0, 1, 1]).findings[0]
    >>> found.code, found.remedy
    ('LOSS_PAIR', {'layers[1].activation': 'logistic'})
    """
    if len(chart.spec.heads) > 1:
        return None
    return _outside(chart) or _several_labels(chart)


def _outside(chart: Chart) -> Finding | None:
    head, L = chart.spec.heads[0], chart.spec.depth
    phi, loss = head.activation, head.loss
    if phi.name == loss.partner or phi.range.within(loss.domain) or not loss.partner:
        return None
    out = 0.0 if chart.look is None else chart.look.outside
    return Finding(
        "LOSS_PAIR",
        f"The outputs of {phi.name} lie in {phi.range} and {loss.name} is defined on "
        f"{loss.domain}; {percent(out)} of the outputs are outside now.",
        "There the loss is cut off: δ is exactly 0, however wrong the row is.",
        f'Give the output layer the activation "{loss.partner}".',
        {f"layers[{L}].activation": loss.partner},
        layer=L,
        numbers={"outside": out},
        severity="fatal",
        confidence=0.97,
    )


def _several_labels(chart: Chart) -> Finding | None:
    y, L = chart.y, chart.spec.depth
    if y is None or chart.spec.phi[L].name != "softmax" or not np.isin(y, (0.0, 1.0)).all():
        return None
    odd = float(np.mean(y.sum(axis=1) != 1))
    if odd < 0.01:
        return None
    return Finding(
        "LOSS_PAIR",
        f"{percent(odd)} of the rows of y do not have exactly one label, and softmax makes each "
        "row of outputs add up to 1.",
        "The labels fight for one unit of probability: two that are right get a half at most.",
        'Give the output layer the activation "logistic" with "binary_cross_entropy": a yes or '
        "no for each label.",
        {f"layers[{L}].activation": "logistic", "loss": "binary_cross_entropy"},
        layer=L,
        numbers={"rows": odd},
        severity="fatal",
        confidence=0.97,
    )

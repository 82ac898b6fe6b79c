"""LOSS_PAIR: an output and a loss that do not belong together."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rules.heads import head_for
from glassnet.doctor.wording import percent
from glassnet.network.intervals import Interval

_UNIT = Interval(0, 1, closed_lower=True, closed_upper=True)


def loss_pair(chart: Chart) -> Finding | None:
    """Find outputs outside the loss's domain, a softmax for several labels, a loss not least at y.

    A loss is known by its domain, and a user's own by its values: whether it takes a logarithm, and
    whether it is lowest where the output is the target. A squared error on a softmax and a
    logistic output under a categorical cross-entropy often learn, and are let pass.

    References
    ----------
    Nikanjam et al. (2021), NeuraLint, rule 12; Stack Overflow 51185079, 68101077.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "relu")], loss="binary_cross_entropy", strict=False)
    >>> found = gn.diagnose(net, [[-1.0], [2.0], [3.0]], [0, 1, 1]).findings[0]
    >>> found.code, found.remedy
    ('LOSS_PAIR', {'head': 'logistic'})
    """
    if len(chart.spec.heads) > 1:
        return None
    return _outside(chart) or _several_labels(chart) or _missed(chart)


def _outside(chart: Chart) -> Finding | None:
    head, L = chart.spec.heads[0], chart.spec.depth
    phi, loss = head.activation, head.loss
    domain = _UNIT if chart.loss.logarithm else loss.domain
    known = bool(loss.partner) or bool(chart.loss.logarithm)
    if phi.name == loss.partner or phi.range.within(domain) or not known:
        return None
    out = 0.0 if chart.look is None else chart.look.outside
    change = head_for(chart) if chart.loss.logarithm else ""
    return Finding(
        "LOSS_PAIR",
        f"The outputs of {phi.name} lie in {phi.range} and {loss.name} is defined on "
        f"{domain}; {percent(out)} of the outputs are outside now.",
        "There the loss is cut off: δ is exactly 0, however wrong the row is.",
        f'Give the output layer the activation "{change or loss.partner}"'
        + (" with its own loss." if change else "."),
        {"head": change} if change else {f"layers[{L}].activation": loss.partner},
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
        {"head": "logistic"},
        layer=L,
        numbers={"rows": odd},
        severity="fatal",
        confidence=0.97,
    )


def _missed(chart: Chart) -> Finding | None:
    """Of targets that are numbers: a cross-entropy of one label is lowest at the end of the scale.

    A loss that couples rows is least elsewhere too, but that is another cause.
    """
    missed, L = chart.loss.missed, chart.spec.depth
    if not missed > 0.2 or chart.loss.coupled > 1e-6:
        return None
    return Finding(
        "LOSS_PAIR",
        f"For {percent(missed)} of the rows {chart.spec.loss.name} is lower at another output than "
        "at their own target.",
        "Its minimum is not at y: the better the network is trained, the further it runs away.",
        'Give the output layer the activation "identity" with "squared_error".',
        {"head": "identity"},
        layer=L,
        numbers={"missed": missed},
        severity="fatal",
        confidence=0.9,
    )

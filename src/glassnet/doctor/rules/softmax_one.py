"""SOFTMAX_ONE: an output that is the same whatever the network does."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rules.heads import head_for


def softmax_one(chart: Chart) -> Finding | None:
    """One output divided by itself: φ[L] is constant, or the loss does not depend on its size.

    Sign: φ[L] gives the same for every z, or one output of any size has the same loss. The
    consequence is certain: δ[L] is 0 on every row. glassnet refuses one softmax unit where a
    network is made; here it comes as an activation or a loss of the user's own.

    References
    ----------
    Nikanjam et al. (2021), NeuraLint, rule 10; Stack Overflow 31880720.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> class One:
    ...     def value(self, z):
    ...         return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    ...
    ...     def derivative(self, z, a):
    ...         return 0 * z
    >>> found = gn.diagnose(gn.Network(1, [gn.Dense(1, One())]), [[0.0], [1.0]], [0.0, 1.0])
    >>> found.findings[0].code, found.findings[0].remedy
    ('SOFTMAX_ONE', {'head': 'logistic'})
    """
    signs, L = chart.loss, chart.spec.depth
    if not (signs.constant or signs.blind):
        return None
    head = head_for(chart)
    what = (
        f"{chart.spec.phi[L].name} gives the same output for every z"
        if signs.constant
        else f"{chart.spec.loss.name} of one output is the same whatever its size: it is divided "
        "by the sum of one"
    )
    return Finding(
        "SOFTMAX_ONE",
        f"The output layer has {chart.spec.units[L]} unit{'s' * (chart.spec.units[L] > 1)}, and "
        f"{what}.",
        "Its share of itself is always 1: δ is exactly 0 on every row, and nothing is learned.",
        f'Give the output layer the activation "{head}" with its own loss.',
        {"head": head},
        layer=L,
        numbers={"outputs": chart.spec.units[L]},
        severity="fatal",
        confidence=1.0,
    )

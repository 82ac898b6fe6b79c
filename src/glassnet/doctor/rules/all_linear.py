"""ALL_LINEAR: layers without a nonlinearity between them are one layer."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.inspection.numerals import numeral

_MISSED = 0.15  # of y's variance: what the nearest rows explain and no straight line does


def all_linear(chart: Chart) -> Finding | None:
    """Every hidden φ is the identity, and the data bend: the nearest rows beat a straight line.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> net = gn.Network(1, [gn.Dense(8, "identity"), gn.Dense(1, "identity")])
    >>> gn.diagnose(net, x, x**2).findings[0].code, gn.diagnose(net, x, 2 * x).healthy
    ('ALL_LINEAR', True)
    """
    hidden = [phi.name for phi in chart.spec.phi[1:-1]]
    linear, near = chart.probes.linear, chart.probes.neighbours
    missed = near - max(linear, 0.0)
    if not hidden or set(hidden) != {"identity"} or not missed > _MISSED or chart.does_well:
        return None
    layers = range(1, chart.spec.depth)
    return Finding(
        "ALL_LINEAR",
        f"All {len(hidden)} hidden layers have the activation identity; on rows left out a "
        f"straight line explains {numeral(max(linear, 0.0), 2)} of the variance of y, the "
        f"nearest rows {numeral(near, 2)}.",
        "W[2] (W[1] x + b[1]) + b[2] is again a matrix times x plus a vector: depth adds nothing.",
        'Give the hidden layers a nonlinear activation, such as "relu" or "tanh".',
        {f"layers[{l}].activation": "relu" for l in layers},
        layer=1,
        numbers={"linear": linear, "neighbours": near},
        severity="fatal",
        confidence=0.95,
    )

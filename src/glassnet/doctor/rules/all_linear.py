"""ALL_LINEAR: layers without a nonlinearity between them are one layer."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.inspection.numerals import numeral

_MISSED = 0.15  # of y's variance: what the nearest rows explain and no straight line does
_POOR = 0.2  # of the constant's loss: as good as a straight line needs to be
_BETTER = 0.6


def all_linear(chart: Chart) -> Finding | None:
    """Every hidden φ is the identity, and the data bend: with relu the same layers fit them.

    A straight line is enough for some data, and one layer without φ among others is merely of no
    use: neither is an illness. So the network is fitted on a copy, as it is and with relu.

    References
    ----------
    Nikanjam et al. (2021), NeuraLint, rule 7; Stack Overflow 56888491.

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
    if not hidden or set(hidden) != {"identity"} or chart.does_well or chart.look is None:
        return None
    fits = None if chart.trials is None else (chart.trials.fitted(), chart.trials.fitted("relu"))
    if fits is None or fits[0] is None or fits[1] is None:
        if not near - max(linear, 0.0) > _MISSED:
            return None
        saw = (
            f"On rows left out a straight line explains {numeral(max(linear, 0.0), 2)} of the "
            f"variance of y, the nearest rows {numeral(near, 2)}."
        )
        numbers = {"linear": linear, "neighbours": near}
    else:
        straight, bent = fits[0].end, fits[1].end
        constant = abs(chart.look.constant)
        if not (straight > _POOR * constant and bent < _BETTER * straight):
            return None
        saw = (
            f"Fitted so, it ends with a loss of {numeral(straight, 3)}, with relu in the same "
            f"layers with {numeral(bent, 3)}."
        )
        numbers = {"straight": straight, "bent": bent}
    return Finding(
        "ALL_LINEAR",
        f"All {len(hidden)} hidden layers have the activation identity. {saw}",
        "W[2] (W[1] x + b[1]) + b[2] is again a matrix times x plus a vector: depth adds nothing.",
        'Give the hidden layers a nonlinear activation, such as "relu" or "tanh".',
        {f"layers[{l}].activation": "relu" for l in range(1, chart.spec.depth)},
        layer=1,
        numbers=numbers,
        severity="fatal",
        confidence=0.95,
    )

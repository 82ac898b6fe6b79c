"""VANISH: δ shrinks on its way down until the first layers do not learn."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.signals.sizes import growth, ratio
from glassnet.inspection.numerals import numeral

_SIGMOIDS = ("logistic", "tanh", "softsign")


def vanish(chart: Chart) -> Finding | None:
    """δ[1] below a thousandth of δ[L] and a gradient below 10⁻⁴, none of it exactly 0.

    Examples
    --------
    >>> import glassnet as gn
    >>> layers = [gn.Dense(4, "logistic") for _ in range(8)] + [gn.Dense(1, "identity")]
    >>> found = gn.diagnose(gn.Network(1, layers), [[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0])
    >>> found.findings[0].code, found.findings[0].layer
    ('VANISH', 1)
    """
    look = chart.look
    if look is None or chart.does_well or not look.finite or chart.spec.depth < 3:
        return None
    first, last = look.layers[0], look.layers[-1]
    fallen = ratio(first.delta, last.delta)
    if not (0 < fallen < 1e-3 and 0 < first.gradient < 1e-4):
        return None
    factor = growth([signs.delta for signs in look.layers[::-1]])
    names = {signs.activation for signs in look.layers[:-1]}
    squashes = bool(names & set(_SIGMOIDS))
    hidden = range(1, chart.spec.depth)
    return Finding(
        "VANISH",
        f"δ[1] is {numeral(fallen, 2)} of δ[{chart.spec.depth}] ({numeral(factor, 2)} per layer "
        f"downwards), and ∂J/∂W[1] has a root mean square of {numeral(first.gradient, 2)}.",
        "δ[l] = (δ[l+1] W[l+1]) φ′(z[l]): each layer multiplies by W and φ′"
        + (", and φ′ of the logistic is ¼ at most. " if "logistic" in names else ". ")
        + "The first layers stay as they were drawn.",
        'Use "relu" in the hidden layers, fewer of them, or batch_norm=True.'
        if squashes
        else 'Draw the weights with init="auto", use fewer layers, or batch_norm=True.',
        {f"layers[{l}].activation": "relu" for l in hidden}
        if squashes
        else {f"layers[{l}].init": "auto" for l in hidden},
        layer=1,
        numbers={"fallen": fallen, "factor": factor, "gradient": first.gradient},
        first=look.when,
        confidence=0.9,
    )

"""OVER_REG: a penalty that pulls harder than the data, or dropout that leaves too little."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.signals.sizes import ratio
from glassnet.inspection.numerals import numeral


def over_reg(chart: Chart) -> Finding | None:
    """The penalty's gradient above that of the data at step 0, or a trained output gone flat.

    Examples
    --------
    >>> import glassnet as gn
    >>> layers = [gn.Dense(8, "tanh"), gn.Dense(1, "identity")]
    >>> net = gn.Network(1, layers, penalties=[gn.L2(100.0)])
    >>> gn.diagnose(net, [[-1.0], [0.0], [1.0]], [-1.0, 0.0, 1.0]).findings[0].code
    'OVER_REG'
    """
    look = chart.look
    if look is None or not look.finite or not chart.spec.penalties or chart.does_well:
        return None
    pull = sum(signs.penalty * signs.units**0.5 for signs in look.layers)
    data = sum(signs.gradient * signs.units**0.5 for signs in look.layers)
    times = ratio(pull, data)
    flat = look.t > 0 and look.output_spread < 0.05 * look.target_spread
    # At a minimum the two balance by definition: only a flat output tells there.
    if not (times > 3 and chart.untrained) and not (flat and times > 0.5):
        return None
    strongest = max(look.layers, key=lambda signs: signs.penalty)
    return Finding(
        "OVER_REG",
        f"The penalties' gradient is {numeral(times, 3)} times that of the loss"
        + (f"; the outputs differ by {numeral(look.output_spread, 2)} between rows." if flat
           else " at step 0."),
        "The weights are pulled to 0 faster than the data can build them up: the output becomes "
        "the mean of y.",
        "Leave the penalties out, or make them a hundred times weaker.",
        {"penalties": []},
        layer=strongest.layer,
        numbers={"times": times, "spread": look.output_spread},
        first=look.when,
        severity="fatal",
        confidence=0.85,
    )  # fmt: skip

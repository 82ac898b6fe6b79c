"""DEAD_RELU: units that are off on every row, so that no gradient reaches them."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.inspection.sentences import listed


def dead_relu(chart: Chart) -> Finding | None:
    """More than two thirds of a layer has φ′ = 0 on all rows, in a network that does not do well.

    Examples
    --------
    >>> import glassnet as gn
    >>> layers = [gn.Dense(4, "relu", init="he_normal", bias_init=-9.0), gn.Dense(1, "identity")]
    >>> found = gn.diagnose(gn.Network(1, layers), [[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0])
    >>> found.findings[0].code, found.findings[0].units
    ('DEAD_RELU', (0, 1, 2, 3))
    """
    look = chart.look
    if look is None or chart.does_well or chart.table.rows < 2:
        return None
    for signs in look.layers:
        if 3 * len(signs.dead) > 2 * signs.units and chart.spec.phi[signs.layer].kinks:
            break
    else:
        return None
    l, dead, units = signs.layer, signs.dead, signs.units
    born = look.t == 0
    cause = (
        "They were born so: the first weights and biases put them below 0, or the layer is narrow."
        if born
        else "A step that was too large, or a long push to one side, put them below 0."
    )
    last = l == chart.spec.depth
    return Finding(
        "DEAD_RELU",
        f"{len(dead)} of the {units} unit{'s' * (units > 1)} of layer {l} (unit"
        f"{'s' * (len(dead) > 1)} {listed(dead)}) "
        f"{'have' if len(dead) > 1 else 'has'} z ≤ 0 on all {chart.table.rows} rows.",
        f"Their δ and their columns of gradient are exactly 0, so nothing can wake them. {cause}",
        'Give the output layer the activation "identity".'
        if last
        else 'Use "leaky_relu" there'
        + (', and init="auto" with biases of 0.' if born else ", and a smaller learning rate."),
        {f"layers[{l}].activation": "identity" if last else "leaky_relu"},
        layer=l,
        units=dead,
        numbers={"dead": len(dead), "units": units},
        first=look.when,
        severity="fatal" if len(dead) == units else "harmful",
        confidence=1.0 if len(dead) == units else 0.8,
    )

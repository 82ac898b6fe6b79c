"""INPUT_SCALE: columns whose size or offset the first layer cannot take."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.signals.sizes import ratio
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral


def input_scale(chart: Chart) -> Finding | None:
    """A sign (column sizes, offsets, size of z[1]) together with a consequence; at step 0.

    Weights drawn for the activations must leave the sign: else it is the first weights that are too
    large. And the first steps, where they can be tried, must come to nothing: many networks take
    raw columns. Consequences are a first layer more than half saturated, rectifiers of which more
    than half are never bent, and a loss more than twice that of the best constant output.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(8, "tanh"), gn.Dense(1, "identity")])
    >>> found = gn.diagnose(net, [[100.0], [200.0], [300.0]], [0.1, 0.2, 0.3]).findings[0]
    >>> found.code, found.remedy
    ('INPUT_SCALE', {'X': 'standardise'})
    """
    if chart.look is None or not chart.untrained or not chart.look.finite:
        return None
    first = chart.look.layers[0]
    moving = chart.table.deviation > 0
    if not moving.any() or chart.spec.layer(1).batch_norm:
        return None
    deviation, mean = chart.table.deviation[moving], np.abs(chart.table.mean[moving])
    apart = ratio(float(deviation.max()), float(deviation.min()))
    offset = float((mean / deviation).max())
    size = float(np.sqrt(np.mean(mean**2 + deviation**2)))
    signs = [
        (apart > 100, f"the widest column varies {numeral(apart, 3)} times as much as the least"),
        (offset > 5, f"a column's mean is {numeral(offset, 3)} of its standard deviations from 0"),
        (first.z > 5 and size > 3, f"z[1] has a root mean square of {numeral(first.z, 3)}"),
    ]
    worse = ratio(chart.look.loss, chart.look.constant)
    idle = first.straight + len(first.dead) / first.units
    rectifies = first.activation in ("relu", "leaky_relu")
    results = [
        (first.saturated > 0.5, f"{percent(first.saturated)} of layer 1 is saturated"),
        (
            rectifies
            and idle > 0.6
            and max(apart / 10, offset) > 10
            and first.layer < chart.spec.depth
            and first.units > 2,
            f"{percent(min(idle, 1.0))} of the units of layer 1 are always on or always off",
        ),
        (
            worse > 2 and first.z > 5,
            f"the loss is {numeral(worse, 3)} times that of the best constant output",
        ),
    ]
    seen, felt = [text for on, text in signs if on], [text for on, text in results if on]
    if not seen or not felt or chart.gets_going or _by_weights(chart):
        return None
    return Finding(
        "INPUT_SCALE",
        f"In X {' and '.join(seen)}; {' and '.join(felt)}.",
        "Units that sit at one end of φ pass on no differences between rows and get no gradient; "
        "large columns drown the small ones and force a small learning rate.",
        "Standardise the columns with the mean and the scale of the training rows: "
        "gn.Scaling(mean, scale) as input_stage, or a StandardScaler.",
        {"X": "standardise"},
        layer=1,
        numbers={"apart": apart, "offset": offset, "z": first.z, "saturated": first.saturated},
        first="step 0",
        confidence=0.85,
    )


def _by_weights(chart: Chart) -> bool:
    """Whether z[1] is large by its weights: usual ones make it small, and the columns are even."""
    drawn = None if chart.trials is None else chart.trials.redrawn()
    if drawn is None or chart.look is None:
        return False
    first, usual = chart.look.layers[0], drawn.layers[0]
    top, usual_top = chart.look.layers[-1].z, drawn.layers[-1].z
    heavy = first.weights > 3 * usual.weights > 0 or top > 10 * usual_top > 0
    return usual.z < 5 < first.z or heavy

"""INIT_SCALE: first weights so large or so small that the output says nothing about the input."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rules.explode import grows
from glassnet.doctor.signals.sizes import ratio
from glassnet.inspection.numerals import numeral


def init_scale(chart: Chart) -> Finding | None:
    """At step 0: z above 10 from inputs below 3 with a bad loss, or outputs equal in all rows.

    Examples
    --------
    >>> import glassnet as gn
    >>> big = gn.Normal(30.0)
    >>> net = gn.Network(2, [gn.Dense(8, "tanh", init=big), gn.Dense(1, "identity", init=big)])
    >>> found = gn.diagnose(net, [[0.0, 1.0], [1.0, 0.5], [1.0, 0.0]], [0.0, 1.0, 0.0]).findings
    >>> found[0].code, found[0].layer
    ('INIT_SCALE', 1)
    """
    if chart.look is None or not chart.untrained or not chart.look.finite:
        return None
    found = _too_large(chart) or _too_small(chart)
    return None if found is None or chart.gets_going or not _usual_learns(chart) else found


def _usual_learns(chart: Chart) -> bool:
    """Whether weights drawn for the activations can be fitted: some are large on purpose."""
    fit = None if chart.trials is None else chart.trials.fitted()
    if fit is None or chart.look is None:
        return True
    return fit.recognises or fit.end < 0.7 * abs(chart.look.constant)


def _too_large(chart: Chart) -> Finding | None:
    look = chart.look
    if look is None or any(layer.batch_norm for layer in chart.spec.layers) or grows(look):
        return None
    mean, deviation = chart.table.mean, chart.table.deviation
    below = float((mean**2 + deviation**2).mean() ** 0.5)
    worse = ratio(look.loss, look.constant)
    drawn = None if chart.trials is None else chart.trials.redrawn()
    for signs in look.layers:
        usual = 0.0 if drawn is None else drawn.layers[signs.layer - 1].weights
        heavy = signs.weights > 3 * usual > 0 or (usual == 0 and below < 3)
        if heavy and signs.z_spread > 10 and worse > 2:
            return Finding(
                "INIT_SCALE",
                f"z[{signs.layer}] differs between rows by {numeral(signs.z_spread, 3)} at step "
                f"0, from inputs of size {numeral(below, 3)}; the loss is {numeral(worse, 3)} "
                "times that of the best constant output.",
                "The network begins sure of itself and wrong: φ is saturated, or the first steps "
                "are spent on taking the weights back.",
                'Draw the weights with init="auto" (He, LeCun or Glorot, by activation).',
                {f"layers[{signs.layer}].init": "auto"},
                layer=signs.layer,
                numbers={"spread": signs.z_spread, "a below": below, "loss": worse},
                first="step 0",
                confidence=0.85,
            )
        below = max(below, signs.a)
    return None


def _too_small(chart: Chart) -> Finding | None:
    """The signal dies on its way up, by more than a thousand in all, and not in the last layer."""
    look = chart.look
    if look is None or chart.spec.depth < 2:
        return None
    start = float((chart.table.deviation**2).mean() ** 0.5)
    for signs in look.layers[:-1]:
        # Of what keeps the size of z from layer to layer, less than a tenth.
        weak = signs.weights * chart.spec.units[signs.layer - 1] ** 0.5 < 0.1
        shrunk = ratio(signs.z_spread, start)
        if weak and signs.weights > 0 and 0 < shrunk < 1e-2:
            return Finding(
                "INIT_SCALE",
                f"z[{signs.layer}] differs between rows by {numeral(signs.z_spread, 3)} where the "
                f"inputs differ by {numeral(start, 3)}.",
                "All rows look alike from there on: the output starts as a constant, and the "
                "gradient that comes back is as small.",
                'Draw the weights with init="auto" (He, LeCun or Glorot, by activation).',
                {f"layers[{signs.layer}].init": "auto"},
                layer=signs.layer,
                numbers={"spread": signs.z_spread, "inputs": start},
                first="step 0",
                confidence=0.75,
            )
    return None

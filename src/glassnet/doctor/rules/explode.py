"""EXPLODE: numbers that grow from layer to layer, or are no longer finite."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.looks import Look
from glassnet.doctor.signals.sizes import growth
from glassnet.inspection.numerals import numeral


def explode(chart: Chart) -> Finding | None:
    """Find the first layer that is not finite, or a factor per layer above 3 over four layers.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(2, "tanh"), gn.Dense(1, "identity")])
    >>> net.W[2][0, 0] = float("nan")
    >>> found = gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0]).findings[0]
    >>> found.code, found.layer
    ('EXPLODE', 2)
    """
    look = chart.look
    if look is None:
        return None
    return _not_finite(chart) or _growing(chart)


def _not_finite(chart: Chart) -> Finding | None:
    look = chart.look
    if look is None or look.finite:
        return None
    sick = [signs.layer for signs in look.layers if not signs.finite]
    l = sick[0] if sick else chart.spec.depth
    what = f"W[{l}] or b[{l}] holds nan or infinite values" if sick else "the loss is not finite"
    return Finding(
        "EXPLODE",
        f"Going forward, {what}; everything above follows.",
        "No further step can bring a finite number back.",
        "Start anew with a tenth of the learning rate and clip_norm=1.0.",
        {"clip_norm": 1.0}
        | ({} if chart.plan.learning_rate is None
           else {"learning_rate": chart.plan.learning_rate / 10}),
        layer=l,
        numbers={"loss": look.loss},
        first=look.when,
        severity="fatal",
        confidence=1.0,
    )  # fmt: skip


def grows(look: Look) -> bool:
    """Whether z or δ grows by more than 3 per layer over four layers, to more than 100.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.looks import look
    >>> from glassnet.doctor.patient import patient
    >>> layers = [gn.Dense(16, "identity", init=gn.Normal(2.0)) for _ in range(6)]
    >>> grows(look(patient(gn.Network(1, layers), [[1.0], [2.0]], [[0.0] * 16] * 2)))
    True
    """
    most, _, top = _growth(look)
    return len(look.layers) >= 4 and most > 3 and top > 100


def _growth(look: Look) -> tuple[float, str, float]:
    """The larger factor per layer, of what, and how large it becomes."""
    up = growth([signs.z for signs in look.layers])
    down = growth([signs.delta for signs in look.layers[::-1]])
    most, which = (up, "z") if not down > up else (down, "δ")
    return most, which, look.layers[-1].z if which == "z" else look.layers[0].delta


def _growing(chart: Chart) -> Finding | None:
    look = chart.look
    if look is None or chart.does_well or not grows(look) or chart.gets_going:
        return None
    most, which, top = _growth(look)
    l = chart.spec.depth if which == "z" else 1
    return Finding(
        "EXPLODE",
        f"{which} grows by {numeral(most, 3)} per layer, to {numeral(top, 3)} in layer {l}.",
        "The first step is as large as the gradient, and the next one larger.",
        'Draw the weights with init="auto", and set clip_norm=1.0.',
        {f"layers[{k}].init": "auto" for k in range(1, chart.spec.depth + 1)},
        layer=l,
        numbers={"factor": most, "size": top},
        first=look.when,
        confidence=0.9,
    )

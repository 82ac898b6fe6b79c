"""INIT_SYMM: units that begin alike and get the same gradient stay alike for ever."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.inspection.sentences import listed


def init_symm(chart: Chart) -> Finding | None:
    """More than half of a hidden layer's units have a twin: same weights, same gradient.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(
    ...     1, [gn.Dense(4, "tanh", init=gn.Constant(0.1)), gn.Dense(1, "identity", init="zeros")]
    ... )
    >>> found = gn.diagnose(net, [[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0]).findings[0]
    >>> found.code, found.layer, found.units
    ('INIT_SYMM', 1, (0, 1, 2, 3))
    """
    if chart.look is None or chart.does_well:
        return None
    for signs in chart.look.layers[:-1]:
        if signs.units > 1 and 2 * len(signs.twins) > signs.units:
            return _finding(chart, signs.layer, signs.twins, signs.units)
    return None


def _finding(chart: Chart, l: int, twins: tuple[int, ...], units: int) -> Finding:
    when = "" if chart.look is None else chart.look.when
    return Finding(
        "INIT_SYMM",
        f"{len(twins)} of the {units} units of layer {l} (units {listed(twins)}) have the same "
        "weights and the same gradient as another.",
        "Every step changes them alike: together they do the work of one unit.",
        'Draw the weights at random: init="auto".',
        {f"layers[{l}].init": "auto"},
        layer=l,
        units=twins,
        numbers={"twins": len(twins), "units": units},
        first=when,
        severity="fatal",
        confidence=0.95,
    )

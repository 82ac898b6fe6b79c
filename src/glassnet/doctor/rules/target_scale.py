"""TARGET_SCALE: targets far larger than what the untrained network gives."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rehearsal import STEPS
from glassnet.doctor.signals.sizes import ratio
from glassnet.inspection.numerals import numeral


def target_scale(chart: Chart) -> Finding | None:
    """y more than 10 times the outputs at step 0, and residuals above 10 with it.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(4, "tanh"), gn.Dense(1, "identity")])
    >>> gn.diagnose(net, [[0.0], [1.0], [2.0]], [1000.0, 2000.0, 4000.0]).findings[0].code
    'TARGET_SCALE'
    """
    look, L = chart.look, chart.spec.depth
    if look is None or not chart.untrained or len(chart.spec.heads) > 1:
        return None
    if chart.spec.phi[L].name != "identity" or chart.spec.loss.partner != "identity":
        return None
    times = ratio(look.targets, max(look.outputs, look.output_spread))
    if not (times > 10 and look.residual > 10) or _gets_there(chart) or _by_inputs(chart):
        return None
    if chart.gets_going:
        return None
    return Finding(
        "TARGET_SCALE",
        f"y has a root mean square of {numeral(look.targets, 3)}, the outputs at step 0 one of "
        f"{numeral(look.outputs, 3)}: {numeral(times, 3)} times less.",
        f"The residuals, {numeral(look.residual, 3)}, are the size of δ: plain steps overshoot, "
        "and an optimizer with steps of fixed size takes thousands to get there.",
        "Standardise y, and undo it in the predictions; or set the last bias to the mean of y.",
        {"y": "standardise"},
        layer=L,
        numbers={"targets": look.targets, "outputs": look.outputs, "residual": look.residual},
        first="step 0",
        confidence=0.8,
    )


def _gets_there(chart: Chart) -> bool:
    """Whether all planned steps, at the pace of the first, would bring J down to nothing."""
    steps = chart.plan.steps(chart.rows)
    if chart.rehearsal is None or steps is None:
        return False
    first, last = chart.rehearsal.costs[0], chart.rehearsal.costs[-1]
    return steps * (first - last) > STEPS * first


def _by_inputs(chart: Chart) -> bool:
    """Whether steps overshoot in one layer, whose curvature has nothing to do with y."""
    seen = chart.rehearsal
    return chart.spec.depth == 1 and seen is not None and not seen.costs[-1] <= seen.costs[0]

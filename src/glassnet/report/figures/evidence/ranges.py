"""Targets beside outputs: where the one cannot reach the other."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from glassnet.arrays import Array
from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.look import BLUE, GREEN, INK, VERMILION, legend_above, number, whole_numbers

_MOST_BARS = 40


def targets_and_range(seen: Seen, ax: Axes) -> str | None:
    """y against the range of the output activation, and the outputs as they are."""
    chart = seen.chart
    if chart is None or chart.y is None:
        return None
    phi = chart.spec.phi[chart.spec.depth]
    said = _both(ax, np.ravel(chart.y), seen.outputs())
    _band(ax, phi.range.lower, phi.range.upper, f"range of {phi.name}")
    legend_above(ax)
    return f"The green band is all that {phi.name} can give. {said}"


def labels_per_row(seen: Seen, ax: Axes) -> str | None:
    """How many labels the rows have, where a softmax expects one."""
    chart = seen.chart
    if chart is None or chart.y is None or chart.spec.phi[chart.spec.depth].name != "softmax":
        return None
    sums, counts = np.unique(chart.y.sum(axis=1).round(6), return_counts=True)
    if (sums == 1).all() or len(sums) > _MOST_BARS:
        return None
    for mask, colour, label in ((sums == 1, BLUE, "as a softmax"), (sums != 1, VERMILION, "not")):
        if mask.any():
            ax.bar(sums[mask], counts[mask], 0.6, color=colour, label=label)
    ax.set_xlabel("labels of a row")
    ax.set_ylabel("rows")
    whole_numbers(ax.xaxis)
    legend_above(ax)
    odd = int(counts[sums != 1].sum())
    return (
        f"A softmax's outputs add up to 1; the targets of {odd:,} of {counts.sum():,} rows do not."
    )


def targets_and_outputs(seen: Seen, ax: Axes) -> str | None:
    """y and the outputs on one axis."""
    chart, outputs = seen.chart, seen.outputs()
    if chart is None or chart.y is None or outputs is None:
        return None
    said = _both(ax, np.ravel(chart.y), outputs)
    legend_above(ax)
    return f"{said} The outputs have the whole way between them to go."


def outputs_and_domain(seen: Seen, ax: Axes) -> str | None:
    """The outputs against the numbers on which the loss is defined."""
    chart, outputs = seen.chart, seen.outputs()
    if chart is None or outputs is None or not outputs.size:
        return None
    domain = chart.spec.heads[0].loss.domain
    if not (np.isfinite(domain.lower) or np.isfinite(domain.upper)):
        return targets_and_outputs(seen, ax)
    _histogram(ax, outputs, BLUE, "outputs", _edges(outputs, np.array([0.0, 1.0])))
    _band(ax, domain.lower, domain.upper, "defined")
    ax.set_yticks([])
    ax.set_xlabel("output")
    legend_above(ax)
    out = float(np.mean((outputs <= domain.lower) | (outputs >= domain.upper)))
    return (
        f"The green band is where {chart.spec.heads[0].loss.name} is defined: {100 * out:.3g} % of "
        f"the outputs {seen.when} lie at its ends or beyond, where no finite loss tells which way "
        "is better."
    )


def compared_pairs(seen: Seen, ax: Axes) -> str | None:
    """Which outputs a loss that broadcasts compares with which targets, and which it should."""
    pairs, rows = (int(seen.finding.numbers.get(name, 0)) for name in ("pairs", "rows"))
    if not rows or pairs != rows * rows:
        return None
    shown = min(rows, _MOST_BARS)
    k = np.arange(shown)
    across, up = np.meshgrid(k, k)
    ax.scatter(across, up, s=9, color=VERMILION, linewidths=0, label="compared")
    ax.scatter(k, k, s=26, color=BLUE, linewidths=0, label="meant")
    ax.set_xlabel("target of row")
    ax.set_ylabel("output of row")
    ax.set_aspect("equal")
    ax.invert_yaxis()
    ax.grid(visible=False)
    whole_numbers(ax.xaxis)
    whole_numbers(ax.yaxis)
    legend_above(ax)
    some = f"; the first {shown} rows are drawn" if shown < rows else ""
    return f"{pairs:,} pairs are compared where {rows} are meant, those on the diagonal{some}."


def values_of_labels(seen: Seen, ax: Axes) -> str | None:
    """How often each value of y occurs, against those that the outputs take."""
    chart = seen.chart
    given = None if chart is None else chart.given
    if chart is None or given is None:
        return None
    if given.ndim > 1 and given.shape[1] > 1:
        return _columns_of_labels(ax, given, chart.spec.units[chart.spec.depth])
    values, counts = np.unique(given[np.isfinite(given)], return_counts=True)
    if not values.size:
        return None
    targets = chart.spec.heads[0].loss.targets
    n = chart.spec.units[chart.spec.depth]
    low, high = (0.0, n - 1.0) if chart.spec.loss.name == "cross_entropy" else (
        targets.lower, targets.upper)  # fmt: skip
    inside = (values >= low) & (values <= high)
    if inside.all() and len(values) > 1:  # the fault is not in the values
        return None
    if len(values) > _MOST_BARS:
        _histogram(ax, given[np.isfinite(given)], VERMILION, "y", None)
    else:
        gap = float(np.diff(values).min()) if len(values) > 1 else 1.0
        for mask, colour, label in ((inside, BLUE, "taken"), (~inside, VERMILION, "not taken")):
            if mask.any():
                ax.bar(values[mask], counts[mask], 0.7 * gap, color=colour, label=label)
    _band(ax, low, high, "what the outputs take")
    ax.set_xlabel("value of y")
    ax.set_ylabel("rows")
    legend_above(ax)
    if len(values) <= _MOST_BARS and not (values % 1).any():
        whole_numbers(ax.xaxis)
    return (
        f"y has {len(values)} values from {number(float(values[0]))} to {number(float(values[-1]))}"
        f"; the outputs take those from {number(low)} to {number(high)}."
    )


def _columns_of_labels(ax: Axes, given: Array, outputs: int) -> str:
    ax.bar(["columns of y", "outputs"], [given.shape[1], outputs], color=[VERMILION, BLUE])
    ax.set_ylabel("number")
    return f"y has {given.shape[1]} columns and the network {outputs} outputs."


def _both(ax: Axes, y: Array, outputs: Array | None) -> str:
    others = y if outputs is None or not outputs.size else outputs
    edges = _edges(y, others)
    _histogram(ax, y, VERMILION, "y", edges)
    if others is not y:
        _histogram(ax, others, BLUE, "outputs", edges)
    ax.set_yticks([])
    ax.set_ylabel("share of rows")
    ax.set_xlabel("value")
    said = f"y goes from {number(float(y.min()))} to {number(float(y.max()))}"
    if others is y:
        return said + "."
    ends = f"from {number(float(others.min()))} to {number(float(others.max()))}"
    return f"{said}, the outputs now {ends}."


def _edges(one: Array, other: Array) -> Array:
    low, high = float(min(one.min(), other.min())), float(max(one.max(), other.max()))
    pad = 0.02 * (high - low) or 0.5
    return np.linspace(low - pad, high + pad, 48)


def _histogram(ax: Axes, values: Array, colour: str, label: str, edges: Array | None) -> None:
    """Each as high as the other, so that a spike beside a wide hill can be seen."""
    counts, ends = np.histogram(values, bins=30 if edges is None else edges)
    most = counts.max() if edges is not None else 1
    ax.stairs(counts / max(most, 1), ends, fill=True, color=colour, alpha=0.55, label=label)
    ax.stairs(counts / max(most, 1), ends, color=colour, linewidth=1.1)


def _band(ax: Axes, lower: float, upper: float, label: str) -> None:
    """The numbers between two ends, shaded; the axis stays as wide as what is drawn needs."""
    left, right = ax.get_xlim()
    width = right - left
    if np.isfinite(lower):
        left = min(left, lower - 0.05 * width)
    if np.isfinite(upper):
        right = max(right, upper + 0.05 * width)
    low, high = max(lower, left), min(upper, right)
    ax.axvspan(low, high, color=GREEN, alpha=0.16, linewidth=0, zorder=0, label=label)
    for end in (lower, upper):
        if np.isfinite(end):
            ax.axvline(end, color=INK, linewidth=0.9, zorder=1)
    ax.set_xlim(left, right)

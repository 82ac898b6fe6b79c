"""What steps do to the cost of their own rows."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from glassnet.arrays import Array
from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.look import (
    BLUE,
    DASHES,
    GREEN,
    INK,
    VERMILION,
    legend_above,
    number,
    plain_logarithms,
    powers_of_ten,
    whole_numbers,
)

_WIDE = 30.0


def rehearsed(seen: Seen, ax: Axes) -> str | None:
    """The cost of the same rows over the first steps, with the planned rate and ten times that."""
    first = None if seen.chart is None else seen.chart.rehearsal
    if first is None or not np.isfinite(first.costs).all():
        return None
    costs, faster = np.asarray(first.costs), np.asarray(first.faster)
    told = None if seen.chart is None else seen.chart.plan.learning_rate
    rate = "planned rate" if told is None else f"rate {number(told)}, as planned"
    ax.plot(np.arange(len(costs)), costs, color=VERMILION, marker="o", label=rate)
    if seen.finding.code == "LR_LOW":
        good = np.where(np.isfinite(faster), faster, np.nan)
        ax.plot(
            np.arange(len(faster)), good, color=BLUE, linestyle=DASHES[1], marker="s",
            label="ten times that",
        )  # fmt: skip
    else:
        ax.axhline(costs[0], color=INK, linewidth=1.0, linestyle=DASHES[2], label="where it began")
    _cost_axis(ax, costs)
    ax.set_xlabel("step")
    ax.set_ylabel("J of the same rows")
    whole_numbers(ax.xaxis)
    legend_above(ax, ncols=2)
    return f"J of the same rows over {len(costs) - 1} steps on a copy {_told(seen, costs, faster)}."


def _told(seen: Seen, costs: Array, faster: Array) -> str:
    if seen.finding.code != "LR_LOW" or not costs[0] > 0:
        return f"goes from {number(float(costs[0]))} to {number(float(costs[-1]))}"
    fall, ten = (100 * (1 - float(line[-1]) / float(costs[0])) for line in (costs, faster))
    return f"falls by {number(fall, 2)} %; with ten times the rate by {number(ten, 2)} %"


def of_the_optimizer(seen: Seen, ax: Axes) -> str | None:
    """The same as :func:`before_and_after`, unless it is the loop around it that is at fault."""
    loop = {"stale", "outside", "passes", "steps"} & set(seen.finding.numbers)
    return None if loop else before_and_after(seen, ax)


def before_and_after(seen: Seen, ax: Axes) -> str | None:
    """The cost of a batch before its step and after it, step by step."""
    steps = None if seen.chart is None else seen.chart.steps
    if steps is None:
        return None
    before, after = np.asarray(steps.before, np.float64), np.asarray(steps.after, np.float64)
    good = np.isfinite(before) & np.isfinite(after)
    if not good.any():
        return None
    k = np.arange(1, len(before) + 1)
    up = good & (after > before)
    if seen.finding.code == "LR_HIGH" and not up.any():  # it shows over more steps than these
        return None
    for mask, colour in ((up, VERMILION), (good & ~up, GREEN)):
        ax.vlines(k[mask], before[mask], after[mask], color=colour, linewidth=2.2)
        ax.plot(k[mask], after[mask], linestyle="", marker="^" if colour == VERMILION else "v",
                color=colour, markersize=7)  # fmt: skip
    ax.plot(k[good], before[good], linestyle="", marker="o", color=INK)
    _cost_axis(ax, np.concatenate([before[good], after[good]]))
    ax.set_xlabel("step")
    ax.set_ylabel("J of the step's own rows")
    ax.set_xlim(0.5, len(before) + 0.5)
    whole_numbers(ax.xaxis)
    legend_above(ax, [
        Line2D([], [], color=INK, marker="o", linestyle="", label="before"),
        Line2D([], [], color=VERMILION, marker="^", linestyle="", label="after: higher"),
        Line2D([], [], color=GREEN, marker="v", linestyle="", label="lower"),
    ])  # fmt: skip
    lost = "; then the numbers were no longer finite" if steps.lost else ""
    return (
        f"Each step's own rows before and after it: {int(up.sum())} of {int(good.sum())} steps "
        f"raise the cost that they were to lower{lost}."
    )


def noise(seen: Seen, ax: Axes) -> str | None:
    """The cost of batch after batch, which differs more than a step changes it."""
    steps = None if seen.chart is None else seen.chart.steps
    if steps is None or len(steps.before) < 2 or not np.isfinite(steps.before).all():
        return None
    before, after = np.asarray(steps.before), np.asarray(steps.after)
    k = np.arange(1, len(before) + 1)
    ax.plot(k, before, color=BLUE, marker="o", label="before the step")
    ax.plot(k, after, color=VERMILION, marker="s", linestyle=DASHES[1], label="after it")
    ax.set_xlabel("batch")
    ax.set_ylabel("J of the batch")
    legend_above(ax)
    whole_numbers(ax.xaxis)
    apart = float(np.std(before))
    gained = float(np.median(np.abs(after - before)))
    return (
        f"Batches of {steps.rows} rows differ by {number(apart)} among themselves; a step changes "
        f"the cost of its own by {number(gained)}."
    )


def _cost_axis(ax: Axes, values: Array) -> None:
    low, high = float(np.min(values)), float(np.max(values))
    if low > 0 and high > _WIDE * low:
        ax.set_yscale("log")
        (powers_of_ten if high > 1e3 * low else plain_logarithms)(ax.yaxis)

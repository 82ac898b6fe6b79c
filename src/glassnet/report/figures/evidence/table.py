"""Columns, rows and classes: what is wrong with the data themselves."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from glassnet.arrays import Array
from glassnet.report.figures.evidence.frame import named_bars
from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.look import (
    BLUE,
    DASHES,
    GREEN,
    INK,
    MUTED,
    POINT,
    VERMILION,
    legend_above,
    number,
    powers_of_ten,
    whole_numbers,
)

_MOST_COLUMNS = 40
_MOST_CLASSES = 12


def column_sizes(seen: Seen, ax: Axes) -> str | None:
    """Spread and offset of each column of a[0], on a logarithmic axis."""
    table = None if seen.chart is None else seen.chart.table
    if table is None or not (table.deviation > 0).any():
        return None
    order = np.argsort(table.deviation)
    some = order[
        np.unique(np.linspace(0, len(order) - 1, min(len(order), _MOST_COLUMNS)).astype(int))
    ]
    k, sizes = np.arange(len(some)), table.deviation[some]
    ax.axhspan(0.3, 3.0, color=GREEN, alpha=0.14, linewidth=0, label="sound")
    ax.plot(k, np.where(sizes > 0, sizes, np.nan), "o", color=BLUE, label="standard deviation")
    offsets = np.abs(table.mean[some])
    seen_at = np.where(
        offsets > 1e-3 * sizes, offsets, np.nan
    )  # centred but for rounding is centred
    ax.plot(k, seen_at, "s", color=VERMILION, markerfacecolor="none",
            label="|mean|")  # fmt: skip
    ax.set_yscale("log")
    powers_of_ten(ax.yaxis)
    ax.set_xticks(k, [str(c) for c in some], fontsize=7.5, rotation=90 if len(some) > 14 else 0)
    ax.set_xlabel("column of X, by standard deviation")
    legend_above(ax)
    low, high = float(sizes[sizes > 0].min()), float(sizes.max())
    return (
        f"The columns vary by {number(low)} to {number(high)}. Standardised, all circles would lie "
        "at 1 and all squares below."
    )


def classes(seen: Seen, ax: Axes) -> str | None:
    """Each class's share of the rows, and the share of its rows that is recognised."""
    look = seen.look
    shares = None if seen.chart is None else seen.chart.table.shares
    if look is None or shares is None or look.recalls is None or len(shares) != len(look.recalls):
        return None
    kept = np.sort(np.argsort(shares)[:_MOST_CLASSES])
    at = np.arange(len(kept))
    recalls = np.nan_to_num(look.recalls[kept])
    ax.barh(at - 0.2, 100 * shares[kept], 0.36, color=BLUE, label="of all rows")
    ax.barh(at + 0.2, 100 * recalls, 0.36, color=VERMILION, label="of its rows recognised")
    ax.set_yticks(at, [f"class {k}" for k in kept])
    ax.set_xlim(0, 100)
    ax.set_xlabel("percent")
    ax.invert_yaxis()
    legend_above(ax)
    some = f" The {len(kept)} rarest are drawn." if len(kept) < len(shares) else ""
    return f"A class whose lower bar is missing is never named.{some}"


def explained(seen: Seen, ax: Axes) -> str | None:
    """What part of y's variance simple methods explain on rows left out, and this network."""
    chart, look = seen.chart, seen.look
    if chart is None or not np.isfinite(chart.learnable):
        return None
    bars = {"straight line": chart.probes.linear, "nearest rows": chart.probes.neighbours}
    if look is not None and look.t > 0 and np.isfinite(look.loss) and look.constant > 0:
        bars["this network"] = 1 - look.loss / look.constant
    values = np.array(list(bars.values()))
    colours = [BLUE, POINT, VERMILION][: len(values)]
    named_bars(ax, list(bars), np.clip(values, -0.15, 1).tolist(), colours)
    ax.axvline(0, color=INK, linewidth=1.0)
    ax.axvline(1, color=MUTED, linewidth=1.0, linestyle=DASHES[2])
    for k, value in enumerate(values):
        ax.annotate(number(float(value), 2), (float(np.clip(value, 0, 1)), k), (4, 0),
                    textcoords="offset points", va="center", fontsize=8.5)  # fmt: skip
    ax.set_xlim(-0.2, 1.15)
    ax.set_xlabel("part of the variance of y explained")
    return "0 is the mean of y alone, 1 is all of it. The first two are of rows left out."


def broken_cells(seen: Seen, ax: Axes) -> str | None:
    """How many values of each column are none; else what x says of y."""
    who = seen.rows
    if who is None:
        return None
    counts = (~np.isfinite(who.x)).sum(axis=0)
    in_y = 0 if who.given is None else int((~np.isfinite(who.given)).sum())
    if not counts.any() and not in_y:
        return explained(seen, ax) or _constant(seen, ax, who.x)
    worst = np.sort(np.argsort(-counts, kind="stable")[:_MOST_CLASSES])
    names = [*(f"column {k}" for k in worst), "y"]
    values = [*counts[worst].tolist(), in_y]
    named_bars(ax, names, values, [*([VERMILION] * len(worst)), BLUE])
    ax.set_xlabel("values that are nan or infinite")
    whole_numbers(ax.xaxis)
    return f"Of {len(who.x)} rows looked at; one such value is enough to make J nan."


def _constant(seen: Seen, ax: Axes, x: Array) -> str | None:
    spread = np.ptp(x, axis=0)[:_MOST_COLUMNS]
    ax.bar(np.arange(len(spread)), spread, color=BLUE)
    ax.set_xlabel("column of X")
    ax.set_ylabel("largest − smallest")
    whole_numbers(ax.xaxis)
    return "No column differs between rows."


def leak(seen: Seen, ax: Axes) -> str | None:
    """A column against y; or how many validation rows are also training rows."""
    who, column = seen.rows, seen.finding.units[:1]
    if column and who is not None and who.y is not None:
        good = who.sound
        ax.scatter(who.x[good, column[0]], who.y[good, 0], s=12, color=POINT, alpha=0.6,
                   linewidths=0, rasterized=True)  # fmt: skip
        ax.set_xlabel(f"column {column[0]}")
        ax.set_ylabel("y")
        return f"Column {column[0]} against y: every point lies on one line."
    part = 0.0 if seen.chart is None else seen.chart.in_both
    if not part > 0:
        return None
    ax.barh([0], [100 * part], 0.5, color=VERMILION, label="also in training")
    ax.barh([0], [100 * (1 - part)], 0.5, left=[100 * part], color=BLUE, label="new")
    ax.set_yticks([])
    ax.set_xlim(0, 100)
    ax.set_ylim(-0.5, 0.5)
    ax.set_xlabel("percent of the validation rows")
    legend_above(ax)
    return "The part on the left of the validation score measures memory."

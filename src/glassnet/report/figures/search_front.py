"""What an error costs: parameters and seconds of every candidate, and the front of the best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.report.figures.display import panels
from glassnet.report.figures.search_axes import (
    UPWARDS,
    ErrorScale,
    astray_entry,
    candidate_name,
    counts_plainly,
    epochs_name,
    no_scores,
)
from glassnet.report.look import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    SKY,
    finished,
    look,
    marker,
    powers_of_ten,
)
from glassnet.tuning.lessons import Entry, front, latest
from glassnet.tuning.result import SearchResult

_MOST_NAMES = 4
_COLOURS = (SKY, GREEN, BLUE, PURPLE, ORANGE)  # of rungs, the shortest first


@look()
def front_figure(found: SearchResult, *, ax: Any = None) -> Figure:
    """Validation error against parameters and against seconds, each with its Pareto front.

    Every candidate stands where it last had a score, so those that were trained for fewer epochs
    might have come lower. No candidate lies below and left of the front. One axes given holds the
    parameters.
    """
    everyone = latest(found.records, found.scoring)
    if not everyone:
        return no_scores(ax)
    one = ax is not None and np.size(np.asarray(ax, dtype=object)) == 1
    figure, axes = panels(ax, 1 if one else 2, columns=2, width=4.2, height=3.0, above=0.4)
    errors = [entry.error for entry in everyone]
    scale = ErrorScale(errors, found.scoring, 0.9 * min(errors))  # room for names below
    costs = {
        "parameters": np.array([entry.outcome.parameters for entry in everyone], dtype=np.float64),
        "seconds of training, all folds": np.array([entry.seconds for entry in everyone]),
    }
    for k, (panel, (name, cost)) in enumerate(zip(axes, costs.items(), strict=False)):
        _points(panel, found, everyone, cost, scale)
        _front(panel, everyone, cost, scale)
        scale.apply(panel, named=k == 0)
        panel.set_xlabel(name)
        _logarithmic(panel, cost)
    handles: list[Any] = axes[0].get_legend_handles_labels()[0]
    if any(scale.beyond(entry.error) for entry in everyone):
        handles.append(astray_entry())
    if ax is None:
        figure.legend(
            handles=handles, loc="outside upper left", ncols=6, columnspacing=0.9, handlelength=1.4
        )
    else:
        axes[0].legend(handles=handles)
    return finished(figure, ax)


def _points(
    ax: Axes, found: SearchResult, everyone: Sequence[Entry], cost: Array, scale: ErrorScale
) -> None:
    rungs = sorted({entry.outcome.rung for entry in everyone})
    for place, rung in enumerate(rungs):
        mine = [k for k, entry in enumerate(everyone) if entry.outcome.rung == rung]
        inside = [k for k in mine if not scale.beyond(everyone[k].error)]
        colour = _COLOURS[place % len(_COLOURS)]
        ax.scatter(
            cost[inside], [everyone[k].error for k in inside], s=30 if len(everyone) < 60 else 16,
            marker=marker(place), facecolors=colour, edgecolors=PAPER, linewidths=0.5, zorder=3,
            label=epochs_name(found.epochs_of(rung), rung),
        )  # fmt: skip
        astray = [k for k in mine if scale.beyond(everyone[k].error)]
        ax.scatter(
            cost[astray], [scale.edge] * len(astray), s=40, marker=UPWARDS, facecolors="none",
            edgecolors=colour, linewidths=1.0, zorder=3,
        )  # fmt: skip


def _front(ax: Axes, everyone: Sequence[Entry], cost: Array, scale: ErrorScale) -> None:
    """A staircase, with the layers of some candidates on it."""
    errors = np.array([entry.error for entry in everyone])
    best = [k for k in front(cost, errors) if not scale.beyond(errors[k])]
    if not best:
        return
    ax.step(
        [*cost[best], cost.max() * 3], [*errors[best], errors[best[-1]]], where="post",
        color=INK, linewidth=1.1, zorder=2, label="nothing better for less",
    )  # fmt: skip
    ax.scatter(
        cost[best], errors[best], s=62, marker="o", facecolors="none", edgecolors=INK,
        linewidths=1.0, zorder=4,
    )  # fmt: skip
    named = best if len(best) <= _MOST_NAMES else [
        best[k] for k in np.linspace(0, len(best) - 1, _MOST_NAMES).astype(int)
    ]  # fmt: skip
    for k in named:
        ax.annotate(
            candidate_name(everyone[k].record), (cost[k], errors[k]), (-4, -5),
            textcoords="offset points", ha="right", va="top", fontsize=7.5, color=MUTED, zorder=5,
        )  # fmt: skip


def _logarithmic(ax: Axes, cost: Array) -> None:
    good = cost[cost > 0]
    if good.size == 0:
        return
    low, high = float(good.min()), float(good.max())
    room = max((high / low) ** 0.1, 1.15)
    ax.set_xscale("log")
    ax.set_xlim(low / room**2.2, high * room)
    powers_of_ten(ax.xaxis)
    if high >= 10:
        counts_plainly(ax.xaxis)

"""How many layers and units? Validation error against both, a panel for each length of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from glassnet.report.figures.display import panels
from glassnet.report.figures.search_axes import (
    ErrorScale,
    astray_entry,
    bar_ends,
    bar_of_folds,
    candidate_name,
    candidates_name,
    depth_name,
    depth_style,
    epochs_name,
    hollow_and_filled,
    no_scores,
    scatter,
    titled,
    with_spread,
)
from glassnet.report.look import INK, finished, look, plain_logarithms, whole_numbers
from glassnet.tuning.lessons import Entry, entries, hidden_layers, rung_to_compare, rungs_reached
from glassnet.tuning.result import SearchResult

_MOST_PANELS = 4
_FEW_WIDTHS = 8
_ENOUGH = 5
_WIDTHS = {1: 4.6, 2: 3.4, 3: 2.85, 4: 2.3}  # inches of a panel, by their number


@look()
def sizes_figure(found: SearchResult, *, ax: Any = None) -> Figure:
    """Validation error against the units of the widest hidden layer, by number of layers.

    A panel for each length of training, since only candidates trained for as many epochs can be
    compared. The best of each depth is large, with the standard deviation over the folds. One axes
    given holds the longest training that at least five candidates had.
    """
    rungs = rungs_reached(found.records)[-_MOST_PANELS:]
    if ax is not None and np.size(np.asarray(ax, dtype=object)) < len(rungs):
        rungs = [rung_to_compare(found.records, _ENOUGH)]
    if not rungs:
        return no_scores(ax)
    held = [entries(found.records, found.scoring, rung) for rung in rungs]
    everyone = [each for one in held for each in one]
    large = [each for one in held for each in best_of_depths(one).values()]
    scale = ErrorScale([each.error for each in everyone], found.scoring, bar_ends(large))
    figure, axes = panels(
        ax, len(rungs), columns=_MOST_PANELS, width=_WIDTHS[len(rungs)], height=3.2, above=0.75
    )
    left = _Left(everyone)
    for k, (panel, rung, one) in enumerate(zip(axes, rungs, held, strict=True)):
        _points(panel, one, scale, left)
        scale.apply(panel, named=k == 0)
        left.apply(panel)
        panel.tick_params(labelleft=k == 0)
        best = with_spread(one[0].error, one[0].spread)
        titled(
            panel, epochs_name(found.epochs_of(rung), rung),
            f"{candidates_name(len(one))}, the best {candidate_name(one[0].record)}:", best,
        )  # fmt: skip
    if ax is None:
        figure.legend(handles=_legend(everyone, scale), loc="outside upper left", ncols=8,
                      columnspacing=1.1)  # fmt: skip
    else:
        axes[0].legend(handles=_legend(everyone, scale))
    return finished(figure, ax)


def best_of_depths(found: Sequence[Entry]) -> dict[int, Entry]:
    """The best candidate with each number of hidden layers, of some that come best first."""
    best: dict[int, Entry] = {}
    for entry in found:
        best.setdefault(len(hidden_layers(entry.record)), entry)
    return best


class _Left:
    """What is drawn from left to right: units, or layers where all candidates are as wide."""

    def __init__(self, everyone: Sequence[Entry]) -> None:
        self.widths = sorted({_width(entry) for entry in everyone})
        self.depths = sorted({len(hidden_layers(entry.record)) for entry in everyone})
        self.is_depth = len(self.widths) == 1 and len(self.depths) > 1

    def place(self, entry: Entry) -> float:
        """Where few widths were tried, depths stand beside each other."""
        depth = len(hidden_layers(entry.record))
        if self.is_depth:
            return float(depth)
        width = float(_width(entry))
        if len(self.widths) > _FEW_WIDTHS or len(self.depths) == 1:
            return width
        gaps = np.diff(np.log(self.widths))
        room = min(0.45 * float(gaps.min(initial=0.5)), 0.08 * float(gaps.sum()) + 0.1)
        order = self.depths.index(depth) / (len(self.depths) - 1) - 0.5
        return width * float(np.exp(room * order))

    def apply(self, ax: Axes) -> None:
        """Make it the horizontal axis."""
        if self.is_depth:
            ax.set_xlabel("hidden layers")
            ax.set_xlim(self.depths[0] - 0.5, self.depths[-1] + 0.5)
            whole_numbers(ax.xaxis)
            return
        low, high = self.widths[0], self.widths[-1]
        room = max((high / low) ** 0.08, 1.3)
        ax.set_xscale("log")
        ax.set_xlim(low / room, high * room)
        ax.set_xlabel("units of the widest layer")
        plain_logarithms(ax.xaxis)
        if len(self.widths) <= _FEW_WIDTHS:
            ax.xaxis.set_major_locator(FixedLocator([float(width) for width in self.widths]))
            ax.xaxis.set_minor_locator(NullLocator())


def _width(entry: Entry) -> int:
    return max(hidden_layers(entry.record), default=1)


def _points(ax: Axes, found: Sequence[Entry], scale: ErrorScale, left: _Left) -> None:
    for depth, best in sorted(best_of_depths(found).items()):
        mine = [entry for entry in found if len(hidden_layers(entry.record)) == depth]
        style = depth_style(depth)
        scatter(ax, np.array([left.place(entry) for entry in mine]), mine, scale, style)
        if scale.beyond(best.error):
            continue
        bar_of_folds(ax, left.place(best), best, scale, style["color"])
        ax.plot(
            [left.place(best)], [best.error], linestyle="none", markersize=8,
            markeredgecolor=INK, markeredgewidth=1.0, zorder=5, **style,
        )  # fmt: skip


def _legend(found: Sequence[Entry], scale: ErrorScale) -> list[Line2D]:
    depths = sorted({len(hidden_layers(entry.record)) for entry in found})
    handles = [
        Line2D([], [], linestyle="none", label=depth_name(depth), **depth_style(depth))
        for depth in depths
    ]
    handles += hollow_and_filled() if any(entry.went_on for entry in found) else []
    return handles + ([astray_entry()] if any(scale.beyond(each.error) for each in found) else [])

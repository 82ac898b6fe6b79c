"""How the best candidates came to their scores, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.report.figures.display import panels
from glassnet.report.figures.search_axes import ErrorScale, candidate_name, no_scores
from glassnet.report.look import (
    DASHES,
    GRID,
    SERIES,
    finished,
    look,
    marker,
    plain_logarithms,
    whole_numbers,
)
from glassnet.tuning.lessons import error, latest, spread_of
from glassnet.tuning.result import SearchResult, order
from glassnet.tuning.trials import Record

_MOST = 5
_DEFAULT_METRICS = ("accuracy", "r2")  # those that a curve holds


@look()
def curves_figure(found: SearchResult, *, ax: Any = None) -> Figure:
    """Validation error by epoch of the five best candidates; those of all others in grey.

    Lines are means over the folds. Points are the best epoch of each length of training, the last
    with the standard deviation over the folds.
    """
    if not latest(found.records, found.scoring):
        return no_scores(ax)
    figure, (panel,) = panels(ax, 1, columns=1, width=4.2, height=3.1, above=0.85)
    ranked = [record for record in sorted(found.records, key=order) if record.last.scores]
    best = [_Line(found, record) for record in ranked[:_MOST]]
    ends = [line.means[-1] for line in best if line.means]
    low = min((error - spread for _, error, spread in ends if np.isfinite(spread)), default=np.inf)
    scale = ErrorScale([error for line in best for error in line.errors], found.scoring, low)
    for record in ranked[_MOST:]:
        rest = _Line(found, record).means
        if len(rest) > 1:
            panel.plot(
                [epoch for epoch, _, _ in rest], [scale.place(error) for _, error, _ in rest],
                color=GRID, linewidth=0.7, zorder=1,
            )  # fmt: skip
    for k, line in enumerate(best):
        line.draw(panel, k, scale)
    scale.apply(panel)
    panel.set_xlabel("epoch")
    _epochs(panel, [epoch for line in best for epoch in line.epochs])
    handles, labels = panel.get_legend_handles_labels()
    if ax is None:
        figure.legend(handles, labels, loc="outside upper left", ncols=2, columnspacing=1.2)
    else:
        panel.legend(handles, labels)
    return finished(figure, ax)


class _Line:
    """What is drawn of one candidate."""

    def __init__(self, found: SearchResult, record: Record) -> None:
        self.name = f"#{record.number} {candidate_name(record, activation=True)}"
        self.means: list[tuple[int, float, float]] = []  # (epoch, error, spread)
        for outcome in record.outcomes:
            epochs = outcome.epoch or found.epochs_of(outcome.rung)
            if epochs is not None and outcome.scores and np.isfinite(outcome.score):
                mean = error(outcome.score, found.scoring)
                self.means.append((epochs, mean, spread_of(outcome)))
        curve = [point for outcome in record.outcomes for point in outcome.curve]
        curve = curve if found.scoring in _DEFAULT_METRICS else []
        self.curve = [(epoch, error(score, found.scoring)) for epoch, score in curve]

    @property
    def errors(self) -> list[float]:
        """All that must be seen."""
        return [mean for _, mean, _ in self.means] + [value for _, value in self.curve]

    @property
    def epochs(self) -> list[int]:
        """From the first to the last that is drawn."""
        return [epoch for epoch, _, _ in self.means] + [epoch for epoch, _ in self.curve]

    def draw(self, ax: Axes, k: int, scale: ErrorScale) -> None:
        """Put it on the axes, as the k-th best."""
        style: dict[str, Any] = {"color": SERIES[k], "linestyle": DASHES[k % len(DASHES)]}
        epochs = [epoch for epoch, _, _ in self.means]
        line = self.curve or [(epoch, mean) for epoch, mean, _ in self.means]
        ax.plot(
            [epoch for epoch, _ in line], [scale.place(value) for _, value in line],
            linewidth=1.1, alpha=0.85, zorder=2, **style,
        )  # fmt: skip
        means = [scale.place(mean) for _, mean, _ in self.means]
        ax.plot(
            epochs, means, linestyle="none", color=SERIES[k], marker=marker(k), markersize=5,
            label=self.name, zorder=4,
        )  # fmt: skip
        for epoch, mean, spread in self.means[-1:]:
            if np.isfinite(spread) and not scale.beyond(mean):
                ends = max(mean - spread, scale.bottom), min(mean + spread, scale.top)
                ax.vlines(
                    # Several bars at the same epoch stand a little apart.
                    epoch * (1.0 + 0.02 * (k - (_MOST - 1) / 2)), *ends, color=SERIES[k],
                    linewidth=1.2, alpha=0.8, zorder=3,
                )  # fmt: skip


def _epochs(ax: Axes, epochs: Sequence[int]) -> None:
    low, high = min(epochs, default=1), max(epochs, default=1)
    if high > 8 * low:
        ax.set_xscale("log")
        ax.set_xlim(low * 0.85, high * 1.15)
        plain_logarithms(ax.xaxis)
        return
    ax.set_xlim(0, high * 1.08)
    whole_numbers(ax.xaxis)

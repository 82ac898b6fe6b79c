"""The learning curves of all members of an average of networks, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.report.figures.learning_curves import marked_epoch
from glassnet.report.look import (
    BLUE,
    DASHES,
    MUTED,
    VERMILION,
    WIDTH,
    figure_of,
    finished,
    look,
    own_axes,
    plain_logarithms,
    whole_numbers,
)
from glassnet.training.history import History

_WIDE_RANGE = 30.0  # largest through smallest cost from which the axis is logarithmic


@look()
def member_curves(histories: Sequence[History], *, ax: Axes | None = None) -> Figure:
    """J and the validation loss of each member by epoch; a ring at the epoch that was kept.

    Parameters
    ----------
    histories : sequence of History
        At least one, of at least one epoch.
    ax : Axes, optional

    Returns
    -------
    Figure

    Raises
    ------
    InvalidValue
        If there is nothing to draw.

    Examples
    --------
    >>> import glassnet as gn
    >>> runs = [gn.History([{"J": 0.7, "val_loss": 0.8}, {"J": 0.5, "val_loss": 0.9}])] * 2
    >>> len(member_curves(runs).axes[0].lines) > 2
    True
    """
    if not histories or any(len(history) == 0 for history in histories):
        raise InvalidValue("histories must be at least one, of at least one epoch; got none.")
    axes = own_axes(ax, WIDTH, 3.3)
    held = all("val_loss" in history.columns for history in histories)
    for k, history in enumerate(histories):
        _curve(axes, history.column("J"), BLUE, DASHES[0], "J, training" if k == 0 else "")
        if held:
            label = "loss, validation" if k == 0 else ""
            _curve(axes, history.column("val_loss"), VERMILION, DASHES[1], label)
        best = marked_epoch(history)
        if best:
            value = history.column("val_loss" if held else "J")[best - 1]
            axes.plot(
                [best], [value], marker="o", markersize=7, markerfacecolor="none", zorder=4,
                markeredgecolor=MUTED, markeredgewidth=1.3, linestyle="none",
                label="epoch that was kept" if k == 0 else None,
            )  # fmt: skip
    _scale(axes, histories, held=held)
    longest = max(map(len, histories))
    axes.set_xlim(min(0.5, 1 - 0.02 * longest), max(1.5, longest * 1.02))
    whole_numbers(axes.xaxis)
    axes.set_xlabel("epoch")
    axes.set_ylabel("cost")
    axes.legend(loc="best", frameon=True, framealpha=0.85, edgecolor="none")
    return finished(figure_of(axes), ax)


def _curve(ax: Axes, values: Array, colour: str, dash: Any, label: str) -> None:
    shown = np.where(np.isfinite(values), values, np.nan)
    ax.plot(
        np.arange(1, len(values) + 1), shown, color=colour, linestyle=dash, linewidth=1.2,
        alpha=0.75, label=label or None,
    )  # fmt: skip


def _scale(ax: Axes, histories: Sequence[History], *, held: bool) -> None:
    names = ("J", "val_loss") if held else ("J",)
    every = np.concatenate([history.column(name) for history in histories for name in names])
    finite = every[np.isfinite(every)]
    if finite.size and finite.min() > 0 and finite.max() > _WIDE_RANGE * finite.min():
        ax.set_yscale("log")
        plain_logarithms(ax.yaxis)

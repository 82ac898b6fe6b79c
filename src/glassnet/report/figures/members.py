"""The learning curves of all members of an average of networks, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.errors import InvalidValue
from glassnet.report.figures.learning_curves import COSTS, cost_axes, epoch_line, marked_epoch
from glassnet.report.look import (
    MUTED,
    WIDTH,
    figure_of,
    finished,
    look,
    own_axes,
)
from glassnet.training.history import History

_FAINT = {"linewidth": 1.2, "alpha": 0.75}


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
    names = ("J", "val_loss") if held else ("J",)
    for k, history in enumerate(histories):
        for name in names:
            label, colour, dash = COSTS[name]
            label = None if k else label
            epoch_line(axes, history.column(name), colour, dash, label=label, **_FAINT)
        best = marked_epoch(history)
        if best:
            value = history.column(names[-1])[best - 1]
            axes.plot(
                [best], [value], marker="o", markersize=7, markerfacecolor="none", zorder=4,
                markeredgecolor=MUTED, markeredgewidth=1.3, linestyle="none",
                label="epoch that was kept" if k == 0 else None,
            )  # fmt: skip
    cost_axes(axes, [history.column(name) for history in histories for name in names])
    axes.set_xlabel("epoch")
    axes.legend(loc="best", frameon=True, framealpha=0.85, edgecolor="none")
    return finished(figure_of(axes), ax)

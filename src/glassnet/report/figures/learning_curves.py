"""Learning curves: cost and validation by epoch, the metrics, and the learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.report.look import (
    BLUE,
    DASHES,
    GREEN,
    MUTED,
    VERMILION,
    WIDTH,
    figure_of,
    finished,
    look,
    new_figure,
    plain_logarithms,
    whole_numbers,
)
from glassnet.training.history import History

_WORDS = {"val_r2": "R²", "val_rmse": "RMSE", "val_mae": "mean absolute error"}
COSTS: dict[str, tuple[str, str, Any]] = {
    "J": ("J, training", BLUE, DASHES[0]),
    "val_loss": ("loss, validation", VERMILION, DASHES[1]),
}
_WIDE_RANGE = 30.0  # largest through smallest cost from which an axis is logarithmic


@look()
def learning_curves(
    history: History, *, best_epoch: int = 0, log: bool | None = None, ax: Axes | None = None
) -> Figure:
    """J and the validation loss by epoch; below, each validation metric and the learning rate.

    Parameters
    ----------
    history : History
        At least one epoch, with a column ``J``.
    best_epoch : int
        The epoch to mark, from 1, as ``run.best_epoch`` says it; 0 marks that of the lowest
        validation loss, or of the lowest J where nothing was held out.
    log : bool, optional
        Whether the axis of the cost is logarithmic; None: where it falls by more than 30 times.
    ax : Axes, optional
        Draw the first panel there, and nothing else.

    Returns
    -------
    Figure

    Raises
    ------
    InvalidValue, UnknownName
        If the history has no epochs or no ``J``.

    Examples
    --------
    >>> history = History([{"J": 0.7, "rate": 0.1}, {"J": 0.5, "rate": 0.1}])
    >>> figure = learning_curves(history)
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['cost', 'learning rate']
    """
    if len(history) == 0:
        raise InvalidValue("a history must have at least one epoch to be drawn; got none.")
    history.column("J")
    best = marked_epoch(history, best_epoch)
    if ax is not None:
        _costs(ax, history, best, log)
        ax.set_xlabel("epoch")
        ax.legend(frameon=True, framealpha=1.0, edgecolor="none")
        return figure_of(ax)
    metrics = [name for name in history.columns if name.startswith("val_") and name != "val_loss"]
    rates = ["rate"] * ("rate" in history.columns)
    heights = [2.0, *(1.0 for _ in metrics), *(1.0 for _ in rates)]
    figure = new_figure(WIDTH, 0.8 + sum(heights))
    grid: Any = figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)
    top, *others = grid[:, 0]
    _costs(top, history, best, log)
    for panel, name in zip(others, [*metrics, *rates], strict=True):
        _column(panel, history, name, best)
    grid[-1, 0].set_xlabel("epoch")
    handles, labels = top.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper left", ncols=3, handlelength=1.8, columnspacing=1.1
    )
    figure.align_ylabels()
    return finished(figure)


def marked_epoch(history: History, best_epoch: int = 0) -> int:
    """The epoch to mark, from 1; 0 where no cost is finite.

    Examples
    --------
    >>> marked_epoch(History([{"J": 0.7}, {"J": 0.5}, {"J": 0.6}]))
    2
    """
    if best_epoch:
        return best_epoch
    for name in ("val_loss", "J"):
        if name in history.columns and np.isfinite(history.column(name)).any():
            values = history.column(name)
            return int(np.argmin(np.where(np.isfinite(values), values, np.inf))) + 1
    return 0


def _costs(ax: Axes, history: History, best: int, log: bool | None) -> None:
    names = [name for name in COSTS if name in history.columns]
    for name in names:
        label, colour, dash = COSTS[name]
        epoch_line(ax, history.column(name), colour, dash, label=label)
    cost_axes(ax, [history.column(name) for name in names], log)
    if best:
        _mark(ax, best, label=f"best epoch, {best}")


def _column(ax: Axes, history: History, name: str, best: int) -> None:
    colour = MUTED if name == "rate" else GREEN
    epoch_line(ax, history.column(name), colour, DASHES[0])
    _epochs(ax, len(history))
    ax.set_ylabel("learning rate" if name == "rate" else _words(name))
    ax.yaxis.set_major_locator(MaxNLocator(3))
    if name == "rate":
        values = history.column(name)
        ax.set_ylim(0, 1.2 * float(np.max(values, initial=0.0, where=np.isfinite(values))) or 1.0)
    if best:
        _mark(ax, best)


def _words(name: str) -> str:
    return _WORDS.get(name, name.removeprefix("val_").replace("_", " "))


def epoch_line(ax: Axes, values: Array, colour: str, dash: Any, **more: Any) -> None:
    """A value by epoch, with a gap where it is not finite; dots where there are few."""
    epochs = np.arange(1, len(values) + 1)
    shown = np.where(np.isfinite(values), values, np.nan)
    marker = "o" if np.isfinite(values).sum() <= 3 else ""
    ax.plot(epochs, shown, color=colour, linestyle=dash, marker=marker, **more)


def cost_axes(ax: Axes, drawn: Sequence[Array], log: bool | None = None) -> None:
    """Epochs across and costs up, on a logarithmic axis if asked or where they span much."""
    _epochs(ax, max(map(len, drawn)))
    values = np.concatenate(drawn)
    finite = values[np.isfinite(values)]
    wide = _ratio(finite) > _WIDE_RANGE if log is None else log and bool((finite > 0).any())
    if wide:
        ax.set_yscale("log")
        plain_logarithms(ax.yaxis)
    ax.set_ylabel("cost")


def _epochs(ax: Axes, count: int) -> None:
    ax.set_xlim(min(0.5, 1 - 0.02 * count), max(1.5, count * 1.02))
    whole_numbers(ax.xaxis)


def _mark(ax: Axes, epoch: int, *, label: str | None = None) -> None:
    ax.axvline(epoch, color=MUTED, linewidth=1.1, linestyle=DASHES[2], label=label, zorder=1)


def _ratio(finite: Array) -> float:
    """Largest through smallest; 1 where the values are not all positive."""
    if finite.size == 0 or finite.min() <= 0:
        return 1.0
    return float(finite.max() / finite.min())

"""Predictions of a regression against the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.report.look import (
    BLUE,
    DASHES,
    INK,
    POINT,
    VERMILION,
    WIDTH,
    figure_of,
    finished,
    look,
    new_figure,
    number,
)


@look()
def residuals(y: Any, predicted: Any, *, target: str = "y", ax: Axes | None = None) -> Figure:
    """Predicted against true values, and the histogram of the residuals, predicted − true.

    Points are stored as a picture, so that a file with the figure holds no values.

    Parameters
    ----------
    y, predicted : (m,)
        In units of the target.
    target : str
        Its name.
    ax : Axes, optional
        Draw predicted against true there, and nothing else.

    Returns
    -------
    Figure

    Raises
    ------
    ShapeMismatch, InvalidValue
        If the two differ in length, are empty, or hold values that are not finite.

    Examples
    --------
    >>> figure = residuals([1.0, 2.0, 3.0], [1.5, 2.0, 2.5], target="price")
    >>> [ax.get_xlabel() for ax in figure.axes]
    ['true price', 'residual, predicted − true']
    """
    true, guessed = _column(y, "y"), _column(predicted, "predicted")
    if true.shape != guessed.shape:
        raise ShapeMismatch(
            f"y and predicted must have as many rows; got {len(true)} and {len(guessed)}."
        )
    if ax is not None:
        _against(ax, true, guessed, target)
        return figure_of(ax)
    figure = new_figure(WIDTH, 5.5)
    upper, lower = figure.subplots(2, 1, height_ratios=[3.2, 1.0])
    _against(upper, true, guessed, target)
    _histogram(lower, guessed - true)
    return finished(figure)


def _column(values: Any, whose: str) -> Array:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1 or column.size == 0:
        raise ShapeMismatch(
            f"{whose} must be (m,), one output of at least one row; got shape {column.shape}. "
            "Draw several outputs one by one."
        )
    if not np.isfinite(column).all():
        raise InvalidValue(f"{whose} must be finite; got nan or infinite values. Drop these rows.")
    return column


def _against(ax: Axes, true: Array, guessed: Array, target: str) -> None:
    low = float(min(true.min(), guessed.min()))
    high = float(max(true.max(), guessed.max()))
    pad = 0.04 * (high - low) or 0.5
    ends = (low - pad, high + pad)
    opacity = float(np.clip(25 / np.sqrt(len(true)), 0.12, 0.75))
    ax.scatter(
        true, guessed, s=14, color=POINT, alpha=opacity, linewidths=0, rasterized=True, zorder=3
    )
    ax.plot(ends, ends, color=INK, linewidth=1.0, linestyle=DASHES[1], label="exact")
    ax.set_xlim(*ends)
    ax.set_ylim(*ends)
    ax.set_aspect("equal")
    ax.set_xlabel(f"true {target}")
    ax.set_ylabel(f"predicted {target}")
    ax.legend(loc="upper left")


def _histogram(ax: Axes, residual: Array) -> None:
    bins = 2 * int(np.clip(np.sqrt(residual.size) / 2, 4, 20))  # even: 0 is an edge
    reach = float(np.abs(residual).max()) or 1.0
    counts, edges = np.histogram(residual, bins=bins, range=(-reach, reach))
    ax.stairs(counts, edges, fill=True, color=BLUE, alpha=0.85)
    ax.axvline(0, color=INK, linewidth=1.0, linestyle=DASHES[1])
    mean = float(residual.mean())
    ax.axvline(mean, color=VERMILION, linewidth=1.4, label=f"mean {number(mean)}")
    ax.set_ylim(0, counts.max() * 1.1)
    ax.set_xlabel("residual, predicted − true")
    ax.set_ylabel("rows")
    ax.legend(loc="upper right")

"""The mean answer against the values of one column: a line for numbers, dots for levels."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.inspection.dependence import Dependence
from glassnet.report.look import (
    BLUE,
    DASHES,
    MUTED,
    ORANGE,
    WIDTH,
    figure_of,
    finished,
    look,
    own_axes,
    percent,
    shortened,
)

_MOST = 12  # levels


@look()
def dependence_figure(found: Dependence, *, ax: Axes | None = None) -> Figure:
    """The partial dependence of the answer on a column; where it is missing, a dashed line.

    Parameters
    ----------
    found : Dependence
        Of more than 12 levels the first are drawn.
    ax : Axes, optional

    Returns
    -------
    Figure

    Examples
    --------
    >>> made = Dependence(
    ...     "size", "y", np.array([1.0, 2.0]), np.array([0.5, 2.5]), np.array([0.0, 1.0]), None, 10
    ... )
    >>> dependence_figure(made).axes[0].get_xlabel()
    'size'
    """
    levels = 0 if found.numeric else min(_MOST, len(found.grid)) + (found.gap is not None)
    height = 2.7 if found.numeric else 0.8 + 0.28 * levels
    axes = own_axes(ax, WIDTH, height)
    (_line if found.numeric else _dots)(axes, found)
    return finished(figure_of(axes), ax)


def _line(ax: Axes, found: Dependence) -> None:
    ax.plot(found.grid, found.means, color=BLUE, marker="o", markersize=3.5)
    if found.gap is not None:
        label = f"missing ({percent(found.gap[1], 1)} of rows)"
        ax.axhline(found.gap[0], color=ORANGE, linestyle=DASHES[1], label=label)
        ax.legend(loc="best")
    # Where the rows are: the tenths of them, as ticks along the axis.
    tenths = np.interp(np.linspace(0.1, 0.9, 9), found.shares, found.grid)
    ax.plot(
        tenths, np.zeros(9), "|", color=MUTED, markersize=7, transform=ax.get_xaxis_transform(),
        clip_on=False, zorder=4,
    )  # fmt: skip
    ax.set_xlabel(shortened(found.column, 40))
    ax.set_ylabel(f"mean {shortened(found.of)}")


def _dots(ax: Axes, found: Dependence) -> None:
    """A dot for each level, on a line from the mean of the rows as they are."""
    names = [shortened(level, 18) for level in found.grid[:_MOST].tolist()]
    means, shares = found.means[:_MOST], found.shares[:_MOST]
    colours = [BLUE] * len(names)
    if found.gap is not None:
        names, colours = [*names, "missing"], [*colours, ORANGE]
        means, shares = np.append(means, found.gap[0]), np.append(shares, found.gap[1])
    up, middle = np.arange(len(names)), float(np.average(means, weights=shares + 1e-12))
    ax.axvline(middle, color=MUTED, linewidth=1.0, linestyle=DASHES[1])
    ax.hlines(up, middle, means, color=colours, linewidth=2.0, alpha=0.6, zorder=2)
    ax.scatter(means, up, color=colours, s=38, zorder=3)
    labels = [f"{name} · {percent(share, 1)}" for name, share in zip(names, shares, strict=True)]
    ax.set_yticks(up, labels)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.invert_yaxis()
    ax.margins(x=0.08)
    ax.set_xlabel(f"mean {shortened(found.of)}")
    ax.grid(axis="y", visible=False)

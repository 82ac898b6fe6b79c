"""How much worse the answers are when a column is shuffled, as bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from glassnet.errors import InvalidValue
from glassnet.inspection.importances import Importances
from glassnet.report.look import (
    BLUE,
    INK,
    WIDTH,
    figure_of,
    finished,
    look,
    own_axes,
    shortened,
)

_MOST = 15


@look()
def importances_figure(found: Importances, *, ax: Axes | None = None) -> Figure:
    """A bar for each column, the most important above, with ± one standard deviation.

    Parameters
    ----------
    found : Importances
        Of more than 15 columns the first are drawn.
    ax : Axes, optional

    Returns
    -------
    Figure

    Raises
    ------
    InvalidValue
        If there is no column.

    Examples
    --------
    >>> made = Importances(("a", "b"), np.array([[0.5, 0.7], [0.0, 0.0]]), "RMSE", 1.25, 100)
    >>> [label.get_text() for label in importances_figure(made).axes[0].get_yticklabels()]
    ['a', 'b']
    """
    if len(found) == 0:
        raise InvalidValue("importances must be of at least one column to be drawn; got none.")
    names, means, spreads = found.columns[:_MOST], found.means[:_MOST], found.spreads[:_MOST]
    axes = own_axes(ax, WIDTH, 0.85 + 0.27 * len(names))
    spread_bars(axes, names, means, means - spreads, means + spreads)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlabel(f"{found.metric} rises by")
    return finished(figure_of(axes), ax)


def spread_bars(
    ax: Axes, names: Sequence[str], means: ArrayLike, lows: ArrayLike, highs: ArrayLike
) -> None:
    """Bars from the top down, each with its name and a line from its low to its high end."""
    up = np.arange(len(names))
    ax.barh(up, means, height=0.62, color=BLUE, alpha=0.85, zorder=2)
    ax.hlines(up, lows, highs, color=INK, linewidth=1.3, zorder=3)
    ax.set_yticks(up, [shortened(name) for name in names])
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)

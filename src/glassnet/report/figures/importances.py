"""How much worse the answers are when a column is shuffled, as bars."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.errors import InvalidValue
from glassnet.inspection.importances import Importances
from glassnet.report.look import (
    BLUE,
    INK,
    WIDTH,
    figure_of,
    finished,
    look,
    new_figure,
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
    axes = ax if ax is not None else new_figure(WIDTH, 0.85 + 0.27 * len(names)).subplots()
    up = np.arange(len(names))
    axes.barh(up, means, height=0.62, color=BLUE, alpha=0.85, zorder=2)
    axes.hlines(up, means - spreads, means + spreads, color=INK, linewidth=1.3, zorder=3)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(up, [shortened(name) for name in names])
    axes.invert_yaxis()
    axes.set_xlabel(f"{found.metric} rises by")
    axes.grid(axis="y", visible=False)
    return finished(figure_of(axes)) if ax is None else figure_of(axes)

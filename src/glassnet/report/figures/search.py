"""The pictures of a search, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from matplotlib.figure import Figure

from glassnet.errors import UnknownName
from glassnet.report.figures.search_curves import curves_figure
from glassnet.report.figures.search_faults import faults_figure
from glassnet.report.figures.search_front import front_figure
from glassnet.report.figures.search_importances import importances_figure
from glassnet.report.figures.search_important import important_figure
from glassnet.report.figures.search_settings import settings_figure
from glassnet.report.figures.search_sizes import sizes_figure
from glassnet.tuning.lessons import hidden_layers
from glassnet.tuning.result import SearchResult

SearchPicture: TypeAlias = Literal[
    "sizes", "front", "settings", "importances", "curves", "faults", "important"
]

SEARCH_PICTURES: dict[SearchPicture, Callable[..., Figure]] = {
    "sizes": sizes_figure,
    "front": front_figure,
    "settings": settings_figure,
    "importances": importances_figure,
    "curves": curves_figure,
    "faults": faults_figure,
    "important": important_figure,
}


def plot_search(found: SearchResult, kind: SearchPicture = "sizes", *, ax: Any = None) -> Figure:
    """Draw what a search found.

    Parameters
    ----------
    found : SearchResult
    kind : str
        "sizes": validation error against number of layers and units, a panel for each length of
        training. "front": against parameters and seconds, with the Pareto front. "settings":
        parallel coordinates. "importances": what share of the difference each parameter makes.
        "curves": the best candidates by epoch. "faults": which faults ate the budget.
        "important": error against the two parameters that matter most, which "sizes" shows too
        where all candidates had the same layers.
    ax : Axes or an array of them, optional
        Draw there. A kind of several panels draws its most telling one on one axes.

    Returns
    -------
    Figure

    Raises
    ------
    UnknownName

    Examples
    --------
    >>> import glassnet as gn
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> found = gn.search(X, y, {"width": [4, 16], "depth": [1, 2]}, trials=4, epochs=3)
    >>> plot_search(found).axes[0].get_xlabel()
    'units of the widest layer'
    """
    if kind not in SEARCH_PICTURES:
        raise UnknownName("picture of a search", kind, SEARCH_PICTURES)
    if kind == "sizes" and not searched_sizes(found):
        kind = "important"
    return SEARCH_PICTURES[kind](found, ax=ax)


def searched_sizes(found: SearchResult) -> bool:
    """Whether "sizes" has something to say: layers differ, or nothing else does."""
    layers = {hidden_layers(record) for record in found.records}
    others = {repr(sorted(record.values.items(), key=str)) for record in found.records}
    return len(layers) > 1 or len(others) <= 1

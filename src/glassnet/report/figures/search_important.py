"""Validation error against the two parameters that matter most."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glassnet.report.figures.display import panels
from glassnet.report.figures.search_axes import (
    ErrorScale,
    astray_entry,
    candidates_name,
    epochs_name,
    hollow_and_filled,
    remark,
    scatter,
    titled,
    with_spread,
)
from glassnet.report.figures.search_settings import heights
from glassnet.report.look import BLUE, INK, finished, look, powers_of_ten, shortened
from glassnet.tuning.lessons import Entry, domains, entries, rung_to_compare
from glassnet.tuning.result import SearchResult
from glassnet.tuning.space import Between

_ENOUGH = 8
_STYLE: dict[str, Any] = {"color": BLUE, "marker": "o"}


@look()
def important_figure(found: SearchResult, *, ax: Any = None) -> Figure:
    """Validation error against two parameters, after the longest training that eight had.

    They are the two that matter most, or the first two of the space where too few candidates
    tell that. One axes given holds the first.
    """
    names = important_names(found)
    one = ax is not None and np.size(np.asarray(ax, dtype=object)) == 1
    count = 1 if one else max(1, len(names))
    figure, axes = panels(ax, count, columns=2, width=4.2, height=3.1, above=0.4)
    rung = rung_to_compare(found.records, _ENOUGH)
    held = entries(found.records, found.scoring, rung)
    if not names or not held:
        remark(axes[0], "Nothing was varied.")
        return finished(figure, ax)
    scale = ErrorScale([entry.error for entry in held], found.scoring)
    known = domains(found.study)
    for k, (panel, name) in enumerate(zip(axes, names, strict=False)):
        _panel(panel, held, name, known[name], scale)
        scale.apply(panel, named=k == 0)
    best = with_spread(held[0].error, held[0].spread)
    count = candidates_name(len(held))
    titled(axes[0], epochs_name(found.epochs_of(rung), rung), f"{count}, the best: {best}")
    handles: list[Line2D] = hollow_and_filled() if any(entry.went_on for entry in held) else []
    handles += [astray_entry()] if any(scale.beyond(entry.error) for entry in held) else []
    if ax is None and handles:
        figure.legend(handles=handles, loc="outside upper left", ncols=3)
    return finished(figure, ax)


def important_names(found: SearchResult) -> list[str]:
    """The two parameters to draw; fewer where fewer were varied."""
    told = [each.name for each in found.by_importance]
    varied = [
        name
        for name in domains(found.study)
        if len({repr(record.values.get(name)) for record in found.records}) > 1
    ]
    return (told or varied)[:2]


def _panel(ax: Axes, held: list[Entry], name: str, domain: Any, scale: ErrorScale) -> None:
    ax.set_xlabel(name)
    records = [entry.record for entry in held]
    if isinstance(domain, Between):
        x = np.array([record.values.get(name, np.nan) for record in records], dtype=np.float64)
        if domain.log:
            ax.set_xscale("log")
    else:
        x = heights(records, name, domain) * max(len(domain) - 1, 1)
        numbers = np.array([record.number for record in records], dtype=np.float64)
        x = x + 0.3 * ((numbers * 0.6180339887) % 1.0 - 0.5)  # apart where they chose the same
        ax.set_xlim(-0.5, len(domain) - 0.5)
        ax.set_xticks(np.arange(len(domain)), [shortened(choice, 10) for choice in domain])
    scatter(ax, x, held, scale, _STYLE)
    ax.plot(
        [x[0]], [scale.place(held[0].error)], markersize=8, markeredgecolor=INK,
        markeredgewidth=1.0, zorder=5, **_STYLE,
    )  # fmt: skip
    if isinstance(domain, Between) and domain.log:
        powers_of_ten(ax.xaxis)

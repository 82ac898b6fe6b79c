"""Parallel coordinates: every candidate a line through its settings, coloured by its error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from glassnet.arrays import Array
from glassnet.report.figures.display import panels
from glassnet.report.figures.search_axes import ErrorScale, epochs_name, remark
from glassnet.report.look import (
    BLUE,
    GRID,
    INK,
    MUTED,
    VERMILION,
    finished,
    look,
    number,
    power_of_ten,
    shortened,
)
from glassnet.tuning.lessons import Entry, domains, entries, rung_to_compare
from glassnet.tuning.result import SearchResult
from glassnet.tuning.space import Between
from glassnet.tuning.trials import Record

_ENOUGH = 8
_MOST_CHOICES = 8
# From good to bad: seen on light paper and on dark, and from dark to light in grey too.
_ERRORS = LinearSegmentedColormap.from_list("errors", [BLUE, "#5fb3bf", "#d3c88f"])


@look()
def settings_figure(found: SearchResult, *, ax: Any = None) -> Figure:
    """Every searched parameter as an axis; a line for each candidate, the best one in red.

    Coloured are the candidates of the longest training that at least eight had, so that what is
    compared can be compared; the others are grey.
    """
    axes_of = {
        name: domain
        for name, domain in domains(found.study).items()
        if len({repr(record.values.get(name)) for record in found.records}) > 1
    }
    width = max(4.2, min(8.6, 1.6 + 1.0 * len(axes_of)))
    figure, (panel,) = panels(ax, 1, columns=1, width=width, height=3.4, above=0.0)
    rung = rung_to_compare(found.records, _ENOUGH)
    held = entries(found.records, found.scoring, rung)
    if not axes_of or len(held) < 2:
        remark(panel, "Nothing was varied." if not axes_of else "One candidate has a score.")
        return finished(figure, ax)
    _lines(panel, found, held, axes_of)
    for k, (name, domain) in enumerate(axes_of.items()):
        _axis(panel, k, name, domain)
    _frame(panel, len(axes_of))
    panel.set_title(
        f"{epochs_name(found.epochs_of(rung), rung)}: {len(held)} of {len(found.records)} "
        "candidates", pad=24,
    )  # fmt: skip
    return finished(figure, ax)


def heights(records: Sequence[Record], name: str, domain: Any) -> Array:
    """Where each record stands on an axis from 0 to 1; nan where it has no value of it.

    Examples
    --------
    >>> tried = [Record(0, {"alpha": 0.01}, (), 1), Record(1, {}, (), 1)]
    >>> heights(tried, "alpha", Between(1e-4, 1.0, log=True))
    array([0.5, nan])
    """
    values = [record.values.get(name) for record in records]
    if not isinstance(domain, Between):
        places = {repr(choice): k for k, choice in enumerate(domain)}
        last = max(len(domain) - 1, 1)
        return np.array([places.get(repr(value), np.nan) / last for value in values])
    numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    low, high = float(domain.low), float(domain.high)
    if domain.log:
        numbers, low, high = np.log(numbers), float(np.log(low)), float(np.log(high))
    return (numbers - low) / (high - low) if high > low else np.full(len(values), 0.5)


def _lines(
    ax: Axes, found: SearchResult, held: Sequence[Entry], axes_of: Mapping[str, Any]
) -> None:
    compared = {entry.record.number for entry in held}
    others = [record for record in found.records if record.number not in compared]
    across = np.arange(len(axes_of), dtype=np.float64)

    def paths(records: Sequence[Record]) -> list[Array]:
        up = np.stack([_apart(records, name, domain) for name, domain in axes_of.items()], axis=1)
        return [np.column_stack([across, line]) for line in up]

    if others:
        ax.add_collection(LineCollection(paths(others), colors=GRID, linewidths=0.8, zorder=1))
    errors = np.array([entry.error for entry in held])
    scale = ErrorScale(errors.tolist(), found.scoring)
    made = LogNorm if scale.log else Normalize
    norm: Any = made(scale.bottom, max(scale.top, scale.bottom + 1e-9))
    mapped = ScalarMappable(norm, _ERRORS)
    shown = paths([entry.record for entry in held])
    colours = mapped.to_rgba(np.minimum(errors, scale.top))
    for k in reversed(range(len(held))):  # the better, the further in front
        ax.plot(*shown[k].T, color=colours[k], linewidth=1.1, zorder=2)
    ax.plot(*shown[0].T, color=VERMILION, linewidth=2.4, zorder=4)
    bar = ax.figure.colorbar(mapped, ax=ax, pad=0.02, aspect=28, extend=_beyond(errors, scale))
    bar.set_label(scale.name)
    bar.ax.minorticks_off()
    bar.ax.yaxis.set_major_formatter(lambda value, _: number(value))
    if scale.log:
        bar.set_ticks(np.geomspace(scale.bottom, scale.top, 4).tolist())


def _apart(records: Sequence[Record], name: str, domain: Any) -> Array:
    """Heights with a little room between candidates that chose the same."""
    up = heights(records, name, domain)
    few = not isinstance(domain, Between) or (domain.whole and domain.high - domain.low < 8)
    if not few:
        return up
    numbers = np.array([record.number for record in records], dtype=np.float64)
    return up + 0.05 * ((numbers * 0.6180339887) % 1.0 - 0.5)


def _beyond(errors: Array, scale: ErrorScale) -> str:
    return "max" if any(scale.beyond(float(error)) for error in errors) else "neither"


def _axis(ax: Axes, k: int, name: str, domain: Any) -> None:
    ax.axvline(k, color=MUTED, linewidth=0.9, zorder=3)
    ax.text(k, 1.07, shortened(name.replace("_", "\n", 1), 24).replace(" ", "\n", 1), ha="center",
            va="bottom", fontsize=8, color=INK, fontweight="bold", linespacing=0.95)  # fmt: skip
    for up, words in _ticks(domain):
        ax.text(
            k - 0.04, up, words, ha="right", va="center", fontsize=7.5, color=INK, zorder=6,
            bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 0.6, "alpha": 0.75},
        )  # fmt: skip


def _ticks(domain: Any) -> list[tuple[float, str]]:
    if not isinstance(domain, Between):
        last = max(len(domain) - 1, 1)
        step = -(-len(domain) // _MOST_CHOICES)
        return [(k / last, shortened(choice, 10)) for k, choice in enumerate(domain)][::step]
    if domain.low == domain.high:
        return [(0.5, number(domain.low))]
    if domain.whole and domain.high - domain.low < _MOST_CHOICES:
        values = np.arange(domain.low, domain.high + 1)
        return [((v - domain.low) / (domain.high - domain.low), number(v)) for v in values.tolist()]
    low, high = float(domain.low), float(domain.high)
    if not domain.log:
        places = np.linspace(0, 1, 5).tolist()
        return [(up, _plainly(low + (high - low) * up)) for up in places]
    few = high < 30 * low
    ticks = LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,)).tick_values(low, high)
    span = np.log(high / low)
    return [
        (float(np.log(tick / low) / span), _plainly(tick) if few else power_of_ten(tick))
        for tick in map(float, ticks)
        if 0.999 * low <= tick <= 1.001 * high
    ]


def _plainly(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else number(value, 2)


def _frame(ax: Axes, count: int) -> None:
    ax.set_xlim(-0.45, count - 0.9)
    ax.set_ylim(-0.05, 1.05)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)

"""What the figures of a search share: an axis of errors, styles of depths, names of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter

from glassnet.arrays import Array
from glassnet.report.figures.display import panels
from glassnet.report.look import (
    INK,
    MUTED,
    PAPER,
    SERIES,
    finished,
    marker,
    number,
    plain_logarithms,
    shortened,
)
from glassnet.tuning.lessons import Entry, error_name, hidden_layers
from glassnet.tuning.trials import Record

_WIDE_RANGE = 4.0  # largest through smallest error from which the axis is logarithmic

UPWARDS = Path(  # an arrow: candidates that stand further up than the axis goes
    [(0.0, -1.0), (0.0, 1.0), (-0.6, 0.3), (0.0, 1.0), (0.6, 0.3)],
    [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO, Path.LINETO],
)


class ErrorScale:
    """One axis of errors for every panel of a figure.

    It is logarithmic where errors differ much, and ends where most errors end: those of candidates
    that went astray stand at its edge.

    Parameters
    ----------
    errors : sequence of float
    scoring : str
    low : float
        What must be seen below them, such as the end of a bar.

    Examples
    --------
    >>> scale = ErrorScale([0.1, 0.12, 0.2, 1e9], "accuracy")
    >>> scale.log, scale.beyond(1e9), scale.beyond(0.2)
    (False, True, False)
    """

    def __init__(self, errors: Sequence[float], scoring: str, low: float = np.inf) -> None:
        good = np.array([each for each in errors if np.isfinite(each)] or [1.0])
        quarter, most = np.quantile(good, (0.25, 0.75)).tolist()
        usual = 5.0 * quarter if quarter > 0 else 3.0 * most
        all_near = usual <= 0 or good.max() <= 1.5 * usual
        kept = good if all_near else good[good <= usual]
        self.top = float(kept.max()) if kept.size else usual
        least = float(good.min())
        self.bottom = min(least, max(low, 0.6 * least if least > 0 else low))
        self.name = error_name(scoring)
        self.log = self.bottom > 0 and self.top > _WIDE_RANGE * self.bottom
        self._astray = bool((good > self.top).any())

    @property
    def edge(self) -> float:
        """Where those stand that went astray."""
        if self.log:
            return self.top * (self.top / self.bottom) ** 0.07
        return self.top + 0.07 * self._span

    @property
    def _span(self) -> float:
        return max(self.top - self.bottom, 0.1 * abs(self.top)) or 0.1

    def beyond(self, error: float) -> bool:
        """Whether an error went astray."""
        return not error <= self.top

    def place(self, error: float) -> float:
        """Where it stands."""
        return self.edge if self.beyond(error) else error

    def apply(self, ax: Axes, *, named: bool = True) -> None:
        """Make it the vertical axis."""
        high = self.edge if self._astray else self.top
        if self.log:
            room = (self.top / self.bottom) ** 0.06
            ax.set_yscale("log")
            ax.set_ylim(self.bottom / room, high * room)
            plain_logarithms(ax.yaxis)
        else:
            ax.set_ylim(self.bottom - 0.08 * self._span, high + 0.08 * self._span)
        if named:
            ax.set_ylabel(self.name)


def candidate_name(record: Record, *, activation: bool = False) -> str:
    """Its hidden layers, and its activation where that was searched.

    Examples
    --------
    >>> tried = Record(0, {"depth": 2, "width": 8, "activation": "relu"}, (), 1)
    >>> candidate_name(tried), candidate_name(tried, activation=True)
    ('8-8', '8-8 relu')
    """
    sizes = "-".join(str(units) for units in hidden_layers(record)) or "no hidden layer"
    phi = record.values.get("activation", "") if activation else ""
    return shortened(f"{sizes} {phi}".strip(), 26)


def depth_name(depth: int) -> str:
    """A number of hidden layers in words.

    Examples
    --------
    >>> depth_name(1), depth_name(3)
    ('1 layer', '3 layers')
    """
    return f"{depth} layer" if depth == 1 else f"{depth} layers"


def depth_style(depth: int) -> dict[str, Any]:
    """Colour and marker of a number of hidden layers."""
    return {"color": SERIES[(depth - 1) % len(SERIES)], "marker": marker(max(depth - 1, 0))}


def scatter(
    ax: Axes, x: Array, found: Sequence[Entry], scale: ErrorScale, style: dict[str, Any]
) -> None:
    """Points of candidates: filled where they went on, hollow where they ended."""
    colour, shape = style["color"], style["marker"]
    size = 26 if len(found) < 60 else 15
    for filled in (False, True):
        kept = [k for k, entry in enumerate(found) if entry.went_on == filled]
        inside = [k for k in kept if not scale.beyond(found[k].error)]
        ax.scatter(
            x[inside], [found[k].error for k in inside], s=size, marker=shape, linewidths=1.0,
            facecolors=colour if filled else PAPER, edgecolors=colour, alpha=0.9, zorder=3,
        )  # fmt: skip
        astray = [k for k in kept if scale.beyond(found[k].error)]
        ax.scatter(
            x[astray], [scale.edge] * len(astray), s=40, marker=UPWARDS, linewidths=1.0,
            facecolors="none", edgecolors=colour, alpha=0.9, zorder=3, clip_on=False,
        )  # fmt: skip


def bar_of_folds(ax: Axes, x: float, entry: Entry, scale: ErrorScale, colour: str) -> None:
    """The standard deviation over the folds, where there are several."""
    if np.isfinite(entry.spread) and not scale.beyond(entry.error):
        low = max(entry.error - entry.spread, scale.bottom)
        high = min(entry.error + entry.spread, scale.top)
        ax.vlines(x, low, high, color=colour, linewidth=1.6, zorder=4)


def bar_ends(found: Sequence[Entry]) -> float:
    """The lowest end of the bar of any of these; ∞ without bars.

    Examples
    --------
    >>> bar_ends([])
    inf
    """
    return min((each.error - each.spread for each in found if np.isfinite(each.spread)),
               default=np.inf)  # fmt: skip


def with_spread(value: float, spread: float) -> str:
    r"""A number with its standard deviation, both with as many decimals; alone without one.

    Examples
    --------
    >>> with_spread(0.97977, 0.0055), with_spread(0.98, float("nan")), with_spread(1e-9, 3e-10)
    ('0.9798\u202f±\u202f0.0055', '0.980', '1e−09\u202f±\u202f3e−10')
    """
    plain = 1e-3 <= abs(value) < 1e4 or value == 0
    if not np.isfinite(spread):
        return f"{value:.3f}".replace("-", "−") if plain else number(value)
    decimals = 3
    if spread > 0:
        decimals = max(0, min(6, 1 - int(np.floor(np.log10(spread)))))
    if not plain or abs(value) >= 1e4 or spread > 1e4:
        return f"{number(value, 3)}\u202f±\u202f{number(spread, 2)}"
    return f"{value:.{decimals}f}\u202f±\u202f{spread:.{decimals}f}".replace("-", "−")


def titled(ax: Axes, title: str, *below: str) -> None:
    """A title with lines of plain text below it."""
    ax.set_title(title, pad=8 + 12 * len(below))
    words = "\n".join(below)
    ax.text(0.0, 1.025, words, transform=ax.transAxes, fontsize=8.5, color=INK, va="bottom")


def candidates_name(count: int) -> str:
    """A number of candidates in words.

    Examples
    --------
    >>> candidates_name(1), candidates_name(1200)
    ('1 candidate', '1,200 candidates')
    """
    return f"{count:,} candidate" + ("s" if count != 1 else "")


def hollow_and_filled() -> list[Line2D]:
    """Entries of a legend that say what hollow and filled points are."""
    common: dict[str, Any] = {"linestyle": "none", "marker": "o", "color": MUTED}
    return [
        Line2D([], [], **common, label="trained further"),
        Line2D([], [], **common, markerfacecolor=PAPER, label="ended here"),
    ]


def remark(ax: Axes, words: str) -> None:
    """Say in an empty panel why it is empty."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=INK, wrap=True)


def astray_entry() -> Line2D:
    """The entry of a legend for what stands beyond the axis."""
    return Line2D(
        [], [], linestyle="none", marker=UPWARDS, color=MUTED, markersize=7, markerfacecolor="none",
        label="further up",
    )  # fmt: skip


def counts_plainly(axis: Any) -> None:
    """Write numbers from ten on whole, with commas: 5,000 and not 5e+03."""
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 10 else number(value))
    )


def no_scores(ax: Any) -> Figure:
    """A figure that says that there is nothing to draw."""
    figure, (panel,) = panels(ax, 1, columns=1, width=4.2, height=2.2, above=0.0)
    remark(panel, "No candidate has a score.")
    return finished(figure, ax)


def epochs_name(epochs: int | None, rung: int) -> str:
    """How long candidates of a rung were trained.

    Examples
    --------
    >>> epochs_name(27, 1), epochs_name(1, 0), epochs_name(None, 1)
    ('within 27 epochs', 'within 1 epoch', 'at rung 2')
    """
    if epochs is None:
        return f"at rung {rung + 1}"
    return f"within {number(epochs, 6)} epoch" + ("s" if epochs != 1 else "")

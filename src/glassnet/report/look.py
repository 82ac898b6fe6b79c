"""The one look of every figure: colours, fonts, sizes, set while a figure is drawn and not beyond.

Colours are those of Okabe & Ito (2008), Color universal design, which people with any of the
common forms of colour blindness can tell apart; what differs by colour also differs by dash or
marker, so that it can be told apart in grey.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from math import log10
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import (
    AutoLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

INK, MUTED, GRID, PAPER = "#1f2933", "#5b6770", "#e4e8ec", "#ffffff"
BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY, YELLOW, BLACK = "#e69f00", "#56b4e9", "#f0e442", "#000000"

POINT = "#2b8bc8"  # of points that are stored as pixels: seen on light paper and on dark

SERIES = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, BLACK, YELLOW)  # neighbours differ in grey
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.4)), (0, (6, 2, 1.2, 2)))

# From light to dark in grey too, so a print without colour keeps the order.
SURFACE = LinearSegmentedColormap.from_list("glassnet", ["#f7f3d6", "#7fc1b8", BLUE, "#1b2a4a"])

WIDTH = 4.2  # inches of a figure that stands alone: two fit side by side on a page

RC: dict[str, Any] = {
    "figure.figsize": (WIDTH, 3.0),
    "figure.dpi": 144,
    "figure.facecolor": PAPER,
    "figure.titlesize": 10,
    "figure.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so a figure is the same everywhere
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,  # "$" in a class name is a dollar
    "axes.unicode_minus": True,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.7,
    "lines.markersize": 4.5,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 2.2,
    "legend.borderaxespad": 0.2,
    "image.interpolation": "nearest",
    "savefig.dpi": 200,
    "svg.fonttype": "none",
    "svg.hashsalt": "glassnet",
}

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_lock = threading.RLock()


@contextmanager
def look(more: Mapping[str, Any] | None = None) -> Generator[None]:
    """Draw in glassnet's look: on matplotlib's defaults, whatever the user set, and put that back.

    ``more`` are parameters besides. matplotlib has one set of them for all threads, so one thread
    draws at a time.

    Examples
    --------
    >>> import matplotlib
    >>> before = matplotlib.rcParams["axes.spines.top"]
    >>> with look():
    ...     inside = matplotlib.rcParams["axes.spines.top"]
    >>> inside, matplotlib.rcParams["axes.spines.top"] == before
    (False, True)
    """
    with _lock, style.context({**RC, **(more or {})}, after_reset=True):
        yield


@contextmanager
def readers_fonts() -> Generator[None]:
    """Draw for a page, where the reader's fonts show what DejaVu lacks: no warning of its gaps.

    Examples
    --------
    >>> import warnings
    >>> with readers_fonts():
    ...     warnings.warn("Glyph 26085 missing from font(s) DejaVu Sans.", UserWarning)
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        yield


def new_figure(width: float = WIDTH, height: float = 3.0) -> Figure:
    """A figure of no window and no global state; width and height in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def own_axes(ax: Axes | None, width: float = WIDTH, height: float = 3.0) -> Axes:
    """The axes given, or those of a new figure."""
    return ax if ax is not None else new_figure(width, height).subplots()


def finished(figure: Figure, given: Any = None) -> Figure:
    """The figure with its layout and ticks made now, under the look, and then left as they are.

    Where axes were ``given`` to draw on, the figure is their owner's, and stays as it is.
    Layout is half of the time that a figure takes; made at every drawing, it would be made twice.
    """
    if given is not None:
        return figure
    for axis, most in ((a, n) for ax in figure.axes for a, n in ((ax.xaxis, 5), (ax.yaxis, 6))):
        locator = axis.get_major_locator()
        if isinstance(locator, AutoLocator):
            # By itself it fits ticks to the axes and to the user's fonts, after the layout has
            # fitted the axes to the ticks, and a number may then stand out over the edge.
            locator.set_params(nbins=most)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
    return figure


def figure_of(ax: Axes) -> Figure:
    """The figure in which the axes stand."""
    parent: Any = ax.figure
    return parent.figure if isinstance(parent, SubFigure) else parent


def legend_above(ax: Axes, handles: Sequence[Any] | None = None, **more: Any) -> None:
    """Put the legend on lines of its own above the axes; none where nothing is named."""
    chosen = ax.get_legend_handles_labels()[0] if handles is None else handles
    if chosen:
        style = {"ncols": 3, "handlelength": 1.8, "columnspacing": 1.1, **more}
        ax.legend(handles=chosen, loc="lower left", bbox_to_anchor=(0, 1), **style)


def whole_numbers(axis: Any, most: int = 7) -> None:
    """Put ticks at whole numbers only."""
    axis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def plain_logarithms(axis: Any) -> None:
    """Write the numbers of a logarithmic axis plainly, also 2 and 5 where it spans little."""
    low, high = axis.get_view_interval()
    wide = high > 100 * low
    axis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axis.set_minor_formatter(NullFormatter())


def powers_of_ten(axis: Any, most: int = 6) -> None:
    """Put ticks of a logarithmic axis at powers of ten, also at 2 and 5 where it spans little.

    Where it spans less than a factor of 4, at plain numbers.
    """
    low, high = axis.get_view_interval()
    axis.set_minor_formatter(NullFormatter())
    if high < 4 * low:
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axis.set_minor_locator(NullLocator())
        return
    few = high < 300 * low
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=most))
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: number(value) if few else power_of_ten(value))
    )


def power_of_ten(value: float) -> str:
    """A power of ten as 10⁻³; those between 0.01 and 100 plainly.

    Examples
    --------
    >>> power_of_ten(1e-5), power_of_ten(0.1), power_of_ten(1e3)
    ('10⁻⁵', '0.1', '10³')
    """
    if 0.009 < value < 110:
        return number(value)
    return "10" + str(round(log10(value))).translate(_RAISED)


def marker(k: int) -> str:
    """The marker of the k-th of several: where colours begin again, with another marker.

    Examples
    --------
    >>> marker(0), marker(8)
    ('o', 's')
    """
    return MARKERS[(k + k // len(SERIES)) % len(MARKERS)]


def number(value: float, digits: int = 3) -> str:
    """A number in so many digits, with a real minus.

    Examples
    --------
    >>> number(-0.00012345)
    '−0.000123'
    """
    return f"{value:.{digits}g}".replace("-", "−")


def plain(value: float, digits: int = 4) -> str:
    """A number in so many digits without powers of ten, as far as 12 figures go; a real minus.

    Examples
    --------
    >>> plain(59312.0), plain(-0.01234567), plain(3.0), plain(1e20), plain(1234.5678, 6)
    ('59,310', '−0.01235', '3', '1e+20', '1,234.57')
    """
    text = f"{value:.{digits}g}"
    if "e" in text and 1 <= abs(value) < 1e12:
        text = f"{float(text):,.0f}"
    elif "e" not in text and abs(value) >= 1000 and "n" not in text:
        whole, _, rest = text.partition(".")
        text = f"{int(whole):,}" + (f".{rest}" if rest else "")
    return text.replace("-", "−")


def percent(part: float, whole: float) -> str:
    """A share in whole percent; what is not nothing or all is never written as 0 or 100.

    Examples
    --------
    >>> percent(1, 3), percent(1, 1000), percent(999, 1000), percent(0, 0)
    ('33%', '<1%', '>99%', '0%')
    """
    share = 100 * part / whole if whole else 0.0
    return "<1%" if 0 < share < 1 else ">99%" if 99 < share < 100 else f"{share:.0f}%"


def shortened(text: object, most: int = 22) -> str:
    """Text of at most so many characters on one line, the middle left out.

    Examples
    --------
    >>> shortened("Passenger class of the ship", 16)
    'Passenge…he ship'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    if len(line) <= most:
        return line
    left = most // 2
    return f"{line[:left]}…{line[len(line) - (most - left - 1) :]}"

"""Confusion of classes: which were taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.report.look import GRID, INK, figure_of, finished, look, own_axes, percent, shortened

_CELL = "#0b6fb0"  # its own blue: it stays as it is where a page turns the palette for the dark
_ON_CELL = "#fdfdfd"
_MOST_WITH_SHARES, _MOST_WITH_COUNTS, _MOST_WITH_NAMES = 12, 32, 60


def confusion_counts(y: Any, predicted: Any, classes: Sequence[Any]) -> Array:
    """How many rows of each class (row) were predicted as each class (column).  -> (k, k) int

    Parameters
    ----------
    y, predicted : (m,)
        Classes, each one of ``classes``.
    classes : sequence
        The k classes in their order.

    Raises
    ------
    ShapeMismatch, InvalidValue
        If the two differ in length, or a value is none of the classes.

    Examples
    --------
    >>> confusion_counts(["a", "b", "b"], ["a", "a", "b"], ["a", "b"]).tolist()
    [[1, 0], [1, 1]]
    """
    true, guessed = _codes(y, classes, "y"), _codes(predicted, classes, "predicted")
    if len(true) != len(guessed):
        raise ShapeMismatch(
            f"y and predicted must have as many rows; got {len(true)} and {len(guessed)}."
        )
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (true, guessed), 1)
    return counts


@look()
def confusion_matrix(
    y: Any, predicted: Any, *, classes: Sequence[Any] | None = None, ax: Axes | None = None
) -> Figure:
    r"""Counts of true against predicted classes; shade and percentage are shares of the row.

    Parameters
    ----------
    y, predicted : (m,)
        Classes.
    classes : sequence, optional
        All classes in their order; sorted from the data by default. Up to 12 a cell shows count and
        share, up to 32 the count, beyond that the shade alone; beyond 60 the names are left out.
    ax : Axes, optional

    Returns
    -------
    Figure

    Raises
    ------
    ShapeMismatch, InvalidValue

    Examples
    --------
    >>> figure = confusion_matrix(["cat", "dog", "dog"], ["cat", "cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1\n100%', '0', '1\n50%', '1\n50%']
    """
    if classes is None:
        classes = sorted({*np.asarray(y).tolist(), *np.asarray(predicted).tolist()})
    counts = confusion_counts(y, predicted, classes)
    k = len(classes)
    own = own_axes(ax, *_size(classes))
    totals = counts.sum(axis=1, keepdims=True)
    share = counts / np.maximum(totals, 1)
    _cells(own, share)
    if k <= _MOST_WITH_COUNTS:
        _numbers(own, counts, share, with_shares=k <= _MOST_WITH_SHARES)
    _names(own, classes, totals[:, 0])
    return finished(figure_of(own), ax)


def _codes(values: Any, classes: Sequence[Any], whose: str) -> Array:
    number = {label: code for code, label in enumerate(classes)}
    listed = np.asarray(values).tolist()
    unknown = [value for value in listed if value not in number]
    if unknown:
        raise InvalidValue(
            f"{whose} must hold only the {len(classes)} classes given; got {unknown[0]!r:.40}. "
            "Give all of them as classes."
        )
    return np.array([number[value] for value in listed], dtype=np.int64)


def _side(k: int) -> float:
    """Inches of the square of k × k cells."""
    cell = 0.62 if k <= 6 else 0.5 if k <= _MOST_WITH_SHARES else 0.3
    return max(1.9, cell * min(k, 40))


def _font(k: int) -> float:
    """Points of the names of k classes; of numbers on an axis where there are too many to name."""
    if _MOST_WITH_SHARES < k <= _MOST_WITH_NAMES:
        return 6.5 if k <= _MOST_WITH_COUNTS else 5.0
    return 8.5


def _longest(classes: Sequence[Any]) -> int:
    """Letters of the longest name shown."""
    if len(classes) > _MOST_WITH_NAMES:
        return 4
    return max(len(shortened(label)) for label in classes)


def _fits_flat(classes: Sequence[Any]) -> bool:
    """Whether the names fit side by side below their columns."""
    k = len(classes)
    return _longest(classes) * _font(k) * 0.65 < 72 * _side(k) / k


def _size(classes: Sequence[Any]) -> tuple[float, float]:
    """Inches of the figure: the square, and what the names and labels take beside and below it."""
    side, letter = _side(len(classes)), _font(len(classes)) * 0.65 / 72
    below = 0.2 if _fits_flat(classes) else 0.2 + 0.75 * letter * _longest(classes)
    return side + 0.55 + letter * (_longest(classes) + 6), side + 0.45 + below


def _cells(ax: Axes, share: Array) -> None:
    """Squares whose blue is as strong as the share; see-through, so zero is the page's colour."""
    k = len(share)
    edges = np.arange(k + 1) - 0.5
    mesh = ax.pcolormesh(edges, edges, share)
    mesh.set_array(None)
    mesh.set_facecolor([to_rgba(_CELL, value) for value in share.ravel()])
    lines = np.arange(k + 1) - 0.5
    if k <= _MOST_WITH_NAMES:
        ax.hlines(lines, -0.5, k - 0.5, color=GRID, linewidth=0.7)
        ax.vlines(lines, -0.5, k - 0.5, color=GRID, linewidth=0.7)
    ax.set_aspect("equal")
    ax.set_xlim(-0.55, k - 0.45)
    ax.set_ylim(k - 0.45, -0.55)
    ax.grid(visible=False)


def _numbers(ax: Axes, counts: Array, share: Array, *, with_shares: bool) -> None:
    size = 8.0 if with_shares else 6.0
    for (row, column), count in np.ndenumerate(counts):
        if count == 0 and not with_shares:
            continue
        colour = _ON_CELL if share[row, column] > 0.5 else INK
        text = f"{count:,}"
        if with_shares and count:
            text += f"\n{percent(share[row, column], 1)}"
        ax.text(column, row, text, ha="center", va="center", fontsize=size, color=colour)


def _names(ax: Axes, classes: Sequence[Any], totals: Array) -> None:
    k = len(classes)
    ax.tick_params(length=0, labelsize=_font(k))
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_xlabel("predicted")
    if k > _MOST_WITH_NAMES:
        ax.set_ylabel("true (classes by number)")
        return
    names = [shortened(label) for label in classes]
    flat = _fits_flat(classes)
    ax.set_xticks(range(k), names, rotation=0 if flat else 45, ha="center" if flat else "right",
                  rotation_mode="anchor")  # fmt: skip
    rows = [f"{name} ({total:,})" for name, total in zip(names, totals, strict=True)]
    ax.set_yticks(range(k), rows)
    ax.set_ylabel("true (rows)")

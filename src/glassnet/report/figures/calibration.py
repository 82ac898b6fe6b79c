"""Calibration: whether things said to be 80 % likely happen 80 times in 100."""

from __future__ import annotations

from dataclasses import dataclass
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
    MUTED,
    WIDTH,
    figure_of,
    finished,
    look,
    new_figure,
    whole_numbers,
)

_Z = 1.959963984540054  # of the normal distribution, for 95 %


@dataclass(frozen=True)
class Reliability:
    """Rows by the probability said of them, in bins of equal width on [0, 1].

    Attributes
    ----------
    edges : (bins + 1,)
    counts : (bins,) int
    said, happened : (bins,)
        Mean probability, and the share of rows in which it came true; nan in an empty bin.
    low, high : (bins,)
        The 95 % interval of ``happened`` (Wilson, 1927).
    """

    edges: Array
    counts: Array
    said: Array
    happened: Array
    low: Array
    high: Array

    @property
    def error(self) -> float:
        """Σ (countₖ / m) |saidₖ − happenedₖ|, the expected calibration error, in [0, 1]."""
        gaps = np.abs(np.nan_to_num(self.said) - np.nan_to_num(self.happened))
        return float((self.counts * gaps).sum() / self.counts.sum())


def wilson(successes: Array, trials: Array) -> tuple[Array, Array]:
    """The 95 % interval of a share: where it would have been seen with p ≥ 5 %.

    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Parameters
    ----------
    successes, trials : (k,)
        trials ≥ 1.

    Returns
    -------
    low, high : (k,)

    Examples
    --------
    >>> low, high = wilson(np.array([9]), np.array([10]))
    >>> low.round(3), high.round(3)
    (array([0.596]), array([0.982]))
    """
    share = successes / trials
    centre = (share + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    half = np.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2)) * _Z
    half = half / (1 + _Z**2 / trials)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def reliability(y: Any, probability: Any, *, bins: int = 10) -> Reliability:
    """Count how often what was said to be likely came true.

    Parameters
    ----------
    y : (m,)
        0 or 1; class numbers where ``probability`` has a column per class.
    probability : (m,) or (m, k)
        Of class 1; or of each class, and then the most likely class of each row counts, against all
        others.
    bins : int ≥ 1

    Raises
    ------
    ShapeMismatch, InvalidValue

    Examples
    --------
    >>> found = reliability([0, 1, 1, 1], [0.1, 0.9, 0.8, 0.95], bins=2)
    >>> found.counts.tolist(), found.happened.tolist()
    ([1, 3], [0.0, 1.0])
    """
    came, said = _events(np.asarray(y), np.asarray(probability, dtype=np.float64))
    edges = np.arange(bins + 1) / bins  # linspace puts 0.6 below the edge at 3/5
    place = np.clip(np.searchsorted(edges, said, side="right") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    trials = np.where(counts, counts, 1)
    successes = np.bincount(place, weights=came, minlength=bins)
    low, high = wilson(successes, trials)
    empty = counts == 0
    columns = (np.bincount(place, weights=said, minlength=bins) / trials, successes / trials)
    filled = [np.where(empty, np.nan, column) for column in (*columns, low, high)]
    return Reliability(edges, counts, *filled)


@look()
def calibration(
    y: Any, probability: Any, *, bins: int = 10, event: str = "", ax: Axes | None = None
) -> Figure:
    """The share that came true against the probability said, with 95 % intervals and bin counts.

    Parameters
    ----------
    y, probability, bins
        As :func:`reliability` takes them.
    event : str
        What the probability is of, for the labels; "the predicted class" or "class 1" by default.
    ax : Axes, optional
        Draw the curve there, without the counts.

    Returns
    -------
    Figure

    Examples
    --------
    >>> figure = calibration([0, 1, 1, 1], [0.1, 0.9, 0.8, 0.95])
    >>> [panel.get_ylabel() for panel in figure.axes]
    ['share that came true', 'rows']
    """
    found = reliability(y, probability, bins=bins)
    event = event or ("class 1" if np.ndim(probability) == 1 else "the predicted class")
    if ax is not None:
        _curve(ax, found)
        ax.set_xlabel(f"probability said of {event}")
        return figure_of(ax)
    figure = new_figure(WIDTH, 4.7)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2.8, 1.0])
    _curve(upper, found)
    lower.stairs(found.counts, found.edges, fill=True, color=BLUE, alpha=0.85)
    lower.set_ylim(0, found.counts.max() * 1.1)
    lower.set_ylabel("rows")
    lower.set_xlabel(f"probability said of {event}")
    whole_numbers(lower.yaxis, 4)
    figure.align_ylabels()
    return finished(figure)


def _events(y: Array, p: Array) -> tuple[Array, Array]:
    """Whether it came true, and the probability said.  -> (m,) 0 or 1, (m,) in [0, 1]"""
    if p.ndim == 2 and p.shape[1] == 1:
        p = p[:, 0]
    if y.ndim != 1 or p.ndim not in (1, 2) or y.shape[0] != p.shape[0] or p.size == 0:
        raise ShapeMismatch(
            "calibration takes y as (m,) and probability as (m,) or (m, k), m ≥ 1; "
            f"got {y.shape} and {p.shape}."
        )
    if not ((p >= 0) & (p <= 1 + 1e-6)).all():
        raise InvalidValue(
            "probability must lie in [0, 1]; got values outside, or nan. Give predict_proba's "
            "output, not scores."
        )
    if p.ndim == 2:
        return (np.argmax(p, axis=1) == y).astype(np.float64), np.minimum(p.max(axis=1), 1.0)
    if not np.isin(y, (0, 1)).all():
        raise InvalidValue(
            "y must hold 0 and 1 where probability is that of one class; got other values. "
            "Give (y == that_class)."
        )
    return y.astype(np.float64), np.minimum(p, 1.0)


def _curve(ax: Axes, found: Reliability) -> None:
    some = found.counts > 0
    said, happened = found.said[some], found.happened[some]
    ax.plot([0, 1], [0, 1], color=INK, linewidth=1.0, linestyle=DASHES[1], label="as said")
    bars = np.stack([happened - found.low[some], found.high[some] - happened])
    ax.errorbar(
        said, happened, yerr=np.maximum(bars, 0.0), color=BLUE, marker="o", linewidth=0.9,
        ecolor=MUTED, elinewidth=1.1, capsize=2.5, label="came true, 95% interval",
    )  # fmt: skip
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_ylabel("share that came true")
    ax.set_title(f"expected calibration error {found.error:.3f}")
    ax.legend(loc="upper left")

"""Activations and their derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.network import catalogue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.contracts import Activation, Elementwise
from glassnet.report.look import (
    BLUE,
    DASHES,
    MUTED,
    VERMILION,
    figure_of,
    finished,
    look,
    new_figure,
    own_axes,
)

_REACH = 4.0  # z is drawn from −4 to 4
_WINDOW = (-2.6, 4.2)  # what is shown of functions that leave it
_BESIDE = 1e-9  # how near to a kink the line comes before it breaks


@look()
def activation(phi: Any, *, ax: Axes | None = None) -> Figure:
    """φ and φ′ on −4 ≤ z ≤ 4, kinks marked, the range in the title.

    softmax is drawn for the scores (z, 0): its first output, and the derivative of that by z.

    Parameters
    ----------
    phi : str or Activation
        A name of the catalogue, or an object.
    ax : Axes, optional

    Returns
    -------
    Figure

    Raises
    ------
    UnknownName
        If no activation has that name.

    Examples
    --------
    >>> activation("relu").axes[0].get_title(loc="left")
    'relu: z → [0, ∞)'
    """
    own = own_axes(ax)
    _draw(own, catalogue.activation(phi))
    own.set_xlabel("z")
    own.legend(loc="upper left")
    return finished(figure_of(own)) if ax is None else figure_of(own)


@look()
def activations(phis: Sequence[Any] = tuple(ACTIVATIONS)) -> Figure:
    """A grid of activations and their derivatives, four in a row; by default the whole catalogue.

    Parameters
    ----------
    phis : sequence of str or Activation

    Returns
    -------
    Figure

    Examples
    --------
    >>> len(activations().axes)
    16
    """
    columns = min(4, len(phis))
    rows = -(-len(phis) // columns)
    figure = new_figure(max(2.3, 2.05 * columns), 0.45 + 1.75 * rows)
    grid: Any = figure.subplots(rows, columns, squeeze=False)
    for panel, phi in zip(grid.flat, phis, strict=False):
        _draw(panel, catalogue.activation(phi))
    for panel in grid.flat[len(phis) :]:
        panel.remove()
    entries: dict[str, Any] = {}
    for panel in figure.axes:
        handles, labels = panel.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    labels = sorted(entries, key="φ(z) φ′(z) kink".find)
    handles = [entries[label] for label in labels]
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    return finished(figure)


def curves(phi: Activation, z: Array) -> tuple[Array, Array]:
    """φ(z) and φ′(z), each (m,); of softmax, those of the first output for the scores (z, 0).

    Examples
    --------
    >>> curves(catalogue.activation("square"), np.array([3.0]))
    (array([9.]), array([6.]))
    """
    if isinstance(phi, Elementwise):
        a = phi.value(z[:, None])
        return a[:, 0], phi.back(z[:, None], a, np.ones_like(a))[:, 0]
    scores = np.stack([z, np.zeros_like(z)], axis=1)
    a = phi.value(scores)
    first = np.zeros_like(a)
    first[:, 0] = 1.0
    return a[:, 0], phi.back(scores, a, first)[:, 0]


def _draw(ax: Axes, phi: Activation) -> None:
    z, breaks = _points(phi)
    value, derivative = curves(phi, z)
    for y in (value, derivative):
        y[breaks] = np.nan  # a jump is a gap, not a line
    for number, kink in enumerate(phi.kinks):
        label = None if number else "kink"
        ax.axvline(kink, color=MUTED, linestyle=DASHES[2], linewidth=1.1, label=label, zorder=1)
    ax.plot(z, value, color=BLUE, linestyle=DASHES[0], label="φ(z)")
    ax.plot(z, derivative, color=VERMILION, linestyle=DASHES[1], label="φ′(z)")
    ax.set_title(f"{phi.name}: z → {phi.range}".replace("-", "−"), fontsize=8.5)
    if not isinstance(phi, Elementwise):
        ax.text(0.97, 0.42, "scores (z, 0)", transform=ax.transAxes, ha="right", color=MUTED)
    ax.set_xlim(-_REACH, _REACH)
    ax.set_ylim(*_limits(np.concatenate([value, derivative])))
    ax.set_xticks([-4, -2, 0, 2, 4])


def _points(phi: Activation) -> tuple[Array, Array]:
    """Where φ is computed, and which of these points are the kinks, where the line breaks."""
    kinks = [kink for kink in phi.kinks if abs(kink) < _REACH]
    beside = [kink + side for kink in kinks for side in (-_BESIDE, 0.0, _BESIDE)]
    z = np.unique(np.concatenate([np.linspace(-_REACH, _REACH, 401), beside]))
    return z, np.isin(z, kinks)


def _limits(values: Array) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < _WINDOW[1] and high > _WINDOW[0]:
        low, high = max(low, _WINDOW[0]), min(high, _WINDOW[1])
    pad = 0.06 * (high - low) or 0.5
    return low - pad, high + pad

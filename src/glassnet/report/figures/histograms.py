"""Histograms of weights and gradients, a panel per layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array, to_numpy
from glassnet.errors import InvalidValue
from glassnet.network.network import Network
from glassnet.report.figures.architecture import shown_layers
from glassnet.report.look import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    WIDTH,
    finished,
    look,
    new_figure,
    number,
    percent,
    whole_numbers,
)

_BINS = 41
_DECADES = 12.0  # of the axis of gradients
_MOST = 12  # panels; of a deeper network, the first and the last layers


@look()
def weight_histograms(network: Network) -> Figure:
    """The entries of W[l], a panel per layer on one axis, with mean μ and standard deviation σ.

    Parameters
    ----------
    network : Network
        Of more than 12 layers, the first and the last are drawn.

    Returns
    -------
    Figure

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> figure = weight_histograms(Network(3, [Dense(4, "tanh"), Dense(1, "identity")]))
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['W[1]', 'W[2]']
    """
    arrays = [_flat(W) for W in network.W]
    edges = _edges(np.concatenate(arrays[1:]), symmetric=True)
    figure, panels = _panels(len(arrays) - 1)
    for l, ax in panels.items():
        finite = arrays[l][np.isfinite(arrays[l])]
        _bars(ax, finite, edges, BLUE, f"W[{l}]")
        words = f"μ {number(finite.mean(), 2)}, σ {number(finite.std(), 2)}" if finite.size else ""
        _note(ax, arrays[l], [words])
        ax.axvline(0, color=MUTED, linewidth=0.8, zorder=1)
    list(panels.values())[-1].set_xlabel("weight")
    return finished(figure)


@look()
def gradient_histograms(dW: Sequence[Any], *, name: str = "∂J/∂W") -> Figure:
    """Sizes of the entries of ∂J/∂W[l] as log₁₀, a panel per layer on one axis.

    Layers whose humps lie on top of each other learn at the same speed; humps that move to the left
    towards layer 1 are a gradient that vanishes, to the right one that explodes. Entries that are
    exactly 0 have no logarithm: their share is written in the panel. Those more than 12 decades
    below the largest stand at the left end.

    Parameters
    ----------
    dW : sequence of arrays
        As ``moment.dW``: by layer, slot 0 None.
    name : str
        What the arrays are, for the labels.

    Returns
    -------
    Figure

    Raises
    ------
    InvalidValue
        If there is no layer.

    Examples
    --------
    >>> figure = gradient_histograms([None, np.array([[1e-3, 1e-4], [0.0, 1e-3]]), np.ones((1, 2))])
    >>> figure.axes[0].get_title(loc="right")
    'median 0.001, 25% exactly 0'
    """
    arrays = [_flat(array) for array in dW]
    if len(arrays) < 2:
        raise InvalidValue("gradients must come by layer, slot 0 None; got no layer.")
    sizes = [_logarithms(array) for array in arrays]
    edges = _edges(np.concatenate(sizes[1:]), symmetric=False)
    sizes = [np.maximum(size, edges[0]) for size in sizes]
    figure, panels = _panels(len(arrays) - 1)
    for l, ax in panels.items():
        _bars(ax, sizes[l], edges, GREEN, f"{name}[{l}]")
        median = f"median {number(10 ** np.median(sizes[l]), 2)}" if sizes[l].size else ""
        zeros = int((arrays[l] == 0).sum())
        share = f"{percent(zeros, arrays[l].size)} exactly 0" if zeros else ""
        _note(ax, arrays[l], [median, share])
    list(panels.values())[-1].set_xlabel(f"log₁₀ |{name}|")
    return finished(figure)


def _panels(depth: int) -> tuple[Figure, dict[int, Axes]]:
    """A figure, and the axes of each layer drawn."""
    layers = [l for l in shown_layers(depth, _MOST + 1) if l > 0]
    figure = new_figure(WIDTH, 0.55 + 0.85 * len(layers))
    grid: Any = figure.subplots(len(layers), 1, sharex=True, squeeze=False)
    if len(layers) < depth:
        figure.suptitle(f"{len(layers)} of {depth} layers", x=0.02, ha="left")
    return figure, dict(zip(layers, grid[:, 0], strict=True))


def _flat(array: Any) -> Array:
    return np.zeros(0) if array is None else np.ravel(to_numpy(array)).astype(np.float64)


def _logarithms(values: Array) -> Array:
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    return np.log10(size)


def _edges(values: Array, *, symmetric: bool) -> Array:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return np.linspace(-1, 1, _BINS + 1)
    low, high = float(finite.min()), float(finite.max())
    if symmetric:
        low, high = -max(-low, high), max(-low, high)
    else:
        low = max(low, high - _DECADES)
    if not low < high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, _BINS + 1)


def _bars(ax: Axes, values: Array, edges: Array, colour: str, label: str) -> None:
    counts, _ = np.histogram(values, edges)
    ax.stairs(counts, edges, fill=True, color=colour, alpha=0.85)
    ax.set_ylabel(label, rotation=0, ha="right", va="center", color=INK, fontweight="bold")
    ax.set_ylim(0, max(1, counts.max()) * 1.15)
    whole_numbers(ax.yaxis, 2)
    ax.grid(visible=False, axis="y")


def _note(ax: Axes, array: Array, words: Sequence[str]) -> None:
    """Numbers above the panel, and a word if entries are nan or infinite."""
    lost = int((~np.isfinite(array)).sum())
    parts = [*words, f"{percent(lost, array.size)} not finite" if lost else ""]
    text = ", ".join(part for part in parts if part)
    ax.set_title(text, loc="right", fontsize=8, fontweight="normal", color=MUTED, pad=2)

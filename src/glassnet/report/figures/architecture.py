"""The architecture: layers as columns of units, with the weights between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from glassnet.arrays import Array, to_numpy
from glassnet.network.network import Network
from glassnet.network.summaries import extras
from glassnet.report.look import (
    BLUE,
    INK,
    MUTED,
    PAPER,
    VERMILION,
    figure_of,
    finished,
    look,
    own_axes,
    shortened,
)

_MOST_UNITS = 9  # circles in a column; of a wider layer, the first and the last ones
_MOST_LAYERS = 10  # columns; of a deeper network, the first and the last ones
_STEP, _ACROSS, _LINE = 0.30, 1.15, 0.16  # inches between circles, columns, lines of text
_RADIUS = 0.095


@look()
def architecture(network: Network, *, ax: Axes | None = None) -> Figure:
    """Units per layer, activation, parameters; lines are weights, darker where |w| is larger.

    A positive weight is a solid blue line, a negative one a dashed vermilion line. Of a layer with
    more than 9 units the first and the last are drawn, of a network of more than 10 layers too.

    Parameters
    ----------
    network : Network
    ax : Axes, optional

    Returns
    -------
    Figure

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(3, [Dense(16, "relu"), Dense(1, "identity")])
    >>> architecture(net).axes[0].get_title(loc="left")
    '2 layers, 81 parameters'
    """
    layers = shown_layers(network.depth)
    units = [_positions(n) for n in network.units]
    tallest = max(abs(y) for l in layers for _, y in units[l])
    width = _ACROSS * (len(layers) + 0.15)
    words = [_lines(network, l) for l in layers]
    below = 0.27 + _LINE * max(map(len, words))
    own = own_axes(ax, max(width, 2.6), 2 * tallest + below + 0.65)
    for place, (left, right) in enumerate(pairwise(layers)):
        if right == left + 1:
            _weights(own, to_numpy(network.W[right]), units[left], units[right], place * _ACROSS)
        else:
            text = f"layers\n{left + 1} to {right - 1}"
            own.text((place + 0.5) * _ACROSS, 0, text, ha="center", va="center", color=MUTED)
    for place, l in enumerate(layers):
        _units(own, place * _ACROSS, units[l], network.units[l])
        _words(own, place * _ACROSS, -tallest - 0.35, words[place])
    plural = "layer" if network.depth == 1 else "layers"
    own.set_title(f"{network.depth} {plural}, {network.parameter_count:,} parameters")
    own.set_xlim(-0.6 * _ACROSS, (len(layers) - 0.4) * _ACROSS)
    own.set_ylim(-tallest - below, tallest + 0.25)
    own.set_aspect("equal")
    own.set_axis_off()
    return finished(figure_of(own), ax)


def shown_layers(depth: int, most: int = _MOST_LAYERS) -> list[int]:
    """The numbers of the layers to draw, 0 for the input: all, or the first and the last.

    Examples
    --------
    >>> shown_layers(9, most=6)
    [0, 1, 2, 7, 8, 9]
    """
    if depth < most:
        return list(range(depth + 1))
    left = most // 2
    return [*range(left), *range(depth + 1 - (most - left), depth + 1)]


def shown_units(n: int, most: int = _MOST_UNITS) -> list[int]:
    """The numbers of the units to draw, from 0: all, or as many as fit with a gap for the others.

    Examples
    --------
    >>> shown_units(100, most=5)
    [0, 1, 98, 99]
    """
    if n <= most:
        return list(range(n))
    left = (most - 1) // 2
    return [*range(left), *range(n - (most - 1 - left), n)]


def _positions(n: int) -> list[tuple[int, float]]:
    """Unit and height of each circle of a layer of n units, the first on top, the middle at 0."""
    units = shown_units(n)
    slots = len(units) + (len(units) < n)
    heights = [_STEP * ((slots - 1) / 2 - k) for k in range(slots)]
    if len(units) < n:
        del heights[(_MOST_UNITS - 1) // 2]
    return list(zip(units, heights, strict=True))


def _units(ax: Axes, x: float, units: list[tuple[int, float]], n: int) -> None:
    size = (2 * _RADIUS * 72) ** 2  # points², the radius being in inches
    ax.scatter(
        [x] * len(units), [y for _, y in units], s=size, c=PAPER, edgecolors=INK, linewidths=1.1,
        zorder=3,
    )  # fmt: skip
    if len(units) < n:
        gap = [y for _, y in units][(_MOST_UNITS - 1) // 2] + _STEP
        ax.text(x, gap, "⋮", ha="center", va="center", fontsize=11, color=INK, zorder=3)


def _words(ax: Axes, x: float, y: float, lines: Sequence[str]) -> None:
    for k, line in enumerate(lines):
        weight = "bold" if k == 0 else "normal"
        colour, size = (INK, 8.0) if k < 2 else (MUTED, 7.5)
        ax.text(x, y - _LINE * k, line, ha="center", va="center", color=colour, fontsize=size,
                fontweight=weight)  # fmt: skip


def _lines(network: Network, l: int) -> list[str]:
    if l == 0:
        return ["input", f"{network.units[0]:,} columns" if network.units[0] > 1 else "1 column"]
    layer, spec = network.specification.layer(l), network.specification
    count = sum(slot.stop - slot.start for slot in spec.slots if slot.layer == l)
    unit = "units" if layer.units > 1 else "unit"
    return [
        f"layer {l}", f"{layer.units:,} {unit}", shortened(layer.activation.name, 14),
        f"{_shown(count)} parameters", *extras(layer),
    ]  # fmt: skip


def _shown(count: int) -> str:
    return f"{count:,}" if count < 1e6 else f"{count / 1e6:.3g} M"


def _weights(
    ax: Axes, W: Array, left: list[tuple[int, float]], right: list[tuple[int, float]], x: float
) -> None:
    """Lines from the circles at ``x`` to those one column further, darker where |w| is larger."""
    shown = W[np.ix_([j for j, _ in right], [i for i, _ in left])]
    strength = np.abs(np.nan_to_num(shown, posinf=0.0, neginf=0.0))
    strength = strength / (strength.max() or 1.0)
    for positive, colour, dash in ((True, BLUE, "-"), (False, VERMILION, (0, (4, 1.5)))):
        lines, alphas = [], []
        for k, (_, y_right) in enumerate(right):
            for i, (_, y_left) in enumerate(left):
                if (shown[k, i] >= 0) == positive:
                    lines.append([(x, y_left), (x + _ACROSS, y_right)])
                    alphas.append(0.10 + 0.80 * strength[k, i])
        colours = [to_rgba(colour, alpha) for alpha in alphas]
        ax.add_collection(LineCollection(lines, colors=colours, linewidths=0.9, linestyles=[dash]))

"""Learned features: the rows as each layer sees them, in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.report.figures.display import (
    DrawnRows,
    drawn_rows,
    layer_number,
    panels,
    shown_axes,
)
from glassnet.report.look import (
    BLUE,
    INK,
    MUTED,
    PAPER,
    SERIES,
    SURFACE,
    finished,
    look,
    marker,
    percent,
    shortened,
)

_GOLDEN = 0.6180339887498949
_MOST_IN_LEGEND = 10


class FeaturesDisplay:
    """The rows before and after each layer: a[0], a[1], …, a[L], a panel each.

    Two units are drawn as they are; of more, the two principal components, whose shares of the
    variance stand at the axes; a single unit lies along the axis, its rows spread upwards by class
    so that they can be seen.

    Parameters
    ----------
    coordinates : list of (m, 1 or 2)
        By panel.
    shares : list of (2,) or None
        Shares of the variance of principal components.
    titles : list of str
    names : list of (str, str)
        Labels of the axes.
    rows : DrawnRows

    Attributes
    ----------
    ax_ : Axes, or an array of Axes
    figure_ : Figure

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(5, "tanh"), gn.Dense(1, "logistic")], loss="squared_error")
    >>> X = np.random.default_rng(0).normal(size=(30, 2))
    >>> display = FeaturesDisplay.from_network(net, X, X[:, 0] * X[:, 1])
    >>> [ax.get_title(loc="left") for ax in display.ax_]
    ['input', 'layer 1: 5 tanh', 'layer 2: 1 logistic']
    """

    ax_: Any
    figure_: Figure

    def __init__(
        self,
        coordinates: Sequence[Array],
        shares: Sequence[Array | None],
        titles: Sequence[str],
        names: Sequence[tuple[str, str]],
        rows: DrawnRows,
    ) -> None:
        self.coordinates, self.shares = list(coordinates), list(shares)
        self.titles, self.names, self.rows = list(titles), list(names), rows

    @classmethod
    def from_network(
        cls,
        network: Any,
        X: Any,
        y: Any = None,
        *,
        layers: Sequence[int] | None = None,
        classes: Sequence[Any] = (),
        features: Sequence[Any] = (),
        ax: Any = None,
    ) -> FeaturesDisplay:
        """Compute and draw.

        Parameters
        ----------
        network : Network
        X : (m, n₀)
            Of more than 4,000 rows, evenly spaced ones are drawn.
        y : (m,), optional
            Labels, or values of a regression, to colour the rows by.
        layers : sequence of int, optional
            Layers whose a[l] to draw, 0 for the input; by default all.
        classes, features : sequences of str, optional
            Names.
        ax : array of Axes, optional
        """
        rows = drawn_rows(network, X, y, classes=classes, features=features)
        depth = rows.network.depth
        chosen = range(depth + 1) if layers is None else layers
        numbers = [layer_number(rows.network, l, first=0) for l in chosen]
        a = rows.forward(rows.X).a
        plain = rows.network.units[0] <= 2  # drawn in the units of the columns, not as scaled
        each = [_in_two(rows.X if l == 0 and plain else a[l]) for l in numbers]
        return cls(
            [points for points, _ in each],
            [share for _, share in each],
            [_title(rows, l) for l in numbers],
            [_axis_names(rows, l, share) for l, (_, share) in zip(numbers, each, strict=True)],
            rows,
        ).plot(ax=ax)

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any = None, **options: Any) -> Any:
        """Compute and draw for a fitted estimator; options are those of ``from_network``."""
        return cls.from_network(estimator, X, y, **options)

    @look()
    def plot(self, *, ax: Any = None) -> FeaturesDisplay:
        """Draw, on axes given or on a figure of their own."""
        colours, count = self.rows.values is not None, len(self.coordinates)
        figure, axes = panels(
            ax, count, columns=4 if count % 3 == 1 else 3, width=2.35, height=2.3, above=0.35
        )
        for panel, points, names, title in zip(
            axes, self.coordinates, self.names, self.titles, strict=True
        ):
            self._scatter(panel, points)
            panel.set_title(title)
            panel.set_xlabel(names[0])
            panel.set_ylabel(names[1])
            if points.shape[1] == 1:
                panel.set_yticks([])
                panel.grid(visible=False, axis="y")
        if ax is None and colours:
            figure.colorbar(axes[0].collections[0], ax=axes, label="target", aspect=35, pad=0.02)
        elif self.rows.codes is not None:
            _legend(figure if ax is None else axes[0], axes[0], len(self.rows.classes))
        self.figure_, self.ax_ = finished(figure, ax), shown_axes(axes)
        return self

    def _scatter(self, ax: Axes, points: Array) -> None:
        rows, size = self.rows, float(np.clip(2400 / len(points), 5, 22))
        style: Any = {"s": size, "linewidths": 0.3, "edgecolors": PAPER, "rasterized": True}
        across, up = points[:, 0], points[:, 1] if points.shape[1] == 2 else self._spread()
        if rows.values is not None:
            norm = Normalize(*_ends(rows.values))
            ax.scatter(across, up, c=rows.values, cmap=SURFACE, norm=norm, **style)
        elif rows.codes is None:
            ax.scatter(across, up, color=BLUE, **style)
        else:
            for k, name in enumerate(rows.classes):
                of = rows.codes == k
                ax.scatter(
                    across[of], up[of], color=SERIES[k % len(SERIES)], label=shortened(name),
                    marker=marker(k), **style,
                )  # fmt: skip
        if points.shape[1] == 1:
            ax.set_ylim(-0.15, 1.15)
        else:
            ax.axhline(0, color=MUTED, linewidth=0.5, zorder=0)
            ax.axvline(0, color=MUTED, linewidth=0.5, zorder=0)

    def _spread(self) -> Array:
        """Heights of rows that have one coordinate only: a band for each class."""
        m, codes = len(self.rows.X), self.rows.codes
        within = (np.arange(m) * _GOLDEN) % 1.0
        if codes is None:
            return within
        bands = max(len(self.rows.classes), 1)
        return (codes + 0.1 + 0.8 * within) / bands


def principal(rows: Array) -> tuple[Array, Array]:
    """The first two principal components of the rows, and their shares of the variance.

    A component's sign makes its largest loading positive.  (m, n) -> (m, 2), (2,)

    Examples
    --------
    >>> points, share = principal(np.array([[1.0, 1.0, 0.0], [-1.0, -1.0, 0.0], [2.0, 2.0, 0.0]]))
    >>> share.round(6).tolist()
    [1.0, 0.0]
    """
    centred = rows - rows.mean(axis=0)
    scale = float(np.abs(centred).max()) or 1.0  # so that no square overflows
    _, s, directions = np.linalg.svd(centred / scale, full_matrices=False)
    directions = directions[:2]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    directions = directions * np.where(largest < 0, -1.0, 1.0)
    points = centred @ directions.T
    missing = 2 - points.shape[1]
    total = float((s**2).sum())
    share = (s[:2] ** 2) / total if total else np.zeros(len(s[:2]))
    return np.pad(points, ((0, 0), (0, missing))), np.pad(share, (0, missing))


def _in_two(a: Array) -> tuple[Array, Array | None]:
    return (a, None) if a.shape[1] <= 2 else principal(a)


def _title(rows: DrawnRows, l: int) -> str:
    if l == 0:
        return "input"
    layer = rows.network.specification.layer(l)
    kind = "outputs" if layer.activation.name == "joint" else layer.activation.name
    return f"layer {l}: {layer.units:,} {kind}"


def _axis_names(rows: DrawnRows, l: int, share: Array | None) -> tuple[str, str]:
    if share is not None:
        first, second = (percent(float(part), 1.0) for part in share)
        return f"PC 1, {first} of variance", f"PC 2, {second} of variance"
    units = rows.network.units[l]
    names = rows.who.features if l == 0 else [f"a of unit {k}" for k in range(units)]
    return shortened(names[0], 28), shortened(names[1], 28) if units == 2 else ""


def _ends(values: Array) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _legend(place: Figure | Axes, ax: Axes, count: int) -> None:
    handles, labels = ax.get_legend_handles_labels()
    if count > _MOST_IN_LEGEND:
        handles, labels = handles[:_MOST_IN_LEGEND], labels[:_MOST_IN_LEGEND]
        labels[-1] += f" … ({count} classes)"
    options: Any = {"markerscale": 1.4, "handletextpad": 0.2, "labelcolor": INK}
    if isinstance(place, Figure):
        options |= {"loc": "outside upper left", "ncols": 5}
    place.legend(handles, labels, **options)

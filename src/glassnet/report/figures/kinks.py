"""The decision boundary with the lines where units have their kinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glassnet.arrays import Array
from glassnet.engine.reference import Pass
from glassnet.errors import InvalidValue
from glassnet.report.figures.decision_boundary import decision_boundary
from glassnet.report.figures.display import DrawnRows, drawn_rows, panels
from glassnet.report.figures.plane import Plane, on_plane, plane_of
from glassnet.report.look import DASHES, INK, MUTED, PAPER, WIDTH, finished, legend_above, look
from glassnet.report.tasks import task_of

_GRID = 240  # points along each side, between which a kink is drawn as a line
_SHADES = (INK, MUTED, MUTED, MUTED)


@dataclass(frozen=True, eq=False)
class KinkLines:
    """z − kink of the units of one hidden layer over the plane.  ``heights`` (units, side, side)"""

    layer: int
    heights: Array


class DecisionBoundaryDisplay:
    """What a network makes of two columns, and the lines where its units have their kinks.

    Between the lines a network of relu-like layers is linear: a boundary bends only where it
    crosses one. A kink of layer 1 is a straight line, of layer 2 one that bends at those of
    layer 1, and so on. Columns that are not drawn stand at their medians, and so a point may lie in
    another colour than that in which the network sees its row.

    Parameters
    ----------
    rows : DrawnRows
    plane : Plane
    kinks : list of KinkLines
    output : int
        Which output of a regression, or of several labels.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(4, "relu"), gn.Dense(1, "logistic")], loss="squared_error")
    >>> X = np.random.default_rng(0).normal(size=(30, 2))
    >>> display = DecisionBoundaryDisplay.from_network(net, X)
    >>> [lines.layer for lines in display.kinks], display.kinks[0].heights.shape[0]
    ([1], 4)
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self, rows: DrawnRows, plane: Plane, kinks: Sequence[KinkLines], output: int = 0
    ) -> None:
        self.rows, self.plane, self.kinks, self.output = rows, plane, list(kinks), output

    @classmethod
    def from_network(
        cls,
        network: Any,
        X: Any,
        y: Any = None,
        *,
        columns: Sequence[int | str] | None = None,
        kinks: bool = True,
        output: int = 0,
        classes: Sequence[Any] = (),
        features: Sequence[Any] = (),
        ax: Any = None,
    ) -> DecisionBoundaryDisplay:
        """Compute and draw.

        Parameters
        ----------
        network : Network
        X : (m, n₀)
        y : (m,), optional
            Labels, or values of a regression.
        columns : two numbers from 0, or names, optional
            By default the two that change the outputs most.
        kinks : bool
            Whether to draw the kinks of hidden units.
        output : int
        classes, features : sequences of str, optional
            Names.
        ax : Axes, optional
        """
        rows = drawn_rows(network, X, y, classes=classes, features=features)
        if rows.network.units[0] < 2:
            raise InvalidValue(
                "a decision boundary needs a network of 2 columns or more; this one has 1. "
                "Draw its prediction over that column instead."
            )
        if not 0 <= output < rows.network.units[rows.network.depth]:
            raise InvalidValue(
                f"output must be from 0 to {rows.network.units[rows.network.depth] - 1}; "
                f"got {output!r}."
            )
        plane = plane_of(rows, columns)
        lines = _kink_lines(rows, plane) if kinks else []
        return cls(rows, plane, lines, output).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any = None, **options: Any
    ) -> DecisionBoundaryDisplay:
        """Compute and draw for a fitted estimator; options are those of ``from_network``."""
        return cls.from_network(estimator, X, y, **options)

    @look()
    def plot(self, *, ax: Any = None) -> DecisionBoundaryDisplay:
        """Draw, on axes given or on a figure of their own."""
        figure, axes = panels(ax, 1, columns=1, width=WIDTH, height=3.9, above=0.0)
        panel, rows, plane = axes[0], self.rows, self.plane
        y = rows.codes if rows.codes is not None else rows.values
        decision_boundary(
            on_plane(rows, plane, self._answer), rows.X[:, plane.columns], y, ax=panel,
            limits=plane.extent, features=[rows.who.features[j] for j in plane.columns],
            classes=rows.classes,
        )  # fmt: skip
        across, up, _ = plane.grid(_GRID)
        for place, lines in enumerate(self.kinks):
            for height in lines.heights:
                if height.min() < 0 < height.max():
                    panel.contour(
                        across, up, height, levels=[0.0], colors=[_SHADES[min(place, 3)]],
                        linewidths=0.7, linestyles=[DASHES[place % len(DASHES)]], zorder=2,
                    )  # fmt: skip
        if plane.note:
            panel.text(
                0.99, 0.015, plane.note, transform=panel.transAxes, ha="right", fontsize=8,
                color=INK, bbox={"facecolor": PAPER, "alpha": 0.8, "edgecolor": "none", "pad": 2},
            )  # fmt: skip
        self._legend(panel)
        self.figure_ = finished(figure, ax)
        self.ax_ = panel
        return self

    def _answer(self, passed: Pass) -> Array:
        """Probabilities of classes, or one column of values."""
        spec = self.rows.network.specification
        a, task = passed.a[spec.depth], task_of(spec)
        if task == "multiclass":
            return a
        column = a[:, self.output : self.output + 1]
        if task in ("binary", "multilabel"):
            return np.hstack([1 - column, column])
        return column * self.rows.who.target_scale + self.rows.who.target_mean

    def _legend(self, ax: Axes) -> None:
        handles = ax.get_legend_handles_labels()[0]
        for place, lines in enumerate(self.kinks):
            style: Any = {"linestyle": DASHES[place % len(DASHES)], "linewidth": 0.9}
            style["label"] = f"kinks, layer {lines.layer}"
            handles.append(Line2D([], [], color=_SHADES[min(place, 3)], **style))
        legend_above(ax, handles)


def _kink_lines(rows: DrawnRows, plane: Plane) -> list[KinkLines]:
    spec = rows.network.specification
    _, _, points = plane.grid(_GRID)
    passed = rows.forward(plane.rows(points))
    found: list[KinkLines] = []
    for l in range(1, spec.depth):
        heights = [
            (passed.z_tilde[l] - kink).T.reshape(-1, _GRID, _GRID) for kink in spec.phi[l].kinks
        ]
        if heights:
            found.append(KinkLines(l, np.concatenate(heights)))
    return found

"""What each unit of a layer answers over the plane of two columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.report.figures.display import (
    DrawnRows,
    drawn_rows,
    layer_number,
    panels,
    shown_axes,
)
from glassnet.report.figures.plane import Plane, plane_of
from glassnet.report.look import BLUE, INK, PAPER, VERMILION, finished, look, number, shortened

_GRID = 120  # points along each side
_STEPS = [1, 2, 2.5, 5, 10]  # between ticks, times a power of ten
_MOST = 16  # units drawn; of more, those that vary most

# Both ends are dark and differ in grey by what surrounds them: the line of 0 tells them apart.
_AROUND_ZERO = LinearSegmentedColormap.from_list(
    "around_zero", ["#7a2e00", VERMILION, PAPER, BLUE, "#00304d"]
)
_ABOVE_ZERO = LinearSegmentedColormap.from_list("above_zero", [PAPER, BLUE, "#00304d"])


class UnitMapsDisplay:
    """a of each unit of a layer, over the plane of two columns: a map a unit.

    Blue is above 0, vermilion below; the line is where z = 0. The scale is one for all units, so a
    unit that hardly answers looks pale, and one that never does is blank. Columns that are not
    drawn stand at their medians. Of more than 16 units those that vary most are drawn.

    Parameters
    ----------
    units : (k,) int
        Their numbers, from 0.
    a, z : (k, side, side)
        Over the plane.
    layer : int
    rows : DrawnRows
    plane : Plane

    Attributes
    ----------
    ax_ : Axes, or an array of Axes
    figure_ : Figure

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(4, "relu"), gn.Dense(1, "identity")])
    >>> X = np.random.default_rng(0).normal(size=(30, 2))
    >>> display = UnitMapsDisplay.from_network(net, X, layer=1)
    >>> display.units.tolist(), display.a.shape[0]
    ([0, 1, 2, 3], 4)
    """

    ax_: Any
    figure_: Figure

    def __init__(
        self, units: Array, a: Array, z: Array, layer: int, rows: DrawnRows, plane: Plane
    ) -> None:
        self.units, self.a, self.z, self.layer = units, a, z, layer
        self.rows, self.plane = rows, plane

    @classmethod
    def from_network(
        cls,
        network: Any,
        X: Any,
        y: Any = None,
        *,
        layer: int = 1,
        columns: Sequence[int | str] | None = None,
        features: Sequence[Any] = (),
        ax: Any = None,
    ) -> UnitMapsDisplay:
        """Compute and draw.

        Parameters
        ----------
        network : Network
        X : (m, n₀)
            Rows that say which part of the plane to draw.
        y : ignored
        layer : int
            From 1 to L.
        columns : two numbers from 0, or names, optional
            By default the two that change the outputs most.
        features : sequence of str, optional
            Names of the columns.
        ax : array of Axes, optional
        """
        rows = drawn_rows(network, X, features=features)
        l = layer_number(rows.network, layer)
        if rows.network.units[0] < 2:
            raise InvalidValue("maps of units need a network of 2 columns or more; this one has 1.")
        plane = plane_of(rows, columns)
        _, _, points = plane.grid(_GRID)
        passed = rows.forward(plane.rows(points))
        a, z = (part[l].T.reshape(-1, _GRID, _GRID) for part in (passed.a, passed.z_tilde))
        spread = a.reshape(len(a), -1).std(axis=1)
        units = np.sort(np.argsort(-spread, kind="stable")[:_MOST])
        return cls(units, a[units], z[units], l, rows, plane).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any = None, **options: Any
    ) -> UnitMapsDisplay:
        """Compute and draw for a fitted estimator; options are those of ``from_network``."""
        return cls.from_network(estimator, X, y, **options)

    @look()
    def plot(self, *, ax: Any = None) -> UnitMapsDisplay:
        """Draw, on axes given or on a figure of their own."""
        count = len(self.units)
        across = min(4, count)
        figure, axes = panels(ax, count, columns=4, width=1.62, height=1.62, above=0.75)
        colours, norm = _scale(self.a)
        grid = self.plane.grid(_GRID)[:2]
        for k, (panel, unit) in enumerate(zip(axes, self.units, strict=True)):
            panel.imshow(
                self.a[k], origin="lower", extent=self.plane.extent, aspect="auto",
                cmap=colours, norm=norm, interpolation="bilinear", rasterized=True,
            )  # fmt: skip
            if self.z[k].min() < 0 < self.z[k].max():
                panel.contour(*grid, self.z[k], levels=[0.0], colors=[INK], linewidths=0.8)
            panel.set_title(f"unit {unit}{self._never(k)}", fontsize=8.5, pad=3)
            panel.grid(visible=False)
            panel.tick_params(
                labelbottom=k + across >= count, labelleft=k % across == 0, labelsize=7.5
            )
            panel.xaxis.set_major_locator(MaxNLocator(3, steps=_STEPS))
            panel.yaxis.set_major_locator(MaxNLocator(4, steps=_STEPS))
        if ax is None:
            names = [shortened(self.rows.who.features[j], 30) for j in self.plane.columns]
            figure.supxlabel(names[0], fontsize=9)
            figure.supylabel(names[1], fontsize=9)
            total = self.rows.network.units[self.layer]
            kind = self.rows.network.specification.phi[self.layer].name
            some = f"{count} of {total}" if count < total else f"{total}"
            note = f"; {self.plane.note}" if self.plane.note else ""
            figure.suptitle(f"layer {self.layer}: {some} {kind} units{note}", x=0.02, ha="left")
            bar = figure.colorbar(ScalarMappable(norm, colours), ax=axes, aspect=35, pad=0.02)
            bar.set_label(f"a[{self.layer}]")
        self.figure_, self.ax_ = finished(figure, ax), shown_axes(axes)
        return self

    def _never(self, k: int) -> str:
        """A word on a unit that says the same everywhere on the plane."""
        low, high = float(self.a[k].min()), float(self.a[k].max())
        return f": always {number(low, 2)}" if low == high else ""


def _scale(a: Array) -> tuple[LinearSegmentedColormap, Normalize]:
    """One scale for all units: around 0, or from 0 upwards where nothing is below."""
    finite = a[np.isfinite(a)]
    most = float(np.abs(finite).max(initial=0.0)) or 1.0
    if (finite >= 0).all():
        return _ABOVE_ZERO, Normalize(0, most)
    return _AROUND_ZERO, Normalize(-most, most)

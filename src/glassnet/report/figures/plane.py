"""The plane of two columns on which boundaries and maps are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.reference import Pass
from glassnet.errors import InvalidValue
from glassnet.report.figures.display import DrawnRows

_MOST_ASKED = 200  # rows by which columns are compared


@dataclass(frozen=True, eq=False)
class Plane:
    """Two columns of the rows, drawn against each other; the others stand at their medians.

    Attributes
    ----------
    columns : (int, int)
    rest : (n₀,)
        The medians.
    left, right, bottom, top : float
    """

    columns: tuple[int, int]
    rest: Array
    left: float
    right: float
    bottom: float
    top: float

    def rows(self, points: Array) -> Array:
        """Points of the plane as rows of all columns.  (m, 2) -> (m, n₀)"""
        full = np.repeat(self.rest[None], len(points), axis=0)
        full[:, self.columns] = points
        return full

    def grid(self, side: int) -> tuple[Array, Array, Array]:
        """Places across and up, and the points, row by row.  -> (side,), (side,), (side², 2)"""
        across = np.linspace(self.left, self.right, side)
        up = np.linspace(self.bottom, self.top, side)
        return across, up, np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)

    @property
    def note(self) -> str:
        """What a reader must know of the other columns; nothing where there are none."""
        return "other columns at their medians" if len(self.rest) > 2 else ""

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """left, right, bottom, top."""
        return self.left, self.right, self.bottom, self.top


def plane_of(rows: DrawnRows, columns: Sequence[int | str] | None) -> Plane:
    """The plane of two columns, given by number or name; by default those that matter most.

    Raises
    ------
    InvalidValue
        If there are not two such columns.
    """
    names, n = rows.who.features, rows.network.units[0]
    chosen = _heard_most(rows) if columns is None else tuple(columns)
    found: list[Any] = [names.index(c) if isinstance(c, str) and c in names else c for c in chosen]
    good = all(hasattr(c, "__index__") and 0 <= c < n for c in found)
    if len(set(found)) != 2 or not good:
        raise InvalidValue(
            f"columns must be two different ones of the {n} that the network takes, by number from "
            f"0 or by name; got {chosen!r}. The names are {', '.join(names[:8])}."
        )
    i, j = (int(c) for c in found)
    low, high = rows.X[:, (i, j)].min(axis=0), rows.X[:, (i, j)].max(axis=0)
    pad = np.where(high > low, 0.08 * (high - low), 1.0)
    left, bottom = (low - pad).tolist()
    right, top = (high + pad).tolist()
    return Plane((i, j), np.median(rows.X, axis=0), left, right, bottom, top)


def _heard_most(rows: DrawnRows) -> tuple[int, int]:
    """The two columns whose values, taken from another row, change the outputs most."""
    n, X = rows.network.units[0], rows.X[:_MOST_ASKED]
    if n <= 2:
        return 0, 1
    L, change = rows.network.depth, np.zeros(n)
    before = rows.forward(X).a[L]
    for j in range(n):
        moved = X.copy()
        moved[:, j] = np.roll(X[:, j], len(X) // 2)
        change[j] = np.abs(rows.forward(moved).a[L] - before).sum()
    first, second = np.sort(np.argsort(-change, kind="stable")[:2]).tolist()
    return first, second


def on_plane(rows: DrawnRows, plane: Plane, what: Callable[[Pass], Array]) -> Callable[..., Array]:
    """A function of points of the plane: what is asked of the network there."""
    return lambda points: what(rows.forward(plane.rows(np.asarray(points))))

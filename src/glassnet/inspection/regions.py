"""The linear regions of a piecewise-linear network along a segment."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.linear_pieces import Pieces, pieces, walk
from glassnet.inspection.numerals import numeral
from glassnet.inspection.sentences import listed
from glassnet.inspection.subjects import subject

_SHOWN = 12  # breaks written out


@dataclass(frozen=True, eq=False)
class Regions:
    """The linear regions met on x(t) = start + t (stop − start), 0 ≤ t ≤ 1, in their order.

    Attributes
    ----------
    start, stop : (n₀,)
        In the units of the columns.
    breaks : (count − 1,)
        The t at which one region goes over into the next.
    changes : list of lists of (layer, unit)
        By break, the units that change sides there; units count from 0.
    slopes : (count, n_L)
        dz[L]/dt in each region. Two regions may have the same: a unit changed sides that nothing
        above hears.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(2, "relu"), gn.Dense(1, "identity")])
    >>> net.state.theta[:] = [1, 1, 0, -1, 1, 1, 0]  # relu(x) + relu(x − 1)
    >>> found = gn.regions(net, [-1], [3])
    >>> len(found), found.breaks.tolist(), found.slopes.ravel().tolist()
    (3, [0.25, 0.5], [0.0, 4.0, 8.0])
    """

    start: Array
    stop: Array
    breaks: Array
    changes: list[list[tuple[int, int]]]
    slopes: Array

    @property
    def points(self) -> Array:
        """x at each break.  -> (count − 1, n₀)"""
        return self.start + self.breaks[:, None] * (self.stop - self.start)

    def __len__(self) -> int:
        """How many regions there are, at least 1."""
        return len(self.slopes)

    def sentences(self) -> list[str]:
        """How many regions, and where one goes over into the next."""
        plural = "region" if len(self) == 1 else "regions"
        lines = [f"{len(self)} linear {plural} from start to stop."]
        for t, units in list(zip(self.breaks, self.changes, strict=True))[:_SHOWN]:
            who = listed([f"unit {unit} of layer {l}" for l, unit in units])
            lines.append(f"t = {numeral(float(t))}: {who}")
        left = len(self.breaks) - _SHOWN
        return [*lines, f"… and {left} more breaks: breaks, changes."] if left > 0 else lines

    def __str__(self) -> str:
        """How many regions, and where one goes over into the next."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return f"Regions({len(self)} along {len(self.start)} features)"

    def __rich__(self) -> str:
        """The lines, for rich."""
        return str(self).replace("[", r"\[")

    def _repr_html_(self) -> str:
        """The lines as a list, for notebooks."""
        return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in self.sentences()) + "</ul>"


def regions(net: Any, start: Any, stop: Any) -> Regions:
    """The linear regions that a network has between two inputs, and where each ends.

    Not sampled: every kink of every unit on the segment is computed, layer by layer, so that none
    is missed however short its region. Breaks nearer to each other than 10⁻¹² of the segment,
    which is what rounding leaves of two at one place, count as one.

    Parameters
    ----------
    net : Network, fitted estimator, or a Pipeline of scalers and one
        With hidden activations of identity, relu and leaky_relu.
    start, stop : (n₀,)
        In the units of the columns.

    Returns
    -------
    Regions

    Raises
    ------
    InvalidValue, ShapeMismatch

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(6, "relu"), gn.Dense(6, "relu"), gn.Dense(1, "identity")])
    >>> len(gn.regions(net, [-1, -1], [1, 1])) > 1
    True
    """
    who = subject(net)
    made = pieces(who)
    x0, x1 = who.point(start, "start"), who.point(stop, "stop")
    ends = np.concatenate([[0.0], walk(made, x0, x1), [1.0]])
    middle = (ends[:-1] + ends[1:]) / 2
    z = made.forward(x0 + middle[:, None] * (x1 - x0))
    on = [None, *(z[l] > 0 if l in made.kinked else None for l in range(1, made.depth))]
    changes = [_changed(on, made, k) for k in range(len(middle) - 1)]
    real = np.array([bool(units) for units in changes], dtype=bool)
    kept = np.concatenate([[True], real])
    slopes = _directional(made, z, x1 - x0)[kept]
    return Regions(x0, x1, ends[1:-1][real], [units for units in changes if units], slopes)


def _changed(on: list[Any], made: Pieces, k: int) -> list[tuple[int, int]]:
    return [
        (l, int(unit)) for l in made.kinked for unit in np.flatnonzero(on[l][k] != on[l][k + 1])
    ]


def _directional(made: Pieces, z: list[Any], step: Array) -> Array:
    """dz[L]/dt at each row of z along the step.  -> (rows, n_L)"""
    rise = np.broadcast_to(made.W[1] @ step, z[1].shape)
    for l in range(1, made.depth):
        rise = (made.slopes(l, z[l]) * rise) @ made.W[l + 1].T
    return rise

"""A piecewise-linear network inside one linear region, and along a line through many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.inspection.folded import folded
from glassnet.inspection.subjects import Subject

_LINEAR = ("identity", "relu", "leaky_relu")
_SAME = 1e-12  # of a segment: breaks this near to each other are one, apart by rounding only


@dataclass(frozen=True, eq=False)
class Pieces:
    """The layers of a piecewise-linear network, scaling of the columns and batch norm folded in.

    ``W[l]``, ``b[l]`` by layer, slot 0 None; ``below[l]`` is the slope of φ[l] for z < 0, and 1
    where φ[l] has no kink.
    """

    W: list[Any]
    b: list[Any]
    below: tuple[float, ...]

    @property
    def depth(self) -> int:
        """L."""
        return len(self.W) - 1

    @property
    def kinked(self) -> list[int]:
        """The hidden layers that have a kink."""
        return [l for l in range(1, self.depth) if self.below[l] != 1.0]

    def forward(self, X: Array) -> list[Any]:
        """z of each layer for rows in the units of the columns; slot 0 None."""
        a, z = X, [None]
        for l in range(1, self.depth + 1):
            z.append(a @ self.W[l].T + self.b[l])
            a = self.fired(l, z[l])
        return z

    def fired(self, l: int, z: Array) -> Array:
        """φ[l](z)."""
        return np.where(z > 0, z, self.below[l] * z)

    def slopes(self, l: int, z: Array) -> Array:
        """φ[l]′(z); at a kink that of the left side."""
        return np.where(z > 0, 1.0, self.below[l])


def pieces(who: Subject) -> Pieces:
    """The network of a subject as linear pieces.

    Raises
    ------
    InvalidValue
        If a hidden layer is not piecewise linear.
    """
    spec = who.network.specification
    below = [1.0]
    for l in range(1, spec.depth):
        phi = spec.phi[l]
        if spec.layer(l).kappa is not None or spec.layer(l).residual:
            what = "a κ" if spec.layer(l).kappa is not None else "a residual path"
            raise InvalidValue(
                f"a local formula needs plain hidden layers; layer {l} has {what}. Its derivative "
                "at a row is in gn.trace(net, x).da, its range over a box in gn.bounds."
            )
        if phi.name not in _LINEAR:
            raise InvalidValue(
                "a local formula needs hidden layers that are piecewise linear, of "
                f"{', '.join(_LINEAR)}; layer {l} has {phi.name!r}. Its derivative at a row is in "
                "gn.trace(net, x).da, its range over a box in gn.bounds."
            )
        below.append({"identity": 1.0, "relu": 0.0}.get(phi.name, getattr(phi, "slope", 0.0)))
    layers = [folded(spec, who.network.state, l) for l in range(1, spec.depth + 1)]
    factor, shift = who.input_map
    W, b = [None, *(W for W, _ in layers)], [None, *(b for _, b in layers)]
    first: Any = W[1]
    W[1], b[1] = first * factor, b[1] + first @ shift
    return Pieces(W, b, (*below, 1.0))


def walk(net: Pieces, start: Array, stop: Array) -> Array:
    """The t in (0, 1) at which a hidden unit of x(t) = start + t (stop − start) has a kink, sorted.

    Exact but for rounding: between two breaks of the layers below, z is a line, and its zero is
    where the two ends say. Layer by layer, from the first to the last.
    """
    t = np.array([0.0, 1.0])
    a = np.stack([start, stop])
    for l in range(1, net.depth):
        z = a @ net.W[l].T + net.b[l]
        if net.below[l] != 1.0:
            t, z = _with_zeros(t, z)
        a = net.fired(l, z)
    return t[1:-1]


def _with_zeros(t: Array, z: Array) -> tuple[Array, Array]:
    """The breaks, and those between them at which an entry of z is 0.  (k,), (k, n)"""
    left, right = z[:-1], z[1:]
    k, unit = np.nonzero(left * right < 0)
    share = left[k, unit] / (left[k, unit] - right[k, unit])
    found = t[k] + share * (t[k + 1] - t[k])
    values = left[k] + share[:, None] * (right[k] - left[k])
    values[np.arange(len(k)), unit] = 0.0
    times, rows = np.concatenate([t, found]), np.concatenate([z, values])
    order = np.argsort(times, kind="stable")
    times, rows = times[order], rows[order]
    kept = np.concatenate([[True], np.diff(times) > _SAME])
    kept[-1] = True
    if len(times) > 2 and times[-1] - times[kept][-2] <= _SAME:
        kept[np.flatnonzero(kept)[-2]] = False
    kept[0] = True
    return times[kept], rows[kept]

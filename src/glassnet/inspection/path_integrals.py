"""The integral of a model's gradient along straight lines, by Gauss-Legendre quadrature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Batch
from glassnet.engine.reference import backward, forward
from glassnet.errors import InvalidValue, Unsupported
from glassnet.inspection.averages import Average
from glassnet.inspection.linear_pieces import Pieces, pieces, walk
from glassnet.inspection.looking import as_in_prediction, in_float64
from glassnet.inspection.subjects import subject
from glassnet.network.contracts import Loss
from glassnet.network.network import Network

_FIRST = 16  # points of the first try
_UNCUT = 512  # with more, a line through a piecewise-linear network is cut at its breaks
_IN_PIECES = (2, 4, 8)  # points of each piece
_CHUNK_BYTES = 1 << 26


class Towards(Loss):
    """ℓ = Σ y a: its gradient is that of the outputs in the direction y.

    Examples
    --------
    >>> float(Towards().of_output(np.array([2.0]), np.array([3.0]))[0])
    6.0
    """

    name = "towards"

    def of_output(self, a: Array, y: Array) -> Array:
        return a * y

    def derivative(self, a: Array, y: Array) -> Array:
        return y


@dataclass(frozen=True, eq=False)
class PathIntegrals:
    """∫ ∂F/∂x dt · (x − x′) for each encoded column, on the line from x′ to x.

    Attributes
    ----------
    parts : (m, d)
        They add up to F(x) − F(x′), but for the error of the quadrature.
    begin, end : (m,)
        F(x′) and F(x).
    points : (m,) int
        Points of the quadrature.
    """

    parts: Array
    begin: Array
    end: Array
    points: Array


def path_integrals(
    model: Average, start: Array, stop: Array, which: Array, *, within: Array, most: int
) -> PathIntegrals:
    """Integrate the gradient of one answer of each row, in float64.

    The number of points of a row is doubled, from 16 to at most ``most``, until the parts add up to
    F(x) − F(x′) within ``within``. Where 512 do not suffice and all hidden layers are piecewise
    linear, the line is cut where a unit's z is 0, which is computed and not searched for, and each
    piece gets points of its own: between its breaks the gradient is smooth.

    Parameters
    ----------
    start, stop : (d,) or (m, d), (m, d)
        x′ and x, encoded.
    which : (m,) int
        The answer of each row.
    within : (m,) > 0
    most : int
        Points of a line that is not cut; with up to 512 none is.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(1, "identity", init=gn.Constant(3.0))])
    >>> line = np.zeros(2), np.array([[1.0, 2.0]]), np.array([0])
    >>> path_integrals(Average.of(net), *line, within=np.array([1e-9]), most=16).parts.round(9)
    array([[3., 6.]])
    """
    passes = _Passes(model)
    start = np.broadcast_to(start, stop.shape)
    begin, end = (passes.answers(x, which) for x in (start, stop))
    parts, points = np.zeros(stop.shape), np.zeros(len(stop), dtype=np.int64)
    for row in range(len(stop)):
        line = start[row], stop[row], int(which[row])
        for t, weights in _rules(passes, start[row], stop[row], most):
            parts[row], points[row] = passes.along(*line, t, weights), len(t)
            if abs(end[row] - begin[row] - parts[row].sum()) <= within[row]:
                break
    return PathIntegrals(parts, begin, end, points)


def _rules(passes: _Passes, start: Array, stop: Array, most: int) -> Iterator[tuple[Array, Array]]:
    """Ever finer rules of quadrature on [0, 1]: points and weights."""
    whole = most if passes.pieces is None else min(most, _UNCUT)
    count = min(_FIRST, whole)
    yield _rule(count)
    while count < whole:
        count = min(2 * count, whole)
        yield _rule(count)
    if passes.pieces is not None and most > _UNCUT:
        breaks = np.concatenate([walk(net, start, stop) for net in passes.pieces])
        ends = np.unique(np.concatenate([[0.0], breaks, [1.0]]))
        for count in _IN_PIECES:
            yield _cut(ends, count)


def _cut(ends: Array, count: int) -> tuple[Array, Array]:
    """The rule of so many points in each piece."""
    t, weights = _rule(count)
    widths = np.diff(ends)[:, None]
    return (ends[:-1, None] + widths * t).ravel(), (widths * weights).ravel()


class _Passes:
    """Forward and backward passes of all networks of an average, in float64."""

    def __init__(self, model: Average) -> None:
        self.model = model
        self.nets = [_prepared(net) for net in model.nets]
        self.pieces = _pieces_of(model.nets)
        units = sum(sum(net.units) for net in model.nets)
        self.chunk = max(16, _CHUNK_BYTES // (8 * 6 * units))

    def answers(self, x: Array, which: Array) -> Array:
        found = [
            self._mean([forward(*net, x[rows]).a[-1] for net in self.nets])
            for rows in self._chunks(len(x))
        ]
        said = self.model.answers(np.concatenate(found))
        return said[np.arange(len(x)), which]

    def along(self, start: Array, stop: Array, which: int, t: Array, weights: Array) -> Array:
        total = np.zeros(len(start))
        for rows in self._chunks(len(t)):
            x = start + t[rows, None] * (stop - start)
            total += weights[rows] @ self._gradient(x, np.full(len(x), which))
        return total * (stop - start)

    def _gradient(self, x: Array, which: Array) -> Array:
        passed = [forward(*net, x) for net in self.nets]
        towards = self.model.slopes(self._mean([each.a[-1] for each in passed]), which)
        ones = np.ones(len(x))
        batch = Batch(x, towards / len(self.nets), ones, float(len(x)))
        total = np.zeros(x.shape)
        for (spec, theta, _), each in zip(self.nets, passed, strict=True):
            slope = backward(spec, theta, each, batch, to_input=True).da[0]
            total += slope if spec.input_stage is None else slope / _factors(spec, len(x[0]))
        return total

    def _mean(self, outputs: list[Array]) -> Array:
        return sum(outputs[1:], start=outputs[0]) / len(outputs)

    def _chunks(self, count: int) -> list[slice]:
        return [slice(k, k + self.chunk) for k in range(0, count, self.chunk)]


def _pieces_of(nets: tuple[Network, ...]) -> list[Pieces] | None:
    """The networks as linear pieces; None where one is not made of such, or has no kink."""
    hidden = {phi.name for net in nets for phi in net.specification.phi[1 : net.depth]}
    if hidden == {"identity"}:
        return None
    try:
        return [pieces(subject(net)) for net in nets]
    except (InvalidValue, Unsupported):  # without the breaks the quadrature is right too
        return None


def _prepared(net: Network) -> tuple[Any, Array, Any]:
    state = in_float64(net.state)
    spec = replace(as_in_prediction(net.specification), loss=Towards(), penalties=(), strict=False)
    return spec, state.theta, state.buffers


def _factors(spec: Any, inputs: int) -> Array:
    """1 / slope of an input stage that scales columns."""
    ends = spec.input_stage.forward(np.vstack([np.zeros(inputs), np.ones(inputs)]))
    return 1 / (ends[1] - ends[0])


@lru_cache(maxsize=16)
def _rule(count: int) -> tuple[Array, Array]:
    """Points and weights of Gauss-Legendre quadrature on [0, 1]."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return (points + 1) / 2, weights / 2

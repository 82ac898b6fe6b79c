"""One forward and backward pass over rows, chunk by chunk, with each row's own δ.

What a chunk leaves is given away before the next is taken, so the memory is bounded however many
rows there are. The engine does the work on a network in which rows act alone: no dropout, and batch
norm on its running statistics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Moment, Program
from glassnet.engine.prediction import checked_rows
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.gram import RowGradients
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.network.targets import encode_targets
from glassnet.optim.optimizers import SGD

_CHUNK_BYTES = 4 * 2**20  # of a, z̃ and δ of all layers; the engine's own buffers take as much again
_ALONE = frozenset({"a", "z_tilde", "delta"})
_NORMED = frozenset({"fired", "x_hat", "da"})


@dataclass(frozen=True)
class Chunk:
    """What one pass leaves of some rows.

    Attributes
    ----------
    losses : (m,)
        ℓₙ.
    outputs : (m, n_L)
    layers : list of RowGradients or None
        By layer; slot 0 is None, and so are frozen layers.
    mean : (p,)
        The mean of the rows' gradients; 0 in frozen layers.
    """

    spec: Specification
    losses: Array
    outputs: Array
    layers: list[RowGradients | None]
    mean: Array

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.losses)

    def squares(self) -> Array:
        """‖gₙ‖² by layer.  -> (m, L) float64"""
        columns = [
            np.zeros(len(self)) if layer is None else layer.squares() for layer in self.layers[1:]
        ]
        return np.stack(columns, axis=1).astype(np.float64)

    def summed(self, factors: Array | None) -> Array:
        """Σₙ fₙ gₙ; the plain sum for None, which the engine has added up.  -> (p,) float64"""
        if factors is None:
            return len(self) * self.mean.astype(np.float64)
        blocks = self.spec.unpack(np.zeros(self.spec.parameter_count))
        f = factors.astype(self.mean.dtype)
        for l, layer in enumerate(self.layers):
            if layer is not None:
                lists = (blocks.W, blocks.b, blocks.gamma, blocks.beta)
                for found, values in zip(lists, layer.sums(f), strict=True):
                    if values is not None:
                        found[l] = values
        return self.spec.pack(blocks)

    def products(self, others: Chunk) -> Array:
        """⟨gₙ, gₖ⟩ with the rows of another chunk.  -> (m, k) float64"""
        found = np.zeros((len(self), len(others)))
        for layer, other in zip(self.layers, others.layers, strict=True):
            if layer is not None and other is not None:
                found += layer.products(other)
        return found


@dataclass(frozen=True, eq=False)
class RowPasses:
    """Rows, a network as it stood, and the engine that passes the rows through it.

    Attributes
    ----------
    spec : Specification
        The network's own.
    X, y
        As the user gave them; they are checked and encoded chunk by chunk.
    """

    spec: Specification
    state: State
    X: Any
    y: Any
    engine: Any

    @classmethod
    def of(
        cls, net: Any, X: Any, y: Any, *, statistics: str | None = None, engine: Any = "auto"
    ) -> RowPasses:
        """Check the arguments, all but the rows' values, and take the State as it stands.

        Raises
        ------
        InvalidValue, ShapeMismatch
        """
        if not isinstance(net, Network):
            raise InvalidValue(f"net must be a Network; got {type(net).__name__}.")
        _check_coupling(net.specification, statistics)
        rows = X.tocsr() if hasattr(X, "tocsr") else np.asarray(X)
        checked_rows(net.specification, rows[:0] if rows.ndim else rows, net.state.theta.dtype)
        targets = np.asarray(y)
        if rows.shape[0] == 0:
            raise InvalidValue(f"X must have at least 1 row; got shape {tuple(rows.shape)}.")
        if targets.ndim == 0 or targets.shape[0] != rows.shape[0]:
            raise ShapeMismatch(
                f"X and y must have as many rows; got {rows.shape[0]} and "
                f"{targets.shape[0] if targets.ndim else 'a single number'}."
            )
        state = replace(net.state, theta=net.state.theta.copy(), buffers=dict(net.state.buffers))
        return cls(net.specification, state, rows, targets, engine)

    def __len__(self) -> int:
        """The number of rows."""
        return int(self.X.shape[0])

    @property
    def chunk_rows(self) -> int:
        """How many rows a chunk has."""
        units = self.spec.units
        numbers = units[0] + 3 * sum(units[1:])
        return max(16, _CHUNK_BYTES // (numbers * self.state.theta.dtype.itemsize))

    def chunks(self, rows: Array | None = None) -> Iterator[tuple[Array, Chunk]]:
        """Pass all rows, or those of these numbers, in order: their numbers and what is left."""
        count, size = len(self) if rows is None else len(rows), self.chunk_rows
        for start in range(0, count, size):
            stop = min(count, start + size)
            if rows is None:
                yield np.arange(start, stop), self._passed(slice(start, stop))
            else:
                yield rows[start:stop], self._passed(rows[start:stop])

    def rows(self, numbers: Any) -> Array:
        """Row numbers, checked; negative ones count from the end.

        Raises
        ------
        InvalidValue
        """
        given = np.atleast_1d(np.asarray(numbers))
        if given.ndim != 1 or given.dtype.kind not in "iu" or given.size == 0:
            raise InvalidValue(f"rows must be row numbers, at least one; got {numbers!r}.")
        if given.min() < -len(self) or given.max() >= len(self):
            raise InvalidValue(
                f"rows must be from 0 to {len(self) - 1}; got {int(given.min())} to "
                f"{int(given.max())}."
            )
        return given.astype(np.int64) % len(self)

    def _passed(self, rows: Any) -> Chunk:
        spec, dtype = self.spec, self.state.theta.dtype
        x = checked_rows(spec, self.X[rows], dtype)
        y = encode_targets(spec, self.y[rows], dtype)
        alone = on_their_own(spec)
        program = Program(alone, SGD())
        session = choose(self.engine, program).open(program, self.state, Data(x, y))
        normed = any(layer.batch_norm for layer in spec.layers)
        moment = session.gradient(None, _ALONE | (_NORMED if normed else frozenset()))
        return _chunk(spec, moment, y, self.state.theta)


def classes_of(passes: RowPasses) -> Array:
    """The class of each row, where the loss is one of classes.  -> (m,)

    Raises
    ------
    InvalidValue
    """
    loss, y, units = passes.spec.loss.name, passes.y, passes.spec.units[-1]
    if loss == "cross_entropy":
        return y if y.ndim == 1 else y.argmax(axis=1)
    if loss == "binary_cross_entropy" and units == 1:
        return y.reshape(len(passes))
    raise InvalidValue(
        f"groups must be given where the targets are no classes; the loss is {loss!r} on {units} "
        "outputs. Give groups, one name per row."
    )


def on_their_own(spec: Specification) -> Specification:
    """The same network for rows that do not meet: no dropout, no penalties, constant statistics."""
    layers = tuple(
        replace(layer, dropout=0.0, frozen=layer.batch_norm is not None) for layer in spec.layers
    )
    return replace(spec, layers=layers, penalties=(), max_norm=None)


def _check_coupling(spec: Specification, statistics: object) -> None:
    if statistics not in (None, "running"):
        raise InvalidValue(f'statistics must be "running" or None; got {statistics!r}.')
    coupled = [l for l, layer in enumerate(spec.layers, 1) if layer.batch_norm and not layer.frozen]
    if coupled and statistics is None:
        layers = ", ".join(map(str, coupled))
        raise InvalidValue(
            f"rows must not act on each other for a row to have a gradient of its own; batch norm "
            f'in layer {layers} couples the rows of a batch. Give statistics="running" for the '
            "gradients with the running statistics held constant."
        )


def _chunk(spec: Specification, moment: Moment, y: Array, theta: Array) -> Chunk:
    L, m = spec.depth, len(y)
    phi, z_tilde, a = spec.phi, moment.z_tilde, moment.a
    layers: list[RowGradients | None] = [None]
    for l, layer in enumerate(spec.layers, start=1):
        into = x_hat = None
        if layer.batch_norm:
            x_hat = moment.x_hat[l]
            into = (
                spec.loss.delta(phi[L], z_tilde[L], a[L], y)
                if l == L
                else phi[l].back(z_tilde[l], moment.fired[l], m * moment.da[l])
            )
        # The batch's δ carries the weight 1/m of each row.
        layers.append(layer.row_gradients(a[l - 1], m * moment.delta[l], into, x_hat))
    losses = spec.loss.value(phi[L], z_tilde[L], a[L], y)
    mean = moment.g * spec.is_trainable.astype(theta.dtype)
    return Chunk(spec, np.asarray(losses, dtype=np.float64), a[L], layers, mean)

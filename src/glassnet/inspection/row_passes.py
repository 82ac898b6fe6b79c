"""One forward and backward pass over rows, chunk by chunk, with each row's own δ.

What a chunk leaves is given away before the next is taken, so the memory is bounded however many
rows there are. The engine does the work on a network in which rows act alone: no dropout, and batch
norm on its running statistics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Engine, Program
from glassnet.engine.prediction import checked_rows
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection.row_chunks import Chunk, chunk_of, needed
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.network.targets import encode_targets
from glassnet.optim.optimizers import SGD

_CHUNK_BYTES = 9 * 2**20  # of a and δ of all layers; the engine's own buffers take as much again
_CHUNKS_PER_SESSION = 4  # a session packs the parameters when it is opened


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
        numbers = units[0] + 2 * self.spec.members * sum(units[1:])
        return max(16, _CHUNK_BYTES // (numbers * self.state.theta.dtype.itemsize))

    def chunks(self, rows: Array | None = None) -> Iterator[tuple[Array, Chunk]]:
        """Pass all rows, or those of these numbers, in order: their numbers and what is left."""
        count = len(self) if rows is None else len(rows)
        several = _CHUNKS_PER_SESSION * self.chunk_rows
        for start in range(0, count, several):
            stop = min(count, start + several)
            if rows is None:
                yield from self._session(np.arange(start, stop), slice(start, stop))
            else:
                yield from self._session(rows[start:stop], rows[start:stop])

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

    def _session(self, numbers: Array, place: Any) -> Iterator[tuple[Array, Chunk]]:
        """Chunks of one session, on the rows at this place."""
        spec, theta, size = self.spec, self.state.theta, self.chunk_rows
        x = checked_rows(spec, self.X[place], theta.dtype)
        y = encode_targets(spec, self.y[place], theta.dtype)
        session = self._engine.open(self._program, self.state, Data(x, y))
        for first in range(0, len(numbers), size):
            these = slice(first, first + size)
            moment = session.gradient(np.arange(len(numbers))[these], needed(spec))
            yield numbers[these], chunk_of(spec, theta, moment, x[these], y[these])
            del moment  # before the next is made

    @cached_property
    def _program(self) -> Program:
        return Program(on_their_own(self.spec), SGD())

    @cached_property
    def _engine(self) -> Engine:
        return choose(self.engine, self._program)


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

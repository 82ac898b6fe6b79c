"""Rows in order: the data an engine holds, the batches it takes, and how they are drawn.

This is the only place where sample order is drawn, that of rows on disk apart, which is drawn in
streamed_order.py. The order of an epoch follows from the seed and the number of the epoch alone, so
a run that was cut off goes on with the same batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.arrays import Array, xp
from glassnet.errors import InvalidValue, ShapeMismatch

# Purpose words of the counter; glassnet.network.random_numbers lists the others.
_ORDER, _POISSON = 3 << 28, 5 << 28
_NOTHING_DRAWN = np.zeros(4, np.uint64)


@dataclass(frozen=True)
class Batch:
    """Rows for one step. ``w`` sums to 1; ``weight_sum`` is what it summed to before.

    ``weight_sum`` 0 means that no row counts, and the step is not taken.
    """

    x: Array
    y: Array
    w: Array
    weight_sum: float


@dataclass(frozen=True)
class Data:
    """All rows an engine may take: x (m, n₀) dense or CSR, y (m, n_L), w (m,) or None for all 1.

    Examples
    --------
    >>> import numpy as np
    >>> data = Data(np.eye(3), np.ones((3, 1)), np.array([1.0, 1.0, 2.0]))
    >>> data.take(np.array([0, 2])).w.round(3).tolist()
    [0.333, 0.667]
    """

    x: Array
    y: Array
    w: Array | None = None

    def __post_init__(self) -> None:
        if self.x.shape[0] != self.y.shape[0]:
            raise ShapeMismatch(
                f"X and y must have as many rows; got {self.x.shape[0]} and {self.y.shape[0]}."
            )
        if self.w is not None and tuple(self.w.shape) != (self.x.shape[0],):
            raise ShapeMismatch(
                f"sample_weight must be ({self.x.shape[0]},), one per row; "
                f"got {tuple(self.w.shape)}."
            )

    def __len__(self) -> int:
        """The number of rows."""
        return int(self.x.shape[0])

    def take(self, rows: Array, weight_sum: float | None = None) -> Batch:
        """The batch of these rows (int64 row numbers).

        ``weight_sum`` is that of the global batch, where the rows are a part of it.
        """
        x, y = _rows(self.x, rows), _rows(self.y, rows)
        if self.w is None:
            m = float(len(rows)) if weight_sum is None else weight_sum
            return Batch(x, y, xp(y).full((len(rows),), 1 / max(m, 1), dtype=y.dtype), m)
        w = xp(y).astype(_rows(self.w, rows), y.dtype)
        total = float(xp(w).sum(w)) if weight_sum is None else weight_sum
        return Batch(x, y, w / total if total > 0 else w, total)

    def weight_sum(self, rows: Array) -> float:
        """What the weights of these rows sum to; reads nothing of x and y."""
        if self.w is None:
            return float(len(rows))
        w = _rows(self.w, rows)
        return float(xp(w).sum(w, dtype=xp(w).float64))


def _rows(array: Any, rows: Array) -> Any:
    if isinstance(array, np.ndarray) or hasattr(array, "tocsr"):
        return array[rows]
    return xp(array).take(array, xp(array).asarray(rows), axis=0)


@dataclass(frozen=True)
class Selection:
    """Rows of a Data by their numbers, or all of them where ``numbers`` is None. Copies nothing.

    A number that comes twice is a row that counts twice.

    Examples
    --------
    >>> data = Data(np.eye(3), np.ones((3, 1)), np.array([1.0, 1.0, 2.0]))
    >>> some = Selection(data, np.array([0, 2]))
    >>> len(some), some.total_weight, some.at(np.array([1, 0])).tolist()
    (2, 3.0, [2, 0])
    """

    data: Data
    numbers: Array | None = None

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.data) if self.numbers is None else len(self.numbers)

    def at(self, places: Array) -> Array:
        """The row numbers that stand at these places of the selection."""
        return places if self.numbers is None else self.numbers[places]

    def order(self, batch_size: int, seed: int, shuffle: bool, smallest: int) -> Order:
        """How epochs of these rows go."""
        return Order(len(self), batch_size, seed, shuffle, smallest)

    def x(self, start: int = 0, stop: int | None = None) -> Array:
        """Inputs from place ``start`` up to ``stop``; a copy where rows were chosen."""
        part = slice(start, stop)
        return self.data.x[part] if self.numbers is None else _rows(self.data.x, self.numbers[part])

    @property
    def seen(self) -> Selection:
        """The rows that observers are shown: these."""
        return self

    @property
    def y(self) -> Array:
        """Targets of the rows."""
        return self.data.y if self.numbers is None else _rows(self.data.y, self.numbers)

    @property
    def w(self) -> Array | None:
        """Weights of the rows, or None for all 1."""
        w = self.data.w
        return w if w is None or self.numbers is None else _rows(w, self.numbers)

    @cached_property
    def total_weight(self) -> float:
        """The sum of the weights, which is the number of rows where they are all 1."""
        return float(len(self)) if self.w is None else float(xp(self.w).sum(self.w))


@dataclass(frozen=True)
class Order:
    """How epochs cut ``rows`` rows into batches of ``batch_size``.

    Parameters
    ----------
    rows, batch_size : int ≥ 1
    seed : int
    shuffle : bool
        Without it every epoch takes the rows as they come.
    smallest : int
        A last batch of fewer rows joins the one before it; batch norm needs 2.

    Examples
    --------
    >>> order = Order(rows=5, batch_size=2, seed=0, shuffle=False)
    >>> order.epoch(0).tolist(), order.offsets().tolist()
    ([0, 1, 2, 3, 4], [0, 2, 4, 5])
    """

    rows: int
    batch_size: int
    seed: int
    shuffle: bool = True
    smallest: int = 1

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise InvalidValue(f"training needs at least 1 row; got {self.rows}.")
        if self.batch_size < 1:
            raise InvalidValue(f"batch_size must be at least 1; got {self.batch_size}.")

    def epoch(self, number: int) -> Array:
        """The row numbers of one epoch, in order.  -> (rows,) int64"""
        if not self.shuffle:
            return np.arange(self.rows, dtype=np.int64)
        generator = self._generator
        generator.bit_generator.state = {
            "bit_generator": "Philox",
            "state": {"counter": np.array([0, 0, number, _ORDER], np.uint64), "key": self._key},
            "buffer": _NOTHING_DRAWN,
            "buffer_pos": len(_NOTHING_DRAWN),
            "has_uint32": 0,
            "uinteger": 0,
        }
        return generator.permutation(self.rows)

    @cached_property
    def _generator(self) -> np.random.Generator:
        # One for all epochs, set to where each begins: to make one takes longer than to shuffle
        # the rows of a small data set.
        return np.random.Generator(np.random.Philox(key=self.seed))

    @cached_property
    def _key(self) -> Array:
        return np.array([self.seed, 0], np.uint64)

    def epochs(self, first: int, count: int) -> tuple[Array, Array]:
        """Rows of ``count`` epochs from number ``first`` on, and where in them each batch begins.

        -> (rows,) int64, (steps · count + 1,) int64
        """
        rows = np.concatenate([self.epoch(first + k) for k in range(count)])
        ends = np.arange(count)[:, None] * self.rows + self.offsets()[1:]
        return rows, np.append(np.int64(0), ends)

    def offsets(self) -> Array:
        """Where each batch of an epoch begins, and the end.  -> (steps + 1,) int64"""
        starts = np.arange(0, self.rows, self.batch_size, dtype=np.int64)
        if len(starts) > 1 and self.rows - starts[-1] < self.smallest:
            starts = starts[:-1]
        return np.append(starts, self.rows)

    @property
    def steps(self) -> int:
        """Steps of one epoch."""
        return len(self.offsets()) - 1


@dataclass(frozen=True)
class PoissonOrder:
    """Batches that each row joins by itself with probability q = batch_size / rows, every time.

    A batch has ``batch_size`` rows on average, and may have none. What differential privacy gains
    by sampling is proved for these batches, not for those of a shuffled epoch. An epoch is as many
    steps as one of :class:`Order` with batches of that size.

    Parameters
    ----------
    rows, batch_size : int, 1 ≤ batch_size ≤ rows
    seed : int

    Examples
    --------
    >>> order = PoissonOrder(rows=1000, batch_size=100, seed=0)
    >>> rows, offsets = order.epochs(0, 1)
    >>> order.steps, np.diff(offsets).tolist()
    (10, [...])
    """

    rows: int
    batch_size: int
    seed: int

    def epochs(self, first: int, count: int) -> tuple[Array, Array]:
        """Rows of ``count`` epochs from number ``first`` on, and where in them each batch begins.

        -> (rows,) int64, (steps · count + 1,) int64
        """
        batches = [batch for k in range(count) for batch in self._epoch(first + k)]
        return np.concatenate(batches), np.cumsum([0, *map(len, batches)], dtype=np.int64)

    def offsets(self) -> Array:
        """Where each batch of an epoch would begin if it had its mean size, and the end.

        -> (steps + 1,) int64
        """
        return np.append(np.arange(0, self.rows, self.batch_size, dtype=np.int64), self.rows)

    @property
    def steps(self) -> int:
        """Steps of one epoch."""
        return -(-self.rows // self.batch_size)

    def _epoch(self, number: int) -> list[Array]:
        philox = np.random.Philox(key=self.seed, counter=[0, 0, number, _POISSON])
        draw, share = np.random.Generator(philox), self.batch_size / self.rows
        return [np.flatnonzero(draw.random(self.rows) < share) for _ in range(self.steps)]

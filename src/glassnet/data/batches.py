"""Rows in order: the data an engine holds, the batches it takes, and how they are drawn.

This is the only place where sample order is drawn. The order of an epoch follows from the seed and
the number of the epoch alone, so a run that was cut off goes on with the same batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array, xp
from glassnet.errors import InvalidValue, ShapeMismatch

_ORDER = 3 << 28  # purpose word of the counter; glassnet.network.random_numbers lists the others


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

    @property
    def total_weight(self) -> float:
        """The sum of the weights, which is the number of rows where they are all 1."""
        return float(len(self)) if self.w is None else float(xp(self.w).sum(self.w))

    def take(self, rows: Array) -> Batch:
        """The batch of these rows (int64 row numbers)."""
        x, y = _rows(self.x, rows), _rows(self.y, rows)
        if self.w is None:
            m = len(rows)
            return Batch(x, y, xp(y).full((m,), 1 / m, dtype=y.dtype), float(m))
        w = xp(y).astype(_rows(self.w, rows), y.dtype)
        total = float(xp(w).sum(w))
        return Batch(x, y, w / total if total > 0 else w, total)


def _rows(array: Any, rows: Array) -> Any:
    if isinstance(array, np.ndarray) or hasattr(array, "tocsr"):
        return array[rows]
    return xp(array).take(array, xp(array).asarray(rows), axis=0)


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
        philox = np.random.Philox(key=self.seed, counter=[0, 0, number, _ORDER])
        return np.random.Generator(philox).permutation(self.rows)

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

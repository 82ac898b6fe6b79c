"""What is kept of somebody else's training loop: rows once each, and the cost by epochs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.patient import MOST_ROWS
from glassnet.training.history import History

_Batch: TypeAlias = tuple[Array, Array, Array]
_MOST_KEYS = 2**20  # of rows that were seen, 8 bytes each
_MOST_STEPS = 4096  # costs kept of an epoch that does not end


@dataclass(eq=False)
class Rows:
    """The rows of one set, each kept once, up to ``MOST_ROWS`` of them.

    The first epoch is over with the first batch of which more than half was there before; later
    ones have as many rows.

    Examples
    --------
    >>> rows = Rows()
    >>> x = np.arange(4.0)[:, None]
    >>> [rows.take(x[:2], x[:2]), rows.take(x[2:], x[2:]), rows.take(x[1:3], x[1:3])]
    [False, False, True]
    >>> rows.count, rows.x.shape
    (4, (4, 1))
    """

    count: int = 0
    complete: bool = False
    parts: list[tuple[Array, Array, Array]] = field(
        default_factory=list[tuple[Array, Array, Array]]
    )
    _seen: set[int] = field(default_factory=set[int])
    _passed: int = 0

    def take(self, x: Array, y: Array, w: Array | None = None) -> bool:
        """Keep a batch's rows; whether it is the first of another epoch."""
        if not self.complete and self._new(x, y):
            room = max(0, MOST_ROWS - self.count)
            self.count += len(x)
            if room:
                weights = np.ones(len(x)) if w is None else w
                self.parts.append((x[:room].copy(), y[:room].copy(), weights[:room].copy()))
            return False
        return self.again(len(x))

    def again(self, count: int) -> bool:
        """So many rows passed that are all known; whether they are the first of another epoch."""
        self._passed += count
        first = self._passed == count or self._passed > self.count
        if self._passed > self.count:
            self._passed = count
        return first

    def _new(self, x: Array, y: Array) -> bool:
        """Whether at least half of the batch was not there before."""
        if len(self._seen) >= _MOST_KEYS:
            return True
        keys = [hash(row.tobytes()) for row in np.column_stack([x, y])]
        self.complete = 2 * sum(key in self._seen for key in keys) > len(keys)
        self._seen.update(keys)
        if self.complete:
            self._seen.clear()
        return not self.complete

    @property
    def x(self) -> Array:
        """(m, n₀)"""
        return np.concatenate([part[0] for part in self.parts])

    @property
    def y(self) -> Array:
        """(m, n_L)"""
        return np.concatenate([part[1] for part in self.parts])

    @property
    def w(self) -> Array:
        """(m,)"""
        return np.concatenate([part[2] for part in self.parts])


@dataclass(eq=False)
class Costs:
    """The cost of each step, and of validation passes, as the rows of a history.

    Examples
    --------
    >>> costs = Costs()
    >>> for J in (3.0, 1.0):
    ...     costs.step(J, 0.1)
    >>> costs.epoch_ends()
    >>> costs.history().to_dict()["J"]
    [2.0]
    """

    steps: int = 0
    rows: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    _costs: list[float] = field(default_factory=list[float])
    _val: list[float] = field(default_factory=list[float])
    _rate: float = float("nan")

    def step(self, J: float, rate: float) -> None:
        """One step was taken at cost J."""
        if len(self._costs) >= _MOST_STEPS:  # rows that never come again make one long epoch
            self.epoch_ends()
        if self._val:
            self.epoch_ends()
        self.steps += 1
        self._costs.append(J)
        self._rate = rate

    def validated(self, loss: float) -> None:
        """A batch was passed without a gradient."""
        self._val.append(loss)

    def epoch_ends(self) -> None:
        """Close the epoch's row, with what was validated after its last step."""
        if self._costs:
            row = {"epoch": len(self.rows) + 1.0, "step": float(self.steps)}
            row |= {"J": float(np.mean(self._costs)), "rate": self._rate}
            if self._val:
                row["val_loss"] = float(np.mean(self._val))
            self.rows.append(row)
        self._costs, self._val = [], []

    def history(self) -> History:
        """The epochs so far, the present one with them."""
        unfinished = Costs(
            self.steps, list(self.rows), list(self._costs), list(self._val), self._rate
        )
        unfinished.epoch_ends()
        return History(unfinished.rows)

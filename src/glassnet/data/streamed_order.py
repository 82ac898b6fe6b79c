"""The order of rows that lie on disk: groups permuted, rows mixed in windows that fit in memory.

An epoch goes through the groups in an order drawn for it, and is cut into windows of a whole number
of batches. A window's rows are in memory together and are permuted. Everything follows from the
seed, the number of the epoch and that of the window, so any batch of any epoch can be found again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue

# The purpose word of the counter; glassnet.network.random_numbers lists the others.
_STREAMED = 6 << 28


class Piece(NamedTuple):
    """Rows ``first`` up to ``stop`` of a group, counted among those of it that are trained on."""

    group: int
    first: int
    stop: int


class Window(NamedTuple):
    """Rows that are in memory together.

    ``start`` and ``stop`` are places in the epoch; ``pieces`` are read one after the other.
    """

    epoch: int
    number: int
    start: int
    stop: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class StreamedOrder:
    """How epochs cut rows on disk into batches of ``batch_size``.

    Parameters
    ----------
    group_rows : tuple of int
        Rows to train on in each group.
    batch_size : int ≥ 1
    seed : int
    window_rows : int ≥ 1
        Rows in memory together, at most; rounded down to whole batches, one at least.
    shuffle : bool
        Without it every epoch takes the rows as they lie there.
    smallest : int
        A last batch of fewer rows joins the one before it; batch norm needs 2.

    Raises
    ------
    InvalidValue
        If there are no rows.

    Examples
    --------
    >>> order = StreamedOrder((3, 4), batch_size=2, seed=0, window_rows=5, shuffle=False)
    >>> order.offsets().tolist()
    [0, 2, 4, 6, 7]
    >>> [window.pieces for window in order.windows(0)]
    [(Piece(group=0, first=0, stop=3), Piece(group=1, first=0, stop=1)),
     (Piece(group=1, first=1, stop=4),)]
    """

    group_rows: tuple[int, ...]
    batch_size: int
    seed: int
    window_rows: int
    shuffle: bool = True
    smallest: int = 1

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise InvalidValue(f"training needs at least 1 row; got {self.rows}.")

    @cached_property
    def rows(self) -> int:
        """Rows of one epoch."""
        return sum(self.group_rows)

    @property
    def steps(self) -> int:
        """Steps of one epoch."""
        return len(self.offsets()) - 1

    def offsets(self) -> Array:
        """Where each batch of an epoch begins, and the end.  -> (steps + 1,) int64"""
        starts = np.arange(0, self.rows, self.batch_size, dtype=np.int64)
        if len(starts) > 1 and self.rows - starts[-1] < self.smallest:
            starts = starts[:-1]
        return np.append(starts, self.rows)

    def epochs(self, first: int, count: int) -> tuple[Places, Array]:
        """Places of ``count`` epochs from number ``first`` on, and where each batch begins.

        -> (rows,) Places, (steps · count + 1,) int64
        """
        ends = np.arange(count)[:, None] * self.rows + self.offsets()[1:]
        places = Places(self, first, 0, count * self.rows)
        return places, np.append(np.int64(0), ends)

    def windows(self, epoch: int) -> tuple[Window, ...]:
        """The windows of an epoch, in order."""
        groups = np.arange(len(self.group_rows))
        if self.shuffle:
            groups = self._draw(epoch, 0).permutation(len(groups))
        ends = np.cumsum(np.array(self.group_rows, dtype=np.int64)[groups])
        cuts = self._cuts
        return tuple(
            Window(epoch, k, cuts[k], cuts[k + 1], self._pieces(groups, ends, cuts[k], cuts[k + 1]))
            for k in range(len(cuts) - 1)
        )

    def window_at(self, place: int) -> int:
        """The number of the window in which a place of an epoch lies."""
        return min(place // self._cuts[1], len(self._cuts) - 2)

    def mixed(self, window: Window) -> Array:
        """Which of the window's rows, as they were read, stands at each of its places.

        -> (stop − start,) int64
        """
        count = window.stop - window.start
        if not self.shuffle:
            return np.arange(count, dtype=np.int64)
        return self._draw(window.epoch, 1 + window.number).permutation(count)

    @cached_property
    def _cuts(self) -> list[int]:
        """Places at which windows begin, and the end: whole batches, but for the last."""
        size = max(1, self.window_rows // self.batch_size) * self.batch_size
        cuts = list(range(0, self.rows, size))
        if len(cuts) > 1 and self.rows - cuts[-1] < self.smallest:
            cuts = cuts[:-1]
        return [*cuts, self.rows]

    def _pieces(self, groups: Array, ends: Array, start: int, stop: int) -> tuple[Piece, ...]:
        found: list[Piece] = []
        k = int(np.searchsorted(ends, start, side="right"))
        while start < stop:
            group, end = int(groups[k]), int(ends[k])
            before = end - self.group_rows[group]
            if min(end, stop) > start:
                found.append(Piece(group, start - before, min(end, stop) - before))
            start, k = min(end, stop), k + 1
        return tuple(found)

    def _draw(self, epoch: int, word: int) -> np.random.Generator:
        philox = np.random.Philox(key=self.seed, counter=[0, word, epoch, _STREAMED])
        return np.random.Generator(philox)


@dataclass(frozen=True)
class Places:
    """Places ``start`` up to ``stop`` in epochs from number ``first_epoch`` on.

    They stand where a plan in memory has row numbers, and take no memory of their own.

    Examples
    --------
    >>> order = StreamedOrder((3, 4), batch_size=2, seed=0, window_rows=5)
    >>> places, offsets = order.epochs(5, 2)
    >>> len(places), places[8:10].window
    (14, (6, 0, 1))
    """

    order: StreamedOrder
    first_epoch: int
    start: int
    stop: int

    def __len__(self) -> int:
        """How many there are."""
        return self.stop - self.start

    def __getitem__(self, part: Any) -> Places:
        """Some of them, by a slice."""
        first, last, _ = part.indices(len(self))
        return Places(self.order, self.first_epoch, self.start + first, self.start + last)

    @property
    def window(self) -> tuple[int, int, int]:
        """Epoch and number of the window in which the first of them lies, and its place."""
        epochs, place = divmod(self.start, self.order.rows)
        return self.first_epoch + epochs, self.order.window_at(place), place

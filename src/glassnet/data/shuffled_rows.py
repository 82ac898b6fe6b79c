"""Rows on disk in the place of rows in memory: parts held out, an order, windows to train on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data, Selection
from glassnet.data.row_blocks import Block, Group
from glassnet.data.row_sets import Recipe, RowSet, training_rows
from glassnet.data.row_shares import TRAINING, Shares
from glassnet.data.streamed_order import Piece, Places, StreamedOrder, Window
from glassnet.errors import InvalidValue

MOST_HELD = 100_000  # rows: they stay in memory, and a score of so many is sure to 0.002
_SAMPLE, _SPOTS = 8192, 16


@dataclass(eq=False)
class ShuffledRows:
    """The rows of a set that are trained on, as an engine takes them, a window at a time.

    It stands where :class:`~glassnet.data.batches.Selection` stands for rows in memory.

    Parameters
    ----------
    rows : RowSet
    recipe : Recipe
        How columns become x, y and w.
    shares : Shares
        Which rows are held out.
    """

    rows: RowSet
    recipe: Recipe
    shares: Shares

    def __post_init__(self) -> None:
        self.groups = self.rows.groups
        self.group_rows = training_rows(self.groups, self.shares)
        if not sum(self.group_rows):
            raise InvalidValue(f"no row is left to train on, of {len(self.rows)}.")

    def __len__(self) -> int:
        """How many rows are trained on."""
        return sum(self.group_rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows trained on, and columns of x."""
        return len(self), self.recipe.shape[0]

    @property
    def dtype(self) -> Any:
        """Of x and y."""
        return np.dtype(self.recipe.dtype)

    @property
    def data(self) -> ShuffledRows:
        """What an engine is opened on: itself."""
        return self

    @property
    def digest(self) -> str:
        """What the run's order and rows follow from, beside its seed."""
        left = [str(group) for group in self.rows.skipped]
        return f"{self.rows.source.digest} {self.rows.columns} {self.window_rows} {left}"

    @property
    def window_rows(self) -> int:
        """Rows that a window may hold."""
        width = sum(self.recipe.shape) + 1
        return max(1, self.rows.buffer_bytes // (width * np.dtype(self.recipe.dtype).itemsize))

    def order(self, batch_size: int, seed: int, shuffle: bool, smallest: int) -> StreamedOrder:
        """How epochs of these rows go."""
        return StreamedOrder(self.group_rows, batch_size, seed, self.window_rows, shuffle, smallest)

    def at(self, places: Places) -> Places:
        """Places are all that a plan needs of rows that are read when their turn comes."""
        return places

    @cached_property
    def total_weight(self) -> float:
        """The sum of the weights of the rows trained on."""
        names = self.recipe.weight_names
        if not names:
            return float(len(self))
        total = 0.0
        for block in self.rows.blocks(names, lambda _: None):
            w = self.recipe.weights(block)
            total += float(w[self._parts(block) == TRAINING].sum(dtype=np.float64))
        return total

    def held(self, *parts: int) -> list[Data]:
        """The rows of each of the parts that are held out, which are few, in their order."""
        found: list[list[Data]] = [[] for _ in parts]
        for block in self.rows.blocks(self.recipe.names, lambda _: None):
            of = self._parts(block)
            if not np.isin(of, parts).any():
                continue
            data = self.recipe(block)
            for part, kept in zip(parts, found, strict=True):
                kept.append(some(data, of == part))
        if not all(any(map(len, kept)) for kept in found):
            raise InvalidValue(
                f"of {len(self.rows):,} rows none was drawn to be held out. Give a larger share, "
                "or rows of your own."
            )
        return [joined(kept) for kept in found]

    def window(self, window: Window, cursor: Cursor) -> Data:
        """The rows of a window, piece after piece."""
        count, (inputs, outputs) = window.stop - window.start, self.recipe.shape
        dtype = self.recipe.dtype
        weighted = bool(self.recipe.weight_names)
        whole = Data(
            np.empty((count, inputs), dtype),
            np.empty((count, outputs), dtype),
            np.empty(count, dtype) if weighted else None,
        )
        end = 0
        for piece in window.pieces:
            for part in cursor.read(piece):
                begin, end = end, end + len(part)
                whole.x[begin:end], whole.y[begin:end] = part.x, part.y
                if whole.w is not None:
                    whole.w[begin:end] = part.w
        return whole

    def training_blocks(self, group: Group) -> Iterator[Data]:
        """The rows of a group that are trained on, block by block."""
        for block in self.rows.source.read(group, self.recipe.names):
            data = self.recipe(block)
            yield some(data, self._parts(block) == TRAINING) if self.shares.holds_out else data

    @cached_property
    def seen(self) -> Selection:
        """The rows that observers are shown: some 8,000, from groups that lie far apart."""
        spots = np.unique(np.linspace(0, len(self.groups) - 1, _SPOTS).astype(int))
        most = -(-_SAMPLE // len(spots))
        parts = [next(self.training_blocks(self.groups[k]), None) for k in spots]
        few = [some(part, slice(0, most)) for part in parts if part is not None and len(part)]
        return Selection(joined(few))

    def _parts(self, block: Block) -> Array:
        return self.shares.parts(block.group.first + block.start, len(block))


class Cursor:
    """A place in a group: reading goes on from it, so that pieces of one group cost one reading."""

    def __init__(self, rows: ShuffledRows, going_on: Callable[[], object]) -> None:
        self._rows, self._going_on = rows, going_on
        self._group = -1
        self._blocks: Iterator[Data] = iter(())
        self._rest: Data | None = None
        self._place = 0  # of the first row of the rest

    def read(self, piece: Piece) -> Iterator[Data]:
        """The rows of a piece, in parts."""
        if piece.group != self._group or piece.first < self._place:
            self._group, self._place, self._rest = piece.group, 0, None
            self._blocks = self._rows.training_blocks(self._rows.groups[piece.group])
        at = piece.first
        while at < piece.stop:
            rest = next(self._blocks) if self._rest is None else self._rest
            self._going_on()
            end = self._place + len(rest)
            if end > at:
                part = slice(at - self._place, min(end, piece.stop) - self._place)
                yield some(rest, part)
                at = min(end, piece.stop)
            if end <= piece.stop:
                self._place, self._rest = end, None
            else:
                self._rest = rest


def joined(parts: list[Data]) -> Data:
    """Parts one after the other, as one.

    Examples
    --------
    >>> len(joined([Data(np.eye(2), np.ones((2, 1))), Data(np.eye(2), np.ones((2, 1)))]))
    4
    """
    x, y, w = (
        [value for value in (getattr(part, name) for part in parts) if value is not None]
        for name in ("x", "y", "w")
    )
    return Data(np.concatenate(x), np.concatenate(y), np.concatenate(w) if w else None)


def some(data: Data, rows: Any) -> Data:
    """Some of the rows: a slice, numbers or a mask.

    Examples
    --------
    >>> len(some(Data(np.eye(3), np.ones((3, 1))), slice(1, None)))
    2
    """
    return Data(data.x[rows], data.y[rows], None if data.w is None else data.w[rows])

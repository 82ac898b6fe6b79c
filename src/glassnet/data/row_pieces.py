"""Rows on disk in their order, in even pieces that are read one ahead: what is asked, not learned.

Windows of a training are in ``row_windows.py``; these rows are not mixed, and none is held out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator

from glassnet.data.batches import Data
from glassnet.data.read_ahead import ReadAhead
from glassnet.data.row_blocks import Block
from glassnet.data.row_sets import RowSet
from glassnet.data.shuffled_rows import joined, some


def read_pieces(
    rows: RowSet, read: Callable[[Block], Iterator[Data]], size: int
) -> ReadAhead[Data]:
    """All rows of a set, ``size`` at a time; close it when no more are wanted.

    There are two pieces at most, and the block that is being read.

    Parameters
    ----------
    rows : RowSet
        All its columns are read.
    read : callable
        What becomes of a block, in one part or in several.
    size : int ≥ 1
        Rows of each piece but the last, which may have fewer.
    """

    def parts(go_on: Callable[[], None]) -> Iterator[Data]:
        for block in rows.blocks(rows.columns, lambda _: go_on(), size):
            yield from read(block)
            del block  # before the next is decoded

    def pieces(go_on: Callable[[], None]) -> Generator[Data]:
        try:
            yield from even(parts(go_on), size)
        finally:
            rows.source.close()

    return ReadAhead(pieces)


def even(parts: Iterable[Data], size: int) -> Iterator[Data]:
    """The same rows in pieces of ``size``; the last may have fewer.

    Examples
    --------
    >>> import numpy as np
    >>> parts = (Data(np.zeros((m, 2)), np.zeros((m, 0))) for m in (5, 1, 3))
    >>> [len(piece) for piece in even(parts, 4)]
    [4, 4, 1]
    """
    kept: list[Data] = []
    count = 0
    for part in parts:
        begin = 0
        while count + len(part) - begin >= size:
            end = begin + size - count
            whole = joined([*kept, some(part, slice(begin, end))])
            kept, count, begin = [], 0, end
            yield whole
        if begin < len(part):
            kept.append(joined([some(part, slice(begin, None))]))  # a copy: a view would keep all
            count += len(part) - begin
        del part
    if kept:
        yield joined(kept)

"""Windows of rows on disk: the next one is read while the last one is trained on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.data.read_ahead import ReadAhead
from glassnet.data.shuffled_rows import Cursor, ShuffledRows
from glassnet.data.streamed_order import StreamedOrder, Window


@dataclass(frozen=True, eq=False)
class Taken:
    """A window in memory.

    Attributes
    ----------
    window : Window
    data : Data
        Its rows as they were read.
    rows : (stop − start,) int64
        Which of them stands at each of the window's places.
    """

    window: Window
    data: Data
    rows: Array


class WindowReader:
    """Gives windows in their order, and reads one ahead in a thread of its own.

    The thread begins a window when the one before it is taken, so no more than two are in memory:
    the one taken and the next. Which rows a window has does not depend on the thread or on when
    it runs.

    Parameters
    ----------
    rows : ShuffledRows
    """

    def __init__(self, rows: ShuffledRows) -> None:
        self._rows = rows
        self._next: tuple[StreamedOrder, int, int] | None = None
        self._ahead: ReadAhead[Taken] | None = None

    def take(self, order: StreamedOrder, epoch: int, number: int) -> Taken:
        """The window of that number of that epoch.

        Raises
        ------
        Exception
            What reading it raised.
        """
        if self._ahead is None or self._next != (order, epoch, number):
            self.close()
            self._ahead = ReadAhead(lambda go_on: _taken(self._rows, order, epoch, number, go_on))
        taken = next(self._ahead)
        last = taken.window.stop == order.rows
        self._next = (order, epoch + 1, 0) if last else (order, epoch, number + 1)
        return taken

    def close(self) -> None:
        """End the thread; a second time does nothing."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.close()


def _taken(
    rows: ShuffledRows,
    order: StreamedOrder,
    epoch: int,
    number: int,
    go_on: Callable[[], None],
) -> Generator[Taken]:
    """From one window on through all that follow."""
    cursor = Cursor(rows, go_on)
    try:
        for window in _windows(order, epoch, number):
            yield Taken(window, rows.window(window, cursor), order.mixed(window))
    finally:
        rows.rows.source.close()


def _windows(order: StreamedOrder, epoch: int, number: int) -> Iterator[Window]:
    while True:
        yield from order.windows(epoch)[number:]
        epoch, number = epoch + 1, 0

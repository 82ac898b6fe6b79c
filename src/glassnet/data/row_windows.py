"""Windows of rows on disk: the next one is read while the last one is trained on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.data.shuffled_rows import Cursor, ShuffledRows
from glassnet.data.streamed_order import StreamedOrder, Window

_PAUSE = 0.1  # seconds after which one who waits for a window looks whether Ctrl-C was pressed


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


class _Stopped(Exception):
    """Nobody wants the rest."""


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
        self._work: _Work | None = None

    def take(self, order: StreamedOrder, epoch: int, number: int) -> Taken:
        """The window of that number of that epoch.

        Raises
        ------
        Exception
            What reading it raised.
        """
        if self._work is None or self._next != (order, epoch, number):
            self.close()
            self._work = _Work(self._rows, order, epoch, number)
        taken = self._work.take()
        last = taken.window.stop == order.rows
        self._next = (order, epoch + 1, 0) if last else (order, epoch, number + 1)
        return taken

    def close(self) -> None:
        """End the thread; a second time does nothing."""
        work, self._work = self._work, None
        if work is not None:
            work.stop()


class _Work:
    """One thread, from one window on through all that follow."""

    def __init__(self, rows: ShuffledRows, order: StreamedOrder, epoch: int, number: int) -> None:
        self._stopped = threading.Event()
        self._wanted = threading.Semaphore(1)
        self._done: SimpleQueue[Taken | Exception] = SimpleQueue()
        self._thread = threading.Thread(
            target=self._read, args=(rows, order, epoch, number), name="glassnet-rows", daemon=True
        )
        self._thread.start()

    def take(self) -> Taken:
        while True:
            try:
                found = self._done.get(timeout=_PAUSE)
                break
            except Empty:
                if not self._thread.is_alive() and self._done.empty():
                    raise RuntimeError("the thread that reads rows has ended.") from None
        if isinstance(found, Exception):
            raise found
        self._wanted.release()
        return found

    def stop(self) -> None:
        self._stopped.set()
        self._wanted.release()
        self._thread.join()

    def _read(self, rows: ShuffledRows, order: StreamedOrder, epoch: int, number: int) -> None:
        cursor = Cursor(rows, self._go_on)
        try:
            for window in _windows(order, epoch, number):
                self._wanted.acquire()
                self._go_on()
                self._done.put(Taken(window, rows.window(window, cursor), order.mixed(window)))
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised where the window is waited for
            self._done.put(error)
        finally:
            rows.rows.source.close()

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise _Stopped


def _windows(order: StreamedOrder, epoch: int, number: int) -> Iterator[Window]:
    while True:
        yield from order.windows(epoch)[number:]
        epoch, number = epoch + 1, 0

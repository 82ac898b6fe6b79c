"""An iteration whose next item a thread makes while the last one is used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

_PAUSE = 0.1  # seconds after which one who waits for an item looks whether Ctrl-C was pressed


class Stopped(Exception):
    """Nobody wants the rest."""


class ReadAhead(Generic[T]):
    """Items in their order, one of them made ahead in a thread of its own.

    The thread begins an item when the one before it is taken, so no more than two are there: the
    one taken and the next. What it raises is raised where the item is waited for.

    Parameters
    ----------
    make : callable
        Gives the iteration, in the thread. It is handed a function to call now and then, which
        raises :class:`Stopped` where nobody wants the rest.

    Examples
    --------
    >>> ahead = ReadAhead(lambda go_on: (c for c in "abc"))
    >>> list(ahead)
    ['a', 'b', 'c']
    >>> ahead.close()
    """

    def __init__(self, make: Callable[[Callable[[], None]], Generator[T]]) -> None:
        self._stopped = threading.Event()
        self._wanted = threading.Semaphore(1)
        self._done: SimpleQueue[tuple[T] | Exception] = SimpleQueue()
        self._over = False
        self._thread = threading.Thread(
            target=self._read, args=(make,), name="glassnet-rows", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """Itself."""
        return self

    def __next__(self) -> T:
        """The next item."""
        if self._over:
            raise StopIteration
        while True:
            try:
                found = self._done.get(timeout=_PAUSE)
                break
            except Empty:
                if not self._thread.is_alive() and self._done.empty():
                    raise RuntimeError("the thread that reads rows has ended.") from None
        if isinstance(found, Exception):
            self._over = True
            raise found
        self._wanted.release()
        return found[0]

    def close(self) -> None:
        """End the thread; a second time does nothing."""
        self._over = True
        self._stopped.set()
        self._wanted.release()
        self._thread.join()

    def _read(self, make: Callable[[Callable[[], None]], Generator[T]]) -> None:
        try:
            with closing(make(self._go_on)) as items:  # in this thread, whose files are open
                while True:
                    self._wanted.acquire()
                    self._go_on()
                    self._done.put((next(items),))
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised where the item is waited for
            self._done.put(error)  # StopIteration among them: there it ends the iteration

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise Stopped

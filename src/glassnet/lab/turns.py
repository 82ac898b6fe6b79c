"""Threads shared out: who trains holds a turn, and gives it back between stretches of steps."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """At most so many train at a time; the others wait, first come, first served.

    Parameters
    ----------
    count : int ≥ 1

    Examples
    --------
    >>> turns = Turns(1)
    >>> turns.take(0.0), turns.take(0.0)
    (True, False)
    >>> turns.give_back()
    >>> turns.take(0.0)
    True
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    def take(self, seconds: float | None = None) -> bool:
        """Wait for a turn, at most so many seconds; say whether it came."""
        me = object()
        with self._changed:
            self._waiting.append(me)
            mine = self._changed.wait_for(
                lambda: self._free > 0 and self._waiting[0] is me, timeout=seconds
            )
            self._waiting.remove(me)
            self._free -= mine
            self._changed.notify_all()
        return mine

    def give_back(self) -> None:
        """Let the next one begin."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()

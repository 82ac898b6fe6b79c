"""Ctrl-C, held back while something is half done."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

_ANY = 2**62
_CALL = 0.1  # seconds


class Interrupts:
    """While this context is open, Ctrl-C is let in only where the run can take it.

    Python raises KeyboardInterrupt between any two instructions, so also between a step and the
    note that it was taken. Here it is raised inside :meth:`allowed` only; one that came before is
    raised on entering. A second Ctrl-C is let in at once, for a disk that hangs.

    It acts in the main thread, where Python's own handler is in place; elsewhere Ctrl-C never
    comes, or is somebody else's affair. A run in a thread of its own is given the Interrupts of the
    thread that waits for it. No engine hears Ctrl-C there, so its calls must be short.

    Parameters
    ----------
    above : Interrupts, optional
        Where Ctrl-C comes, if not here.
    steps : int
        How many the first call takes there: as few as surely end soon.

    Attributes
    ----------
    steps : int
        How many steps a call of the engine may take: any number in the main thread; elsewhere as
        many as fill a tenth of a second, by the time that the last call took.

    Examples
    --------
    >>> with Interrupts() as interrupts:
    ...     with interrupts.allowed():
    ...         steps = 1
    >>> interrupts.pending
    False
    """

    def __init__(self, above: Interrupts | None = None, steps: int = 1) -> None:
        self._above = above
        self._pressed = self._open = self._held = False
        self.steps = _ANY if above is None else steps

    @property
    def pending(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._pressed or (self._above is not None and self._above.pending)

    def __enter__(self) -> Interrupts:
        """Hold Ctrl-C back from here on."""
        self._held = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._held:
            signal.signal(signal.SIGINT, self._come)
        return self

    def __exit__(self, *_: object) -> None:
        """Give Ctrl-C its usual meaning again."""
        if self._held:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    @contextmanager
    def allowed(self, steps: int = 0) -> Generator[None]:
        """Let Ctrl-C in: what runs here, so many ``steps``, may end at any point without harm."""
        began = time.monotonic()
        self._open = True
        try:
            if self.pending:
                raise KeyboardInterrupt
            yield
        finally:
            self._open = False
            if steps and self._above is not None:
                fitting = steps * _CALL / max(time.monotonic() - began, 1e-9)
                self.steps = max(1, min(round(fitting), 8 * steps))  # a first step may be slow

    def press(self) -> None:
        """Have the runs that look to this one end as if Ctrl-C had been pressed."""
        self._pressed = True

    def _come(self, *_: Any) -> None:
        second, self._pressed = self._pressed, True
        if self._open or second:
            raise KeyboardInterrupt

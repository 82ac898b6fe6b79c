"""Ctrl-C, held back while something is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


class Interrupts:
    """While this context is open, Ctrl-C is let in only where the run can take it.

    Python raises KeyboardInterrupt between any two instructions, so also between a step and the
    note that it was taken. Here it is raised inside :meth:`allowed` only; one that came before is
    raised on entering. A second Ctrl-C is let in at once, for a disk that hangs.

    It acts in the main thread, where Python's own handler is in place; elsewhere Ctrl-C never
    comes, or is somebody else's affair.

    Attributes
    ----------
    pending : bool
        Whether Ctrl-C was pressed.

    Examples
    --------
    >>> with Interrupts() as interrupts:
    ...     with interrupts.allowed():
    ...         steps = 1
    >>> interrupts.pending
    False
    """

    def __init__(self) -> None:
        self.pending = False
        self._open = self._held = False

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
    def allowed(self) -> Generator[None]:
        """Let Ctrl-C in: what runs here may end at any point without harm."""
        self._open = True
        try:
            if self.pending:
                raise KeyboardInterrupt
            yield
        finally:
            self._open = False

    def _come(self, *_: Any) -> None:
        second, self.pending = self.pending, True
        if self._open or second:
            raise KeyboardInterrupt

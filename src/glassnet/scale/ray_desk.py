"""What rank 0 on a cluster and the process that asked tell each other while a training runs."""

from __future__ import annotations

import _thread
import io
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

_PAUSE = 0.2  # seconds


class Desk:
    """An actor beside the process that asked: lines and checkpoints come in, "leave" goes out.

    Examples
    --------
    >>> desk = Desk()
    >>> desk.tell("epoch 1", b"weights")
    False
    >>> desk.take()
    ('epoch 1', b'weights')
    >>> desk.take()
    ('', None)
    """

    def __init__(self) -> None:
        self._text = ""
        self._saved: bytes | None = None
        self._leave = False

    def tell(self, text: str, saved: bytes | None) -> bool:
        """Lay down lines and a checkpoint; whether the training is to end."""
        self._text += text
        self._saved = self._saved if saved is None else saved
        return self._leave

    def take(self) -> tuple[str, bytes | None]:
        """The lines since the last time, and the checkpoint, if there is a new one."""
        found = self._text, self._saved
        self._text, self._saved = "", None
        return found

    def leave(self) -> None:
        """Have the training end after the present step."""
        self._leave = True


@contextmanager
def reported(desk: Any, checkpoint: Path | None) -> Generator[TextIO]:
    """Lay on the desk what is written to the stream and to the file, as long as this lasts.

    Parameters
    ----------
    desk : actor handle of a Desk
    checkpoint : Path or None
        A file that is replaced as a whole, or not there yet.
    """
    reporter = _Reporter(desk, checkpoint)
    thread = threading.Thread(target=reporter.run, name="glassnet-report", daemon=True)
    thread.start()
    try:
        yield reporter.stream
    finally:
        reporter.over.set()
        thread.join()


class _Reporter:
    def __init__(self, desk: Any, checkpoint: Path | None) -> None:
        self.stream = io.StringIO()
        self.over = threading.Event()
        self._desk, self._checkpoint = desk, checkpoint
        self._said = 0
        self._seen = self._mark()

    def run(self) -> None:
        """Until it is over, and once more then."""
        import ray

        left = False
        while True:
            last = self.over.wait(_PAUSE)
            leave = ray.get(self._desk.tell.remote(self._lines(), self._saved()))
            if last:
                return
            if leave and not left:
                _thread.interrupt_main()  # the ranks agree on the step after which they end
                left = True

    def _lines(self) -> str:
        text = self.stream.getvalue()
        new, self._said = text[self._said :], len(text)
        return new

    def _saved(self) -> bytes | None:
        mark = self._mark()
        if self._checkpoint is None or mark == self._seen:
            return None
        self._seen = mark
        return self._checkpoint.read_bytes()

    def _mark(self) -> tuple[int, int] | None:
        """Tells one state of the file from another: every save makes a new file."""
        if self._checkpoint is None or not self._checkpoint.exists():
            return None
        found = self._checkpoint.stat()
        return found.st_ino, found.st_mtime_ns

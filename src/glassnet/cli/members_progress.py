"""How far a fit of several networks is: one bar for all on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Lock
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from glassnet.training.observers import EpochEnd, Observer
from glassnet.training.progress import duration

_PAUSE = {True: 0.1, False: 1.0}  # seconds between two looks, on a terminal and elsewhere
_WIDTH = 16
_FAILURES = (OSError, ValueError)  # a broken pipe, a closed stream: the showing ends, not the fit


class MembersProgress:
    """The share of all epochs that are done, with what validation said last and the time left.

    Networks are trained side by side, each in a thread of its own.

    Parameters
    ----------
    stream : text stream or None
        None: nothing is shown.
    members : int

    Examples
    --------
    >>> import sys
    >>> progress = MembersProgress(sys.stdout, 2)
    >>> first, second = progress.observers
    >>> for observer in progress.observers:
    ...     observer.begin(1, 50)
    ...     observer.epoch(EpochEnd(1, 1, 50, {"J": 0.25, "val_loss": 0.5}, lambda: None))
    ...     observer.finish("epochs")
    networks 1/2  epoch 1/1  val_loss 0.5  0 s left
    networks 2/2  epoch 1/1  val_loss 0.5
    """

    def __init__(self, stream: TextIO | None, members: int) -> None:
        self.observers = [_Member(self, k) for k in range(members)]
        self._done, self._ended = [0.0] * members, [False] * members
        self._stream, self._lock = stream, Lock()
        self._terminal = stream is not None and stream.isatty()
        self._bar: Progress | None = None
        self._began = self._shown = time.monotonic()
        self._tenth, self._open = 0, stream is not None

    def note(self, member: int, share: float, epoch: str, text: str) -> None:
        """Hear from a member, by whichever thread, and show it if it is time."""
        with self._lock:
            self._done[member] = share
            self._ended[member] = share >= 1
            whole = sum(self._done) / len(self._done)
            late = time.monotonic() - self._shown >= _PAUSE[self._terminal]
            if self._open and (late or int(10 * whole) > self._tenth):
                self._tenth, self._shown = int(10 * whole), time.monotonic()
                try:
                    self._show(whole, epoch, text)
                except _FAILURES:
                    self._open = False

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended a network's training."""
        return any(observer.ended == "interrupted" for observer in self.observers)

    def close(self) -> None:
        """Take the bar away."""
        with self._lock, suppress(*_FAILURES):
            self._open = False
            if self._bar is not None:
                self._bar.stop()

    def _show(self, share: float, epoch: str, text: str) -> None:
        texts = [f"networks {sum(self._ended)}/{len(self._ended)}", epoch, text]
        if 0 < share < 1:
            seconds = (time.monotonic() - self._began) * (1 - share) / share
            texts.append(f"{duration(seconds)} left")
        line = "  ".join(part for part in texts if part)
        if self._stream is None:
            return
        if not self._terminal:
            self._stream.write(line + "\n")
            self._stream.flush()
            return
        if self._bar is None:
            columns = (BarColumn(bar_width=_WIDTH), TextColumn("{task.fields[text]}", markup=False))
            console = Console(file=self._stream, force_jupyter=False)
            self._bar = Progress(*columns, console=console, auto_refresh=False, transient=True)
            self._bar.add_task("", total=1.0, text="")
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=share, text=line)
        self._bar.refresh()


class _Member(Observer):
    """Tells of one network."""

    def __init__(self, whole: MembersProgress, number: int) -> None:
        self._whole, self._number = whole, number
        self._said = ("", "")
        self.ended = ""

    def begin(self, epochs: int, steps: int) -> None:
        self._epochs = epochs

    def epoch(self, end: EpochEnd) -> None:
        share = end.epoch / end.epochs
        judged = [f"{name} {v:.4g}" for name, v in end.row.items() if name.startswith("val_")]
        self._said = (f"epoch {end.epoch}/{end.epochs}", judged[0] if judged else "")
        if share < 1:  # the last epoch's row is shown with the end
            self._whole.note(self._number, share, *self._said)

    def finish(self, ended: str) -> None:
        self.ended = ended
        self._whole.note(self._number, 1.0, *self._said)

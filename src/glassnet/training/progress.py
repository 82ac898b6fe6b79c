"""Progress of a run: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as RichProgress

from glassnet.engine.interface import Moment
from glassnet.errors import InvalidValue
from glassnet.training.observers import EpochEnd, Observer

_FAILURES = (OSError, ValueError)  # a broken pipe; a stream that is closed or lacks the character
_BAR_WIDTH = 16


class View(Protocol):
    """Somewhere to show how far a run is, ``pause`` seconds apart at least."""

    pause: float
    pause_within_epoch: float

    def show(self, share: float, epoch: str, texts: list[str]) -> None:
        """Show it."""
        ...

    def close(self) -> None:
        """Leave what was shown last, and the stream as it was."""
        ...


class Progress(Observer):
    """How far the run is: epoch, step, J, validation, learning rate and time left.

    On a terminal a bar shows it. Elsewhere (a file, a pipe, a notebook) it is a line at the end of
    an epoch, at most one a second and one for each tenth of the epochs, and in epochs that take
    long a line every 10 seconds. A stream that is closed or broken ends the showing, never the run.

    Parameters
    ----------
    stream : text stream, optional
        Where to show it; ``sys.stdout`` by default.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> run = gn.train(net, [[1.0]], [1.0], epochs=2, optimizer="sgd", progress=True)
    epoch 1/2  J 0.5  rate 0.01  0 s left
    epoch 2/2  J 0.4802  rate 0.01
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._view: View | None = None
        self._start = 0

    def prepare(self, settings: Mapping[str, Any]) -> None:
        self._start = int(settings["epochs_done"])

    def begin(self, epochs: int, steps: int) -> None:
        self._epochs, self._steps, self._done = epochs, steps, self._start
        self._began = self._shown = self._looked = time.monotonic()
        self._first: int | None = None  # the step with which the present epoch began
        self._next, self._stride = 0, 1
        self._tenths = 10 * self._start // epochs
        self._last: Mapping[str, float] = {}
        self._unshown: list[str] | None = None
        with contextlib.suppress(*_FAILURES):
            stream = self._stream or sys.stdout
            self._view = None if stream is None else _view(stream)

    def next(self, t: int) -> int | None:
        if self._view is None:
            return None
        if self._first is None:
            self._first = self._next = t
        return max(t, self._next)

    def see(self, moment: Moment) -> None:
        now, pause = time.monotonic(), self._view.pause_within_epoch if self._view else 0.0
        taken = moment.t + 1 - (self._first or 0)
        if now - self._shown >= pause and taken < self._steps:
            step = f"step {taken:,}/{self._steps:,}"
            self._show([step, *_texts(moment.J, self._last, moment.rate)], taken)
        # Looks come about as often as there is something new to show.
        fitting = int(pause * self._stride / max(now - self._looked, 1e-9))
        self._stride = max(1, min(2 * self._stride, fitting))
        self._looked, self._next = now, moment.t + self._stride

    def epoch(self, end: EpochEnd) -> None:
        self._done, self._last, self._first = end.epoch, end.row, int(end.row["step"])
        self._unshown = _texts(end.row["J"], end.row, end.row["rate"])
        tenths = 10 * end.epoch // end.epochs
        pause = self._view.pause if self._view else 0.0
        if tenths > self._tenths or time.monotonic() - self._shown >= pause:
            self._tenths = tenths
            self._show(self._unshown, 0)

    def finish(self, ended: str) -> None:
        if self._unshown is not None:
            self._show(self._unshown, 0)
        self._close()

    def _show(self, texts: list[str], taken: int) -> None:
        if self._view is None:
            return
        self._unshown, self._shown = None, time.monotonic()
        share = (self._done + taken / self._steps) / self._epochs
        number = self._done + (taken > 0)
        left = self._time_left(share)
        try:
            self._view.show(share, f"epoch {number}/{self._epochs}", [*texts, *left])
        except _FAILURES:
            self._close()

    def _time_left(self, share: float) -> list[str]:
        before = self._start / self._epochs
        if not before < share < 1:
            return []
        seconds = (time.monotonic() - self._began) * (1 - share) / (share - before)
        return [f"{duration(seconds)} left"]

    def _close(self) -> None:
        view, self._view = self._view, None
        if view is not None:
            with contextlib.suppress(*_FAILURES):
                view.close()


class _Lines:
    """A line each time. ASCII only: the stream may have any encoding."""

    pause, pause_within_epoch = 1.0, 10.0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, share: float, epoch: str, texts: list[str]) -> None:
        self._stream.write("  ".join([epoch, *texts]) + "\n")
        self._stream.flush()

    def close(self) -> None:
        pass


class _Console(Console):
    """A console that leaves a broken pipe to its caller: rich would end the process."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Bar:
    """A bar that is drawn again in its place."""

    pause = pause_within_epoch = 0.1

    def __init__(self, stream: TextIO) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR_WIDTH),
            TextColumn("{task.fields[text]}", markup=False),
        )
        # Without its own thread: a stream that breaks would break it where nobody can catch that.
        console = _Console(file=stream, force_jupyter=False)
        self._bar = RichProgress(*columns, console=console, auto_refresh=False)
        self._task = self._bar.add_task("", total=1.0, text="")
        self._bar.start()

    def show(self, share: float, epoch: str, texts: list[str]) -> None:
        text = _fitting(texts, self._bar.console.width - len(epoch) - _BAR_WIDTH - 2)
        self._bar.update(self._task, completed=share, description=epoch, text=text)
        self._bar.refresh()

    def close(self) -> None:
        self._bar.stop()


def _fitting(texts: list[str], room: int) -> str:
    """The texts in one line, without those that are needed least where it is too long."""
    kept = list(texts)
    for least in ("val_", "rate", "step"):
        for text in texts:
            if len("  ".join(kept)) > room and text.startswith(least):
                kept.remove(text)
    return "  ".join(kept)


def _view(stream: TextIO) -> View:
    return _Bar(stream) if stream.isatty() else _Lines(stream)


def _texts(J: float, row: Mapping[str, float], rate: float) -> list[str]:
    validation = [f"{name} {v:.4g}" for name, v in row.items() if name.startswith("val_")]
    return [f"J {J:.4g}", *validation, f"rate {rate:.3g}"]


def duration(seconds: float) -> str:
    """A length of time as people say it.

    Examples
    --------
    >>> duration(8.2), duration(200), duration(3900)
    ('8 s', '3 min 20 s', '1 h 05 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def progress_observers(progress: object) -> list[Progress]:
    """What the ``progress`` argument of a run stands for.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> progress_observers(False)
    []
    """
    if progress is True:
        return [Progress()]
    if progress is False or progress is None:
        return []
    if not isinstance(progress, Progress):
        raise InvalidValue(f"progress must be True, False or a Progress; got {progress!r}.")
    return [progress]

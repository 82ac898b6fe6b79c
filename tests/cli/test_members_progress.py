"""One bar for several networks."""

from __future__ import annotations

import io

import pytest

from glassnet.cli import members_progress
from glassnet.cli.members_progress import MembersProgress
from glassnet.training.observers import EpochEnd


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    """A stream whose reader went away."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError


def _run(progress: MembersProgress, epochs: int) -> None:
    for observer in progress.observers:
        observer.begin(epochs, 10)
        for epoch in range(1, epochs + 1):
            observer.epoch(EpochEnd(epoch, epochs, 10, {"J": 0.5, "val_loss": 0.25}, lambda: None))
        observer.finish("epochs")
    progress.close()


def test_elsewhere_than_on_a_terminal_there_is_a_line_for_each_tenth() -> None:
    stream = io.StringIO()

    _run(MembersProgress(stream, 2), 100)

    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("networks 0/2  epoch 20/100  val_loss 0.25")
    assert lines[-1] == "networks 2/2  epoch 100/100  val_loss 0.25"
    assert "left" not in lines[-1]


def test_on_a_terminal_a_bar_is_drawn_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members_progress, "_PAUSE", {True: 0.0, False: 0.0})
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()

    _run(MembersProgress(stream, 2), 5)

    assert "networks 1/2" in stream.getvalue()
    assert stream.getvalue().endswith(("\x1b[2K", "\x1b[?25h", "\x1b[1A\x1b[2K"))


def test_a_stream_that_breaks_ends_the_showing_and_not_the_fit() -> None:
    progress = MembersProgress(Broken(), 1)

    _run(progress, 50)

    assert not progress.interrupted


def test_a_run_that_is_stopped_early_counts_as_done_and_an_interrupt_is_remembered() -> None:
    stream = io.StringIO()
    progress = MembersProgress(stream, 1)
    (observer,) = progress.observers
    observer.begin(100, 10)
    observer.epoch(EpochEnd(1, 100, 10, {"J": 0.5}, lambda: None))
    observer.finish("interrupted")

    assert progress.interrupted
    assert stream.getvalue().splitlines()[-1] == "networks 1/1  epoch 1/100"

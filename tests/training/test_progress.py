"""Progress: a bar on a terminal, few plain lines elsewhere, and never the end of a run."""

import io
import re
import sys

import pytest

import glassnet as gn
from tests.training.runs import fingerprint, small_net, two_classes

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


class Clock:
    """Time that passes as the test says."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


class Slow(gn.Observer):
    """Lets time pass at every step and epoch."""

    def __init__(self, clock, *, step=0.0, epoch=0.0):
        self.clock, self.step, self.last = clock, step, epoch

    def next(self, t):
        return t if self.step else None

    def see(self, moment):
        self.clock.now += self.step

    def epoch(self, end):
        self.clock.now += self.last


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("glassnet.training.progress.time", clock)
    return clock


def shown(clock, stream, *, epochs, batch_size=10, step=0.0, epoch=0.0, **options):
    X, y, _ = two_classes()
    watching = [Slow(clock, step=step, epoch=epoch)]
    gn.train(
        small_net(),
        X,
        y,
        epochs=epochs,
        batch_size=batch_size,
        observers=watching,
        progress=gn.Progress(stream),
        **options,
    )
    return stream.getvalue()


def test_a_quick_run_prints_a_line_for_each_tenth_of_its_epochs(clock):
    lines = shown(clock, io.StringIO(), epochs=100).splitlines()

    assert [line.split("  ")[0] for line in lines] == [f"epoch {k}/100" for k in range(10, 101, 10)]


def test_a_slow_run_prints_a_line_a_second_at_most(clock):
    lines = shown(clock, io.StringIO(), epochs=120, epoch=0.4).splitlines()

    # 48 s at 0.4 s an epoch: every third epoch is 1.2 s after the line before; tenths besides.
    assert 36 <= len(lines) <= 48


def test_a_line_says_all_there_is_to_know(clock):
    X, y, _ = two_classes()

    text = shown(
        clock, io.StringIO(), epochs=4, epoch=30.0, validation=(X, y), metrics=["accuracy"]
    )

    first, *_, last = text.splitlines()
    number = r"\d[\d.e-]*"
    assert re.fullmatch(
        rf"epoch 1/4  J {number}  val_loss {number}  val_accuracy {number}  rate 0.001  "
        r"1 min 30 s left",
        first,
    )
    assert re.fullmatch(rf"epoch 4/4  J {number}  val_loss .*  rate 0.001", last)
    assert text.isascii()


def test_an_epoch_that_takes_long_prints_lines_within_it(clock):
    lines = shown(clock, io.StringIO(), epochs=2, batch_size=1, step=4.0).splitlines()

    within = [line for line in lines if "step" in line]
    assert 5 < len(within) <= 2 * 40 * 4 // 10
    assert re.match(r"epoch 1/2  step \d+/40  J [\d.]+  rate 0.001  \d min \d\d s left", within[0])
    assert re.match(r"epoch 2/2  step", within[-1])


def test_the_last_epoch_is_shown_though_it_came_early(clock):
    class Enough(gn.Observer):
        def epoch(self, end):
            return end.epoch == 33

    X, y, _ = two_classes()
    stream = io.StringIO()
    gn.train(small_net(), X, y, epochs=100, observers=[Enough()], progress=gn.Progress(stream))

    assert stream.getvalue().splitlines()[-1].startswith("epoch 33/100  ")


def test_a_terminal_gets_a_bar_in_its_place(clock):
    text = shown(clock, Terminal(), epochs=5, epoch=1.0)

    pictures = [ESCAPES.sub("", part) for part in text.split("\r")]
    assert any("epoch 1/5 " in part and "4 s left" in part for part in pictures)
    assert any("epoch 5/5 " in part and "J 0." in part for part in pictures)
    assert any(set("━╸╺") & set(part) for part in pictures)
    assert text.count("\n") < 5
    assert "\x1b[?25l" in text
    assert text.rstrip().endswith("\x1b[?25h")  # the cursor is there again


def test_a_narrow_terminal_gets_what_fits(clock, monkeypatch):
    X, y, _ = two_classes()
    texts = {}
    for width in (40, 60, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        text = shown(clock, Terminal(), epochs=2, epoch=1.0, validation=(X, y), metrics=["r2"])
        (texts[width],) = {
            part.rstrip() for part in ESCAPES.sub("", text).split("\r") if "1 s left" in part
        }

    assert all(len(text) <= width for width, text in texts.items())
    assert all("J 0." in text for text in texts.values())
    assert "val_" not in texts[40]
    assert "val_loss" in texts[200]
    assert "rate 0.001" in texts[200]


def test_a_bar_moves_within_a_long_epoch(clock):
    text = ESCAPES.sub("", shown(clock, Terminal(), epochs=1, batch_size=1, step=0.05))

    steps = {int(k) for k in re.findall(r"step (\d+)/40", text)}
    assert len(steps) > 5


def test_looks_are_as_rare_as_what_they_show(clock):
    looks = []

    class Watched(gn.Progress):
        def see(self, moment):
            looks.append(moment.t)
            super().see(moment)

    X, y, _ = two_classes()
    gn.train(
        small_net(), X, y, epochs=3, batch_size=1,
        observers=[Slow(clock, step=0.001)], progress=Watched(io.StringIO()),
    )  # fmt: skip

    # 120 steps take 0.12 s, with 10 s between two lines: the distance doubles each time.
    assert len(looks) <= 10


def test_a_run_that_goes_on_reckons_its_time_from_where_it_went_on(clock, tmp_path):
    X, y, _ = two_classes()
    options = {"checkpoint": tmp_path / "run"}
    gn.train(small_net(), X, y, epochs=8, **options)

    lines = shown(
        clock, io.StringIO(), epochs=10, batch_size=32, epoch=5.0, resume=True, **options
    ).splitlines()

    # One epoch of 5 s is done since, and one is left.
    assert re.match(r"epoch 9/10 .* 5 s left", lines[0])


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
@pytest.mark.parametrize("when", ["before", "within"])
def test_a_closed_stream_ends_the_showing_not_the_run(kind, when):
    X, y, _ = two_classes()
    stream, out, err = kind(), sys.stdout, sys.stderr
    net, judge = small_net(), small_net()

    class Closing(gn.Observer):
        def begin(self, epochs, steps):
            if when == "before":
                stream.close()

        def epoch(self, end):
            if end.epoch == 3:
                stream.close()

    gn.train(net, X, y, epochs=10, observers=[Closing()], progress=gn.Progress(stream))
    gn.train(judge, X, y, epochs=10)

    assert fingerprint(net) == fingerprint(judge)
    assert (sys.stdout, sys.stderr) == (out, err)


@pytest.mark.parametrize("base", [io.StringIO, Terminal])
def test_a_broken_pipe_ends_the_showing_not_the_run(base):
    class Broken(base):
        def write(self, text):
            raise BrokenPipeError

    X, y, _ = two_classes()
    out = sys.stdout

    run = gn.train(small_net(), X, y, epochs=10, progress=gn.Progress(Broken()))

    assert run.ended == "epochs"
    assert sys.stdout is out


def test_standard_output_is_meant_by_default(capsys):
    X, y, _ = two_classes()

    gn.train(small_net(), X, y, epochs=2, progress=True)
    gn.train(small_net(), X, y, epochs=2, progress=False)

    assert [line[:9] for line in capsys.readouterr().out.splitlines()] == ["epoch 1/2", "epoch 2/2"]


def test_a_process_without_standard_output_trains_all_the_same(monkeypatch):
    X, y, _ = two_classes()
    monkeypatch.setattr(sys, "stdout", None)  # as under pythonw

    assert gn.train(small_net(), X, y, epochs=2, progress=True).ended == "epochs"


def test_an_interrupted_run_leaves_the_terminal_in_order():
    X, y, _ = two_classes()
    stream, out = Terminal(), sys.stdout

    class Pressing(gn.Observer):
        def epoch(self, end):
            raise KeyboardInterrupt

    run = gn.train(small_net(), X, y, observers=[Pressing()], progress=gn.Progress(stream))

    assert run.ended == "interrupted"
    assert sys.stdout is out
    assert stream.getvalue().rstrip().endswith("\x1b[?25h")


def test_lbfgs_shows_its_iterations():
    X, y, _ = two_classes()
    stream = io.StringIO()

    gn.train(small_net(), X, y, optimizer="lbfgs", epochs=5, progress=gn.Progress(stream))

    assert stream.getvalue().startswith("epoch 1/5  J 0.")


def test_one_progress_may_show_several_runs():
    X, y, _ = two_classes()
    stream = io.StringIO()
    progress = gn.Progress(stream)

    for _ in range(2):
        gn.train(small_net(), X, y, epochs=1, progress=progress)

    assert stream.getvalue().count("epoch 1/1") == 2

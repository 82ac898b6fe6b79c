"""Ctrl-C at every line of the loop: the network is whole, and the books agree with it."""

import signal
import sys
import threading
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
import glassnet.training
from glassnet.files import read_container
from glassnet.training.interrupts import Interrupts
from tests.training.runs import Steps, fingerprint, small_net, table, two_classes

PLACES = (str(Path(glassnet.training.__file__).parent), "reference_session", "atomic.py")


@pytest.fixture(autouse=True)
def _pythons_own_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Watcher(Steps):
    """Counts how often it was told of the end, and why."""

    def __init__(self, *needs):
        super().__init__(*needs)
        self.ended = []

    def next(self, t):
        return t if t % 3 == 1 else t + (1 - t) % 3

    def finish(self, ended):
        self.ended.append(ended)


class Press:
    """Presses Ctrl-C at the n-th line that training, engine or file writer run."""

    def __init__(self, n):
        self.left, self.total, self.pressed = n, 0, False

    def __enter__(self):
        sys.settrace(self.call)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def call(self, frame, event, argument):
        if event == "call" and any(place in frame.f_code.co_filename for place in PLACES):
            return self.line
        return None

    def line(self, frame, event, argument):
        if event == "line":
            self.total += 1
            if self.total == self.left:
                self.pressed = True
                signal.raise_signal(signal.SIGINT)
        return self.line


def train(net, *, watched, folder=None, interrupted=None):
    """Two epochs of three steps, with everything on that a loop can do."""
    X, y, _ = two_classes(m=9)
    watcher = Watcher("dW")
    options = {"optimizer": "adam", "epochs": 2, "batch_size": 3, "schedule": "plateau"}
    if watched:
        options |= {
            "observers": [watcher],
            "validation": (X, 1 - y),
            "early_stopping": gn.EarlyStopping(patience=5),
            "checkpoint": gn.Checkpoint(folder / "run", every_steps=2),
        }
    run = gn.train(net, X, y, **options)
    return run, watcher


def lines_of(watched, folder):
    with Press(-1) as press:
        train(small_net(norm=True), watched=watched, folder=folder)
    return press.total


def states_of(watched, folder):
    """θ after each step of the whole run, its history, and the best θ after each epoch."""
    steps, X, y = Steps("theta"), *two_classes(m=9)[:2]
    net = small_net(norm=True)
    options = {"optimizer": "adam", "epochs": 2, "batch_size": 3, "schedule": "plateau"}
    gn.train(net, X, y, observers=[steps], **options)
    thetas = [moment.theta for moment in steps.moments] + [net.state.theta]
    run, _ = train(small_net(norm=True), watched=watched, folder=folder)
    return thetas, run.history


def press_at(lines, watched, folder):
    """Train once for each of these lines, and check what Ctrl-C there leaves behind."""
    thetas, history = states_of(watched, folder)
    ends = []
    for n in lines:
        net = small_net(norm=True)
        before = net.state
        try:
            with Press(n) as press:
                run, watcher = train(net, watched=watched, folder=folder)
        except KeyboardInterrupt:  # before the run began, or as it handed over its result
            ends.append("raised")
            assert net.state is before or net.state.memory["t"] == net.state.t
        else:
            ends.append(run.ended)
            assert press.pressed
            assert table(run.history) == table(history)[: len(run.history)]
            assert net.state.epoch == len(run.history)
            assert 3 * len(run.history) <= net.state.t <= 6
            assert net.state.memory["t"] == net.state.t
            kept = 3 * run.best_epoch if run.best_epoch else net.state.t
            assert np.array_equal(net.state.theta, thetas[kept])
            if watched:
                assert watcher.ended in (["interrupted"], ["epochs"])
                read_container(folder / "run", kind="checkpoint")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return ends


@pytest.mark.parametrize(("watched", "stride"), [(False, 11), (True, 53)])
def test_ctrl_c_at_any_line_leaves_a_whole_state_and_true_books(watched, stride, tmp_path):
    total = lines_of(watched, tmp_path)

    ends = press_at(range(1, total, stride), watched, tmp_path)

    assert set(ends) <= {"raised", "interrupted"}
    assert ends.count("interrupted") > len(ends) / 2


@pytest.mark.long
@pytest.mark.parametrize(("watched", "part"), list(product((False, True), range(4))))
def test_ctrl_c_at_every_line_leaves_a_whole_state_and_true_books(watched, part, tmp_path):
    press_at(range(1 + part, lines_of(watched, tmp_path), 4), watched, tmp_path)


def test_ctrl_c_in_a_long_call_of_the_engine_ends_it_there():
    X, y, _ = two_classes()
    net = small_net()
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    timer.start()

    run = gn.train(net, X, y, epochs=1_000_000)

    timer.join()
    assert run.ended == "interrupted"
    assert 0 < len(run.history) == net.state.epoch
    assert net.state.t >= 2 * len(run.history)
    judge = gn.train(small_net(), X, y, epochs=len(run.history))
    assert table(run.history) == table(judge.history)


@pytest.mark.parametrize("where", ["prepare", "begin", "see", "epoch"])
def test_ctrl_c_in_an_observer_is_let_in_there(where):
    X, y, _ = two_classes()
    reached, told = [], []

    def press(self, *_):
        signal.raise_signal(signal.SIGINT)
        reached.append("after")

    watcher = type("Pressing", (Steps,), {where: press, "finish": lambda _, e: told.append(e)})()
    run = gn.train(small_net(), X, y, epochs=5, observers=[watcher])

    assert run.ended == "interrupted"
    assert reached == []
    assert told == ["interrupted"]


def test_ctrl_c_in_validation_keeps_the_steps_and_closes_no_epoch():
    X, y, _ = two_classes()

    class Pressing:
        name, greater_is_better, calls = "pressing", True, 0

        def value(self, a, y, w):
            self.calls += 1
            if self.calls == 3:
                signal.raise_signal(signal.SIGINT)
            return 1.0

    net = small_net()
    run = gn.train(net, X, y, epochs=5, validation=(X, y), metrics=[Pressing()])

    assert run.ended == "interrupted"
    assert len(run.history) == net.state.epoch == 2
    assert net.state.t == 6


def test_ctrl_c_in_lbfgs_keeps_the_last_iteration():
    X, y, _ = two_classes()

    class Pressing(gn.Observer):
        def epoch(self, end):
            if end.epoch == 3:
                signal.raise_signal(signal.SIGINT)

    net, judge = small_net(), small_net()
    run = gn.train(net, X, y, optimizer="lbfgs", epochs=9, observers=[Pressing()])
    gn.train(judge, X, y, optimizer="lbfgs", epochs=3)

    assert run.ended == "interrupted"
    assert np.array_equal(net.state.theta, judge.state.theta)


def test_ctrl_c_as_the_last_books_are_closed_is_not_lost():
    X, y, _ = two_classes()

    class Pressing(gn.Observer):
        def finish(self, ended):
            signal.raise_signal(signal.SIGINT)

    net, judge = small_net(), small_net()
    run = gn.train(net, X, y, epochs=2, observers=[Pressing()])
    gn.train(judge, X, y, epochs=2)

    assert run.ended == "interrupted"
    assert fingerprint(net) == fingerprint(judge)


def test_the_best_so_far_is_restored_when_ctrl_c_ends_the_run():
    X, y, _ = two_classes()

    class Scripted:
        name, greater_is_better, calls = "scripted", True, 0

        def value(self, a, y, w):
            self.calls += 1
            if self.calls == 4:
                signal.raise_signal(signal.SIGINT)
            return [1.0, 3.0, 2.0, 0.0][self.calls - 1]

    net, judge = small_net(), small_net()
    rule = gn.EarlyStopping(Scripted(), patience=9)
    run = gn.train(net, X, y, epochs=9, validation=(X, y), early_stopping=rule)
    gn.train(judge, X, y, epochs=2)

    assert (run.ended, run.best_epoch) == ("interrupted", 2)
    assert np.array_equal(net.state.theta, judge.state.theta)


def test_training_goes_on_after_an_interrupt():
    X, y, _ = two_classes()
    net = small_net()

    class Pressing(gn.Observer):
        def epoch(self, end):
            signal.raise_signal(signal.SIGINT)

    gn.train(net, X, y, epochs=3, observers=[Pressing()])
    gn.train(net, X, y, epochs=2)
    judge = small_net()
    gn.train(judge, X, y, epochs=3)

    assert fingerprint(net) == fingerprint(judge)


def test_ctrl_c_waits_where_it_is_not_allowed_and_comes_at_the_next_place_that_allows_it():
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        waited = interrupts.pending
        with pytest.raises(KeyboardInterrupt), interrupts.allowed():
            pytest.fail("it was let in late")

    assert waited


def test_a_second_ctrl_c_is_let_in_at_once():
    with Interrupts():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_somebody_elses_handler_is_left_alone():
    def handler(*_):
        """A handler of the application."""

    signal.signal(signal.SIGINT, handler)
    with Interrupts():
        inside = signal.getsignal(signal.SIGINT)

    assert inside is handler
    assert signal.getsignal(signal.SIGINT) is handler


def test_training_in_another_thread_works():
    X, y, _ = two_classes()
    net, judge = small_net(), small_net()

    thread = threading.Thread(target=lambda: gn.train(net, X, y, epochs=2))
    thread.start()
    thread.join()
    gn.train(judge, X, y, epochs=2)

    assert fingerprint(net) == fingerprint(judge)

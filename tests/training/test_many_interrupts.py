"""Ctrl-C while networks are trained side by side: all of them end, between two steps."""

import signal
import threading
import time

import numpy as np
import pytest

import glassnet as gn
from glassnet.engine.choice import ENGINES
from tests.training.runs import Steps, fingerprint, small_net, table, two_classes

every_engine = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture(autouse=True)
def _pythons_own_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press():
    """Press Ctrl-C in the thread of a member, and wait until the main thread has heard it."""
    interrupts, latest = signal.getsignal(signal.SIGINT).__self__, time.monotonic() + 60
    signal.raise_signal(signal.SIGINT)
    while not interrupts.pending and time.monotonic() < latest:
        time.sleep(0.001)


class Pressing(gn.Observer):
    """Presses Ctrl-C at the end of an epoch."""

    def __init__(self, epoch):
        self.at, self.ended = epoch, []

    def epoch(self, end):
        """Press."""
        if end.epoch == self.at:
            press()

    def finish(self, ended):
        """Note why."""
        self.ended.append(ended)


def wide(seed):
    """A network and rows of which an epoch is many steps, and takes a while."""
    hidden = [gn.Dense(200, "tanh"), gn.Dense(200, "tanh")]
    return gn.Network(3, [*hidden, gn.Dense(1, "logistic")], seed=seed, dtype="float32")


@every_engine
def test_ctrl_c_ends_all_members_within_their_epochs_after_whole_steps(engine):
    X, y, _ = two_classes(m=3000)
    members = [wide(seed) for seed in range(5)]
    untouched = [net.state.theta.copy() for net in members]
    under_way = threading.Barrier(3)

    class UnderWay(gn.Observer):
        def next(self, t):
            return 20 if t <= 20 else None

        def see(self, moment):
            if moment.t == 20:
                under_way.wait(timeout=60)

    def press_then():
        under_way.wait(timeout=60)
        signal.raise_signal(signal.SIGINT)

    pressing = threading.Thread(target=press_then)
    pressing.start()

    runs = gn.run_many(
        members, X, y, batch_size=2, epochs=10**6, workers=2, engine=engine,
        observers=[[UnderWay()], [UnderWay()], [], [], []],
    )  # fmt: skip

    pressing.join()
    assert [run.ended for run in runs] == ["interrupted"] * 5
    assert all(net.state.t > 0 for net in members[:2])
    for net, run in zip(members, runs, strict=True):
        assert len(run.history) == net.state.epoch
        assert 1500 * len(run.history) <= net.state.t < 1500 * (len(run.history) + 1)
    for net, before in zip(members[2:], untouched[2:], strict=True):  # those that had not begun
        assert net.state.t == 0
        assert np.array_equal(net.state.theta, before)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@every_engine
def test_after_ctrl_c_a_member_holds_what_its_solo_run_held_at_that_step(engine):
    X, y, _ = two_classes(m=200)
    members = [small_net(seed=seed) for seed in range(2)]

    runs = gn.run_many(
        members, X, y, batch_size=4, epochs=10**6, workers=2, engine=engine,
        observers=[[Pressing(3)], []],
    )  # fmt: skip

    for seed, (net, run) in enumerate(zip(members, runs, strict=True)):
        judge, steps = small_net(seed=seed), Steps("theta")
        epochs = len(run.history) + 1
        expected = gn.train(
            judge, X, y, batch_size=4, epochs=epochs, observers=[steps], engine=engine
        )
        thetas = [moment.theta for moment in steps.moments] + [judge.state.theta]
        assert run.ended == "interrupted"
        assert table(run.history) == table(expected.history)[: len(run.history)]
        assert np.array_equal(net.state.theta, thetas[net.state.t])


def test_the_observers_of_every_member_are_told_of_ctrl_c():
    X, y, _ = two_classes()
    watchers = [Pressing(2), Pressing(None), Pressing(None)]

    runs = gn.run_many(
        [small_net(seed=seed) for seed in range(3)], X, y, epochs=10**6, workers=2,
        observers=[[watcher] for watcher in watchers],
    )  # fmt: skip

    assert [run.ended for run in runs] == ["interrupted"] * 3
    assert [watcher.ended for watcher in watchers] == [["interrupted"]] * 3


def test_a_member_that_had_ended_before_ctrl_c_has_ended_as_it_would():
    X, y, _ = two_classes()
    members, judge = [small_net(seed=seed) for seed in range(2)], small_net(seed=0)

    runs = gn.run_many(
        members, X, y, workers=1, epochs=4, observers=[[], [Pressing(2)]], shuffle=False
    )
    gn.train(judge, X, y, epochs=4, shuffle=False)

    assert [run.ended for run in runs] == ["epochs", "interrupted"]
    assert [len(run.history) for run in runs] == [4, 2]
    assert fingerprint(members[0]) == fingerprint(judge)


def test_lbfgs_members_end_after_whole_iterations():
    X, y, _ = two_classes()
    members, judge = [small_net(seed=seed) for seed in range(2)], small_net(seed=0)

    runs = gn.run_many(
        members, X, y, optimizer="lbfgs", epochs=50, workers=1, observers=[[Pressing(3)], []]
    )
    gn.train(judge, X, y, optimizer="lbfgs", epochs=3)

    assert [run.ended for run in runs] == ["interrupted"] * 2
    assert np.array_equal(members[0].state.theta, judge.state.theta)
    assert len(runs[1].history) == 0


def test_a_second_ctrl_c_waits_for_nobody():
    X, y, _ = two_classes()
    hanging, gone_on = threading.Event(), []

    class Hanging(gn.Observer):
        def epoch(self, end):
            press()
            signal.raise_signal(signal.SIGINT)
            gone_on.append(hanging.wait(timeout=60))

    try:
        with pytest.raises(KeyboardInterrupt):
            gn.run_many([small_net()], X, y, epochs=5, observers=[[Hanging()]])
        assert gone_on == []
    finally:
        hanging.set()


def test_what_another_handler_raises_ends_the_members_too():
    X, y, _ = two_classes()
    ended = threading.Event()

    class Enough(Exception):
        pass

    def handler(*_):
        raise Enough

    class Signalling(gn.Observer):
        def epoch(self, end):
            if end.epoch == 2:
                signal.raise_signal(signal.SIGINT)

        def finish(self, reason):
            self.reason = reason
            ended.set()

    signal.signal(signal.SIGINT, handler)
    watcher = Signalling()
    with pytest.raises(Enough):
        gn.run_many([small_net()], X, y, epochs=10**6, observers=[[watcher]])

    assert ended.wait(timeout=60)
    assert watcher.reason == "interrupted"

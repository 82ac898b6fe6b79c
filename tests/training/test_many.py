"""Networks trained side by side: each member's run is its solo run, to the bit."""

import threading
from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse

import glassnet as gn
from glassnet.data.splits import folds
from glassnet.engine.choice import ENGINES
from glassnet.engine.native import NativeEngine
from glassnet.errors import Diverged
from tests.training.runs import Counting, Steps, fingerprint, small_net, table, two_classes

every_engine = pytest.mark.parametrize("engine", ENGINES)

RATES = [0.1, 0.003, 0.03, 0.01, 0.3]


def nets(count=5, **options):
    """Networks of one shape and different seeds."""
    return [small_net(norm=True, dropout=0.2, seed=seed, **options) for seed in range(count)]


def assert_solo(net, run, judge, expected):
    """The network and the run are those of a run by itself."""
    assert run.network is net
    assert fingerprint(net) == fingerprint(judge)
    assert table(run.history) == table(expected.history)
    assert (run.ended, run.best_epoch) == (expected.ended, expected.best_epoch)


def compare(engine, *, dtype="float64", workers=3, common=None, **each):
    """Train five members side by side, and each by itself; hold them against each other."""
    X, y, w = two_classes()
    common = {"epochs": 6, "batch_size": 8, "sample_weight": w, "engine": engine} | (common or {})
    together, alone = nets(dtype=dtype), nets(dtype=dtype)

    runs = gn.run_many(together, X, y, workers=workers, **each, **common)

    for k, (net, run, judge) in enumerate(zip(together, runs, alone, strict=True)):
        own = {name: values[k] for name, values in each.items() if name != "learning_rate"}
        if "learning_rate" in each:
            own["optimizer"] = gn.Adam(each["learning_rate"][k])
        assert_solo(net, run, judge, gn.train(judge, X, y, **own, **common))
    return runs


COMMON = {
    "defaults": {},
    "in order": {"shuffle": False},
    "plateau": {"schedule": "plateau", "optimizer": gn.SGD(0.5)},
    "one cycle": {"schedule": "one_cycle"},
    "stop rule": {"stop": gn.StopRule(1e-2, 1), "epochs": 60},
    "clipped": {"clip_norm": 0.1, "clip_value": 0.05},
    "l-bfgs": {"optimizer": "lbfgs"},
    "share held out": {"validation": 0.3, "metrics": ["accuracy"]},
    "early stopping": {
        "validation": two_classes(m=9, seed=5),
        "early_stopping": gn.EarlyStopping("accuracy", patience=1),
        "epochs": 20,
    },
}


@every_engine
@pytest.mark.parametrize("common", COMMON.values(), ids=COMMON)
def test_members_with_other_seeds_are_their_solo_runs(engine, common):
    compare(engine, common=common)


@every_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("workers", [1, 2, 9])
def test_members_with_other_rates_are_their_solo_runs(engine, dtype, workers):
    compare(engine, dtype=dtype, workers=workers, learning_rate=RATES)


@every_engine
def test_members_with_other_folds_are_their_solo_runs(engine):
    parts = folds(40, 5, seed=0)
    runs = compare(
        engine,
        rows=[rows for rows, _ in parts],
        validation_rows=[held for _, held in parts],
        common={"metrics": ["accuracy"], "early_stopping": True},
    )

    assert len({run.history[-1]["val_loss"] for run in runs}) == 5


@every_engine
def test_members_with_other_optimizers_are_their_solo_runs(engine):
    compare(engine, optimizer=["adam", "sgd", gn.Momentum(0.05), "rmsprop", gn.AdamW(0.02)])


@every_engine
@pytest.mark.parametrize("call", [1e-9, 1e9], ids=["one step a call", "calls as long as may be"])
@pytest.mark.parametrize("common", [{}, COMMON["stop rule"]], ids=["epochs", "stop rule"])
def test_how_long_a_call_of_the_engine_is_changes_no_bit(engine, call, common, monkeypatch):
    monkeypatch.setattr("glassnet.training.interrupts._CALL", call)

    compare(engine, common=common)


def test_noisy_members_are_their_solo_runs():
    X, y, _ = two_classes()
    together, alone = ([small_net(seed=seed) for seed in range(3)] for _ in range(2))
    options = {"epochs": 3, "batch_size": 4, "clip_per_sample": 1.0, "noise_multiplier": 1.0}

    runs = gn.run_many(together, X, y, **options)

    for net, run, judge in zip(together, runs, alone, strict=True):
        expected = gn.train(judge, X, y, **options)
        assert_solo(net, run, judge, expected)
        assert run.noise == expected.noise


def test_members_may_be_of_other_hidden_shapes():
    X, y, _ = two_classes()

    def made():
        return [
            gn.Network(
                3,
                [*hidden, gn.Dense(1, "logistic")],
                loss="binary_cross_entropy",
                penalties=penalties,
                seed=4,
            )
            for hidden, penalties in (
                ([], []),
                ([gn.Dense(9, "relu")], [gn.L2(0.01)]),
                ([gn.Dense(4, "sin"), gn.Dense(3, "tanh", batch_norm=True)], []),
            )
        ]

    together, alone = made(), made()
    runs = gn.run_many(together, X, y, epochs=4)

    for net, run, judge in zip(together, runs, alone, strict=True):
        assert_solo(net, run, judge, gn.train(judge, X, y, epochs=4))


@every_engine
def test_sparse_rows_are_shared_too(engine):
    X, y, _ = two_classes()
    X = sparse.csr_array(np.where(np.abs(X) > 0.5, X, 0.0))
    rows = [np.arange(k, 40) for k in range(3)]
    together, alone = nets(3), nets(3)

    runs = gn.run_many(together, X, y, rows=rows, epochs=3, engine=engine)

    for net, run, judge, own in zip(together, runs, alone, rows, strict=True):
        assert_solo(net, run, judge, gn.train(judge, X, y, rows=own, epochs=3, engine=engine))


def test_members_with_observers_are_their_solo_runs_and_each_watches_its_own():
    X, y, _ = two_classes()
    watching = [Steps("theta"), None, Steps("theta")]
    together, alone = nets(3), nets(3)
    given = [[observer] if observer else [] for observer in watching]

    runs = gn.run_many(together, X, y, epochs=3, observers=given)

    for net, run, judge, observer in zip(together, runs, alone, watching, strict=True):
        steps = Steps("theta")
        assert_solo(net, run, judge, gn.train(judge, X, y, epochs=3, observers=[steps]))
        if observer is not None:
            assert len(observer.moments) == 6
            for seen, wanted in zip(observer.moments, steps.moments, strict=True):
                assert np.array_equal(seen.theta, wanted.theta)


def test_a_member_goes_on_from_its_run_as_from_a_solo_run():
    X, y, _ = two_classes()
    together, judge = nets(2), nets(2)[1]

    runs = gn.run_many(together, X, y, epochs=3)
    gn.train(together[1], X, y, epochs=7, after=runs[1])
    gn.train(judge, X, y, epochs=7)

    assert fingerprint(together[1]) == fingerprint(judge)


class Recording:
    """An engine that notes the data each session is opened on, and the arrays it then holds."""

    name = "recording"

    def __init__(self):
        self.engine, self.data, self.held = NativeEngine(), [], []

    def supports(self, program):
        """What the native engine says."""
        return self.engine.supports(program)

    def open(self, program, state, data):
        """A native session."""
        session = self.engine.open(program, state, data)
        self.data.append(data)
        self.held.append(session._held)
        return session


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_member_has_a_copy_of_the_rows(dtype):
    X, y, w = two_classes()
    X, engine = X.astype(dtype), Recording()
    if engine.supports(gn_program(dtype)) is not None:
        pytest.skip("there is no native engine here")
    parts = folds(40, 5, seed=1)

    gn.run_many(
        nets(dtype=dtype), X, y, sample_weight=w, epochs=2, engine=engine,
        rows=[rows for rows, _ in parts], validation_rows=[held for _, held in parts],
    )  # fmt: skip

    assert len(engine.data) == 5
    assert np.shares_memory(engine.data[0].x, X)
    for data, other in pairwise(engine.data):
        assert data is other
    for x, targets, weights in engine.held:
        assert np.shares_memory(x, X)
        assert np.shares_memory(targets, engine.data[0].y)
        assert np.shares_memory(weights, engine.data[0].w)


def gn_program(dtype):
    """A program that the native engine supports where there is one."""
    from glassnet.engine.interface import Program

    return Program(small_net(dtype=dtype).specification, gn.Adam())


def test_epochs_of_a_small_set_share_a_call_of_the_engine():
    X, y, _ = two_classes()
    engine = Counting()

    gn.run_many([small_net()], X, y, epochs=400, engine=engine)

    assert sum(engine.calls) == 800
    assert len(engine.calls) < 100


def test_so_many_members_run_at_a_time_as_there_are_workers():
    X, y, _ = two_classes()
    lock, running, most = threading.Lock(), set(), []
    meeting = threading.Barrier(3)

    class Present(gn.Observer):
        def begin(self, epochs, steps):
            with lock:
                running.add(self)
                most.append(len(running))
            meeting.wait(timeout=60)  # breaks unless three are there at once

        def finish(self, ended):
            with lock:
                running.discard(self)

    runs = gn.run_many(
        nets(6), X, y, epochs=1, workers=3, observers=[[Present()] for _ in range(6)]
    )

    assert max(most) == 3
    assert [run.ended for run in runs] == ["epochs"] * 6


def test_runs_come_in_the_order_of_the_networks_whoever_ends_first():
    X, y, _ = two_classes()
    second_ended = threading.Event()

    class Waiting(gn.Observer):
        def begin(self, epochs, steps):
            second_ended.wait(timeout=60)

    class Ending(gn.Observer):
        def finish(self, ended):
            second_ended.set()

    members = nets(2)
    runs = gn.run_many(members, X, y, workers=2, epochs=1, observers=[[Waiting()], [Ending()]])

    assert [run.network for run in runs] == members


@every_engine
def test_a_member_that_diverges_says_so_and_disturbs_no_other(engine):
    X, y, _ = two_classes()
    made = [
        [gn.Network(3, [gn.Dense(1, "identity")], seed=seed) for seed in range(3)] for _ in range(2)
    ]
    rates = [0.1, 3.0, 0.05]

    runs = gn.run_many(
        made[0], X, y, optimizer="sgd", learning_rate=rates, epochs=200, engine=engine
    )

    assert [run.ended for run in runs] == ["epochs", "diverged", "epochs"]
    for k in (0, 2):
        alone = gn.train(made[1][k], X, y, optimizer=gn.SGD(rates[k]), epochs=200, engine=engine)
        assert_solo(made[0][k], runs[k], made[1][k], alone)
        assert runs[k].error is None
    with pytest.raises(Diverged) as raised:
        gn.train(made[1][1], X, y, optimizer=gn.SGD(rates[1]), epochs=200, engine=engine)
    assert str(runs[1].error) == str(raised.value)
    assert runs[1].error.__traceback__ is None
    assert_solo(made[0][1], runs[1], made[1][1], raised.value.run)


def test_an_error_of_an_observer_names_its_member_when_the_others_have_ended():
    X, y, _ = two_classes()
    members, judges = nets(3), nets(3)

    class Failing(gn.Observer):
        def epoch(self, end):
            if end.epoch == 2:
                raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full") as raised:
        gn.run_many(members, X, y, epochs=5, observers=[[], [Failing()], []], workers=2)

    assert "member 1 of run_many" in raised.value.__notes__[0]
    for net, judge, epochs in zip(members, judges, (5, 2, 5), strict=True):
        gn.train(judge, X, y, epochs=epochs)
        assert fingerprint(net) == fingerprint(judge)


def test_it_works_in_another_thread():
    X, y, _ = two_classes()
    members, judges = nets(2), nets(2)

    thread = threading.Thread(target=lambda: gn.run_many(members, X, y, epochs=2))
    thread.start()
    thread.join()

    for net, judge in zip(members, judges, strict=True):
        gn.train(judge, X, y, epochs=2)
        assert fingerprint(net) == fingerprint(judge)


def test_a_tiny_member_takes_all_its_epochs_in_one_call():
    X, y, _ = two_classes(m=20)
    engine = Counting()

    gn.run_many(nets(1), X, y, epochs=14, batch_size=4, engine=engine)

    assert engine.calls == [70]

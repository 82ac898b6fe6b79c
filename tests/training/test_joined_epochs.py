"""Epochs of a tiny data set that share a call of the engine give what single calls give."""

import pytest

import glassnet as gn
from glassnet.errors import Diverged
from tests.training.runs import Counting, fingerprint, small_net, table, two_classes

OPEN_LOOP = {
    "constant": "constant",
    "step": gn.StepDecay(epochs=3, factor=0.5),
    "exponential": gn.ExponentialDecay(0.9),
    "cosine": "cosine",
    "one_cycle": "one_cycle",
    "warm_up": gn.WarmUp(steps=20, then=gn.Cosine()),
}


@pytest.fixture(autouse=True)
def _short_calls(monkeypatch):
    monkeypatch.setattr("glassnet.training.loop._STEPS_PER_CALL", 22)


def train_both(epochs, **options):
    """The same run joined, and with an observer that keeps the epochs apart."""
    X, y, w = two_classes(m=21)
    found = []
    for observers in ((), (gn.Observer(),)):
        net, engine = small_net(norm=True, dropout=0.2), Counting()
        run = gn.train(
            net,
            X,
            y,
            epochs=epochs,
            batch_size=4,
            sample_weight=w,
            observers=observers,
            engine=engine,
            **options,
        )
        found.append((net, run, engine.calls))
    return found


@pytest.mark.parametrize("schedule", OPEN_LOOP.values(), ids=OPEN_LOOP)
@pytest.mark.parametrize("optimizer", ["adam", gn.Momentum(0.05)], ids=["adam", "momentum"])
def test_joined_epochs_give_the_same_bits_and_history(optimizer, schedule):
    (joined, run, calls), (single, expected, steps) = train_both(
        14, optimizer=optimizer, schedule=schedule
    )

    # 21 rows by 4, a last batch of 1 joined: 5 steps an epoch, 4 epochs in at most 22 steps.
    assert calls == [20, 20, 20, 10]
    assert steps == [5] * 14
    assert fingerprint(joined) == fingerprint(single)
    assert table(run.history) == table(expected.history)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-2, 3e-2])
@pytest.mark.parametrize("patience", [0, 3])
def test_the_stop_rule_stops_joined_epochs_at_the_same_epoch(tolerance, patience):
    rule = gn.StopRule(tolerance, patience)

    (joined, run, calls), (single, expected, _) = train_both(80, optimizer=gn.Adam(0.1), stop=rule)

    assert run.ended == expected.ended == "converged"
    assert 1 < len(run.history) < 80
    assert fingerprint(joined) == fingerprint(single)
    assert table(run.history) == table(expected.history)
    assert sum(calls) == 5 * len(run.history)


def test_the_stop_rule_does_what_its_definition_says():
    (_, run, _), _ = train_both(80, optimizer=gn.Adam(0.1), stop=gn.StopRule(0.03, 2))

    J = run.history.column("J")
    failed = [k > 0 and J[k] > J[:k].min() - 0.03 for k in range(len(J))]
    ends = [k + 1 for k in range(2, len(J)) if all(failed[k - 2 : k + 1])]
    assert ends == [len(J)]


def test_the_stop_rule_goes_on_over_calls_of_the_engine():
    X, y, _ = two_classes(m=1)
    engine = Counting()

    # No epoch meets this tolerance, so that all but the first are stale.
    rule = gn.StopRule(1e9, 50)
    run = gn.train(small_net(), X, y, epochs=200, stop=rule, engine=engine)

    assert len(run.history) == 52
    assert engine.calls == [22, 22, 8]


def test_early_stopping_and_a_stop_rule_both_apply():
    X, y, _ = two_classes()
    rules = {"early_stopping": gn.EarlyStopping(patience=50), "stop": gn.StopRule(1e9, 3)}

    run = gn.train(small_net(), X, y, epochs=100, **rules)

    assert run.ended == "converged"
    assert len(run.history) == 5


def test_joined_epochs_that_diverge_keep_every_epoch_before():
    X, y, _ = two_classes(m=20)
    nets, histories = [], []
    for keeps_apart in (False, True):
        net = gn.Network(3, [gn.Dense(1, "identity")], seed=1)
        rows = History()
        with pytest.raises(Diverged):
            gn.train(
                net,
                1e3 * X,
                y,
                optimizer=gn.SGD(1e-2),
                epochs=500,
                batch_size=5,
                observers=[rows] if keeps_apart else [],
            )
        nets.append(net)
        histories.append(rows.rows)

    # The run takes several epochs to overflow, all of them in one call of the engine.
    assert len(histories[1]) > 3
    assert nets[1].state.epoch == len(histories[1])
    assert nets[1].state.t == 4 * len(histories[1])
    assert fingerprint(nets[0]) == fingerprint(nets[1])


class History(gn.Observer):
    """Keeps the rows of the epochs."""

    def __init__(self):
        self.rows = []

    def epoch(self, end):
        self.rows.append(end.row)

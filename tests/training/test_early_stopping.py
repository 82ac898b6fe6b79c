"""Early stopping, held against tables of what must happen for a given sequence of values."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, UnknownName
from glassnet.training.early_stopping import Watch
from tests.training.runs import Steps, fingerprint, small_net, two_classes

NAN = float("nan")


class Scripted:
    """A metric that says what it was told to, whatever the outputs are."""

    name = "scripted"

    def __init__(self, values, *, greater=True):
        self.values, self.greater_is_better, self.calls = values, greater, 0

    def value(self, a, y, w):
        self.calls += 1
        return self.values[self.calls - 1]


def run_on(values, *, greater=True, epochs=None, **rule):
    X, y, _ = two_classes(m=12)
    net, metric = small_net(), Scripted(values, greater=greater)
    run = gn.train(
        net,
        X,
        y,
        epochs=epochs or len(values),
        validation=(X, y),
        early_stopping=gn.EarlyStopping(metric, **rule),
    )
    return net, run


# values, patience, min_delta; epochs run, best epoch, why it ended. Greater is better.
TABLE = [
    ([1, 2, 3, 4, 5], 0, 0.0, 5, 5, "epochs"),
    # Equal is no progress; but of two alike the one with the smaller loss is kept.
    ([1, 2, 3, 3, 9], 0, 0.0, 4, 4, "early stopping"),
    ([1, 2, 3, 2, 9], 0, 0.0, 4, 3, "early stopping"),
    ([1, 2, 3, 2, 9], 1, 0.0, 5, 5, "epochs"),  # one bad epoch is allowed
    ([3, 2, 1, 9, 9], 1, 0.0, 3, 1, "early stopping"),
    ([3, 2, 4, 2, 2, 9], 1, 0.0, 5, 3, "early stopping"),  # a good epoch resets the count
    ([3, 1, 1, 1, 1], 4, 0.0, 5, 1, "epochs"),
    ([3, 1, 1, 1, 1, 1], 4, 0.0, 6, 1, "early stopping"),
    ([1.0, 1.4, 1.8, 9.0], 1, 0.5, 3, 3, "early stopping"),  # better, by less than min_delta
    ([1.0, 1.6, 2.2, 2.8], 0, 0.5, 4, 4, "epochs"),
    ([1.0, 1.5, 9.0], 0, 0.5, 2, 2, "early stopping"),  # by no more than min_delta
    ([-3, -2, -1, -2, 9], 0, 0.0, 4, 3, "early stopping"),
    ([1, NAN, 2, 3], 0, 0.0, 2, 1, "early stopping"),  # nan is no improvement
    ([1, NAN, 2, 3], 1, 0.0, 4, 4, "epochs"),
    ([NAN, NAN, NAN, 1], 2, 0.0, 3, 0, "early stopping"),  # there never was a best
    ([NAN, NAN, 1, 0.5], 2, 0.0, 4, 3, "epochs"),
    ([1, 0, 0, 0, 0, 0, 0, 0], float("inf"), 0.0, 8, 1, "epochs"),
]


@pytest.mark.parametrize(("values", "patience", "min_delta", "epochs", "best", "ended"), TABLE)
@pytest.mark.parametrize("greater", [True, False])
@pytest.mark.parametrize("restore", [True, False])
def test_the_table_of_values_and_what_they_lead_to(
    values, patience, min_delta, epochs, best, ended, greater, restore
):
    signed = values if greater else [-value for value in values]
    X, y, _ = two_classes(m=12)

    net, run = run_on(
        signed, greater=greater, patience=patience, min_delta=min_delta, restore_best=restore
    )

    assert (len(run.history), run.best_epoch, run.ended) == (epochs, best, ended)
    np.testing.assert_array_equal(run.history.column("val_scripted"), signed[:epochs])
    kept = best if restore and best else epochs
    judge = small_net()
    gn.train(judge, X, y, epochs=kept)
    assert np.array_equal(net.state.theta, judge.state.theta)
    assert net.state.t == epochs


def test_running_statistics_are_restored_with_the_best_parameters():
    X, y, _ = two_classes()
    nets = [small_net(norm=True), small_net(norm=True)]
    metric = Scripted([1, 2, 0, 0])

    gn.train(
        nets[0],
        X,
        y,
        epochs=4,
        validation=(X, y),
        early_stopping=gn.EarlyStopping(metric, patience=9),
    )
    gn.train(nets[1], X, y, epochs=2)

    for name, value in nets[1].state.buffers.items():
        assert np.array_equal(nets[0].state.buffers[name], value)


def test_the_validation_loss_is_watched_by_default():
    X, y, _ = two_classes()

    run = gn.train(
        small_net(),
        X[:30],
        y[:30],
        optimizer=gn.Adam(0.2),
        epochs=300,
        validation=(X[30:], 1 - y[30:]),
        early_stopping=True,
    )

    losses = run.history.column("val_loss")
    assert run.ended == "early stopping"
    assert run.best_epoch == 1 + int(np.argmin(losses))
    assert len(losses) == run.best_epoch + 11


def test_without_validation_the_cost_of_the_epoch_is_watched():
    X, y, _ = two_classes()

    run = gn.train(
        small_net(dropout=0.5),
        X,
        y,
        optimizer=gn.Adam(0.1),
        epochs=300,
        early_stopping=gn.EarlyStopping(patience=3),
    )

    J = run.history.column("J")
    assert run.ended == "early stopping"
    assert run.best_epoch == 1 + int(np.argmin(J))
    assert len(J) == run.best_epoch + 4


def test_the_metric_that_is_watched_is_in_the_history_once():
    X, y, _ = two_classes()

    run = gn.train(
        small_net(),
        X,
        y,
        epochs=2,
        validation=0.5,
        metrics=["accuracy"],
        early_stopping=gn.EarlyStopping("accuracy"),
    )

    columns = ["epoch", "step", "J", "rate", "val_loss", "val_accuracy", "seconds"]
    assert run.history.columns == columns


def test_lbfgs_stops_early_too():
    X, y, _ = two_classes()
    metric, steps = Scripted([1, 2, 1, 1, 1]), Steps()
    net, judge = small_net(), small_net()

    run = gn.train(
        net,
        X,
        y,
        optimizer="lbfgs",
        epochs=5,
        validation=(X, y),
        early_stopping=gn.EarlyStopping(metric, patience=1),
        observers=[steps],
    )
    gn.train(judge, X, y, optimizer="lbfgs", epochs=2)

    assert (run.ended, run.best_epoch, len(run.history)) == ("early stopping", 2, 4)
    assert np.array_equal(net.state.theta, judge.state.theta)


def test_a_run_that_ends_otherwise_keeps_its_best_too():
    net, run = run_on([1, 5, 2, 2], patience=9)
    judge, _ = run_on([1, 2], patience=9)

    assert run.ended == "epochs"
    assert np.array_equal(net.state.theta, judge.state.theta)
    assert fingerprint(net) != fingerprint(judge)  # the clock has gone on


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"patience": -1}, "patience of EarlyStopping must be .*; got -1"),
        ({"patience": 1.5}, "patience of EarlyStopping must be .*; got 1.5"),
        ({"patience": "3"}, "patience of EarlyStopping must be .*; got '3'"),
        ({"min_delta": -0.1}, r"min_delta of EarlyStopping must be .*; got -0\.1"),
        ({"min_delta": NAN}, "min_delta of EarlyStopping must be .*; got nan"),
        ({"metric": 3}, "a metric must be .*; got 3"),
    ],
)
def test_a_rule_is_checked_when_it_is_made(arguments, words):
    with pytest.raises(InvalidValue, match=words):
        gn.EarlyStopping(**arguments)


def test_an_unknown_metric_names_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'accuracy'"):
        gn.EarlyStopping("accurac")


@pytest.mark.parametrize(("losses", "best"), [([3, 2, 1], 3), ([3, 1, 2], 2), ([1, 3, NAN], 1)])
def test_of_epochs_with_the_same_accuracy_that_with_the_smallest_loss_is_kept(losses, best):
    rule, watch = gn.EarlyStopping("accuracy"), Watch()
    accuracies = [0.92, 0.92 - 2**-53, 0.92]  # as sums of weights in another order give them
    for epoch, (accuracy, loss) in enumerate(zip(accuracies, losses, strict=True), start=1):
        watch = watch.told(rule, accuracy, epoch, lambda: small_net().state, loss)

    assert (watch.best_epoch, watch.stale) == (best, 2)
    assert watch.loss == 1

"""``train(after=run)`` goes on from a run as if it had never ended."""

import numpy as np
import pytest

import glassnet as gn
from tests.training.runs import fingerprint, small_net, table, two_classes

X, Y, W = two_classes()
OPTIONS = {
    "plain": {},
    "cosine": {"schedule": "cosine"},
    "plateau": {"schedule": gn.Plateau(patience=0, tolerance=0.05), "optimizer": gn.Momentum(0.1)},
    "early stopping": {"validation": 0.2, "early_stopping": gn.EarlyStopping(patience=30)},
    "stop": {"stop": gn.StopRule(0.0, 5)},
}


@pytest.mark.parametrize("name", sorted(set(OPTIONS) - {"cosine"}))
@pytest.mark.parametrize("first", [1, 4])
def test_two_runs_are_one(name, first):
    options = {"batch_size": 7, "sample_weight": W, **OPTIONS[name]}
    whole, net = (small_net(norm=True, dropout=0.2) for _ in range(2))
    expected = gn.train(whole, X, Y, epochs=9, **options)

    before = gn.train(net, X, Y, epochs=first, **options)
    run = gn.train(net, X, Y, epochs=9, after=before, **options)

    assert fingerprint(net) == fingerprint(whole)
    assert table(run.history) == table(expected.history)
    assert (run.ended, run.best_epoch) == (expected.ended, expected.best_epoch)
    assert len(before.history) == first
    assert (np.diff(run.history.column("seconds")) >= 0).all()


def test_it_goes_on_from_the_last_parameters_where_the_best_were_put_back():
    class Scripted:
        name, greater_is_better = "scripted", True

        def __init__(self, values):
            self.values = iter(values)

        def value(self, a, y, w):
            return next(self.values)

    def run(net, values, **more):
        rule = gn.EarlyStopping(Scripted(values), patience=9)
        options = {"validation": (X, Y), "early_stopping": rule, "batch_size": 7}
        return gn.train(net, X, Y, **options, **more), options

    net, judge = small_net(), small_net()
    before, options = run(net, [1.0, 3.0, 2.0, 9.0], epochs=3)
    assert before.best_epoch == 2
    after = gn.train(net, X, Y, epochs=4, after=before, **options)
    gn.train(judge, X, Y, epochs=4, batch_size=7)

    assert after.best_epoch == 4
    assert np.array_equal(net.state.theta, judge.state.theta)


def test_a_run_that_a_rule_has_ended_may_go_on_under_another():
    rule = gn.StopRule(1e9, 0)
    net = small_net()

    before = gn.train(net, X, Y, epochs=9, stop=rule)
    run = gn.train(net, X, Y, epochs=9, after=before)

    assert (before.ended, len(before.history)) == ("converged", 2)
    assert (run.ended, len(run.history)) == ("epochs", 9)


def test_with_a_checkpoint_that_is_not_there_yet_it_goes_on_from_the_run(tmp_path):
    whole, net = small_net(), small_net()
    gn.train(whole, X, Y, epochs=4)

    before = gn.train(net, X, Y, epochs=2)
    options = {"checkpoint": tmp_path / "run", "resume": True}
    run = gn.train(net, X, Y, epochs=4, after=before, **options)

    assert len(run.history) == 4
    assert fingerprint(net) == fingerprint(whole)


def test_lbfgs_counts_its_iterations_on():
    net = small_net()

    before = gn.train(net, X, Y, optimizer="lbfgs", epochs=3)
    run = gn.train(net, X, Y, optimizer="lbfgs", epochs=5, after=before)

    assert run.history.column("epoch").tolist() == [1, 2, 3, 4, 5]
    assert (np.diff(run.history.column("J")) < 0).all()

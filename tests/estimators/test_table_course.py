"""The course of a fit: refit on all rows, the metric that chooses epochs, observers, interrupts."""

import copy
import os
import signal
import time

import numpy as np
import pytest
from sklearn.base import clone

import glassnet as gn
from glassnet.estimators.tables.members import member_rows
from glassnet.training.observers import Observer
from tests.estimators.test_tables import SMALL, classifier, frame, regressor


def first_seeds(members):
    return np.random.RandomState(0).randint(2**31 - 1, size=members + 1).tolist()


def test_refit_is_a_training_on_all_rows_for_the_median_of_the_best_epochs():
    X, y = frame(150)
    y = y + 2 * np.random.default_rng(0).normal(size=150)  # so that members soon learn too much
    more = {"members": 5, "learning_rate": 0.03, "epochs": 60, "patience": 60}
    first = regressor(**more).fit(X, y)
    again = regressor(**more, refit=True).fit(X, y)
    best = [int(np.argmin([row["val_loss"] for row in h])) + 1 for h in first.histories_]
    epochs = int(np.floor(np.median(best) + 0.5))
    assert epochs < max(best)
    assert [len(history) for history in again.histories_] == [epochs] * 5
    assert f"refit: {epochs} epochs on all 150 rows." in again.notes_
    assert "val_loss" not in again.history_.columns
    # the same by the public functions
    x, target, _ = again.__glassnet_rows__(X, y)
    layers = [gn.Dense(16, "silu", dropout=0.05), gn.Dense(1, "identity")]
    net = gn.Network(
        x.shape[1], layers, loss="squared_error", seed=first_seeds(5)[1], dtype="float32"
    )
    gn.train(
        net, x, target, optimizer=gn.AdamW(0.03, weight_decay=3e-4), epochs=60, batch_size=32,
        schedule="cosine", observers=[Until(epochs)],
    )  # fmt: skip
    assert np.array_equal(gn.predict(net, x), gn.predict(again.members_[0], x))


class Until(Observer):
    def __init__(self, epochs):
        self.epochs = epochs

    def epoch(self, end):
        return "enough" if end.epoch == self.epochs else None


def test_refit_changes_nothing_where_no_row_can_be_held_out():
    X = [[1.0, "a"], [2.0, "b"], [3.0, "a"]]
    plain, again = regressor().fit(X, [1.0, 2.0, 3.0]), regressor(refit=True).fit(X, [1, 2, 3])
    assert np.array_equal(plain.predict(X), again.predict(X))


def test_the_temperature_is_that_of_the_members_that_held_rows_out():
    X, y = frame(200)
    more = {"members": 2, "calibrate": "temperature"}
    plain, again = classifier(**more).fit(X, y > 3), classifier(**more, refit=True).fit(X, y > 3)
    assert again.temperature_ == plain.temperature_
    assert not np.array_equal(again.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("refit", [False, True])
def test_what_members_said_of_rows_that_they_held_out_is_kept(refit):
    X, y = frame(150)
    w = np.ones(150)
    w[5:30] = 0.0
    holed = y.copy()
    holed[[2, 100]] = np.nan
    given = {"members": 10, "missing_target": "drop", "calibrate": "temperature", "refit": refit}
    labels = np.where(np.isnan(holed), None, holed > 3)
    clf = classifier(**given).fit(X, labels, sample_weight=w)
    found = clf.held_out_
    there = np.setdiff1d(np.arange(150), [*range(5, 30), 2, 100])
    assert np.array_equal(found.rows, there)  # ten members hold out every row that counts
    assert np.array_equal(found.y.astype(bool), (y > 3)[there])
    np.testing.assert_allclose(found.answers.sum(axis=1), 1.0)
    right = (clf.head_.decided(found.answers) == (y > 3)[there]).mean()
    assert 0.6 < right <= 1.0
    if not refit:  # the first member's are its own answers alone
        _, held = member_rows(len(there), 10, first_seeds(10)[0], (y > 3)[there].astype(int))[0]
        x = clf.encode(X.iloc[there[held]])
        own = clf.head_.answers(gn.predict(clf.members_[0], x).astype(float))
        np.testing.assert_allclose(found.answers[held], own, rtol=1e-12)
    assert "held_out_" not in vars(copy.deepcopy(clf))  # which takes what a pickle takes


def test_row_visits_and_time_count_both_trainings():
    X, y = frame()
    reg = regressor(members=2, max_row_visits=4560, refit=True).fit(X, y)
    assert reg.parameters_["epochs"] == 10  # 2 members of 108 rows, and of 120 again
    budgeted = regressor(epochs=10**6, time_budget=0.4, max_row_visits=10**12, refit=True)
    assert any(note.startswith("time_budget=0.4") for note in budgeted.fit(X, y).notes_)


def test_the_metric_chooses_the_epoch():
    X, y = frame(200)
    more = {"members": 1, "epochs": 40, "patience": 39, "learning_rate": 0.05}
    clf = classifier(metric="error", **more).fit(X, y > 3)
    assert "val_accuracy" in clf.history_.columns
    seed = first_seeds(1)[0]
    _, held = member_rows(200, 1, seed, (y > 3).astype(int))[0]
    right = ((gn.predict(clf.network_, clf.encode(X)[held])[:, 0] > 0.5) == (y > 3)[held]).mean()
    assert right == pytest.approx(max(row["val_accuracy"] for row in clf.history_))
    reg = regressor(metric="mae", **more).fit(X, y)
    _, held = member_rows(200, 1, seed, None)[0]
    x, target, _ = reg.__glassnet_rows__(X, y)
    error = np.abs(gn.predict(reg.network_, x[held]) - target[held]).mean()
    assert error == pytest.approx(min(row["val_mae"] for row in reg.history_), rel=1e-5)
    labels = np.stack([y > 3, y > 4], axis=1).astype(int)
    assert classifier(metric="error").fit(X, labels).predict(X).shape == (200, 2)


class Counts(Observer):
    def __init__(self, seen, press=0):
        self.seen, self.press = seen, press

    def epoch(self, end):
        self.seen.append(end.epoch)
        if end.epoch == self.press:
            press_ctrl_c()


def press_ctrl_c():
    """The main thread, which waits for the members, hears of it within a tenth of a second."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.4)


def test_somebody_may_watch_the_members():
    X, y = frame()
    seen, asked = [], []
    reg = regressor(members=2, refit=True, threads=1)

    def watching(est, members):
        asked.append((est.parameters_["epochs"], members, len(est.encoder_.names)))
        return [[Counts(seen)] for _ in range(members)]

    reg._watching = watching
    reg.fit(X, y)
    assert asked == [(20, 2, 4), (20, 2, 4)]
    assert len(seen) > 2 * len(reg.history_)
    assert np.array_equal(reg.predict(X), clone(reg).fit(X, y).predict(X))


def test_an_interrupt_keeps_what_was_learned_and_says_so():
    X, y = frame()
    reg = regressor(members=2, threads=1, epochs=400, patience=400, refit=True)
    reg._watching = lambda est, members: [[Counts([], press=3)] for _ in range(members)]
    reg.fit(X, y)
    assert any(note.startswith("interrupted: ") for note in reg.notes_)
    assert len(reg.history_) < 400
    assert np.isfinite(reg.predict(X)).all()


class AtOnce(Observer):
    between = True

    def __init__(self):
        self.pressed = False

    def next(self, t):
        return None if self.pressed else t

    def pause(self, *_):
        self.pressed = True
        press_ctrl_c()


def test_an_interrupt_before_anything_was_learned_is_one():
    X, y = frame()
    reg = regressor(members=2, threads=1)
    reg._watching = lambda est, members: [[AtOnce()] for _ in range(members)]
    with pytest.raises(KeyboardInterrupt):
        reg.fit(X, y)
    assert not hasattr(reg, "members_")


def test_parameters_of_the_course_have_rules():
    X, y = frame(20)
    wrong = ({"refit": "yes"}, {"missing_target": "skip"}, {"calibrate": "platt"}, {"metric": "f1"})
    for given in wrong:
        with pytest.raises(ValueError, match=f"'{next(iter(given))}' parameter of TableClassifier"):
            classifier(**given).fit(X, y > 3)
    for given in ({"loss": "mse"}, {"metric": "error"}):
        with pytest.raises(ValueError, match="parameter of TableRegressor"):
            regressor(**given).fit(X, y)
    assert set(SMALL) <= set(classifier().get_params())

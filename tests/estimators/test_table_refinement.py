"""The epoch with the least log-loss at its best temperature, and a temperature for what it left."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

import glassnet as gn
from glassnet.estimators.tables.members import member_rows
from glassnet.estimators.tables.refinement import Refinement
from tests.estimators.test_tables import classifier, frame


def noisy(rows=240):
    X, y = frame(rows)
    return X, y + np.random.default_rng(5).normal(size=rows)


def best_log_loss(z, y, w):
    """By another way of minimising, with the prior of log T on the rows that the weights are."""
    rows = 1 / float(w @ w)

    def mean(log_t):
        return -float(w @ (y * log_softmax(z / np.exp(log_t), axis=1)).sum(axis=1))

    found = minimize_scalar(
        lambda t: rows * mean(t) + t * t / (2 * 0.25**2),
        bounds=(-np.log(5), np.log(5)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return mean(found.x)


@pytest.mark.parametrize("sure", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("equal", [True, False])
def test_it_is_the_log_loss_at_the_temperature_that_suits_best(sure, equal):
    rng = np.random.default_rng(0)
    z = sure * rng.normal(size=(400, 3))
    y = np.eye(3)[(softmax(z / sure, axis=1).cumsum(axis=1) < rng.random((400, 1))).sum(axis=1)]
    w = np.ones(400) if equal else rng.exponential(size=400)
    w /= w.sum()
    found = Refinement("cross_entropy").value(softmax(z, axis=1), y, w)
    assert found == pytest.approx(best_log_loss(z, y, w), rel=1e-6)
    both = [z[:, :2], np.stack([y[:, 0], 1 - y[:, 0]], axis=1)]
    one = Refinement("binary_cross_entropy").value(softmax(both[0], axis=1)[:, :1], y[:, :1], w)
    assert one == pytest.approx(best_log_loss(*both, w), rel=1e-6)


def test_each_member_keeps_the_epoch_that_it_chooses():
    X, y = noisy()
    more = {"epochs": 60, "patience": 60, "learning_rate": 0.03, "metric": "refinement"}
    clf = classifier(**more).fit(X, y > 3)
    scores = [row["val_refinement"] for row in clf.history_]
    losses = [row["val_loss"] for row in clf.history_]
    assert min(scores) < min(losses)
    seed = int(np.random.RandomState(0).randint(2**31 - 1, size=2)[0])
    _, held = member_rows(len(y), 1, seed, (y > 3).astype(int))[0]
    x, target, _ = clf.__glassnet_rows__(X, y > 3)
    w = np.full(len(held), 1 / len(held))
    kept = Refinement("binary_cross_entropy").value(
        gn.predict(clf.network_, x[held]), target[held], w
    )
    assert kept == pytest.approx(min(scores), rel=1e-4)


def test_what_it_lets_grow_too_sure_is_put_right():
    X, y = noisy(300)
    more = {"members": 10, "epochs": 60, "patience": 60, "learning_rate": 0.1}
    clf = classifier(**more, metric="refinement").fit(X, y > 3)
    raw = classifier(**more, metric="refinement", calibrate=None).fit(X, y > 3)
    assert clf.temperature_ > 1.02
    own = (y > 3)[clf.held_out_.rows].astype(int)
    cost, raw_cost = (
        -np.log(of.held_out_.answers[np.arange(300), own]).mean() for of in (clf, raw)
    )
    assert cost < raw_cost


KINDS = {
    "binary": lambda y: y > 3,
    "multiclass": lambda y: np.digitize(y, [2, 4]),
    "multilabel": lambda y: np.stack([y > 3, y > 4], axis=1).astype(int),
    "one class": lambda y: np.full(len(y), "one"),
    "a class of one row": lambda y: np.where(np.arange(len(y)) == 7, 2, (y > 3).astype(int)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_targets_of_every_kind_are_fitted(kind, weighted, tmp_path):
    X, y = noisy()
    target = KINDS[kind](y)
    w = np.random.default_rng(0).exponential(size=len(y)) if weighted else None
    rule = "balanced" if weighted and kind != "one class" else None
    clf = classifier(members=2, class_weight=rule, metric="refinement").fit(
        X, target, sample_weight=w
    )
    assert "val_refinement" in clf.history_.columns
    p = clf.predict_proba(X)
    assert np.isfinite(p).all()
    assert 0.2 <= clf.temperature_ <= 5
    gn.save(clf, tmp_path / "m.glassnet")
    assert np.array_equal(gn.load(tmp_path / "m.glassnet").predict_proba(X), p)


def test_it_is_the_default_where_enough_rows_are_held_out_and_calibrated():
    X, y = noisy(2500)
    one = {"epochs": 1, "hidden_layer_sizes": (2,)}
    assert "val_refinement" in classifier(**one).fit(X, y > 3).history_.columns
    few = classifier(**one).fit(X[1:], (y > 3)[1:])
    bare = classifier(**one, calibrate=None).fit(X, y > 3)
    for clf in (few, bare):
        assert "val_refinement" not in clf.history_.columns
    assert gn.TableClassifier().calibrate == "temperature"


def test_rows_of_weight_zero_are_no_rows():
    X, y = noisy()
    w = np.ones(len(y))
    w[:40] = 0.0
    weighted = classifier(members=2).fit(X, y > 3, sample_weight=w)
    without = classifier(members=2).fit(X[40:], (y > 3)[40:])
    np.testing.assert_allclose(weighted.predict_proba(X), without.predict_proba(X), rtol=1e-6)

"""Calibration by a temperature: the least held-out log-loss, never more than before."""

import numpy as np
import pytest
from scipy.special import expit, logit, softmax
from sklearn.metrics import log_loss

import glassnet as gn
from glassnet.estimators.tables.held_out import held_out_outputs
from glassnet.estimators.tables.members import member_rows
from glassnet.estimators.tables.temperature import Temperature
from tests.estimators.test_tables import classifier, frame


def drawn(rows, sure, seed=0, classes=3):
    """Scores with the probabilities that truly draw the classes, and these made too sure."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, classes)) * 1.5
    p = softmax(z, axis=1)
    codes = (p.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1)
    return softmax(sure * z, axis=1), np.eye(classes)[codes]


def cost(p, y, w=None):
    return log_loss(y.argmax(axis=1), p, sample_weight=w, labels=range(y.shape[1]))


@pytest.mark.parametrize("sure", [0.5, 1.0, 2.0, 3.0])
def test_the_temperature_that_spoiled_them_is_found(sure):
    p, y = drawn(20_000, sure)
    found = Temperature.of(p, y, None, loss="cross_entropy")
    assert found.value == pytest.approx(sure, rel=0.05)
    one = (p[:, :1], y[:, :1])
    q = expit(sure * logit(p[:, :1]) / sure)  # a class against the rest, as spoiled
    assert Temperature.of(q, one[1], None, loss="binary_cross_entropy").value > 0


def test_two_classes_are_one_logistic_output_of_the_same_temperature():
    p, y = drawn(5_000, 2.0, classes=2)
    of_both = Temperature.of(p, y, None, loss="cross_entropy")
    of_one = Temperature.of(p[:, 1:], y[:, 1:], None, loss="binary_cross_entropy")
    assert of_one.value == pytest.approx(of_both.value, rel=1e-4)
    np.testing.assert_allclose(of_one.applied(p[:, 1:]), of_both.applied(p)[:, 1:], rtol=1e-3)


@pytest.mark.parametrize("rows", [1, 3, 10, 100, 3000])
@pytest.mark.parametrize("seed", range(5))
def test_the_held_out_log_loss_is_never_worse(rows, seed):
    p, y = drawn(rows, 1.2, seed)
    w = np.random.default_rng(seed).exponential(size=rows)
    found = Temperature.of(p, y, w, loss="cross_entropy")
    assert cost(found.applied(p), y, w) <= cost(p, y, w) + 1e-12


def test_few_rows_hardly_move_it_and_none_not_at_all():
    p, y = drawn(20_000, 3.0)
    many = Temperature.of(p, y, None, loss="cross_entropy").value
    few = [Temperature.of(p[k : k + 5], y[k : k + 5], None, loss="cross_entropy").value
           for k in range(0, 200, 5)]  # fmt: skip
    assert np.median(few) < 1.5 < many
    assert max(few) < many
    assert Temperature.of(p[:0], y[:0], None, loss="cross_entropy").value == 1.0
    assert Temperature.of(p[:0], y[:0], np.ones(0), loss="cross_entropy").value == 1.0
    right = np.full((8, 1), 0.9)  # all right: the least loss is at T = 0
    assert Temperature.of(right, np.ones((8, 1)), None, loss="binary_cross_entropy").value > 0.8


def test_whole_weights_are_rows_repeated_up_to_the_prior():
    p, y = drawn(4_000, 2.0)
    times = np.random.default_rng(1).integers(1, 4, len(p))
    weighted = Temperature.of(p, y, times.astype(float), loss="cross_entropy").value
    repeated = Temperature.of(
        np.repeat(p, times, axis=0), np.repeat(y, times, axis=0), None, loss="cross_entropy"
    ).value
    assert weighted == pytest.approx(repeated, rel=0.01)
    scaled = Temperature.of(p, y, 1e-6 * times, loss="cross_entropy").value
    assert scaled == pytest.approx(weighted, rel=1e-6)


def test_classes_keep_their_order_and_certain_outputs_stay_finite():
    p, _ = drawn(1000, 1.0)
    assert np.array_equal(Temperature(2.5, True).applied(p).argmax(axis=1), p.argmax(axis=1))
    edges = np.array([[0.0], [1.0], [np.nextafter(1, 0)]])
    found = Temperature(0.5).applied(edges)
    assert np.isfinite(np.log(np.maximum(found, 1e-300))).all()
    assert (np.diff(found[:, 0]) >= 0)[0]
    assert np.isfinite(Temperature(3.0, True).applied(np.array([[0.0, 1.0]]))).all()


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_an_estimator_finds_it_on_rows_that_nobody_trained_on(kind):
    X, y = frame(300)
    target = {
        "binary": y > 3,
        "multiclass": np.digitize(y, [2.5, 3.7]),
        "multilabel": np.stack([y > 3, y > 4], axis=1).astype(int),
    }[kind]
    more = {"members": 12, "metric": "error", "patience": 100}
    plain = classifier(**more, calibrate=None).fit(X, target)
    cooled = classifier(**more, calibrate="temperature").fit(X, target)
    assert plain.temperature_ == 1.0
    T = cooled.temperature_
    assert T != 1.0
    p, q = plain.predict_proba(X), cooled.predict_proba(X)
    if kind == "multiclass":
        np.testing.assert_allclose(q, softmax(np.log(p) / T, axis=1), rtol=1e-9)
    else:
        np.testing.assert_allclose(q, expit(logit(p) / T), rtol=1e-9)
    assert np.array_equal(plain.predict(X), cooled.predict(X))
    # found again by hand, from the rows that each member held out
    x, encoded, _ = cooled.__glassnet_rows__(X, target)
    codes = None if kind == "multilabel" else np.asarray(target).astype(int)
    seed = int(np.random.RandomState(0).randint(2**31 - 1, size=13)[0])
    total, count = np.zeros(encoded.shape), np.zeros((300, 1))
    for net, (_, held) in zip(cooled.members_, member_rows(300, 12, seed, codes), strict=True):
        total[held] += gn.predict(net, x[held])
        count[held] += 1
    assert count.min() == 1
    assert count.max() == 2
    loss = "cross_entropy" if kind == "multiclass" else "binary_cross_entropy"
    of_members = Temperature.of(total / count, encoded, None, loss=loss).value
    assert np.sqrt(of_members) == pytest.approx(T, rel=1e-9)  # half of it for their mean


def test_rows_that_none_held_out_are_left_out():
    X, y = frame(60)
    clf = classifier(members=2).fit(X, y > 3)
    judged = [(clf.members_[0], np.array([3, 4])), (clf.members_[1], np.array([4, 9]))]
    rows, p = held_out_outputs(judged, clf.encode(X), "auto")
    assert rows.tolist() == [3, 4, 9]
    of = [gn.predict(net, clf.encode(X)).astype(float) for net in clf.members_]
    np.testing.assert_allclose(p[1], (of[0][4] + of[1][4]) / 2, rtol=1e-12)


def test_one_row_gets_the_bits_that_it_has_in_the_batch():
    X, y = frame()
    for target in (y > 3, np.digitize(y, [2.5, 3.7])):
        clf = classifier(members=2, calibrate="temperature").fit(X, target)
        together = clf.predict_proba(X)
        for k in range(0, len(X), 11):
            assert np.array_equal(clf.predict_proba(X[k : k + 1])[0], together[k])


@pytest.mark.parametrize("calibrate", [None, "temperature"])
def test_probabilities_add_up_to_one_in_their_own_precision(calibrate):
    X, y = frame()
    clf = classifier(members=2, calibrate=calibrate).fit(X, np.digitize(y, [2, 3, 4]))
    sums = clf.predict_proba(X).sum(axis=1)
    np.testing.assert_allclose(sums, 1.0, rtol=4 * np.finfo(float).eps)


def test_a_table_of_few_rows_or_one_class_has_no_temperature_or_a_harmless_one():
    X = [[1.0, "a"], [2.0, "b"], [3.0, "a"], [4.0, "b"]]
    few = classifier(calibrate="temperature").fit(X, ["x", "y", "x", "y"], [1.0, 2.0, 1.0, 1.0])
    assert few.temperature_ == 1.0
    alone = classifier(calibrate="temperature").fit(5 * X, ["x"] * 20)
    assert alone.predict_proba(X).tolist() == [[1.0]] * 4

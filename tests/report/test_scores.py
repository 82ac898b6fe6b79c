"""Scores are scikit-learn's, and stand beside those of a constant answer."""

import numpy as np
import pytest
import sklearn.metrics

from glassnet.report.held_out import HeldOut
from glassnet.report.scores import class_table, interval, score_table, scores

RNG = np.random.default_rng(0)
CLOSE = {"rel": 1e-12}


def binary(m=200):
    p = np.round(RNG.random((m, 1)), 2)  # ties among the probabilities
    y = (RNG.random((m, 1)) < p).astype(float)
    return HeldOut("binary", p, y, ("no", "yes"))


def multiclass(m=300, k=4):
    y = np.eye(k)[RNG.integers(0, k, m)]
    return HeldOut("multiclass", RNG.dirichlet([0.5] * k, m), y, tuple("abcd"[:k]))


def multilabel(m=150):
    y = (RNG.random((m, 3)) < 0.4).astype(float)
    return HeldOut("multilabel", RNG.random((m, 3)), y, ("a", "b", "c"))


def regression(m=100, k=2):
    y = RNG.normal(size=(m, k))
    return HeldOut("regression", y + 0.5 * RNG.normal(size=(m, k)), y, ("u", "v"), 10.0, 3.0)


def values(held):
    return {score.key: score.value for score in scores(held)}


def test_scores_of_two_classes_are_those_of_scikit_learn():
    held = binary()
    found, y, p = values(held), held.y[:, 0], held.outputs[:, 0]
    guessed = (p > 0.5).astype(float)

    assert found == {
        "accuracy": pytest.approx(sklearn.metrics.accuracy_score(y, guessed), **CLOSE),
        "balanced_accuracy": pytest.approx(
            sklearn.metrics.balanced_accuracy_score(y, guessed), **CLOSE
        ),
        "log_loss": pytest.approx(sklearn.metrics.log_loss(y, p), rel=1e-9),
        "roc_auc": pytest.approx(sklearn.metrics.roc_auc_score(y, p), **CLOSE),
    }


def test_scores_of_several_classes_are_those_of_scikit_learn():
    held = multiclass()
    found, guessed = values(held), held.outputs.argmax(axis=1)

    assert found == {
        "accuracy": pytest.approx(sklearn.metrics.accuracy_score(held.codes, guessed), **CLOSE),
        "balanced_accuracy": pytest.approx(
            sklearn.metrics.balanced_accuracy_score(held.codes, guessed), **CLOSE
        ),
        "log_loss": pytest.approx(sklearn.metrics.log_loss(held.codes, held.outputs), rel=1e-9),
    }


def test_scores_of_labels_are_those_of_scikit_learn():
    held = multilabel()
    found, said = values(held), held.outputs > 0.5
    each = [sklearn.metrics.log_loss(held.y[:, k], held.outputs[:, k]) for k in range(3)]

    assert found == {
        "exact": pytest.approx(sklearn.metrics.accuracy_score(held.y > 0.5, said), **CLOSE),
        "accuracy": pytest.approx(1 - sklearn.metrics.hamming_loss(held.y > 0.5, said), **CLOSE),
        "log_loss": pytest.approx(sum(each), rel=1e-9),
    }


def test_scores_of_numbers_are_those_of_scikit_learn_in_units_of_the_target():
    held = regression()
    found, y, guessed = values(held), held.y * 3 + 10, held.outputs * 3 + 10

    assert found == {
        "r2": pytest.approx(sklearn.metrics.r2_score(y, guessed), **CLOSE),
        "rmse": pytest.approx(sklearn.metrics.mean_squared_error(y, guessed) ** 0.5, **CLOSE),
        "mae": pytest.approx(sklearn.metrics.mean_absolute_error(y, guessed), **CLOSE),
    }


@pytest.mark.parametrize("held", [binary(), multiclass(), multilabel()], ids=lambda h: h.task)
def test_the_table_of_classes_is_that_of_scikit_learn(held):
    if held.task == "multilabel":
        true, said = held.y > 0.5, held.outputs > 0.5
    else:
        true, said = held.codes, held.guessed
    precision, recall, f1, rows = sklearn.metrics.precision_recall_fscore_support(true, said)

    table = class_table(held)
    assert [row[0] for row in table.rows] == list(held.names)
    for k, row in enumerate(table.rows):
        expected = (f"{rows[k]}", f"{100 * precision[k]:.0f}%", f"{100 * recall[k]:.0f}%")
        assert row[1:] == (*expected, f"{f1[k]:.2f}")


def test_a_constant_answer_has_no_r2_and_the_accuracy_of_the_commonest_class():
    held = HeldOut("binary", np.full((4, 1), 0.9), np.array([[1.0], [1], [1], [0]]), ("a", "b"))
    constant = {score.key: score.baseline for score in scores(held)}
    numbers = {score.key: score.baseline for score in scores(regression())}

    assert constant["accuracy"] == 0.75
    assert constant["log_loss"] == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    assert constant["roc_auc"] == 0.5
    assert numbers["r2"] == pytest.approx(0, abs=1e-15)


def test_a_baseline_that_was_found_elsewhere_takes_its_place():
    found = {score.key: score.baseline for score in scores(binary(), {"accuracy": 0.25})}

    assert found["accuracy"] == 0.25
    assert found["log_loss"] > 0.5


def test_which_way_is_better_depends_on_the_score():
    by_key = {score.key: score for score in scores(regression())}

    assert by_key["r2"].is_better
    assert by_key["rmse"].is_better
    worse = HeldOut("regression", np.array([[5.0], [-5.0]]), np.array([[0.0], [1.0]]), ("y",))
    assert not any(score.is_better for score in scores(worse))


def test_one_class_or_one_value_alone_leaves_a_score_open_and_not_wrong():
    one = HeldOut("binary", np.array([[0.9], [0.8]]), np.ones((2, 1)), ("no", "yes"))
    flat = HeldOut("regression", np.array([[1.0], [2.0]]), np.ones((2, 1)), ("y",))

    assert {score.key: score.text for score in scores(one)}["roc_auc"] == "–"
    assert {score.key: score.text for score in scores(flat)}["r2"] == "–"
    assert class_table(one).rows[0] == ("no", "0", "–", "–", "–")


def test_a_certain_mistake_has_a_finite_log_loss():
    held = HeldOut("binary", np.zeros((1, 1)), np.ones((1, 1)), ("no", "yes"))

    assert values(held)["log_loss"] == pytest.approx(-np.log(1e-15))


def test_outputs_that_are_no_probabilities_have_no_log_loss():
    held = HeldOut("multiclass", np.array([[0.9, 0.8], [0.1, 0.3]]), np.eye(2), ("a", "b"))

    assert "log_loss" not in values(held)
    assert values(held)["accuracy"] == 1.0


def test_of_many_classes_the_table_shows_those_found_least():
    y = np.eye(60)[np.arange(600) % 60]
    outputs = y.copy()
    outputs[7] = np.eye(60)[8]
    held = HeldOut("multiclass", outputs, y, tuple(str(k) for k in range(60)))

    table = class_table(held)
    assert len(table.rows) == 40
    assert table.rows[0][:1] == ("7",)
    assert table.note == "The 40 of 60 found least."


def test_shares_are_written_in_percent_and_numbers_with_a_real_minus():
    texts = {score.key: score.text for score in scores(binary())}
    worse = HeldOut("regression", np.array([[9.0], [-5.0]]), np.array([[0.0], [1.0]]), ("y",))

    assert texts["accuracy"].endswith("%")
    assert scores(worse)[0].text.startswith("−")
    assert score_table(scores(worse), 2).rows[0][1] == scores(worse)[0].text


def test_an_interval_holds_its_share():
    low, high = interval(0.9, 50)

    assert 0 < low < 0.9 < high < 1

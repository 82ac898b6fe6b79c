"""Wrong labels that were planted are found; no row is judged by what it was learned from."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection import wrong_labels


def planted(load, seed):
    """Standardised rows, labels of which 5 % are wrong, and which rows those are."""
    X, y = load(return_X_y=True)
    rng = np.random.default_rng(seed)
    wrong = rng.choice(len(y), round(0.05 * len(y)), replace=False)
    classes = y.max() + 1
    y = y.copy()
    y[wrong] = (y[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9), y, wrong


def recall(rows, wrong):
    """Share of the wrong rows among the first tenth."""
    return np.isin(wrong, rows[: len(rows) // 10]).mean()


def network(inputs, classes):
    if classes == 2:
        layers = [gn.Dense(64, "relu"), gn.Dense(1, "logistic")]
        return gn.Network(inputs, layers, loss="binary_cross_entropy")
    return gn.Network(
        inputs, [gn.Dense(64, "relu"), gn.Dense(classes, "softmax")], loss="cross_entropy"
    )


@pytest.mark.parametrize("load", [load_digits, load_breast_cancer])
def test_a_network_finds_planted_wrong_labels(load):
    X, y, wrong = planted(load, seed=0)

    found = gn.suspects(network(X.shape[1], y.max() + 1), X, y, epochs=30)

    assert recall(found.rows, wrong) >= 0.8
    np.testing.assert_array_equal(found.rows, np.argsort(-found.losses, kind="stable"))


@pytest.mark.parametrize("load", [load_digits, load_breast_cancer])
def test_an_estimator_finds_planted_wrong_labels(load):
    X, y, wrong = planted(load, seed=1)
    model = gn.MLPClassifier((64,), max_iter=30, tol=0, n_iter_no_change=np.inf, random_state=0)

    with pytest.warns(UserWarning, match="."):
        found = gn.suspects(model, X, y)

    assert recall(found.rows, wrong) >= 0.8
    assert not hasattr(model, "network_")


def test_the_longest_gradients_of_one_network_find_most_too():
    X, y, wrong = planted(load_digits, seed=2)
    net = network(64, 10)
    gn.train(net, X, y, epochs=10)

    assert recall(gn.ledger(net, X, y).suspects(len(y)), wrong) >= 0.8


def test_no_row_is_judged_by_a_model_that_has_seen_it():
    X = np.arange(40.0)[:, None]
    y = np.random.default_rng(0).integers(2, size=40)
    by_heart = KNeighborsClassifier(1)  # P(label) of a row that was learned is 1

    found = gn.suspects(by_heart, X, y)

    nearest = np.array([y[max(n - 1, 0)] != y[n] and y[min(n + 1, 39)] != y[n] for n in range(40)])
    inner = nearest & (np.arange(40) > 0) & (np.arange(40) < 39)
    assert inner.any()
    assert (found.losses[inner] > 0).all()


def test_no_row_is_judged_by_a_network_that_has_seen_it(monkeypatch):
    X, y = np.arange(20.0)[:, None], np.arange(20) % 2
    learned, judged = [], []

    def noting(act, into):
        def noted(net, rows, *others, **options):
            into.append(set(rows[:, 0].tolist()))
            return act(net, rows, *others, **options)

        return noted

    monkeypatch.setattr(wrong_labels, "train", noting(wrong_labels.train, learned))
    monkeypatch.setattr(wrong_labels, "ledger", noting(wrong_labels.ledger, judged))
    gn.suspects(network(1, 2), X, y, folds=4, epochs=1)

    assert sorted(row for fold in judged for row in fold) == X[:, 0].tolist()
    assert [fold | rest for fold, rest in zip(judged, learned, strict=True)] == [
        set(X[:, 0].tolist())
    ] * 4
    assert not any(fold & rest for fold, rest in zip(judged, learned, strict=True))


def test_the_loss_of_a_row_is_minus_the_logarithm_of_the_probability_of_its_label():
    X, y = load_breast_cancer(return_X_y=True)
    X = X[:, :3]
    names = np.array(["bad", "good"])[y]

    found = gn.suspects(LogisticRegression(max_iter=10_000), X, names, folds=3, seed=4)

    order = found.rows[:3]
    assert (found.losses[order] > -np.log(0.5)).all()
    assert set(found.predicted.tolist()) == {"bad", "good"}
    assert found.top(1)[0][1] != found.top(1)[0][2]
    columns = found.to_dict()
    assert columns["row"].tolist() == found.rows.tolist()
    assert (np.diff(columns["loss"]) <= 0).all()


def test_the_same_arguments_give_the_same_list():
    X, y, _ = planted(load_breast_cancer, seed=3)
    once, again, other = (
        gn.suspects(network(30, 2), X, y, epochs=3, seed=seed) for seed in (0, 0, 1)
    )

    np.testing.assert_array_equal(once.losses, again.losses)
    assert (once.losses != other.losses).any()


def test_numbers_are_ranked_by_squared_error():
    X, y = np.zeros((10, 1)), np.r_[np.ones(9), 11.0]

    found = gn.suspects(DummyRegressor(), X, y, folds=10)

    assert found.rows[0] == 9
    assert found.losses[9] == pytest.approx(0.5 * 10**2)
    assert found.predicted[0] == pytest.approx(19 / 9)


def test_a_network_for_numbers_and_batch_norm_are_judged_too():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = X @ [1.0, 2.0]
    y[7] += 30
    net = gn.Network(2, [gn.Dense(8, "tanh", batch_norm=True), gn.Dense(1, "identity")])

    found = gn.suspects(net, X, y, epochs=20)

    assert found.rows[0] == 7
    assert found.predicted.shape == (60,)


def test_a_frame_and_a_class_of_one_row_are_taken():
    X = pd.DataFrame({"a": np.arange(12.0), "b": np.arange(12.0) % 3})
    y = np.array(["x"] * 6 + ["y"] * 5 + ["z"])

    found = gn.suspects(LogisticRegression(), X, y, folds=3)

    assert found.rows[0] == 11  # nothing was there to learn z from
    assert np.isfinite(found.losses).all()


X, Y = np.arange(8.0)[:, None], np.arange(8) % 2


@pytest.mark.parametrize(
    ("model", "y", "options", "error", "words"),
    [
        ("model", Y, {}, InvalidValue, "model must be a Network or an estimator; got 'model'"),
        (LogisticRegression, Y, {}, InvalidValue, "model must be a Network or an estimator"),
        (LogisticRegression(), Y[:3], {}, ShapeMismatch, "as many rows"),
        (LogisticRegression(), Y, {"epochs": 3}, InvalidValue, "epochs is for a Network"),
        (LogisticRegression(), Y, {"folds": 9}, InvalidValue, "folds must number from 2"),
        (LogisticRegression(), np.eye(8), {}, ShapeMismatch, r"must be \(m,\), a label per row"),
        (LinearSVC(), Y, {}, InvalidValue, "needs predict_proba"),
    ],
)
def test_bad_arguments_are_named(model, y, options, error, words):
    with pytest.raises(error, match=words):
        gn.suspects(model, X, y, **options)

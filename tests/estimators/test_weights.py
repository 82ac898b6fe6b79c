"""Sample weights, class weights, and the fitted parameters in scikit-learn's shapes."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.utils.class_weight import compute_sample_weight

from glassnet import MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)
WHOLE = {"hidden_layer_sizes": (10,), "max_iter": 8, "batch_size": 10_000, "random_state": 0}
pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
    pytest.mark.filterwarnings("ignore:lbfgs failed"),
]


def same(one, other, rtol=1e-9):
    return np.allclose(one.network_.state.theta, other.network_.state.theta, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_at_full_batch_a_weight_is_that_many_rows(kind, solver):
    times = np.random.default_rng(0).integers(0, 4, len(X))
    model = kind(**WHOLE, solver=solver, alpha=0.1)
    weighted = clone(model).fit(X, Y, sample_weight=times)
    repeated = clone(model).fit(X.repeat(times, axis=0), Y.repeat(times))

    assert same(weighted, repeated, rtol=1e-6)


def test_in_float32_too_within_its_rounding():
    times = np.random.default_rng(0).integers(0, 4, len(X))
    model = MLPClassifier(**WHOLE, dtype="float32")
    weighted = clone(model).fit(X, Y, sample_weight=times)
    repeated = clone(model).fit(X.repeat(times, axis=0), Y.repeat(times))

    assert np.allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-4)


def test_a_weight_of_0_is_no_row_whatever_is_drawn():
    options = {"batch_size": 20, "dropout": 0.2, "early_stopping": True, "max_iter": 5}
    model = MLPClassifier((10,), random_state=0, **options)
    keep = np.arange(len(X)) % 3 > 0
    weighted = clone(model).fit(X, Y, sample_weight=keep.astype(float))
    without = clone(model).fit(X[keep], Y[keep])

    assert np.allclose(weighted.predict_proba(X), without.predict_proba(X), rtol=1e-12)


@pytest.mark.parametrize("rule", ["balanced", {0: 2.0, 1: 0.5}])
def test_class_weights_are_the_sample_weights_scikit_learn_gives_them(rule):
    rows = np.r_[0:60, 100:120]
    factors = compute_sample_weight(rule, Y[rows])
    by_class = MLPClassifier(**WHOLE, class_weight=rule).fit(X[rows], Y[rows])
    by_row = MLPClassifier(**WHOLE).fit(X[rows], Y[rows], sample_weight=factors)

    assert same(by_class, by_row)


def test_class_weights_multiply_over_the_labels_of_a_row():
    inputs, labels = make_multilabel_classification(60, n_classes=3, random_state=0)
    factors = compute_sample_weight("balanced", labels)
    by_class = MLPClassifier(**WHOLE, class_weight="balanced").fit(inputs, labels)
    by_row = MLPClassifier(**WHOLE).fit(inputs, labels, sample_weight=factors)

    assert same(by_class, by_row)


def test_balanced_counts_weights_as_rows():
    times = np.random.default_rng(0).integers(1, 4, len(X))
    model = MLPClassifier(**WHOLE, class_weight="balanced")
    weighted = clone(model).fit(X, Y, sample_weight=times)
    repeated = clone(model).fit(X.repeat(times, axis=0), Y.repeat(times))

    assert same(weighted, repeated, rtol=1e-6)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (np.zeros(150), "sample_weight must contain at least one non-zero number"),
        (np.r_[-1.0, np.ones(149)], "sample_weight must be finite and not negative; got -1"),
        (np.r_[np.nan, np.ones(149)], "sample_weight must be finite and not negative; got nan"),
        (np.ones(149), r"sample_weight must be \(150,\), one per row; got shape \(149,\)"),
        (["a"] * 150, "sample_weight must hold numbers"),
    ],
)
def test_a_bad_weight_is_refused(weight, words):
    with pytest.raises(ValueError, match=words):
        MLPClassifier().fit(X, Y, sample_weight=weight)


def test_a_class_weight_must_name_classes_of_y():
    with pytest.raises(ValueError, match=r"must name classes of y, \[0, 1, 2\]; got 'setosa'"):
        MLPClassifier(class_weight={"setosa": 2.0}).fit(X, Y)


def test_coefs_are_views_of_the_network_transposed():
    model = MLPRegressor(**WHOLE).fit(X, Y)
    net = model.network_

    assert [W.shape for W in model.coefs_] == [(4, 10), (10, 1)]
    assert np.shares_memory(model.coefs_[0], net.W[1])
    assert np.array_equal(model.coefs_[1], net.W[2].T)
    assert [b.shape for b in model.intercepts_] == [(10,), (1,)]


def test_predictions_follow_from_coefs_and_intercepts_alone():
    model = MLPRegressor(**WHOLE).fit(X, Y)
    hidden = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)

    by_hand = (hidden @ model.coefs_[1] + model.intercepts_[1])[:, 0]
    assert np.allclose(model.predict(X), by_hand, rtol=1e-12)


def test_what_is_put_into_coefs_is_what_predicts():
    model = MLPRegressor(**WHOLE).fit(X, Y)
    model.coefs_[1] = np.zeros((10, 1))
    model.intercepts_ = [model.intercepts_[0], [7.0]]

    assert model.predict(X).tolist() == [7.0] * 150


def test_an_array_of_another_shape_is_refused():
    model = MLPRegressor(**WHOLE).fit(X, Y)

    with pytest.raises(ValueError, match=r"coefs_\[0\] must have shape \(4, 10\); got \(10, 4\)"):
        model.coefs_[0] = np.zeros((10, 4))
    with pytest.raises(AttributeError, match="no coefs_ before it is fitted"):
        _ = MLPRegressor().coefs_

"""Frames, sparse rows, labels of any type, and scikit-learn's machinery around them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassnet import MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)
NAMES = ["sepal length", "sepal width", "petal length", "petal width"]
SMALL = {"hidden_layer_sizes": (6,), "max_iter": 8, "random_state": 0}
pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:lbfgs failed"),
]
FRAMES = {
    "pandas": lambda: (pd.DataFrame(X, columns=NAMES), pd.Series(Y)),
    "polars": lambda: (pl.DataFrame(X, schema=NAMES), pl.Series(Y)),
    "arrow": lambda: (pa.table(dict(zip(NAMES, X.T, strict=True))), pa.array(Y)),
}


@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_frame_is_its_numbers_with_names(library, kind):
    frame, target = FRAMES[library]()
    model = kind(**SMALL).fit(frame, target)
    plain = kind(**SMALL).fit(X, Y)

    # scikit-learn 1.7 knows names of pandas only; later ones those of every frame.
    names = getattr(StandardScaler().fit(frame), "feature_names_in_", None)
    assert names is None or model.feature_names_in_.tolist() == names.tolist() == NAMES
    assert np.array_equal(model.predict(frame), plain.predict(X))


def test_columns_in_another_order_are_refused():
    frame = pd.DataFrame(X, columns=NAMES)
    model = MLPClassifier(**SMALL).fit(frame, Y)

    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[NAMES[::-1]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_sparse_rows_give_what_dense_ones_give(container, kind):
    rows = np.where(X > 2, X, 0.0)
    options = SMALL | {"early_stopping": True}
    dense = kind(**options).fit(rows, Y)
    thin = kind(**options).fit(container(rows), Y)

    assert np.allclose(dense.coefs_[0], thin.coefs_[0], rtol=1e-8, atol=1e-12)
    assert np.allclose(dense.predict(rows), thin.predict(container(rows)), rtol=1e-8)


@pytest.mark.parametrize(
    "names",
    [
        np.array(["c", "a", "b"]),
        np.array(["c", "a", "b"], dtype=object),
        np.array([3, -1, 7]),
        np.array([2.0, 0.0, 1.0]),
        pd.Categorical(["c", "a", "b"]),
    ],
    ids=repr,
)
def test_labels_come_back_as_they_are(names):
    y = np.asarray(names)[Y]
    model = MLPClassifier(**SMALL).fit(X, y)

    assert model.classes_.tolist() == sorted(np.asarray(names).tolist())
    assert model.predict(X).dtype == y.dtype
    assert set(model.predict(X)) <= set(y)


def test_two_classes_have_one_output_and_two_probabilities():
    model = MLPClassifier(**SMALL).fit(X, Y > 0)
    p = model.predict_proba(X)

    assert (model.n_outputs_, model.out_activation_, p.shape) == (1, "logistic", (150, 2))
    assert np.allclose(p.sum(axis=1), 1)
    assert np.array_equal(model.predict(X), p[:, 1] > 0.5)


def test_three_classes_have_a_softmax_that_sums_to_1():
    p = MLPClassifier(**SMALL).fit(X, Y).predict_proba(X)

    assert p.shape == (150, 3)
    assert np.allclose(p.sum(axis=1), 1)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_an_indicator_has_a_logistic_output_per_label(container):
    inputs, labels = make_multilabel_classification(80, n_classes=4, random_state=0)
    model = MLPClassifier((30,), solver="lbfgs", random_state=0).fit(inputs, container(labels))

    assert model.out_activation_ == "logistic"
    assert model.predict_proba(inputs).shape == (80, 4)
    assert model.score(inputs, labels) > 0.95


def test_several_targets_are_predicted_at_once():
    model = MLPRegressor(**SMALL).fit(X[:, :2], X[:, 2:])

    assert model.predict(X[:, :2]).shape == (150, 2)
    assert model.n_outputs_ == 2


def test_it_lives_in_pipelines_and_searches():
    pipe = make_pipeline(StandardScaler(), MLPClassifier(solver="lbfgs", random_state=0))
    search = GridSearchCV(pipe, {"mlpclassifier__hidden_layer_sizes": [(3,), (6,)]}, cv=3)

    assert search.fit(X, Y).best_score_ > 0.9
    assert cross_val_score(pipe, X, Y, cv=3).mean() > 0.9


def test_sample_weight_is_routed():
    weight = (Y < 2).astype(float)
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(**SMALL).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipe = make_pipeline(scaler, model).fit(X, Y, sample_weight=weight)

    plain = clone(model).fit(StandardScaler().fit_transform(X), Y, sample_weight=weight)
    assert np.array_equal(pipe[-1].predict(X), plain.predict(X))


def test_an_unfitted_model_says_so_and_a_repr_is_drawn():
    model = MLPClassifier(alpha=0.1)
    with pytest.raises(NotFittedError):
        model.predict(X)

    assert repr(model) == "MLPClassifier(alpha=0.1)"
    assert "MLPClassifier" in model._repr_html_()
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")

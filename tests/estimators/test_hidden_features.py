"""HiddenFeatures keeps scikit-learn's contract, and its columns are a[l] of the network."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import glassnet as gn
from glassnet.errors import InvalidValue

SMALL = {"solver": "lbfgs", "max_iter": 30, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore:lbfgs failed to converge")


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [
        gn.HiddenFeatures(gn.MLPClassifier((5, 3), "tanh", max_iter=10, random_state=0)),
        gn.HiddenFeatures(
            gn.MLPRegressor(
                hidden_layer_sizes=(5, 3), batch_norm=True, max_iter=10, random_state=0
            ),
            layer=1,
        ),
    ]
)
def test_the_transformer_keeps_the_contract(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def iris():
    """The rows and classes of iris, scaled."""
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.mark.parametrize("layer", [1, 2, 3, None])
@pytest.mark.parametrize("norm", [False, True])
def test_the_columns_are_the_units_of_the_layer(iris, layer, norm):
    X, y = iris
    mlp = gn.MLPClassifier(
        (6, 4), ["tanh", "relu"], batch_norm=norm, dropout=0.2, max_iter=5, tol=0, random_state=0
    )
    with pytest.warns(match="Maximum iterations"):
        found = gn.HiddenFeatures(mlp, layer=layer).fit(X, y)

    seen = gn.trace(found.estimator_, X, training=False)
    np.testing.assert_allclose(
        found.transform(X), seen.features(layer or 2), rtol=1e-12, atol=1e-14
    )
    assert found.layer_ == (layer or 2)
    assert found.transform(X).shape[1] == len(found.get_feature_names_out())


def test_a_trained_estimator_is_used_as_it_is(iris):
    X, y = iris
    mlp = gn.MLPClassifier((4,), "tanh", **SMALL).fit(X, y)
    before = mlp.network_.state.theta.copy()

    found = gn.HiddenFeatures(FrozenEstimator(mlp)).fit(X, y)

    np.testing.assert_allclose(found.transform(X), gn.trace(mlp, X).a[1], rtol=1e-12)
    np.testing.assert_array_equal(mlp.network_.state.theta, before)


def test_sparse_rows_give_what_dense_ones_give(iris):
    X = iris[0] * (iris[0] > 0)
    found = gn.HiddenFeatures(gn.MLPClassifier((4,), "tanh", **SMALL)).fit(csr_array(X), iris[1])

    np.testing.assert_allclose(found.transform(csr_array(X)), found.transform(X), rtol=1e-11)


def test_frames_come_out_where_they_are_asked_for(iris):
    X, y = pd.DataFrame(iris[0], columns=list("abcd")), iris[1]
    made = gn.HiddenFeatures(gn.MLPClassifier((3,), "tanh", **SMALL)).set_output(transform="pandas")

    frame = made.fit_transform(X, y)

    assert list(frame.columns) == ["layer1_unit0", "layer1_unit1", "layer1_unit2"]
    assert made.feature_names_in_.tolist() == list("abcd")


def test_it_can_be_cloned_piped_and_searched(iris):
    X, y = iris
    made = gn.HiddenFeatures(gn.MLPClassifier((4, 3), "tanh", **SMALL), layer=2)
    piped = make_pipeline(clone(made), LogisticRegression(max_iter=1000))

    search = GridSearchCV(piped, {"hiddenfeatures__layer": [1, 2]}, cv=2).fit(X, y)

    assert search.best_score_ > 0.9
    assert clone(made).get_params()["layer"] == 2
    assert clone(made).get_params()["estimator__hidden_layer_sizes"] == (4, 3)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (gn.HiddenFeatures(gn.MLPClassifier((3,), **SMALL), layer=3), "from 1 to 2"),
        (gn.HiddenFeatures(gn.MLPClassifier((3,), **SMALL), layer=0), "from 1 to 2"),
        (gn.HiddenFeatures(gn.MLPClassifier((), **SMALL)), "needs a hidden layer"),
        (gn.HiddenFeatures(LogisticRegression(max_iter=1000)), "fitted glassnet estimator"),
    ],
)
def test_a_layer_that_is_not_there_is_refused(iris, made, words):
    with pytest.raises(InvalidValue, match=words):
        made.fit(*iris)


def test_column_names_that_do_not_fit_are_refused(iris):
    X, y = pd.DataFrame(iris[0], columns=list("abcd")), iris[1]
    found = gn.HiddenFeatures(gn.MLPClassifier((3,), "tanh", **SMALL)).fit(X, y)

    with pytest.raises(ValueError, match="feature_names_in_"):
        found.get_feature_names_out(list("wxyz"))

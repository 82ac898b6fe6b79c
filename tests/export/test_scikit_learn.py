"""scikit-learn's own estimators and ours stand for each other where the functions are the same."""

import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.errors import InvalidValue, Unsupported
from glassnet.export.scikit_learn.activations import HIDDEN as IN_SCIKIT_LEARN
from glassnet.export.scikit_learn.making import to_sklearn
from glassnet.export.scikit_learn.taking import from_sklearn
from glassnet.network.activations import ACTIVATIONS
from tests.export.models import HIDDEN, estimator, network, pipeline, rows_and_labels, table_model

KNOWN = sorted(name for name, there in IN_SCIKIT_LEARN.items() if there)


def fitted(kind, **parameters):
    """Theirs, and rows."""
    chosen = {"hidden_layer_sizes": (6, 4), "max_iter": 12, "random_state": 0, **parameters}
    X, y = rows_and_labels(2 if kind == "binary" else 3)
    labels = np.array(["one", "two", "three"])[y]
    targets = {"numbers": X[:, 0], "several": X[:, :2], "multilabel": (X[:, :3] > 0).astype(int)}
    made = neural_network.MLPRegressor if kind in ("numbers", "several") else (
        neural_network.MLPClassifier
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return made(**chosen).fit(X, targets.get(kind, labels)), X


def test_every_activation_has_a_row():
    assert set(IN_SCIKIT_LEARN) == set(ACTIVATIONS)


@pytest.mark.parametrize("activation", KNOWN)
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "integers", "truths"])
def test_a_classifier_becomes_theirs(kind, activation):
    model, X = estimator(kind, activation=activation)

    there = to_sklearn(model)

    assert type(there) is neural_network.MLPClassifier
    np.testing.assert_allclose(there.predict_proba(X), model.predict_proba(X), atol=1e-13)
    assert there.predict(X).tolist() == model.predict(X).tolist()
    assert there.score(X, model.predict(X)) == 1.0


@pytest.mark.parametrize("kind", ["numbers", "several numbers"])
@pytest.mark.parametrize("loss", ["squared_error", "huber", "poisson"])
def test_a_regressor_becomes_theirs(kind, loss):
    X, _ = rows_and_labels()
    y = np.abs(X[:, 0]) if kind == "numbers" else np.abs(X[:, :2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = gn.MLPRegressor(loss, (5,), max_iter=9, random_state=0).fit(X, y)

    there = to_sklearn(model)

    np.testing.assert_allclose(there.predict(X), model.predict(X), rtol=1e-12)


def test_batch_norm_and_float32_are_in_the_weights():
    X = rows_and_labels()[0].astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = gn.MLPRegressor(hidden_layer_sizes=(5, 4), batch_norm=True, dropout=0.1, max_iter=9)
        model.fit(X, X[:, 0])

    there = to_sklearn(model)

    assert there.coefs_[0].dtype == np.float32
    np.testing.assert_allclose(there.predict(X), model.predict(X), rtol=1e-4, atol=1e-5)


def test_a_network_with_a_scaling_becomes_theirs():
    net, X = network("tanh")

    there = to_sklearn(net)

    np.testing.assert_allclose(there.predict(X), gn.predict(net, X), rtol=1e-10, atol=1e-12)


def test_a_pipeline_keeps_its_scaling_there_and_back():
    model, X = pipeline()

    there = to_sklearn(model)
    again = from_sklearn(there)

    assert isinstance(there[-1], neural_network.MLPClassifier)
    np.testing.assert_allclose(there.predict_proba(X), model.predict_proba(X), atol=1e-13)
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), atol=1e-13)


@pytest.mark.parametrize("activation", [name for name in HIDDEN if name not in KNOWN])
def test_what_theirs_does_not_have_is_named(activation):
    net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(2, activation), gn.Dense(1, "identity")])

    with pytest.raises(Unsupported, match=f"layer 2 has '{activation}'"):
        to_sklearn(net)


def test_other_things_theirs_cannot_be_are_named():
    two = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(2, "tanh"), gn.Dense(1, "identity")])

    with pytest.raises(Unsupported, match="layer 1 has 'relu' and layer 2 has 'tanh'"):
        to_sklearn(two)
    with pytest.raises(Unsupported, match="layer 3 has the outputs 'joint'"):
        to_sklearn(network("tanh", heads=True)[0])
    with pytest.raises(Unsupported, match="a table's encoder has no twin"):
        to_sklearn(table_model()[0])
    with pytest.raises(Unsupported, match="one class"):
        to_sklearn(estimator("one class")[0])
    with pytest.raises(InvalidValue, match="Call fit first"):
        to_sklearn(gn.MLPClassifier())


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_their_classifier_becomes_ours(kind, solver):
    theirs, X = fitted(kind, activation="tanh", solver=solver)

    ours = from_sklearn(theirs)

    assert isinstance(ours, gn.MLPClassifier)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-13)
    assert ours.predict(X).tolist() == theirs.predict(X).tolist()
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.get_params()["solver"] == solver


@pytest.mark.parametrize("kind", ["numbers", "several"])
def test_their_regressor_becomes_ours_and_trains_on(kind):
    theirs, X = fitted(kind, warm_start=True)
    y = theirs.predict(X)

    ours = from_sklearn(theirs)

    np.testing.assert_allclose(ours.predict(X), y, rtol=1e-11)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours.fit(X, y + 1)
    assert not np.allclose(ours.predict(X), y, rtol=1e-3)


def test_a_made_one_trains_on_in_scikit_learn():
    model, X = estimator("multiclass", warm_start=True)
    there = to_sklearn(model)
    before = there.predict_proba(X)
    y = model.classes_[rows_and_labels()[1]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there.fit(X, y)

    assert there.score(X, y) >= model.score(X, y)
    assert not np.array_equal(there.predict_proba(X), before)


def test_what_is_not_theirs_or_not_fitted_is_refused():
    with pytest.raises(InvalidValue, match="must be scikit-learn's MLPClassifier"):
        from_sklearn(gn.MLPClassifier())
    with pytest.raises(NotFittedError):
        from_sklearn(neural_network.MLPClassifier())
    with pytest.raises(NotFittedError):
        from_sklearn(make_pipeline(StandardScaler(), neural_network.MLPRegressor()))

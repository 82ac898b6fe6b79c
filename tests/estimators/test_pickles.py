"""Pickle and joblib keep an estimator whole, and say when another release reads it."""

import copy
import pickle  # noqa: TID251 # a test of it
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.estimators import versions

X, Y = load_iris(return_X_y=True)
MODELS = [
    gn.MLPClassifier((5,), solver="lbfgs", max_iter=5, random_state=0),
    gn.MLPRegressor(
        hidden_layer_sizes=(5,), early_stopping=True, max_iter=5, batch_norm=True, random_state=0
    ),
    gn.HiddenFeatures(gn.MLPClassifier((5,), solver="lbfgs", max_iter=5, random_state=0)),
]
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore:Stochastic Optimizer"
)


def outputs(model):
    return getattr(model, "predict", getattr(model, "transform", None))(X)


@pytest.fixture(params=MODELS, ids=lambda model: type(model).__name__)
def model(request):
    return clone(request.param).fit(X, Y)


def test_pickle_and_copies_give_the_same_outputs_and_no_warning(model):
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        assert outputs(twin).tobytes() == outputs(model).tobytes()
        assert vars(twin).keys() == vars(model).keys()


def test_joblib_gives_the_same_outputs_alone_and_in_a_pipeline(model, tmp_path):
    joblib.dump(model, tmp_path / "m")  # noqa: TID251 # a test of it
    twin = joblib.load(tmp_path / "m")  # noqa: TID251 # a test of it
    assert outputs(twin).tobytes() == outputs(model).tobytes()

    pipeline = make_pipeline(StandardScaler(), clone(model)).fit(X, Y)
    twin = pickle.loads(pickle.dumps(pipeline))
    assert outputs(twin).tobytes() == outputs(pipeline).tobytes()


def test_another_release_that_reads_it_says_so(model, monkeypatch):
    monkeypatch.setattr(versions, "release", lambda: "0.0.1")
    data = pickle.dumps(model)
    monkeypatch.setattr(versions, "release", lambda: "9.0.0")

    with pytest.warns(InconsistentVersionWarning) as caught:
        twin = pickle.loads(data)

    said = next(w.message for w in caught if w.message.estimator_name == type(model).__name__)
    assert (said.written_by, said.read_by) == ("0.0.1", "9.0.0")
    assert "pickled by glassnet 0.0.1 and is read by 9.0.0" in str(said)
    assert outputs(twin).tobytes() == outputs(model).tobytes()


def test_a_pickle_that_names_no_release_is_of_another(model):
    state = model.__getstate__()
    twin = type(model).__new__(type(model))
    del state["_glassnet_version"]

    with pytest.warns(InconsistentVersionWarning, match="glassnet unknown"):
        twin.__setstate__(state)


def test_a_copy_within_one_release_warns_of_nothing():
    model = gn.MLPClassifier((3,), max_iter=3).fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(copy.deepcopy(model).predict(X), model.predict(X))

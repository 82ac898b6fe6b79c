"""Estimators of tables come back from a file to the bit, and hostile files of them are refused."""

import json

import joblib
import numpy as np
import pytest

import glassnet as gn
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.encode import TableEncoder
from glassnet.data.scales import Robust
from glassnet.errors import BadFile, InvalidValue
from glassnet.saving.summary import model_summary
from tests.estimators.test_tables import classifier, frame, regressor


def fitted():
    X, y = frame()
    colour = np.array(X["colour"].tolist(), dtype=object)
    colour[:2] = ["teal", "plum"]
    X = X.assign(colour=colour, useless=np.datetime64("2024-01-01"))
    clf = classifier(members=2, min_count=3, drop=["useless"]).fit(X, np.digitize(y, [3, 4]))
    return X, clf, regressor(members=2, kinds={"floors": "categorical"}, drop=[4]).fit(X, y)


def test_they_come_back_to_the_bit(tmp_path):
    X, clf, reg = fitted()
    for model, how in ((clf, "predict_proba"), (reg, "predict")):
        gn.save(model, tmp_path / "m.glassnet")
        again = gn.load(tmp_path / "m.glassnet")
        assert np.array_equal(getattr(again, how)(X), getattr(model, how)(X))
        assert again.get_params() == model.get_params()
        assert again.parameters_ == model.parameters_
        assert again.notes_ == model.notes_
        assert again.encoder_ == model.encoder_
        assert again.columns_ == model.columns_
        assert again.feature_names_in_.tolist() == list(X.columns)
        assert [list(h) for h in again.histories_] == [list(h) for h in model.histories_]
        with pytest.raises(ValueError, match="missing"):
            again.predict(X.drop(columns="size"))
    assert again.score(X, reg.predict(X)) == 1.0


def test_pickles_come_back_too(tmp_path):
    X, clf, _ = fitted()
    joblib.dump(clf, tmp_path / "m.joblib")  # noqa: TID251 (users pickle estimators)
    again = joblib.load(tmp_path / "m.joblib")  # noqa: TID251
    assert np.array_equal(again.predict_proba(X), clf.predict_proba(X))


def test_a_file_tells_what_it_holds(tmp_path):
    _, clf, _ = fitted()
    gn.save(clf, tmp_path / "m.glassnet")
    found = model_summary(tmp_path / "m.glassnet")
    assert found["model"] == "table_classifier"
    assert found["predicts"]["classes"] == [0, 1, 2]
    assert [c["name"] for c in found["columns"]] == ["size", "colour", "open", "floors"]


def test_what_is_not_fitted_or_to_be_trained_on_is_refused(tmp_path):
    _, clf, _ = fitted()
    with pytest.raises(InvalidValue, match="fitted before it is saved"):
        gn.save(gn.TableClassifier(), tmp_path / "m.glassnet")
    with pytest.raises(InvalidValue, match="training=False"):
        gn.save(clf, tmp_path / "m.glassnet", training=True)


RULES = TableEncoder(
    (
        BinnedRule("a", Robust(1.0, 2.0), (0.0, 1.0, 3.0), True),
        BinnedRule("b", Robust(0.0, 1.0), (), False),
    )
)


def test_binned_rules_survive_a_header():
    header, arrays = RULES.to_header()
    assert TableEncoder.from_header(json.loads(json.dumps(header)), arrays) == RULES


@pytest.mark.parametrize(
    ("column", "array"),
    [
        ({"edges": 4}, {}),
        ({"edges": -1}, {}),
        ({"edges": True}, {}),
        ({"indicator": 1}, {}),
        ({}, {"spread": [0.0, 1.0]}),
        ({}, {"spread": [np.inf, 1.0]}),
        ({}, {"median": [np.nan, 0.0]}),
        ({}, {"median": [0.0]}),
        ({}, {"edges": [0.0, 3.0, 1.0]}),
        ({}, {"edges": [0.0, 1.0, 3.0, 4.0]}),
    ],
)
def test_binned_rules_that_promise_what_they_do_not_hold_are_refused(column, array):
    header, arrays = RULES.to_header()
    header["columns"][0] |= column
    arrays |= {name: np.array(values) for name, values in array.items()}
    with pytest.raises(BadFile):
        TableEncoder.from_header(header, arrays)

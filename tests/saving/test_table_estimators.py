"""Estimators of tables come back from a file to the bit, and hostile files of them are refused."""

import json

import joblib
import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.encode import TableEncoder
from glassnet.data.scales import Robust
from glassnet.errors import BadFile, InvalidValue
from glassnet.estimators.tables.numeric_target import NumericTarget
from glassnet.estimators.tables.spread import Spread
from glassnet.saving.numeric_targets import numeric_target_of, numeric_target_part
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


def of_every_kind():
    """Estimators of each kind of target, with a method and rows."""
    X, y = frame(150)
    several = np.stack([y, -1e4 * y], axis=1)
    labels = np.stack([y > 3, y > 4], axis=1).astype(int)
    counts = np.round(3 * y).clip(0)
    kelvin = {"calibrate": "temperature", "metric": "error"}
    quantiles = {"loss": "quantile", "quantiles": [0.1, 0.4, 0.9]}
    yield classifier(members=2, **kelvin).fit(X, y > 3), "predict_proba", X
    yield classifier(members=2, **kelvin).fit(X, np.digitize(y, [3, 4])), "predict_proba", X
    yield classifier(**kelvin).fit(X, labels), "predict_proba", X
    yield classifier().fit(X, np.full(150, "one")), "predict_proba", X
    yield regressor(members=2, refit=True).fit(X, several), "predict", X
    yield regressor(members=2, **quantiles).fit(X, y), "predict_quantiles", X
    yield regressor(**quantiles).fit(X, several), "predict_quantiles", X
    yield regressor(loss="poisson").fit(X, pd.Series(counts, name="count")), "predict", X
    yield regressor(loss="huber", missing_target="drop").fit(X, y), "predict", X


def test_targets_of_every_kind_come_back_to_the_bit_from_files_and_pickles(tmp_path):
    for model, how, X in of_every_kind():
        gn.save(model, tmp_path / "m.glassnet")
        joblib.dump(model, tmp_path / "m.joblib")  # noqa: TID251 (users pickle estimators)
        loaded = gn.load(tmp_path / "m.glassnet")
        pickled = joblib.load(tmp_path / "m.joblib")  # noqa: TID251 (the test pickled it itself)
        for again in (loaded, pickled):
            assert np.array_equal(getattr(again, how)(X), getattr(model, how)(X))
            assert np.array_equal(again.predict(X), model.predict(X))
            assert again.get_params() == model.get_params()
            assert again.target_names_ == model.target_names_
            assert again.head_.output_names == model.head_.output_names
            if how == "predict_proba":
                assert again.temperature_ == model.temperature_
        found = model_summary(tmp_path / "m.glassnet")["predicts"]
        assert found["name"] == ", ".join(model.target_names_)


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "mean"},
        {"loss": "quantile"},
        {"quantiles": [0.5]},
        {"flat": 1},
        {"flat": True, "spreads": 2},
        {"spreads": 0},
        {"scale": 0.0},
        {"low": 9e9},
        {"loss": "quantile", "quantiles": [0.5, 0.5]},
        {"loss": "quantile", "quantiles": [0.0]},
    ],
)
def test_targets_that_cannot_be_are_refused(change):
    part = numeric_target_part(NumericTarget("huber", (Spread(0.0, 2.0, -1.0, 1.0),)))
    spread = part.header["spreads"][0]
    for name, value in change.items():
        if name in spread:
            spread[name] = value
        elif name == "spreads":
            part.header["spreads"] = [spread] * value
        else:
            part.header[name] = value
    with pytest.raises(ValueError, match=r"target|flat|loss|levels|scale"):
        numeric_target_of(part, ("y",))


def test_pickles_come_back_too(tmp_path):
    X, clf, _ = fitted()
    joblib.dump(clf, tmp_path / "m.joblib")  # noqa: TID251 (users pickle estimators)
    again = joblib.load(tmp_path / "m.joblib")  # noqa: TID251 (the test pickled it itself)
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

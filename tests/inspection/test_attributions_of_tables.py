"""Integrated gradients of table estimators: of what the members say together, by raw column."""

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue

SMALL = {"hidden_layer_sizes": (16, 16), "epochs": 25, "learning_rate": 0.01, "random_state": 0}


def frame(rows=160, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.normal(50.0, 20.0, rows)
    colour = rng.choice(["red", "green", "blue", None], rows)
    X = pd.DataFrame({"size": size, "colour": colour, "open": rng.random(rows) < 0.5})
    y = size / 20 + 2.0 * (X["colour"] == "red") + X["open"]
    X.loc[rng.random(rows) < 0.1, "size"] = np.nan
    return X.assign(shop="one"), y.to_numpy()


@pytest.fixture(scope="module", params=[1, 3])
def models(request):
    X, y = frame()
    more = SMALL | {"members": request.param}
    kinds = np.array(["low", "middle", "high"])[np.digitize(y, [2.5, 3.5])]
    return {
        "regressor": gn.TableRegressor("fast", **more).fit(X, pd.Series(y, name="rent")),
        "binary": gn.TableClassifier("fast", **more).fit(X, y > 3),
        "multiclass": gn.TableClassifier("fast", **more).fit(X, kinds),
        "calibrated": gn.TableClassifier("fast", calibrate="temperature", **more).fit(X, kinds),
        "relu": gn.TableRegressor("fast", activation="relu", **more).fit(X, y),
    }


def answer(est, X):
    return est.predict(X) if not hasattr(est, "classes_") else est.predict_proba(X)


@pytest.mark.parametrize("kind", ["regressor", "binary", "multiclass", "calibrated", "relu"])
def test_contributions_lead_from_one_prediction_to_the_other(models, kind):
    est = models[kind]
    X, _ = frame(12, seed=1)
    base = X[3:4]
    found = gn.attributions(est, X, baseline=base, tolerance=1e-5)
    said, begin = answer(est, X), answer(est, base)
    if said.ndim == 2:
        k = said.argmax(axis=1) if len(est.classes_) > 2 else np.ones(len(X), dtype=int)
        said, begin = said[np.arange(len(X)), k], begin[0, k]
    unit = est.head_.scale[0] if kind in ("regressor", "relu") else 1.0
    near = 2e-5 * unit  # the tolerance, and predictions in float32
    assert found.answers == pytest.approx(said, abs=near)
    assert found.baseline == pytest.approx(np.broadcast_to(begin, len(X)), abs=near)
    assert found.contributions.sum(axis=1) == pytest.approx(said - begin, abs=3 * near)
    assert found.columns == ("size", "colour", "open")  # the constant column is not looked at


def test_a_cell_that_is_as_in_the_row_of_comparison_adds_nothing(models):
    X, _ = frame(12, seed=1)
    base = X[:1]
    same = X.assign(colour=base["colour"].iloc[0])
    found = gn.attributions(models["regressor"], same, baseline=base)
    assert not found.contributions[:, 1].any()
    assert found.contributions[1:, 0].any()


def test_the_row_in_the_middle_has_medians_and_no_gaps(models):
    X, _ = frame()
    est = models["regressor"]
    found = gn.attributions(est, X[:1])
    names = est.encoder_.feature_names
    middle = X[:1].assign(size=X["size"].median())
    size = [k for k, name in enumerate(names) if name.startswith("size")]
    colours = [names.index(f"colour={c}") for c in ("red", "green", "blue")]
    x = est.encode(middle)[0].astype(float)
    x[:] = 0
    x[size] = est.encode(middle)[0][size]
    x[colours] = 1 / 3
    outputs = np.mean([gn.predict(net, x[None])[0, 0] for net in est.members_])
    begin = outputs * est.head_.scale[0] + est.head_.mean[0]
    assert found.baseline[0] == pytest.approx(begin, rel=1e-5)
    assert found.compared == "in the middle of the table"


def test_rows_are_told_with_their_cells_and_units(models):
    X, _ = frame(12, seed=1)
    X.loc[0, "colour"] = None
    text = str(gn.attributions(models["regressor"], X[:1]))
    assert text.startswith("rent = ")
    assert "colour is missing" in text
    assert "in the middle of the table" in text
    X, _ = frame(60, seed=2)
    several = gn.attributions(models["multiclass"], X)
    assert "the predicted class of each" in str(several)
    assert several.of == tuple(f"P({c})" for c in models["multiclass"].predict(X))
    assert gn.attributions(models["multiclass"], X[:2], of="low").of == ("P(low)", "P(low)")
    assert list(several.to_dict()) == list(several.columns)


def test_of_quantiles_the_middle_one_is_meant_and_others_by_their_level():
    X, y = frame()
    reg = gn.TableRegressor("fast", loss="quantile", **SMALL).fit(X, y)
    said = reg.predict_quantiles(X[:5])
    assert gn.attributions(reg, X[:5]).answers == pytest.approx(said[:, 1], abs=1e-4)
    assert gn.attributions(reg, X[:5], of=0.9).answers == pytest.approx(said[:, 2], abs=1e-4)


def test_of_several_targets_one_must_be_named():
    X, y = frame()
    both = pd.DataFrame({"rent": y, "half": y / 2})
    reg = gn.TableRegressor("fast", **SMALL).fit(X, both)
    with pytest.raises(InvalidValue, match="one of rent, half"):
        gn.attributions(reg, X[:2])
    found = gn.attributions(reg, X[:2], of="half")
    assert found.answers == pytest.approx(reg.predict(X[:2])[:, 1], abs=1e-4)
    assert found.of == ("half", "half")

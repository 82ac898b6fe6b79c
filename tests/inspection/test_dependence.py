"""Partial dependence: the mean prediction when a column is set to a value in every row."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import (
    PartialDependenceDisplay,
    partial_dependence,
    permutation_importance,
)

import glassnet as gn
from glassnet.errors import InvalidValue, UnknownName

SMALL = {"hidden_layer_sizes": (16,), "epochs": 25, "learning_rate": 0.01, "random_state": 0}


def frame(rows=150, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.normal(50.0, 20.0, rows)
    colour = rng.choice(["red", "green", "blue", None], rows)
    X = pd.DataFrame({"size": size, "colour": colour, "open": rng.random(rows) < 0.5})
    y = size / 20 + 2.0 * (X["colour"] == "red")
    X.loc[rng.random(rows) < 0.1, "size"] = np.nan
    return X.assign(floors=rng.integers(0, 4, rows), town=rng.choice(["A", "B"], rows)), y


@pytest.fixture(scope="module")
def models():
    X, y = frame()
    kinds = np.array(["low", "middle", "high"])[np.digitize(y, [2.5, 3.5])]
    return {
        "regressor": (gn.TableRegressor("fast", members=2, **SMALL).fit(X, y), y),
        "binary": (gn.TableClassifier("fast", **SMALL).fit(X, y > 3), y > 3),
        "multiclass": (gn.TableClassifier("fast", members=2, **SMALL).fit(X, kinds), kinds),
    }


@pytest.mark.parametrize("name", ["size", "colour", "open", "floors", "town"])
@pytest.mark.parametrize("kind", ["regressor", "binary", "multiclass"])
def test_it_is_the_mean_prediction_of_the_frame_with_that_value(models, kind, name):
    est, _ = models[kind]
    X, _ = frame()
    found = gn.dependence(est, X, name, points=6)
    for value, mean in zip(found.to_dict()["value"], found.to_dict()["mean"], strict=True):
        there = X.copy()
        there[name] = pd.Series([value] * len(X), dtype=object)
        if name == "open":
            there[name] = value == "True"
        said = est.predict(there) if kind == "regressor" else est.predict_proba(there)[:, -1]
        assert mean == pytest.approx(said.mean(), rel=1e-5)


def test_levels_stand_by_their_share_and_gaps_apart(models):
    est, _ = models["regressor"]
    X, _ = frame()
    found = gn.dependence(est, X, "colour")
    counts = X["colour"].value_counts(normalize=True, dropna=False)
    assert found.shares == pytest.approx([counts[level] for level in found.grid])
    assert (np.diff(found.shares) <= 0).all()
    assert found.gap is not None
    assert found.gap[1] == pytest.approx(X["colour"].isna().mean())
    assert gn.dependence(est, X, "town").gap is None
    assert str(found).splitlines()[-1].split()[0] == "missing"
    assert found.means[found.grid.tolist().index("red")] == found.means.max()


def test_numbers_stand_in_order_at_their_quantiles(models):
    X, _ = frame()
    found = gn.dependence(models["regressor"][0], X, "size", points=5)
    assert found.grid == pytest.approx(np.nanquantile(X["size"], np.linspace(0.01, 0.99, 5)))
    assert gn.dependence(models["regressor"][0], X, "floors").grid.tolist() == [0, 1, 2, 3]
    assert found.range == pytest.approx(np.ptp([*found.means, found.gap[0]]))


def test_what_does_not_fit_is_said(models):
    est, _ = models["regressor"]
    X, _ = frame()
    with pytest.raises(UnknownName, match="colour"):
        gn.dependence(est, X, "color")
    with pytest.raises(InvalidValue, match="points must be an integer from 2"):
        gn.dependence(est, X, "size", points=1)
    with pytest.raises(InvalidValue, match="takes a fitted table estimator; got Network"):
        gn.dependence(est.network_, X, "size")


@pytest.mark.parametrize("kind", ["regressor", "binary", "multiclass"])
def test_permutation_importance_of_scikit_learn_takes_the_frame(models, kind):
    est, y = models[kind]
    X, _ = frame()
    found = permutation_importance(est, X, y, n_repeats=2, random_state=0)
    assert set(X.columns[np.argsort(-found.importances_mean)[:2]]) == {"size", "colour"}
    if kind != "regressor":
        permutation_importance(est, X, y, n_repeats=1, random_state=0, scoring="neg_log_loss")


@pytest.mark.parametrize("kind", ["regressor", "binary", "multiclass"])
def test_partial_dependence_of_scikit_learn_takes_the_frame_and_agrees(models, kind):
    """It takes numbers with a fraction, and categories without gaps; others are its limits."""
    est, _ = models[kind]
    X, _ = frame()
    grid = np.array([30.0, 50.0, 70.0])
    theirs = partial_dependence(est, X, ["size"], custom_values={"size": grid})
    for at, mean in zip(grid, theirs["average"][-1], strict=True):
        said = X.assign(size=at)
        own = est.predict(said) if kind == "regressor" else est.predict_proba(said)[:, -1]
        assert mean == pytest.approx(own.mean(), rel=1e-6)
    theirs = partial_dependence(est, X, ["town"], categorical_features=["town"])
    ours = gn.dependence(est, X, "town")
    order = np.argsort(ours.grid)
    assert theirs["average"][-1] == pytest.approx(ours.means[order], rel=1e-5)


def test_displays_of_scikit_learn_are_drawn(models):
    X, _ = frame()
    options = {"categorical_features": ["town", "open"], "grid_resolution": 5}
    for kind, more in (("regressor", {}), ("binary", {}), ("multiclass", {"target": "low"})):
        display = PartialDependenceDisplay.from_estimator(
            models[kind][0], X, ["size", "town", "open"], **options, **more
        )
        assert display.axes_.size >= 3


def test_dates_stand_as_text_in_order():
    X, y = frame()
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(X)), "D")
    reg = gn.TableRegressor("fast", **SMALL).fit(X[["size"]].assign(when=when), y)
    found = gn.dependence(reg, X[["size"]].assign(when=when), "when", points=3)
    assert [text[:4] for text in found.grid] == ["2024"] * 3
    assert found.grid.tolist() == sorted(found.grid)
    said = reg.predict(X[["size"]].assign(when=when[75]))
    at = gn.dependence(reg, X[["size"]].assign(when=when[75]), "when")
    assert at.means == pytest.approx([said.mean()], rel=1e-5)

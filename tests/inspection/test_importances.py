"""Shuffling a column of a table: what scikit-learn finds on the frame, found on encoded rows."""

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName

SMALL = {"hidden_layer_sizes": (16,), "epochs": 25, "learning_rate": 0.01, "random_state": 0}


def frame(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.normal(50.0, 20.0, rows)
    colour = rng.choice(["red", "green", "blue", None], rows)
    X = pd.DataFrame({"size": size, "colour": colour, "open": rng.random(rows) < 0.5})
    y = size / 20 + 2.0 * (X["colour"] == "red")
    X.loc[rng.random(rows) < 0.1, "size"] = np.nan
    return X.assign(noise=rng.normal(size=rows)), y.to_numpy()


@pytest.fixture(scope="module")
def models():
    X, y = frame()
    kinds = np.digitize(y, [2.0, 3.5])
    return {
        "regressor": (gn.TableRegressor("fast", members=2, **SMALL).fit(X, y), y),
        "binary": (gn.TableClassifier("fast", **SMALL).fit(X, y > 3), y > 3),
        "multiclass": (gn.TableClassifier("fast", members=2, **SMALL).fit(X, kinds), kinds),
    }


def by_hand(est, X, y, metric):
    """The same shuffles of the raw columns, answered through the estimator's own face."""

    def error(rows):
        if metric == "rmse":
            return float(np.sqrt(np.mean((est.predict(rows) - y) ** 2)))
        if metric == "mae":
            return float(np.abs(est.predict(rows) - y).mean())
        if metric == "error":
            return float((est.predict(rows) != y).mean())
        codes = np.searchsorted(est.classes_, y)
        return float(-np.log(est.predict_proba(rows)[np.arange(len(y)), codes]).mean())

    found = {}
    for j, name in enumerate(X.columns):
        rng, rises = np.random.default_rng((7, j)), []
        for _ in range(3):
            values = X[name].iloc[rng.permutation(len(X))].to_numpy()
            rises.append(error(X.assign(**{name: values})) - error(X))
        found[name] = rises
    return error(X), found


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("regressor", "rmse"),
        ("regressor", "mae"),
        ("binary", "log_loss"),
        ("binary", "error"),
        ("multiclass", "log_loss"),
        ("multiclass", "error"),
    ],
)
def test_shuffled_encoded_columns_are_shuffled_raw_ones(models, kind, metric):
    est, y = models[kind]
    X, _ = frame()
    error, rises = by_hand(est, X, y, metric)
    found = gn.importances(est, X, y, metric=metric, repeats=3, seed=7)
    assert found.error == pytest.approx(error, rel=1e-6)
    assert found.rows == len(X)
    for k, name in enumerate(found.columns):
        assert found.rises[k] == pytest.approx(rises[name], rel=1e-5, abs=1e-6)
        assert found[name] == found.means[k]
    assert found.spreads == pytest.approx(
        [np.std(rises[n], ddof=1) for n in found.columns], rel=1e-4
    )


def test_the_important_come_first_and_what_is_not_used_is_nothing(models):
    X, y = frame()
    found = gn.importances(models["regressor"][0], X, y)
    assert set(found.columns[:2]) == {"size", "colour"}
    assert (np.diff(found.means) <= 0).all()
    assert found["size"] > 5 * abs(found["open"])
    table = found.to_dict()
    assert table["column"] == list(found.columns)
    assert str(found).splitlines()[1].endswith(found.columns[0])


def test_networks_and_quantiles_have_a_measure_of_their_own():
    X, y = frame()
    reg = gn.TableRegressor("fast", loss="quantile", **SMALL).fit(X, y)
    found = gn.importances(reg, X, y)
    levels, left = np.array([0.1, 0.5, 0.9]), y[:, None] - reg.predict_quantiles(X)
    pinball = np.maximum(levels * left, (levels - 1) * left).mean()
    assert found.error == pytest.approx(pinball, rel=1e-6)
    rows = np.random.default_rng(0).normal(size=(50, 2))
    net = gn.Network(2, [gn.Dense(2, "identity")], seed=1)
    assert gn.importances(net, rows, gn.predict(net, rows)).error == pytest.approx(0, abs=1e-12)


def test_several_labels_are_summed():
    X, y = frame()
    labels = np.stack([y > 3, X["open"] ^ (np.arange(len(X)) % 5 == 0)], axis=1).astype(int)
    clf = gn.TableClassifier("fast", **SMALL).fit(X, labels)
    p = clf.predict_proba(X)
    own = np.where(labels == 1, p, 1 - p)
    assert gn.importances(clf, X, labels).error == pytest.approx(
        -np.log(own).sum(1).mean(), rel=1e-6
    )


def test_of_many_rows_some_are_looked_at(models):
    est, y = models["regressor"]
    X, _ = frame()
    assert gn.importances(est, X, y, most_rows=50, repeats=1).rows == 50


def test_the_same_seed_finds_the_same(models):
    est, y = models["regressor"]
    X, _ = frame()
    first, same = (gn.importances(est, X, y, seed=3).rises for _ in range(2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, gn.importances(est, X, y, seed=4).rises)


def test_what_does_not_fit_is_said(models):
    est, y = models["regressor"]
    X, _ = frame()
    with pytest.raises(UnknownName, match="rmse"):
        gn.importances(est, X, y, metric="rmes")
    with pytest.raises(InvalidValue, match="repeats must be an integer from 1"):
        gn.importances(est, X, y, repeats=0)
    with pytest.raises(ShapeMismatch, match="as many rows"):
        gn.importances(est, X, y[:5])
    with pytest.raises(InvalidValue, match="y must be given"):
        gn.importances(est, X, None)
    with pytest.raises(InvalidValue, match="no column is named"):
        _ = gn.importances(est, X, y)["colur"]

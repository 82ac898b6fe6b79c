"""Conformal intervals and sets: the coverage that they promise, on tables and with gaps."""

import logging

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import glassnet as gn
from glassnet.errors import InvalidValue, Unsupported
from tests.estimators.test_tables import classifier, frame, regressor

CUTS = [2.0, 3.0, 4.0]


def noisy(rows, seed):
    X, y = frame(rows, seed)
    return X, y + 0.4 * np.random.default_rng(seed + 100).normal(size=rows)


def coverages(model, coverage, holds, of=None):
    """The share of rows that is covered, for each of 30 calibrations on 150 rows."""
    X, y = noisy(30 * 150, 7)
    more, truth = noisy(2000, 8)
    target, wanted = (y, truth) if of is None else (of(y), of(truth))
    for k in range(30):
        part = slice(150 * k, 150 * (k + 1))
        made = gn.conformal(model, X[part], target[part], coverage=coverage)
        yield float(np.mean(holds(made, more, wanted)))


def within(made, X, y):
    ends = made.intervals(X)
    return (ends[:, 0] <= y) & (y <= ends[:, 1])


def among(made, X, y):
    classes = made.model.classes_
    return made.sets(X)[np.arange(len(y)), np.searchsorted(classes, y)]


# The mean over calibrations is from c to c + 1/(m + 1) (2/(m + 1) with quantiles); 30 calibrations
# of 150 rows and 2,000 test rows leave a standard error of √(c(1−c) (1/150/30 + 1/2000)) < 0.014.
@pytest.mark.parametrize("coverage", [0.6, 0.9])
@pytest.mark.parametrize("loss", ["squared_error", "quantile"])
def test_intervals_hold_as_many_targets_as_they_say(loss, coverage):
    X, y = noisy(400, 0)
    model = regressor(loss=loss, epochs=20).fit(X, y)
    found = np.mean(list(coverages(model, coverage, within)))
    assert coverage - 0.035 < found < coverage + 0.05


@pytest.mark.parametrize("coverage", [0.6, 0.9])
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_sets_hold_as_many_classes_as_they_say(kind, coverage):
    def of(y):
        return y > 3 if kind == "binary" else np.digitize(y, CUTS)

    X, y = noisy(400, 0)
    model = classifier(epochs=20).fit(X, of(y))
    found = np.mean(list(coverages(model, coverage, among, of)))
    assert coverage - 0.035 < found < coverage + 0.05


@pytest.mark.parametrize("refit", [False, True])
@pytest.mark.parametrize("loss", ["squared_error", "quantile"])
def test_rows_that_members_held_out_give_about_the_coverage_too(loss, refit):
    more, truth = noisy(2000, 8)
    found: list[float] = []
    for seed in range(4):
        X, y = noisy(300, seed)
        model = regressor(loss=loss, epochs=30, members=10, refit=refit).fit(X, y)
        made = gn.conformal(model, coverage=0.8)
        assert made.rows == 300
        found.append(float(within(made, more, truth).mean()))
    assert 0.74 < np.mean(found) < 0.9


def test_a_loaded_model_needs_rows_to_be_calibrated_on(tmp_path):
    X, y = noisy(100, 0)
    gn.save(regressor().fit(X, y), tmp_path / "m.glassnet")
    loaded = gn.load(tmp_path / "m.glassnet")
    with pytest.raises(InvalidValue, match="just after the fit"):
        gn.conformal(loaded)
    assert gn.conformal(loaded, X, y).rows == 100
    with pytest.raises(NotFittedError):
        gn.conformal(regressor())


def test_residual_intervals_are_the_order_statistic_of_the_residuals():
    X, y = noisy(300, 0)
    held, truth = noisy(99, 1)
    model = regressor().fit(X, y)
    ends = gn.conformal(model, held, truth, coverage=0.9).intervals(X)
    residual = np.sort(np.abs(truth - model.predict(held)))[90 - 1]  # ⌈(99 + 1) · 0.9⌉-th of 99
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 2 * residual, rtol=1e-9)
    np.testing.assert_allclose(ends.mean(axis=1), model.predict(X), rtol=1e-9)


def test_quantiles_make_intervals_wide_where_the_target_spreads():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, 1600)
    y = 10 + 3 * x * rng.normal(size=1600)
    model = regressor(loss="quantile", quantiles=(0.05, 0.5, 0.95), epochs=40)
    model.fit(x[:800, None], y[:800])
    made = gn.conformal(model, x[800:, None], y[800:])
    narrow, wide = (np.diff(made.intervals([[at]]))[0, 0] for at in (0.1, 0.9))
    assert wide > 3 * narrow


def test_labels_are_texts_and_models_are_not_trained_again():
    X, y = noisy(300, 0)
    names = np.array(["low", "middle", "high", "top"])
    model = classifier(calibrate="temperature").fit(X, names[np.digitize(y, CUTS)])
    before = model.predict_proba(X)
    made = gn.conformal(model, X, names[np.digitize(y, CUTS)])
    assert made.sets(X).shape == (300, 4)
    assert made.rows == 300
    assert np.array_equal(model.predict_proba(X), before)
    with pytest.raises(Unsupported, match="sets"):
        made.intervals(X)


def test_ends_of_counts_are_not_negative_and_logging_stays_as_it_was():
    X, y = noisy(300, 0)
    model = regressor(loss="poisson").fit(X, np.round(y).clip(0))
    assert gn.conformal(model, X, np.round(y).clip(0), coverage=0.99).intervals(X).min() >= 0
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    crossing = regressor(loss="quantile", epochs=2).fit(X, y)
    ends = gn.conformal(crossing, X, y, coverage=0.05).intervals(X)
    assert (ends[:, 0] <= ends[:, 1]).all()
    assert logging.getLogger().handlers == handlers
    assert logging.getLogger().level == level


def test_what_cannot_be_calibrated_is_refused():
    X, y = noisy(100, 0)
    model = regressor().fit(X, y)
    with pytest.raises(InvalidValue, match=r"0\.9 needs 10 rows or more"):
        gn.conformal(model, X[:9], y[:9])
    assert np.isfinite(gn.conformal(model, X[:10], y[:10]).intervals(X)).all()
    quantiles = regressor(loss="quantile").fit(X, y)
    for coverage, fewest in ((0.9, 20), (0.05, 20), (0.5, 4)):
        with pytest.raises(InvalidValue, match=f"needs {fewest} rows or more"):
            gn.conformal(quantiles, X[: fewest - 1], y[: fewest - 1], coverage=coverage)
        made = gn.conformal(quantiles, X[:fewest], y[:fewest], coverage=coverage)
        assert np.isfinite(made.intervals(X)).all()
    with pytest.raises(InvalidValue, match="between 0 and 1"):
        gn.conformal(model, X, y, coverage=1.0)
    with pytest.raises(InvalidValue, match="row 2"):
        gn.conformal(model, X, np.where(np.arange(100) == 1, np.nan, y))
    with pytest.raises(Unsupported, match="intervals"):
        gn.conformal(model, X, y).sets(X)
    with pytest.raises(Unsupported, match="has 2"):
        gn.conformal(regressor().fit(X, np.stack([y, y], axis=1)), X, y)
    labels = np.stack([y > 3, y > 4], axis=1).astype(int)
    for target in (labels, np.zeros(100)):
        with pytest.raises(Unsupported, match="two classes or more"):
            gn.conformal(classifier().fit(X, target), X, target)
    with pytest.raises(NotFittedError):
        gn.conformal(regressor(), X, y)

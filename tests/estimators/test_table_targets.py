"""What a target of a table can be: gaps, several columns or labels, counts, names, weights."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

import glassnet as gn
from glassnet.data.frames import as_column, as_table
from glassnet.errors import InvalidValue
from glassnet.estimators.tables.members import member_rows
from glassnet.estimators.tables.repeated import merged_rows
from glassnet.estimators.tables.spread import Spread
from tests.estimators.test_tables import classifier, frame, regressor


def labels_of(y):
    return np.where(y > np.median(y), "dear", "cheap").astype(object)


def two_numbers():
    X, y = frame(240)
    return X, np.stack([y, 1e5 - 2e4 * y], axis=1)


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA])
def test_rows_without_a_target_are_dropped_if_asked(gap):
    X, y = frame()
    labels, gaps = labels_of(y), [3, 50, 119]
    labels[gaps] = gap
    there = np.setdiff1d(np.arange(len(y)), gaps)
    dropped = classifier(missing_target="drop").fit(X, labels)
    without = classifier().fit(X.iloc[there], labels[there])
    assert np.array_equal(dropped.predict_proba(X), without.predict_proba(X))
    assert dropped.notes_[0] == "3 of 120 rows have no target and are left out."
    assert dropped.classes_.tolist() == ["cheap", "dear"]


def test_weights_go_with_the_rows_that_have_a_target():
    X, y = frame()
    w = np.random.default_rng(0).uniform(0.0, 2.0, len(y))
    w[:20] = 0.0
    gaps, there = [10, 60], np.setdiff1d(np.arange(20, len(y)), [60])
    holed = y.copy()
    holed[gaps] = np.nan
    dropped = regressor(missing_target="drop").fit(X, holed, sample_weight=w)
    without = regressor().fit(X.iloc[there], y[there], sample_weight=w[there])
    assert np.array_equal(dropped.predict(X), without.predict(X))


def test_a_gap_in_one_of_several_targets_is_a_row_without_one():
    X, Y = two_numbers()
    Y[7, 1] = np.nan
    with pytest.raises(InvalidValue, match=r"1 of 240 is missing \(row 8\)"):
        regressor().fit(X, Y)
    assert regressor(missing_target="drop").fit(X, Y).notes_[0].startswith("1 of 240 rows")
    with pytest.raises(InvalidValue, match="all 240 are missing"):
        regressor(missing_target="drop").fit(X, np.full(240, np.nan))
    Y[7, 1] = np.inf
    with pytest.raises(InvalidValue, match="infinity at row 8"):
        regressor(missing_target="drop").fit(X, Y)


def test_several_targets_are_each_standardised_and_put_back():
    X, Y = two_numbers()
    reg = regressor(members=2, epochs=60).fit(X, Y)
    found = reg.predict(X)
    assert found.shape == Y.shape
    for j in range(2):
        assert np.corrcoef(found[:, j], Y[:, j])[0, 1] > 0.9
        assert found[:, j].min() >= Y[:, j].min()
        assert found[:, j].max() <= Y[:, j].max()
    assert reg.head_.mean == pytest.approx(Y.mean(axis=0))
    assert reg.head_.scale == pytest.approx(Y.std(axis=0))
    assert reg.score(X, Y) > 0.8
    with pytest.raises(InvalidValue, match="2 columns"):
        gn.diagnose(reg, X, Y[:, 0])


def test_one_column_of_numbers_is_one_target():
    X, y = frame()
    flat = regressor().fit(X, y).predict(X)
    with pytest.warns(UserWarning, match="column-vector"):
        column = regressor().fit(X, y[:, None])
    assert np.array_equal(column.predict(X), flat)


@pytest.mark.filterwarnings("ignore:'open' alone tells 100 %")  # it is a label, as it stands
def test_several_labels_as_the_mlp_has_them():
    X, y = frame(240)
    Y = np.stack([y > 3, y > 4, X["open"].to_numpy()], axis=1).astype(int)
    clf = classifier(members=2, epochs=60).fit(X, Y)
    p = clf.predict_proba(X)
    assert clf.predict(X).dtype == np.int64
    assert np.array_equal(clf.predict(X), p > 0.5)
    assert np.array_equal(clf.classes_, [0, 1, 2])
    assert (clf.predict(X)[:, 2] == Y[:, 2]).mean() > 0.95
    assert clf.head_.output_names == ("y0", "y1", "y2")
    sparse = classifier(members=2, epochs=60).fit(X, csr_array(Y))
    assert np.array_equal(sparse.predict_proba(X), p)
    balanced = classifier(class_weight="balanced").fit(X, Y)
    assert balanced.predict_proba(X).shape == (240, 3)


def test_several_columns_of_classes_are_refused():
    X, y = frame()
    Y = np.stack([np.digitize(y, [3, 4]), np.digitize(y, [2, 5])], axis=1)
    with pytest.raises(InvalidValue, match="an estimator per column"):
        classifier().fit(X, Y)


def test_counts_have_means_above_zero():
    X, y = frame(400)
    counts = np.random.default_rng(0).poisson(np.exp(y - 4))
    reg = regressor(loss="poisson", members=2, epochs=60).fit(X, counts)
    found = reg.predict(X)
    assert found.min() > 0
    assert found.max() <= counts.max()
    truth = np.exp(y - 4)
    assert np.corrcoef(np.log(found), np.log(truth))[0, 1] > 0.8
    assert found.mean() == pytest.approx(counts.mean(), rel=0.15)
    # half the deviance, as the loss has it, of the targets divided by their mean
    x, target, _ = reg.__glassnet_rows__(X, counts)
    assert target.mean() == pytest.approx(1.0)
    with pytest.raises(InvalidValue, match=r"≥ 0 for loss='poisson'; it is not at row 3"):
        regressor(loss="poisson").fit(X, np.where(np.arange(400) == 2, -1, counts))
    with pytest.raises(InvalidValue, match="all is 0"):
        regressor(loss="poisson").fit(X, 0 * counts)
    assert np.isfinite(gn.predict(reg.network_, x)).all()


@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_robust_losses_keep_to_the_middle_where_a_tenth_of_the_targets_is_wild(loss):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 600)
    y = x + 50.0 * (rng.random(600) < 0.1)
    squared = regressor(epochs=60).fit(x[:, None], y).predict(x[:, None])
    robust = regressor(epochs=60, loss=loss).fit(x[:, None], y).predict(x[:, None])
    # the mean is moved by 5, the median of a tenth's outliers by far less
    assert np.median(np.abs(squared - x)) > 2 * np.median(np.abs(robust - x))
    if loss == "absolute_error":
        assert np.median(np.abs(robust - x)) < 1.0


def test_names_of_targets_come_from_whatever_holds_them():
    X, y = frame(60)
    Y = pd.DataFrame({"rent": y, "price": 2 * y})
    assert regressor().fit(X, Y["rent"]).target_names_ == ("rent",)
    assert regressor().fit(X, pl.Series("rent", y)).target_names_ == ("rent",)
    assert regressor().fit(X, as_column(Y["rent"], "rent")).target_names_ == ("rent",)
    assert regressor().fit(X, y).target_names_ == ("y",)
    assert regressor().fit(X, pa.array(y)).target_names_ == ("y",)
    for several in (Y, pl.from_pandas(Y), as_table(Y)):
        reg = regressor().fit(X, several)
        assert reg.target_names_ == ("rent", "price")
        assert reg.predict(X).shape == (60, 2)
    assert regressor().fit(X, Y.to_numpy()).target_names_ == ("y0", "y1")


def test_a_table_and_a_column_are_the_frame_and_the_series():
    X, y = frame()
    table, labels = as_table(X), pd.Series(np.digitize(y, [3, 4]), name="class")
    framed = classifier().fit(X, labels)
    tabled = classifier().fit(table, as_column(labels, "class"))
    assert tabled.feature_names_in_.tolist() == list(X.columns)
    assert tabled.classes_.tolist() == [0, 1, 2]
    assert tabled.classes_.dtype.kind == "i"
    assert np.array_equal(tabled.predict_proba(table), framed.predict_proba(X))
    assert np.array_equal(tabled.predict_proba(X), framed.predict_proba(table))
    truths = as_column(pd.Series(y > 3), "dear")
    assert classifier().fit(table, truths).classes_.tolist() == [False, True]


def test_whole_weights_are_rows_repeated_in_the_statistics_of_a_target():
    rng = np.random.default_rng(0)
    y, times = rng.gamma(2.0, 1e6, 50), rng.integers(1, 5, 50)
    many = np.repeat(y, times)
    for of in (Spread.of, Spread.of_counts):
        weighted, repeated = of(y, times.astype(float)), of(many, None)
        assert weighted.mean == pytest.approx(repeated.mean, rel=1e-12)
        assert weighted.scale == pytest.approx(repeated.scale, rel=1e-12)
    assert Spread.of(y, times.astype(float)).mean == pytest.approx(many.mean(), rel=1e-12)
    assert Spread.of(y, times.astype(float)).scale == pytest.approx(many.std(), rel=1e-12)


def test_rare_classes_are_in_every_fold():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    y = np.zeros(500, dtype=int)
    y[:10] = 1
    clf = classifier(members=10, metric="error").fit(X, y)
    assert len(clf.members_) == 10
    assert [int(y[held].sum()) for _, held in member_rows(500, 10, 0, y)] == [1] * 10


@pytest.mark.parametrize("loss", ["squared_error", "quantile", "poisson"])
def test_whole_weights_are_repeated_rows_to_the_bit_in_a_small_table(loss):
    X, y = frame(25)
    y = np.round(10 * y).clip(0)
    rng = np.random.default_rng(0)
    times = rng.integers(0, 4, 25)
    many = np.repeat(np.arange(25), times)
    mixed = rng.permutation(many)
    more = {"members": 5, "dropout": 0.2, "loss": loss, "refit": True}
    weighted = regressor(**more).fit(X, y, sample_weight=times)
    for rows in (many, mixed):
        repeated = regressor(**more).fit(X.iloc[rows], y[rows])
        assert np.array_equal(repeated.predict(X), weighted.predict(X))


def test_classes_with_whole_weights_too_and_equal_rows_share_a_fold():
    X, y = frame(20)
    labels, times = np.where(y > 3, "dear", "cheap"), np.arange(20) % 4
    many = np.repeat(np.arange(20), times)
    more = {"members": 10, "class_weight": "balanced"}
    weighted = classifier(**more).fit(X, labels, sample_weight=times)
    repeated = classifier(**more).fit(X.iloc[many], labels[many])
    assert np.array_equal(repeated.predict_proba(X), weighted.predict_proba(X))
    assert repeated.notes_[0] == "30 rows are 15 different ones with their weights added."
    assert set(repeated.held_out_.rows) <= set(np.unique(many, return_index=True)[1])
    assert len(repeated.held_out_.rows) == np.count_nonzero(times)


def test_rows_are_merged_only_where_one_batch_holds_them_all():
    table = as_table(pd.DataFrame({"a": [1.0, np.nan] * 32, "b": ["x", None] * 32}))
    y = np.array([0, 1] * 32)
    rows, weights = merged_rows(table, y, None)
    assert sorted(rows.tolist()) == [0, 1]
    assert weights.tolist() == [32.0, 32.0]
    heavy = np.full(64, 1.1)
    rows, weights = merged_rows(table, y, heavy)
    assert np.array_equal(rows, np.arange(64))
    assert weights is heavy
    longer = as_table(pd.DataFrame({"a": [1.0] * 65}))
    assert len(merged_rows(longer, np.zeros(65), None)[0]) == 65
    different = as_table(pd.DataFrame({"a": [1.0, 1.0, 1.0], "b": ["", None, "x"]}))
    assert merged_rows(different, np.zeros(3), None)[1] is None
    assert regressor().fit([[1.0], [1.0]], [2.0, 2.0]).predict([[1.0], [3.0]]).tolist() == [2, 2]

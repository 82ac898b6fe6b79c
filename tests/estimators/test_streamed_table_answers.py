"""Table estimators on rows on disk: what they say of the same frame in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import glassnet as gn
from glassnet.errors import BadFile, InvalidValue
from tests.data.row_files import break_group

QUICK = {"epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def shop():
    """Numbers, text, truth values, dates and an order, with gaps."""
    rng = np.random.default_rng(0)
    m = 900
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=m).astype("float32"),
            "rooms": rng.integers(1, 9, m),
            "colour": rng.choice(["red", "green", "blue"], m),
            "new": rng.random(m) < 0.5,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, m), "D"),
            "grade": pd.Categorical(
                rng.choice(["low", "high"], m), categories=["low", "high"], ordered=True
            ),
        }
    )
    frame.loc[rng.random(m) < 0.1, "size"] = np.nan
    frame.loc[rng.random(m) < 0.1, "colour"] = None
    price = (frame["rooms"] + (frame["colour"] == "red") * 3).to_numpy(float)
    return frame, price, np.where(price > 6, "dear", "cheap")


def write(folder, frame, **targets):
    """Three files of several groups, as pandas would write them."""
    whole = frame.assign(**targets)
    for k, rows in enumerate(np.array_split(np.arange(len(whole)), 3)):
        table = pa.Table.from_pandas(whole.iloc[rows], preserve_index=False)
        parquet.write_table(table, folder / f"{k}.parquet", row_group_size=130)
    return folder


@pytest.mark.parametrize("buffer_bytes", [20_000, 2**26])
def test_classes_are_those_of_the_frame_in_memory(tmp_path, shop, buffer_bytes):
    frame, _, sold = shop
    clf = gn.TableClassifier("fast", **QUICK).fit(frame, sold)
    rows = gn.Rows(write(tmp_path, frame, y=sold), "y", buffer_bytes=buffer_bytes)

    for ask in (clf.predict, clf.predict_proba, clf.predict_log_proba):
        np.testing.assert_array_equal(ask(rows), ask(frame))
    assert clf.score(rows) == clf.score(frame, sold)


def test_numbers_and_quantiles_are_those_of_the_frame_in_memory(tmp_path, shop):
    frame, price, _ = shop
    reg = gn.TableRegressor("fast", loss="quantile", **QUICK).fit(frame, price)
    rows = gn.Rows(write(tmp_path, frame, y=price), "y", buffer_bytes=20_000)

    np.testing.assert_array_equal(reg.predict(rows), reg.predict(frame))
    np.testing.assert_array_equal(reg.predict_quantiles(rows), reg.predict_quantiles(frame))
    assert reg.score(rows) == pytest.approx(reg.score(frame, price), rel=1e-12)


def test_several_targets_have_a_score(tmp_path, shop):
    frame, price, _ = shop
    both = pd.DataFrame({"price": price, "tax": price**2})
    reg = gn.TableRegressor("fast", **QUICK).fit(frame, both)
    rows = gn.Rows(write(tmp_path, frame, price=price, tax=price**2), ["price", "tax"])

    assert reg.score(rows) == pytest.approx(reg.score(frame, both), rel=1e-12)


def test_columns_left_out_and_arrays_go_too(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    np.save(tmp_path / "X.npy", X)
    reg = gn.TableRegressor("fast", drop=[1], **QUICK).fit(X, X[:, 0] + X[:, 2])

    np.testing.assert_array_equal(reg.predict(gn.Rows(tmp_path / "X.npy")), reg.predict(X))


def test_a_fit_on_rows_says_what_to_do(tmp_path, shop):
    frame, _, sold = shop
    rows = gn.Rows(write(tmp_path, frame, y=sold), "y")

    for est in (gn.TableClassifier(), gn.TableRegressor()):
        with pytest.raises(InvalidValue, match=r"Fit it to some of them: predict takes") as caught:
            est.fit(rows)
        assert "\n" not in str(caught.value)


def test_rows_that_cannot_be_read_are_named(tmp_path, shop):
    frame, _, sold = shop
    clf = gn.TableClassifier("fast", **QUICK).fit(frame, sold)
    odd = frame.copy()
    odd.loc[700, "size"] = np.inf
    folder = write(tmp_path, odd, y=sold)

    with pytest.raises(InvalidValue, match=r"2\.parquet, rows 1 to 130: .*'size'.*inf"):
        clf.predict(gn.Rows(folder, "y"))
    with pytest.raises(InvalidValue, match=r"was fitted to; 'day' of 6 are not there in .*0\.par"):
        clf.predict(gn.Rows(write(tmp_path, frame.drop(columns="day"), y=sold), "y"))
    break_group(write(tmp_path, frame, y=sold) / "1.parquet", 2)
    with pytest.raises(BadFile, match=r"1\.parquet, row group 2 cannot be read"):
        clf.predict(gn.Rows(folder, "y"))

"""Every rule of a column, and every scale of a number, is in the exported file what it is here."""

import shutil
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.data import scales
from glassnet.export.agreement import exported_answers
from glassnet.export.c import rules as in_c
from glassnet.export.c.numbers import SCALES as SCALES_IN_C
from glassnet.export.onnx import rules as in_onnx
from glassnet.export.onnx.numbers import SCALES as SCALES_IN_ONNX
from glassnet.export.rows import cells, made_rows, rows_for
from glassnet.export.rules import RULES
from glassnet.export.source import source

LIMIT = 1e-6  # of a probability; members compute in float32
FILES = {"m.onnx": gn.export_onnx, "m.c": gn.export_c}
SMALL = {"hidden_layer_sizes": (12,), "epochs": 3, "random_state": 0}


@cache
def dated(m=300):
    """Dates with and without a zone, levels with an order, a truth that is rarely there."""
    rng = np.random.default_rng(4)
    start = pd.Timestamp("1899-12-30")
    sent = start + pd.to_timedelta(rng.integers(0, 250 * 365 * 1440, m), unit="min")
    zoned = pd.Timestamp("2001-01-01", tz="UTC") + pd.to_timedelta(rng.random(m) * 9e8, unit="s")
    X = pd.DataFrame(
        {
            "sent": sent,
            "paid": zoned.tz_convert("Europe/Berlin"),
            "grade": pd.Categorical(
                rng.choice(["low", "mid", "high"], m), ["low", "mid", "high"], ordered=True
            ),
            "vip": [True if one < 0.02 else one < 0.5 for one in rng.random(m)],
        }
    )
    for name in ("sent", "paid", "grade"):
        X.loc[rng.random(m) < 0.1, name] = None
    return X, np.array(["a", "b", "c"])[rng.integers(0, 3, m)]


def answered(file, est, rows, folder):
    """What the exported file answers."""
    if file.endswith(".onnx"):
        pytest.importorskip("onnxruntime")
    elif shutil.which("cc") is None:
        pytest.skip("there is no C compiler, cc")
    FILES[file](est, folder / file)
    found = source(est)
    return exported_answers(folder / file, found, rows_for(found, rows))


def test_every_rule_and_scale_has_a_row_everywhere():
    assert set(in_c.RULES) == set(in_onnx.RULES) == set(RULES)
    assert set(SCALES_IN_C) == set(SCALES_IN_ONNX) == set(scales.SCALES.values())


@pytest.mark.parametrize("file", FILES)
def test_dates_and_orders_are_taken_apart_in_every_century(file, tmp_path):
    X, y = dated()
    est = gn.TableClassifier("fast", **SMALL).fit(X, y)
    rows = X.head(9).copy()
    rows["sent"] = np.array(
        ["0001-01-01", "1600-02-29T23:59:59.5", "1900-02-28", "1900-03-01", "1969-12-31T23:59",
         "2000-02-29", "2100-02-28T12:00", "9999-12-31T23:59:59", "NaT"], "datetime64[ms]"
    )  # fmt: skip
    rows["grade"] = pd.Categorical(["low", "mid", "high", None, "none"] + ["low"] * 4)

    found = answered(file, est, pd.concat([X, rows]), tmp_path)

    np.testing.assert_allclose(found[: len(X)], est.predict_proba(X), atol=LIMIT, rtol=0)
    np.testing.assert_allclose(found[len(X) :], est.predict_proba(rows), atol=LIMIT, rtol=0)


def test_a_date_is_given_as_the_seconds_that_clocks_show():
    X, y = dated()
    est = gn.TableClassifier("fast", **SMALL).fit(X, y)
    found = source(est)
    moment = pd.Timestamp("2020-07-01 12:00", tz="UTC")
    rows = X.head(2).copy()
    rows["sent"], rows["paid"] = pd.Timestamp("1970-01-02"), moment.tz_convert("Europe/Berlin")

    given = dict(zip(found.names, cells(found, rows_for(found, rows))[0], strict=True))

    assert given["sent"] == 86_400.0
    summer = datetime(2020, 7, 1, 14, tzinfo=UTC).timestamp()  # two hours ahead of UTC
    assert given["paid"] == summer


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("bad", [-1e13, 1e13, np.inf])
def test_a_date_outside_the_years_is_refused(bad, file, tmp_path):
    X, y = dated()
    est = gn.TableClassifier("fast", **SMALL).fit(X[["sent", "vip"]], y)
    found = source(est)
    rows = rows_for(found, X.head(3))
    rows["sent"].values[1] = bad

    FILES[file](est, tmp_path / file)
    if file == "m.onnx":
        pytest.importorskip("onnxruntime")
    elif shutil.which("cc") is None:
        pytest.skip("there is no C compiler, cc")
    seen = exported_answers(tmp_path / file, found, rows)

    assert np.isnan(seen[1]).all()
    assert np.isfinite(seen[[0, 2]]).all()


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("scaling", sorted(scales.SCALES))
@pytest.mark.parametrize("bins", [0, 6])
def test_numbers_are_scaled_the_same_within_and_beyond_training(scaling, bins, file, tmp_path):
    rng = np.random.default_rng(1)
    X = pd.DataFrame(
        {"few": rng.integers(0, 4, 300) * 1.5, "many": np.exp(3 * rng.normal(size=300))}
    )
    X.loc[::9, "many"] = np.nan
    y = X["few"].to_numpy() + np.log(X["many"].fillna(1.0))
    est = gn.TableRegressor("fast", scaling=scaling, bins=bins, **SMALL).fit(X, y)
    edge = X["many"].max()
    far = [np.nan, -5.0, 0.0, edge, np.nextafter(edge, np.inf), 1e6, -1e6, 5e-324]
    rows = pd.concat([X, pd.DataFrame({"few": [0.75] * len(far), "many": far})])

    found = answered(file, est, rows, tmp_path)[:, 0]

    np.testing.assert_allclose(found, est.predict(rows), atol=5 * LIMIT * y.std(), rtol=0)


@pytest.mark.parametrize("file", FILES)
def test_infinities_are_missing_where_they_were_said_to_be(file, tmp_path):
    rng = np.random.default_rng(2)
    X = pd.DataFrame({"x": rng.normal(size=100), "z": rng.normal(size=100)})
    X.loc[::7, "x"] = np.inf
    est = gn.TableRegressor("fast", infinite="missing", **SMALL).fit(X, X["z"])
    rows = X.head(20).copy()
    rows.loc[0:3, "x"] = [np.inf, -np.inf, np.nan, 1e300]

    found = answered(file, est, rows, tmp_path)[:, 0]

    np.testing.assert_allclose(found, est.predict(rows), atol=5 * LIMIT, rtol=0)


@pytest.mark.parametrize("file", FILES)
def test_a_standardised_number_too_far_from_training_is_refused(file, tmp_path):
    rng = np.random.default_rng(2)
    X = pd.DataFrame({"x": rng.normal(size=100), "z": rng.normal(size=100)})
    est = gn.TableRegressor("fast", scaling="standard", **SMALL).fit(X, X["z"])
    rows = X.head(4).copy()
    rows.loc[1, "x"], rows.loc[2, "z"] = 1e31, -1e308

    found = answered(file, est, rows, tmp_path)[:, 0]

    with pytest.raises(ValueError, match="must stay near the values of training"):
        est.predict(rows)
    assert np.isnan(found[1:3]).all()
    np.testing.assert_allclose(found[[0, 3]], est.predict(rows.iloc[[0, 3]]), atol=5 * LIMIT)


@pytest.mark.parametrize("file", FILES)
def test_a_table_of_texts_alone_has_nothing_to_refuse(file, tmp_path):
    X = pd.DataFrame({"shop": ["a", "b", None] * 30, "sex": ["f", "m"] * 45})
    est = gn.TableClassifier("fast", **SMALL).fit(X, X["sex"] == "f")

    found = answered(file, est, X, tmp_path)

    np.testing.assert_allclose(found, est.predict_proba(X), atol=LIMIT, rtol=0)


def test_made_rows_of_dates_and_orders_are_such_as_the_model_takes():
    X, y = dated()
    found = source(gn.TableClassifier("fast", **SMALL).fit(X, y))

    table = made_rows(found, 200, 1)

    assert {table["sent"].kind, table["paid"].kind} == {"date"}
    assert {*table["grade"].values.tolist()} == {"low", "mid", "high", "new high", None}
    assert np.isfinite(found.answers(table)).all()

"""Dates, orders, kinds and scales through a whole fit, and every bad column refused in one line."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import glassnet as gn
from glassnet.data.readers import read_table
from glassnet.data.scales import Quantile
from glassnet.errors import InvalidValue, UnknownName
from glassnet.estimators.tables import encoding
from tests.estimators.test_tables import classifier, regressor

GRADES = ["low", "mid", "high"]


def shop(rows=200, seed=0):
    """Sales by day, hour and grade; the target depends on all three."""
    rng = np.random.default_rng(seed)
    sent = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700 * 24, rows), unit="h")
    grade = rng.choice(GRADES, rows)
    X = pd.DataFrame(
        {
            "sent": sent.astype("datetime64[us]"),
            "grade": pd.Categorical(grade, GRADES, ordered=True),
            "stars": rng.integers(1, 6, rows),
            "price": rng.lognormal(1.0, 1.5, rows),
        }
    )
    weekend = X["sent"].dt.day_of_week >= 5
    y = 2.0 * weekend + X["grade"].cat.codes + 0.3 * np.log(X["price"])
    return X, y.to_numpy(dtype=float)


def in_other_clothes(X):
    """The same rows from other libraries, and as a file would spell them."""
    text = X.assign(
        sent=X["sent"].astype(str), grade=X["grade"].astype(str), price=X["price"].map(repr)
    )
    yield "texts", text
    yield "polars", pl.from_pandas(X)
    yield "Arrow", pa.Table.from_pandas(X, preserve_index=False)
    yield "on Arrow", X.convert_dtypes(dtype_backend="pyarrow")
    yield "nanoseconds", X.assign(sent=X["sent"].astype("datetime64[ns]"))
    yield "objects", X.assign(sent=X["sent"].astype(object), grade=X["grade"].astype(object))
    yield "ordered stars", X.assign(stars=pd.Categorical(X["stars"], ordered=True))


def test_dates_and_orders_are_learned_from_and_no_clothes_change_a_prediction(tmp_path):
    X, y = shop(400)
    reg = regressor(members=2, epochs=60).fit(X, y)
    more, truth = shop(200, seed=1)
    assert reg.score(more, truth) > 0.8
    assert [rule.kind for rule in reg.encoder_.rules] == ["date", "ordinal", "numeric", "numeric"]
    expected = reg.predict(more)
    for name, other in in_other_clothes(more):
        assert np.array_equal(reg.predict(other), expected), name
    more.to_csv(tmp_path / "more.csv", index=False)
    read = read_table(tmp_path / "more.csv", kinds=reg.encoder_.kinds)
    assert np.array_equal(reg.predict(read), expected)
    gn.save(reg, tmp_path / "m.glassnet")
    assert np.array_equal(gn.load(tmp_path / "m.glassnet").predict(more), expected)
    for k in (0, 7):
        assert reg.predict(more[k : k + 1])[0] == expected[k]


def test_a_file_of_texts_teaches_what_the_frame_taught(tmp_path):
    X, y = shop()
    framed = regressor().fit(X, y)
    X.to_csv(tmp_path / "x.csv", index=False)
    read = read_table(tmp_path / "x.csv")
    told = regressor(kinds={"grade": GRADES}).fit(read, y)
    assert told.encoder_ == framed.encoder_
    assert np.array_equal(told.predict(X), framed.predict(X))


def test_kinds_say_what_values_do_not():
    X, y = shop()
    kinds = {"stars": [1, 2, 3, 4, 5], "grade": "categorical", 0: "categorical"}
    X = X.assign(sent=X["sent"].dt.year.astype(str), code=X["stars"].astype(str))
    reg = regressor(kinds=kinds | {"code": "numeric"}).fit(X, y)
    assert [rule.kind for rule in reg.encoder_.rules] == [
        "categorical", "categorical", "ordinal", "numeric", "numeric",
    ]  # fmt: skip
    assert reg.encoder_.rules[2].levels == ("1", "2", "3", "4", "5")
    assert np.array_equal(reg.encode(X.assign(code=X["stars"])), reg.encode(X))


@pytest.mark.parametrize("scaling", ["robust", "standard", "quantile"])
def test_scales_are_parameters_that_files_keep(scaling, tmp_path):
    X, y = shop()
    clf = classifier(scaling=scaling, bins=0).fit(X, y > np.median(y))
    gn.save(clf, tmp_path / "m.glassnet")
    again = gn.load(tmp_path / "m.glassnet")
    assert again.encoder_ == clf.encoder_
    assert again.get_params()["scaling"] == scaling
    assert np.array_equal(again.predict_proba(X), clf.predict_proba(X))
    price = reg_rule(clf, "price")
    assert price.scale.name == scaling
    if scaling == "quantile":
        assert isinstance(price.scale, Quantile)
        z = clf.encode(X)[:, clf.encoder_.feature_names.index("price")]
        assert abs(float(np.median(z))) < 0.1
        assert np.abs(z).max() < 4


def reg_rule(model, name):
    return next(rule for rule in model.encoder_.rules if rule.name == name)


def test_infinities_are_missing_where_that_is_asked_for():
    X, y = shop()
    X.loc[:3, "price"] = [np.inf, -np.inf, np.nan, np.inf]
    with pytest.raises(InvalidValue, match=r"'price' must hold finite .* rows 1, 2 and 4"):
        regressor().fit(X, y)
    reg = regressor(infinite="missing").fit(X, y)
    gap = X.assign(price=np.nan)
    assert np.array_equal(reg.predict(X.assign(price=np.inf)), reg.predict(gap))
    assert "'price' is infinite in 3 rows, taken as missing." in reg.notes_
    never = regressor(infinite="missing").fit(X[4:], y[4:])
    assert np.array_equal(never.predict(X[:1]), never.predict(gap[:1]))


def bad_tables():
    """X of training, parameters, and words of the refusal."""
    X, y = shop(60)
    sent, codes = X["sent"].astype(str), [f"c{k}" for k in range(60)]
    far = np.array(X["sent"], dtype="datetime64[ms]")
    far[4] = np.datetime64("12024-01-01")
    yield "far dates", pl.DataFrame({"sent": far, "n": y}), {}, "years 1 to 9999; .* row 5"
    yield (
        "no date",
        X.assign(sent=sent.where(X.index != 2, "soon")),
        {"kinds": {"sent": "date"}},
        ("'sent' must hold dates .*'soon' at row 3"),
    )
    yield "numbers for dates", X, {"kinds": {"stars": "date"}}, "'stars' must hold dates"
    yield "not in the order", X, {"kinds": {"grade": ["low", "mid"]}}, "'high' at row"
    yield "no number", X, {"kinds": {"grade": "numeric"}}, "'grade' must hold numbers"
    yield "no kind", X, {"kinds": {"grade": "ordered"}}, "'grade' must be 'numeric'"
    yield "an order twice", X, {"kinds": {"grade": ["low", "low"]}}, "'grade' must be 'numeric'"
    yield "no column", X, {"kinds": {"grad": "date"}}, "'grad'"
    yield (
        "two zones",
        X.assign(when=["2024-01-01", "2024-01-01T00:00Z"] * 30),
        {"kinds": {"when": "date"}},
        "'when' must all have a time zone",
    )
    yield (
        "levels",
        X.assign(code=codes),
        {"max_levels": 30, "min_count": 1},
        (r"30 levels; 'code' has 60"),
    )
    yield "infinite", X.assign(price=np.inf), {}, "'price' must hold finite"
    yield "lists", X.assign(bad=[[1]] * 60), {}, "'bad' must hold numbers, .* it has list"
    yield "twice", pd.concat([X, X[["stars"]]], axis=1), {}, "'stars' stands twice"
    yield "nothing left", X, {"drop": list(X.columns)}, "at least one column"
    yield "kinds", X, {"kinds": ["grade"]}, "'kinds' parameter .* must be a dict"
    yield "scaling", X, {"scaling": "robustt"}, "Did you mean 'robust'"
    yield "infinite what", X, {"infinite": "drop"}, "'infinite' parameter"


@pytest.mark.filterwarnings("ignore:'code' has 60 different texts")
@pytest.mark.parametrize(
    ("X", "parameters", "words"),
    [pytest.param(*case, id=name) for name, *case in bad_tables()],
)
def test_bad_columns_are_refused_in_one_line_that_names_them(X, parameters, words):
    with pytest.raises((InvalidValue, UnknownName), match=words) as caught:
        regressor(**parameters).fit(X, np.arange(60.0))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def bad_rows():
    """Rows at prediction, and words of the refusal."""
    X, _ = shop(8, seed=1)
    yield "gone", X.drop(columns="grade"), "grade"
    yield "text", X.assign(price="dear"), r"'price' must hold numbers.* text at rows"
    yield "dates", X.assign(price=X["sent"]), r"'price' must hold numbers.* dates at rows"
    yield "numbers", X.assign(sent=20240531), r"'sent' must hold dates .* numbers at rows"
    yield "no date", X.assign(sent="tomorrow"), r"'sent' must hold dates .*'tomorrow'"
    yield "a zone", X.assign(sent=X["sent"].dt.tz_localize("UTC")), r"must have no time zone"
    yield "far", X.assign(price=np.inf), r"'price' must hold finite"
    yield "mixed", X.assign(sent=[3, dt.date(2024, 1, 1)] * 4), r"'sent' must hold dates alone"


@pytest.fixture(scope="module")
def fitted():
    return regressor().fit(*shop())


@pytest.mark.parametrize(
    ("X", "words"), [pytest.param(*case, id=name) for name, *case in bad_rows()]
)
def test_bad_rows_at_prediction_are_refused_by_column_and_row(fitted, X, words):
    with pytest.raises(ValueError, match=words) as caught:
        fitted.predict(X)
    if "grade" != words:  # scikit-learn's own words have a line for each
        assert "\n" not in str(caught.value)


def test_levels_and_gaps_that_training_did_not_have_are_taken(fitted):
    X, _ = shop(4, seed=2)
    X = X.assign(grade=["best", None, "low", "mid"], sent=[None, *X["sent"][1:]], stars=None)
    assert np.isfinite(fitted.predict(X)).all()
    seen = fitted.encoder_.encode(fitted.columns_.table(X))
    assert seen.unknown == {"grade": 1}
    assert seen.imputed == {"grade": 1, "sent": 1, "stars": 4}


def test_a_hundred_thousand_levels_are_pooled_or_refused():
    many = np.char.add("r", np.arange(100_000).astype(str)).astype(object)
    n, y = np.random.default_rng(0).integers(0, 7, (2, 100_000)).astype(float)
    X = pd.DataFrame({"code": many, "n": n})
    with pytest.warns(UserWarning, match="'code' has 100,000 different texts"):
        reg = regressor(epochs=1, batch_size=4096).fit(X, y)
    assert reg.encoder_.names == ("n",)
    assert "'code' has no level on 10 rows or more and is left out." in reg.notes_


def test_columns_that_tell_the_target_alone_are_warned_about_and_noted():
    X, y = shop()
    dear = y > np.median(y)
    X = X.assign(refund=np.where(dear, 12.5, np.nan), other=-1.0)
    with pytest.warns(UserWarning, match=r"'refund' .* tells 100 % .*drop=\['refund'\]"):
        clf = classifier(epochs=1).fit(X, dear)
    assert any("'refund'" in note and "100 %" in note for note in clf.notes_)
    with pytest.warns(UserWarning, match="'cents' alone tells 100 % of the variance"):
        reg = regressor(epochs=1).fit(X.drop(columns="refund").assign(cents=100 * y), y)
    assert sum("alone tells" in note for note in reg.notes_) == 1
    two = np.column_stack([y, X["stars"]])
    with pytest.warns(UserWarning, match=r"'cents' .* target 'y1'|'cents' .* target '"):
        regressor(epochs=1).fit(X.drop(columns=["refund", "stars"]).assign(cents=100 * y), two)


def test_presets_have_fewer_bins_where_encoded_rows_would_fill_the_memory(monkeypatch):
    X, y = shop()
    monkeypatch.setattr(encoding, "_MOST_CELLS", len(X) * 3 * 13)  # two numbers and a date
    reg = regressor(steps=True).fit(X, y)
    assert reg.parameters_["bins"] == 6
    assert any(note.startswith("bins: 6 in the place of 8") for note in reg.notes_)
    assert regressor(bins=8).fit(X, y).parameters_["bins"] == 8
    monkeypatch.setattr(encoding, "_MOST_CELLS", 1)
    assert regressor(steps=False).fit(X, y).parameters_["bins"] == 4

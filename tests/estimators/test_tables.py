"""A table as it is: columns of every kind, gaps, and what must be refused by name."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, UnknownName

SMALL = {"hidden_layer_sizes": (16,), "epochs": 20, "learning_rate": 0.01, "random_state": 0}


def frame(rows=120, seed=0):
    """Columns of every kind with gaps, and a target that depends on three of them."""
    rng = np.random.default_rng(seed)
    size = rng.normal(50.0, 20.0, rows)
    colour = rng.choice(["red", "green", "blue"], rows)
    is_open = rng.random(rows) < 0.5
    floors = rng.integers(0, 4, rows)
    y = size / 20 + 2.0 * (colour == "red") + 1.0 * is_open
    size[rng.random(rows) < 0.1] = np.nan
    colour = [None if rng.random() < 0.1 else c for c in colour]
    X = pd.DataFrame({"size": size, "colour": colour, "open": is_open, "floors": floors})
    return X, y


def classifier(**more):
    return gn.TableClassifier("fast", **SMALL | more)


def regressor(**more):
    return gn.TableRegressor("fast", **SMALL | more)


def in_other_clothes(X):
    """The same rows as frames of other libraries and backends, and as an array of objects."""
    yield "numpy_nullable", X.convert_dtypes(dtype_backend="numpy_nullable")
    yield "pyarrow", X.convert_dtypes(dtype_backend="pyarrow")
    yield "category", X.assign(colour=X["colour"].astype("category"))
    yield "another index", X.set_axis(np.arange(len(X))[::-1] * 3)
    yield "polars", pl.from_pandas(X)
    yield "arrow", pa.Table.from_pandas(X, preserve_index=False)
    dictionary = pa.array(X["colour"].tolist(), pa.string(), from_pandas=True).dictionary_encode()
    table = pa.Table.from_pandas(X, preserve_index=False)
    yield "arrow dictionary", table.set_column(1, "colour", dictionary)


def test_library_backend_and_index_change_no_prediction():
    X, y = frame()
    labels = np.where(y > np.median(y), "dear", "cheap")
    clf, reg = classifier().fit(X, labels), regressor().fit(X, y)
    for name, other in in_other_clothes(X):
        assert np.array_equal(clf.predict_proba(other), clf.predict_proba(X)), name
        assert np.array_equal(reg.predict(other), reg.predict(X)), name
        fitted = classifier().fit(other, labels)
        assert np.array_equal(fitted.predict_proba(X), clf.predict_proba(X)), name


def test_an_array_of_objects_is_the_frame_without_its_names():
    X, y = frame()
    cells = X.astype(object).to_numpy()
    named, bare = regressor().fit(X, y), regressor().fit(cells, y)
    assert np.array_equal(bare.predict(cells), named.predict(X))
    assert bare.encoder_.names == ("x0", "x1", "x2", "x3")
    assert np.array_equal(bare.predict(cells.tolist()), bare.predict(cells))


@pytest.mark.parametrize("members", [1, 3])
def test_one_row_gets_the_bits_that_it_has_in_the_batch(members):
    X, y = frame()
    clf = classifier(members=members).fit(X, y > np.median(y))
    reg = regressor(members=members).fit(X, y)
    rows = range(0, len(X), 7)
    together = clf.predict_proba(X), reg.predict(X)
    for k in rows:
        assert np.array_equal(clf.predict_proba(X[k : k + 1])[0], together[0][k])
        assert reg.predict(X[k : k + 1])[0] == together[1][k]


def test_it_learns_what_is_there():
    X, y = frame(600)
    more, truth = frame(400, seed=1)
    reg = regressor(members=2, epochs=60, hidden_layer_sizes=(32, 32)).fit(X, y)
    assert reg.score(more, truth) > 0.8
    labels = np.array(["low", "middle", "high"])[np.digitize(y, [2.5, 3.7])]
    clf = classifier(members=2, epochs=60).fit(X, labels)
    assert clf.classes_.tolist() == ["high", "low", "middle"]
    assert (
        clf.score(more, np.array(["low", "middle", "high"])[np.digitize(truth, [2.5, 3.7])]) > 0.7
    )


def test_predictions_stay_within_the_range_of_training():
    X, y = frame()
    far = X.assign(size=1e300)
    found = regressor().fit(X, y).predict(far)
    assert found.min() >= y.min()
    assert found.max() <= y.max()
    assert np.isfinite(found).all()


def test_the_target_is_standardised_and_undone():
    X, y = frame(300)
    plain, scaled = regressor().fit(X, y), regressor().fit(X, 1e6 * y - 3e8)
    assert plain.score(X, y) == pytest.approx(scaled.score(X, 1e6 * y - 3e8), abs=0.02)


def test_levels_and_gaps_that_training_did_not_have_are_taken():
    X, y = frame()
    reg = regressor().fit(X, y)
    strange = X[:4].assign(colour="violet", floors=[None, 1, 2, 3])
    assert np.isfinite(reg.predict(strange)).all()
    names = reg.encoder_.feature_names
    levels = [j for j, name in enumerate(names) if name.startswith("colour")]
    assert np.array_equal(reg.encode(strange)[:, levels], np.zeros((4, len(levels))))


def test_rare_levels_share_one_that_new_levels_join():
    X, y = frame()
    colour = np.array(X["colour"].tolist(), dtype=object)
    colour[:2] = ["teal", "plum"]
    reg = regressor(min_count=3).fit(X.assign(colour=colour), y)
    names = reg.encoder_.feature_names
    assert "colour is rare" in names
    assert "colour=teal" not in names
    rare = names.index("colour is rare")
    assert reg.encode(X[:3].assign(colour=["teal", "new", "red"]))[:, rare].tolist() == [1, 1, 0]
    assert any("2 levels of 'colour'" in note for note in reg.notes_)


def test_truths_are_minus_one_and_one():
    X, y = frame()
    reg = regressor().fit(X, y)
    column = reg.encode(X)[:, reg.encoder_.feature_names.index("open=True")]
    assert np.array_equal(column, np.where(X["open"], 1, -1))


def test_numbers_can_be_said_to_be_categories_and_columns_left_out():
    X, y = frame()
    X = X.assign(wait=pd.Timedelta("1 day"))
    with pytest.raises(InvalidValue, match="'wait' must hold numbers, booleans, text or dates"):
        regressor().fit(X, y)
    reg = regressor(kinds={"floors": "categorical"}, drop=["wait", "size"]).fit(X, y)
    assert reg.encoder_.names == ("colour", "open", "floors")
    assert "floors=3" in reg.encoder_.feature_names
    by_number = regressor(kinds={3: "categorical"}, drop=[4, 0]).fit(X, y)
    assert np.array_equal(by_number.predict(X), reg.predict(X))
    with pytest.raises(UnknownName, match=r"'floor'.*floors"):
        regressor(kinds={"floor": "categorical"}).fit(X, y)
    with pytest.raises(InvalidValue, match="at least one column"):
        regressor(drop=list(X.columns)).fit(X, y)


def test_columns_that_tell_nothing_are_left_out_and_noted():
    X, y = frame()
    X = X.assign(same="x", empty=np.nan, number=7)
    reg = regressor().fit(X, y)
    assert set(reg.encoder_.names) == {"size", "colour", "open", "floors"}
    assert "'same' is the same in every row and is left out." in reg.notes_
    assert "'empty' is missing in every row and is left out." in reg.notes_
    assert reg.n_features_in_ == 7
    lone = regressor().fit(X[["same", "empty"]], y)
    assert len(set(lone.predict(X[["same", "empty"]]).tolist())) == 1


def test_columns_that_number_or_name_the_rows_are_warned_about():
    X, y = frame()
    names = [f"house {k}" for k in range(len(X))]
    with pytest.warns(UserWarning, match=r"'name' has 120 different texts .* drop=\['name'\]"):
        regressor().fit(X.assign(name=names), y)
    with pytest.warns(UserWarning, match="'id' numbers the rows"):
        regressor().fit(X.assign(id=np.arange(len(X))[::-1] + 1000), y)


def test_objects_of_mixed_types_are_categories():
    X, y = frame()
    mixed = [(k % 3, "three", 2.0, None)[k % 4] for k in range(len(X))]
    reg = regressor().fit(X.assign(mixed=pd.Series(mixed, dtype=object)), y)
    assert {"mixed=0", "mixed=2", "mixed=three"} <= set(reg.encoder_.feature_names)


def test_too_many_levels_are_refused_with_what_to_do():
    X, y = frame(3000)
    codes = [f"c{k % 1500}" for k in range(3000)]
    with pytest.raises(InvalidValue, match=r"1,000 levels; 'code' has 1,500 .*drop=\['code'\]"):
        regressor(min_count=1).fit(X.assign(code=codes), y)
    many = np.char.add("r", np.arange(100_000).astype(str))
    with pytest.raises(InvalidValue, match="'x0' has 100,000"):
        regressor(min_count=1).fit(many[:, None].astype(object), np.arange(100_000) % 7)


def test_infinities_are_refused_by_column():
    X, y = frame()
    with pytest.raises(InvalidValue, match="'size'"):
        regressor().fit(X.assign(size=np.inf), y)
    reg = regressor().fit(X, y)
    with pytest.raises(InvalidValue, match="'size'"):
        reg.predict(X.assign(size=-np.inf))


def test_names_that_stand_twice_are_refused():
    X, y = frame()
    twice = pd.concat([X, X[["size"]]], axis=1)
    with pytest.raises(InvalidValue, match="'size' stands twice"):
        regressor().fit(twice, y)


def test_a_column_that_is_not_there_at_prediction_is_named():
    X, y = frame()
    reg = regressor().fit(X, y)
    with pytest.raises(ValueError, match="missing:\n- colour"):
        reg.predict(X.drop(columns="colour"))
    with pytest.raises(InvalidValue, match=r"'size' must hold numbers, .* text"):
        reg.predict(X.assign(size="large"))


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA])
def test_rows_without_a_target_are_named(gap):
    X, y = frame()
    labels = pd.Series(np.where(y > 3, "dear", "cheap"), dtype=object)
    labels[4] = gap
    with pytest.raises(InvalidValue, match=r"1 of 120 is missing \(row 5\)"):
        classifier().fit(X, labels)
    numbers = y.copy()
    numbers[[1, 2]] = np.nan
    with pytest.raises(InvalidValue, match=r"2 of 120 are missing \(rows 2 and 3\)"):
        regressor().fit(X, numbers)
    with pytest.raises(InvalidValue, match="rows 2 and 3"):
        regressor().fit(X, pl.Series(numbers.tolist()).fill_nan(None))
    with pytest.raises(InvalidValue, match="must hold numbers"):
        regressor().fit(X, np.where(y > 3, "dear", "cheap"))


def test_targets_of_any_library_are_the_same_target():
    X, y = frame()
    labels = np.where(y > 3, "dear", "cheap")
    expected = classifier().fit(X, labels).predict_proba(X)
    kinds = [
        labels.tolist(),
        pd.Series(labels, dtype="category"),
        pl.Series(labels),
        pa.array(labels),
    ]
    for given in kinds:
        found = classifier().fit(X, given)
        assert np.array_equal(found.predict_proba(X), expected)
        assert found.predict(X[:1])[0] in ("dear", "cheap")


def test_one_class_and_a_class_of_one_row():
    X, y = frame()
    alone = classifier().fit(X, np.full(len(X), "yes"))
    assert alone.predict(X[:2]).tolist() == ["yes", "yes"]
    labels = np.where(y > 3, "dear", "cheap").astype(object)
    labels[7] = "odd"
    clf = classifier(members=5).fit(X, labels)
    assert clf.classes_.tolist() == ["cheap", "dear", "odd"]
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1.0, rtol=1e-6)


def test_few_rows_are_all_trained_on():
    X = [[1.0, "a"], [2.0, "b"], [3.0, "a"]]
    assert regressor().fit(X, [1.0, 2.0, 3.0]).predict(X).shape == (3,)
    with pytest.raises(InvalidValue, match="at least 2 rows"):
        regressor().fit(X[:1], [1.0])

"""What training taught is applied to any table of the same columns, and survives a model file."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.encode import TableEncoder
from glassnet.data.frames import as_column, as_table
from glassnet.data.tables import Column, Table, as_objects
from glassnet.errors import BadFile, InvalidValue, ShapeMismatch
from glassnet.files import read_container, write_container

TRAIN = Table(
    [
        as_column([1.0, 2.0, None, 6.0], "size"),
        as_column([7.0, 7.0, 7.0, 7.0], "constant"),
        as_column(["b", "c", "a", "b"], "shop"),
        as_column(["m", "f", "m", "m"], "sex"),
        as_column(["x", None, "y", "x"], "gap"),
        as_column([True, False, True, True], "new"),
        as_column(["z", None, "z", "z"], "known"),
    ]
)


@pytest.fixture
def encoder():
    return TableEncoder.fit(TRAIN)


def row(**values):
    plain = {"size": 3.0, "constant": 7.0, "shop": "a", "sex": "m", "gap": "x", "new": True}
    return as_table(pd.DataFrame([{**plain, "known": "z", **values}]))


def encoded(encoder, name, **values):
    x = encoder.transform(row(**values))[0]
    return [x[j] for j, feature in enumerate(encoder.feature_names) if feature.startswith(name)]


def test_the_encoded_columns_are_those_worked_out_by_hand(encoder):
    deviation = math.sqrt((4 + 1 + 9) / 3)  # of 1, 2, 6 about 3
    expected = {
        "size": [-2 / deviation, -1 / deviation, 0.0, 3 / deviation],
        "size is missing": [0, 0, 1, 0],
        "constant": [0, 0, 0, 0],
        "shop=a": [0, 0, 1, 0],
        "shop=b": [1, 0, 0, 1],
        "shop=c": [0, 1, 0, 0],
        "sex=m": [1, -1, 1, 1],
        "gap=x": [1, 0, 0, 1],
        "gap=y": [0, 0, 1, 0],
        "gap is missing": [0, 1, 0, 0],
        "new=True": [1, -1, 1, 1],
        "known is missing": [-1, 1, -1, -1],
    }
    assert encoder.feature_names == tuple(expected)
    np.testing.assert_allclose(
        encoder.transform(TRAIN), np.column_stack(list(expected.values())), rtol=0, atol=1e-15
    )


def test_levels_that_training_did_not_have_are_zero_everywhere_and_counted(encoder):
    assert encoded(encoder, "shop", shop="new one") == [0, 0, 0]
    assert encoded(encoder, "sex", sex="other") == [0]
    assert encoder.encode(row(shop="q", sex="q")).unknown == {"shop": 1, "sex": 1}
    assert encoder.encode(TRAIN).unknown == {}


def test_values_missing_for_the_first_time_are_replaced_and_counted(encoder):
    assert encoded(encoder, "constant", constant=None) == [0]
    assert encoded(encoder, "shop", shop=None) == [0, 0, 0]
    assert encoded(encoder, "new", new=None) == [0]
    assert encoder.encode(row(constant=None, shop=None)).imputed == {"constant": 1, "shop": 1}
    assert encoder.encode(TRAIN).imputed == {}


def test_values_that_were_missing_in_training_have_their_own_column_and_are_not_counted(encoder):
    assert encoded(encoder, "size", size=None) == [0, 1]
    assert encoded(encoder, "gap", gap=None) == [0, 0, 1]
    assert encoder.encode(row(size=None, gap=None)).imputed == {}


def test_columns_are_found_by_name_and_others_ignored(encoder):
    shuffled = Table([*reversed(TRAIN.columns), as_column([1, 2, 3, 4], "surplus")])
    assert np.array_equal(encoder.transform(shuffled), encoder.transform(TRAIN))


def test_absent_columns_are_named(encoder):
    with pytest.raises(ShapeMismatch, match="'size', 'gap' of 7 are not there"):
        encoder.transform(TRAIN.without("size", "gap"))
    many = TableEncoder.fit(as_table(np.eye(9)))
    with pytest.raises(ShapeMismatch, match="'x0', 'x1', 'x2', 'x3', 'x4' and 3 more of 9"):
        many.transform(as_table(np.eye(9)).without(*(f"x{j}" for j in range(8))))


def test_the_same_level_in_another_dtype_is_the_same_level():
    encoder = TableEncoder.fit(Table([as_column(["1", "2", "10"], "code")]))
    as_numbers = encoder.transform(Table([as_column([10.0, 1.0], "code")]))
    assert as_numbers.tolist() == [[0, 1, 0], [1, 0, 0]]
    flags = TableEncoder.fit(Table([as_column([True, False], "flag")]))
    for spelled in (["True", "False"], ["true", "FALSE"], [1, 0], ["1", "0"]):
        other = flags.encode(Table([as_column(spelled, "flag")]))
        assert other.x.ravel().tolist() == [1, -1]
        assert other.unknown == {}
    texts = TableEncoder.fit(Table([as_column(["True", "False"], "flag")]))
    assert texts.transform(Table([as_column([True, False], "flag")])).ravel().tolist() == [1, -1]


def test_texts_that_are_numbers_may_stand_where_training_had_numbers(encoder):
    texts = encoder.transform(row(size="3", constant=" 7.0 "))
    assert np.array_equal(texts, encoder.transform(row()))


def test_truths_may_stand_where_training_had_numbers():
    encoder = TableEncoder.fit(Table([as_column([0, 1, 1, 0], "flag")]))
    assert encoder.transform(Table([as_column([True, False], "flag")])).ravel().tolist() == [1, -1]


def test_text_where_training_had_numbers_is_refused_by_column_and_row(encoder):
    table = as_table(pd.DataFrame({name: ["7", "large"] for name in TRAIN.names}))
    with pytest.raises(InvalidValue, match=r"'size' must hold numbers.* row 2 \(as 'large'\)"):
        encoder.transform(table)
    dates = Table([as_column(np.array(["2024-01-01"], "datetime64[D]"), "size")])
    with pytest.raises(InvalidValue, match=r"'size' must hold numbers.* dates at row 1"):
        TableEncoder.fit(Table([as_column([1.0], "size")])).transform(dates)
    empty = Table([Column("n", "categorical", as_objects([None, None]))])
    known = TableEncoder.fit(Table([as_column([1.0, None], "n")]))
    assert known.transform(empty).tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values_are_refused_in_training_and_after(encoder, value):
    with pytest.raises(InvalidValue, match=r"'size' must hold finite numbers.* row 1"):
        encoder.transform(row(size=value))
    with pytest.raises(InvalidValue, match=r"'size' must hold finite numbers.* row 2"):
        TableEncoder.fit(Table([as_column([1.0, value], "size")]))


def test_a_column_with_a_name_on_every_row_is_refused_before_it_fills_the_memory():
    table = Table([as_column([f"person {i}" for i in range(1001)], "name")])
    with pytest.raises(InvalidValue, match=r"'name' has 1,001 in 1,001 rows\. Leave it out"):
        TableEncoder.fit(table)
    assert len(TableEncoder.fit(table, max_levels=1001).feature_names) == 1001


def test_long_tables_are_encoded_and_refused_as_short_ones_are(encoder):
    rows = np.random.default_rng(0).integers(0, len(TRAIN), 5000)
    long = TRAIN.take(rows)
    assert np.array_equal(encoder.transform(long), encoder.transform(TRAIN)[rows])
    gone = [column if column.name != "shop" else as_column(["q", None] * 2500, "shop")
            for column in long.columns]  # fmt: skip
    found = encoder.encode(Table(gone))
    assert (found.unknown, found.imputed) == ({"shop": 2500}, {"shop": 2500})
    size = np.append(np.ones(4999), np.inf)
    far = [column if column.name != "size" else as_column(size, "size") for column in long.columns]
    with pytest.raises(InvalidValue, match="at row 5000"):
        encoder.transform(Table(far))


def test_columns_that_say_nothing_are_harmless():
    table = Table(
        [Column("t", "categorical", as_objects([None, None])), as_column([None, None], "n"),
         as_column(["a", "a"], "one")]
    )  # fmt: skip
    encoder = TableEncoder.fit(table)
    assert encoder.feature_names == ("t is missing", "n", "n is missing", "one=a")
    assert encoder.transform(table).tolist() == [[1, 0, 1, 1]] * 2


def test_no_rows_teach_nothing():
    with pytest.raises(InvalidValue, match="at least one row"):
        TableEncoder.fit(TRAIN.take(slice(0, 0)))


def test_no_rows_are_encoded_as_no_rows(encoder):
    assert encoder.transform(TRAIN.take(slice(0, 0))).shape == (0, 12)


def test_what_was_learned_does_not_change_with_the_rows_encoded(encoder):
    rows = np.array([3, 1])
    assert np.array_equal(encoder.transform(TRAIN.take(rows)), encoder.transform(TRAIN)[rows])


def test_kinds_type_another_file_as_training_was(encoder):
    assert encoder.kinds["size"] == "numeric"
    assert encoder.kinds["shop"] == "categorical"
    assert encoder.kinds["new"] == "boolean"
    assert encoder.names == TRAIN.names


def test_the_encoder_survives_a_model_file(encoder, tmp_path):
    header, arrays = encoder.to_header()
    assert json.loads(json.dumps(header)) == header
    write_container(tmp_path / "m", kind="model", header={"encoder": header}, arrays=arrays)
    found = read_container(tmp_path / "m", kind="model")
    assert TableEncoder.from_header(found.header["encoder"], found.arrays) == encoder


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False) | st.none(),
            st.text(st.characters(codec="utf-8"), max_size=3) | st.none(),
            st.booleans() | st.none(),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_table_encodes_to_finite_numbers_and_back_through_the_header(rows):
    numbers, texts, flags = zip(*rows, strict=True)
    table = Table(
        [
            as_column(np.array([np.nan if v is None else v for v in numbers]), "n"),
            as_column(texts, "t"),
            as_column(flags, "f"),
        ]
    )
    encoder = TableEncoder.fit(table)
    x = encoder.transform(table)
    assert x.shape == (len(rows), len(encoder.feature_names))
    assert np.all(np.isfinite(x))
    again = TableEncoder.from_header(*encoder.to_header())
    assert np.array_equal(again.transform(table), x)
    levels = [name for name in encoder.feature_names if name.startswith("t")]
    if len(levels) > 1:  # one level a row
        j = encoder.feature_names.index(levels[0])
        assert np.array_equal(x[:, j : j + len(levels)].sum(axis=1), np.ones(len(rows)))


def changed(header, arrays, path, value):
    header = json.loads(json.dumps(header))
    arrays = dict(arrays)
    place = arrays if path[0] in arrays else header
    for key in path[:-1]:
        place = place[key]
    if value is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return header, arrays


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["columns"], KeyError),
        (["columns"], "text"),
        (["columns"], [1]),
        (["columns", 0, "name"], 3),
        (["columns", 0, "name"], "shop"),
        (["columns", 0, "kind"], "date"),
        (["columns", 0, "kind"], "categorical"),
        (["columns", 0, "indicator"], 1),
        (["columns", 2, "levels"], ["b", "a", "c"]),
        (["columns", 2, "levels"], ["a", "a"]),
        (["columns", 2, "levels"], ["a", 3]),
        (["columns", 2, "levels"], "abc"),
        (["columns", 2, "missing"], None),
        (["columns", 2, "kind"], "numeric"),
        (["mean"], KeyError),
        (["mean"], np.array([1.0])),
        (["mean"], np.array([1.0, np.nan])),
        (["mean"], np.array([1, 2])),
        (["mean"], np.ones((2, 1))),
        (["scale"], np.array([1.0, 0.0])),
        (["scale"], np.array([1.0, 1.0, 1.0])),
    ],
)
def test_a_header_that_is_not_an_encoders_is_a_bad_file(encoder, path, value):
    with pytest.raises(BadFile, match="encoder of columns is not valid"):
        TableEncoder.from_header(*changed(*encoder.to_header(), path, value))

"""The same table comes out of every library's frame, whatever dtype holds the values."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

from glassnet.data.frames import as_column, as_table
from glassnet.errors import InvalidValue, ShapeMismatch

NAN = np.nan
VALUES = {
    "whole": [1, 2, None],
    "real": [1.5, None, np.inf],
    "flag": [True, None, False],
    "text": ["a", None, ""],
    "grade": ["u", None, "v"],
    "full": [1, 2, 3],
}
EXPECTED = {
    "whole": ("numeric", [1.0, 2.0, NAN]),
    "real": ("numeric", [1.5, NAN, np.inf]),
    "flag": ("boolean", [1.0, NAN, 0.0]),
    "text": ("categorical", ["a", None, ""]),
    "grade": ("categorical", ["u", None, "v"]),
    "full": ("numeric", [1.0, 2.0, 3.0]),
}


def in_pandas(**dtypes):
    return pd.DataFrame(
        {name: pd.array(VALUES[name], dtype=dtype) for name, dtype in dtypes.items()}
    )


def in_arrow():
    table = pa.table(VALUES)
    return table.set_column(4, "grade", table["grade"].dictionary_encode())


FRAMES = {
    "pandas nullable": in_pandas(
        whole="Int64", real="Float64", flag="boolean", text="string", grade="category", full="UInt8"
    ),
    "pandas plain": in_pandas(
        whole="float32", real="float64", flag="object", text="str", grade="category", full="int16"
    ),
    "pandas objects": pd.DataFrame(VALUES, dtype=object),
    "pandas on Arrow": in_arrow().to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.DataFrame(VALUES, schema_overrides={"grade": pl.Categorical, "full": pl.UInt64}),
    "polars enum": pl.DataFrame(
        VALUES, schema_overrides={"grade": pl.Enum(["v", "u"]), "whole": pl.Float32}
    ),
    "Arrow": in_arrow(),
    "Arrow in pieces": pa.concat_tables([in_arrow().slice(0, 1), in_arrow().slice(1)]),
}


def same(column, kind, values):
    assert column.kind == kind
    if kind == "categorical":
        assert column.values.dtype == object
        assert column.values.tolist() == values
    else:
        assert column.values.dtype == np.float64
        np.testing.assert_array_equal(column.values, values)


@pytest.mark.parametrize("library", FRAMES)
def test_every_library_gives_the_same_columns(library):
    table = as_table(FRAMES[library])
    assert table.names == tuple(VALUES)
    for name, (kind, values) in EXPECTED.items():
        same(table[name], kind, values)


@pytest.mark.parametrize("library", FRAMES)
def test_every_library_gives_the_same_column_from_its_series(library):
    for name, (kind, values) in EXPECTED.items():
        same(as_column(FRAMES[library][name], name), kind, values)


def test_categories_that_are_numbers_or_truths_become_their_texts():
    frame = pd.DataFrame(
        {"n": pd.Categorical([2, None, 1.0]), "b": pd.Categorical([True, False, True])}
    )
    table = as_table(frame)
    same(table["n"], "categorical", ["2", None, "1"])
    same(table["b"], "categorical", ["True", "False", "True"])


def test_decimals_are_numbers():
    exact = [Decimal("1.25"), None]
    same(as_table(pl.DataFrame({"d": exact}))["d"], "numeric", [1.25, NAN])
    same(as_table(pa.table({"d": exact}))["d"], "numeric", [1.25, NAN])
    same(as_column(exact), "numeric", [1.25, NAN])


def test_mixed_objects_become_text_by_one_rule():
    same(as_column([1, "x", None, True, 2.0]), "categorical", ["1", "x", None, "True", "2"])
    same(as_column(["x", NAN]), "categorical", ["x", None])
    same(as_column([pd.NA, "x"]), "categorical", [None, "x"])
    same(as_column([1, pd.NA, np.int8(3)]), "numeric", [1.0, NAN, 3.0])
    same(as_column([True, np.False_, None]), "boolean", [1.0, 0.0, NAN])
    same(as_column([None, NAN]), "numeric", [NAN, NAN])


def test_float64_columns_are_views_of_the_callers_data():
    X = np.ones((4, 3))
    assert all(np.shares_memory(column.values, X) for column in as_table(X).columns)
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    assert np.shares_memory(as_table(frame)["b"].values, frame["b"].to_numpy())
    series = pl.Series("s", [1.0, 2.0])
    assert np.shares_memory(as_column(series).values, series.to_numpy())


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8", "i1", "u8", "g"])
def test_numbers_of_any_width_become_float64(dtype):
    same(as_table(np.array([[1], [2]], dtype=dtype))["x0"], "numeric", [1.0, 2.0])


def test_arrays_of_text_objects_and_truths_are_typed_by_column():
    same(as_table(np.array([["a", "1"]]))["x1"], "categorical", ["1"])
    same(as_table(np.array([[True]]))["x0"], "boolean", [1.0])
    X = np.array([[1, "a"], [None, NAN]], dtype=object)
    same(as_table(X, ["n", "t"])["n"], "numeric", [1.0, NAN])
    same(as_table(X, ["n", "t"])["t"], "categorical", ["a", None])
    same(as_table([[1, "a"], [2, "b"]])["x0"], "numeric", [1.0, 2.0])


def test_names_that_are_numbers_become_text():
    assert as_table(pd.DataFrame(np.eye(2))).names == ("0", "1")


def test_a_table_is_a_table_already():
    table = as_table(np.eye(2))
    assert as_table(table) is table
    renamed = as_column(table["x0"], "other")
    assert renamed.name == "other"
    assert renamed.values is table["x0"].values


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
        pd.DataFrame([[1, 2]], columns=["1", 1]).rename(columns={"1": "a", 1: "a"}),
    ],
)
def test_two_columns_of_one_name_are_refused(frame):
    with pytest.raises(InvalidValue, match="'a' stands twice"):
        as_table(frame)


def test_nothing_but_missing_values_is_a_column_in_every_library():
    empty = [
        pl.Series([None, None]), pa.chunked_array([pa.nulls(2)]), pd.Series([None, None]),
        pd.Series([None, None], dtype=pd.ArrowDtype(pa.null())), pd.Series([pd.NaT, pd.NaT]),
        pd.Series([None, None], dtype="Int64"), pl.Series([None, None], dtype=pl.Date),
    ]  # fmt: skip
    for values in empty:
        assert as_column(values).missing.tolist() == [True, True]


def test_names_that_differ_only_in_type_are_one_name():
    with pytest.raises(InvalidValue, match="'1' stands twice"):
        as_table(pd.DataFrame([[1, 2]], columns=["1", 1]))


DAY = datetime.datetime(2026, 1, 1)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"bad": [DAY - DAY]}),
        pl.DataFrame({"bad": [DAY.time()]}),
        pa.table({"bad": [DAY - DAY]}),
        pl.DataFrame({"bad": [[1]]}),
        pd.DataFrame({"bad": [[1]]}),
        pa.table({"bad": [{"a": 1}]}),
        pa.table({"bad": [b"bytes"]}),
        pd.DataFrame({"bad": ["x", b"bytes"]}),
        pd.DataFrame({"bad": [1j]}),
    ],
)
def test_what_is_no_number_truth_or_text_is_refused_by_name(frame):
    with pytest.raises(
        InvalidValue, match=r"'bad' must hold numbers, booleans, text or dates; it has"
    ):
        as_table(frame)


@pytest.mark.parametrize("X", [np.ones(3), np.ones((2, 2, 2)), 3, None, "text", pd.Series([1])])
def test_what_has_not_two_axes_is_refused(X):
    with pytest.raises(ShapeMismatch, match="two axes"):
        as_table(X)


def test_what_else_cannot_be_a_table_says_what_to_do():
    with pytest.raises(InvalidValue, match="Densify"):
        as_table(scipy.sparse.eye_array(2, format="csr"))
    with pytest.raises(InvalidValue, match=r"X\.collect\(\)"):
        as_table(pl.DataFrame({"a": [1]}).lazy())
    with pytest.raises(ShapeMismatch, match="as many values each"):
        as_table([[1, 2], [3]])
    with pytest.raises(ShapeMismatch, match="2 columns; feature_names has 1"):
        as_table(np.eye(2), ["a"])
    with pytest.raises(InvalidValue, match="names of its own"):
        as_table(pd.DataFrame({"a": [1]}), ["b"])
    with pytest.raises(InvalidValue, match="at least one column"):
        as_table(pd.DataFrame())


@pytest.mark.parametrize("values", ["abc", 3, None, pd.DataFrame({"a": [1]}), np.eye(2)])
def test_what_is_no_single_column_is_refused(values):
    with pytest.raises(ShapeMismatch, match="'y' must"):
        as_column(values)


def test_whole_numbers_beyond_the_range_of_floats_are_rounded_in_every_library():
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    big = [2**60 + 1, -(2**62) - 1, 3]
    for frame in (pd.DataFrame({"n": big}), pl.DataFrame({"n": big}), pa.table({"n": big})):
        assert as_table(frame)["n"].values.tolist() == [float(value) for value in big]

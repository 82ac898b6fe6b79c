"""``Rows``: which files are taken, what they must agree in, and what is said where they do not."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import glassnet as gn
from glassnet.errors import (
    BadFile,
    FileFault,
    InvalidValue,
    ShapeMismatch,
    UnknownName,
    Unsupported,
)
from tests.data.row_files import break_group, numbered, write_parquet


def read_all(rows):
    """Inputs and targets of all rows, in the order of the files."""
    opened = rows.open()
    blocks = list(opened.blocks(opened.columns, lambda _: None))
    x = np.concatenate([block.numbers(opened.inputs, "float32") for block in blocks])
    return x, np.concatenate([block.values(opened.targets[0]) for block in blocks])


@pytest.mark.parametrize("how", ["folder", "files", "pattern", "nested"])
def test_a_folder_files_or_a_pattern_give_the_rows_in_order(tmp_path, how):
    X, y = numbered()
    write_parquet(tmp_path / "set", X, y)
    if how == "nested":
        (tmp_path / "set" / "b").mkdir()
        (tmp_path / "set" / "2.parquet").rename(tmp_path / "set" / "b" / "0.parquet")
        (tmp_path / "set" / "_temporary").mkdir()
        (tmp_path / "set" / "_temporary" / "0.parquet").write_text("none of the data")
    path = {
        "folder": tmp_path / "set",
        "nested": tmp_path / "set",
        "files": sorted((tmp_path / "set").glob("*.parquet")),
        "pattern": str(tmp_path / "set" / "*.parquet"),
    }[how]

    x, targets = read_all(gn.Rows(path, "y"))

    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(targets, y)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "bool"])
def test_arrays_on_disk_give_their_rows(tmp_path, dtype):
    X, y = numbered(5000)
    X = (X * 10).astype(dtype)
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    rows = gn.Rows(tmp_path / "X.npy", tmp_path / "y.npy")

    x, targets = read_all(rows)

    np.testing.assert_array_equal(x, X.astype("float32"))
    np.testing.assert_array_equal(targets, y)
    assert rows.open().source.dtype(rows.open().inputs) == (
        "float64" if dtype == "float64" else "float32"
    )


def test_columns_may_be_chosen_and_the_others_may_then_differ(tmp_path):
    X, y = numbered()
    write_parquet(tmp_path, X, y)
    file = tmp_path / "1.parquet"
    parquet.write_table(parquet.read_table(file).append_column("note", pa.array(["a"] * 333)), file)

    x, _ = read_all(gn.Rows(tmp_path, "y", columns=["x1", "x0"]))

    np.testing.assert_array_equal(x, X[:, [1, 0]])


def test_whole_numbers_truth_values_and_missing_ones_become_numbers(tmp_path):
    columns = {
        "a": pa.array([1, None, 3], pa.int64()),
        "b": pa.array([True, False, None]),
        "c": pa.array([2.5, 3.5, None], pa.float32()),
        "y": pa.array([0, 1, 0]),
    }
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")

    x, _ = read_all(gn.Rows(tmp_path, "y"))

    nan = np.nan
    np.testing.assert_array_equal(x, np.array([[1, 1, 2.5], [nan, 0, 3.5], [3, nan, nan]]))


def test_a_column_that_a_file_lacks_is_named(tmp_path):
    write_parquet(tmp_path, *numbered())
    file = tmp_path / "1.parquet"
    parquet.write_table(parquet.read_table(file).drop_columns(["x1"]), file)

    with pytest.raises(BadFile, match=r"1\.parquet lacks 'x1', which .*0\.parquet has"):
        gn.Rows(tmp_path, "y").open()


def test_a_target_that_a_file_lacks_is_named(tmp_path):
    write_parquet(tmp_path, *numbered())
    file = tmp_path / "2.parquet"
    parquet.write_table(parquet.read_table(file).drop_columns(["y"]), file)

    with pytest.raises(BadFile, match=r"2\.parquet lacks 'y'"):
        gn.Rows(tmp_path, "y", columns=["x0"]).open()


def test_a_column_that_only_one_file_has_is_named(tmp_path):
    write_parquet(tmp_path, *numbered())
    file = tmp_path / "1.parquet"
    parquet.write_table(parquet.read_table(file).append_column("note", pa.array(["a"] * 333)), file)

    with pytest.raises(BadFile, match=r"1\.parquet has 'note', which .*0\.parquet lacks"):
        gn.Rows(tmp_path, "y").open()


def test_types_that_disagree_are_named_with_the_file_and_the_column(tmp_path):
    write_parquet(tmp_path, *numbered())
    file = tmp_path / "1.parquet"
    table = parquet.read_table(file)
    other = table.set_column(1, "x1", table.column("x1").cast("double"))
    parquet.write_table(other, file)

    with pytest.raises(BadFile, match=r"'x1' is double in .*1\.parquet and float in .*0\.parquet"):
        gn.Rows(tmp_path, "y").open()


@pytest.mark.parametrize(
    ("rows", "error", "said"),
    [
        (lambda p: gn.Rows(p, "z"), UnknownName, "no column is named 'z'"),
        (lambda p: gn.Rows(p, "y", columns=["x9"]), UnknownName, r"of .*0\.parquet is named 'x9'"),
        (lambda p: gn.Rows(p, "y", weight="w"), UnknownName, "no column is named 'w'"),
        (lambda p: gn.Rows(p, "y", columns=["y"]), InvalidValue, "beside the target"),
        (lambda p: gn.Rows(p, "y", columns=["x0", "x0"]), InvalidValue, "each input once"),
        (lambda p: gn.Rows(p, ["x0", "x1", "x2", "y"]), InvalidValue, "beside the target"),
        (lambda p: gn.Rows(p / "none", "y"), FileFault, "none"),
        (lambda p: gn.Rows(str(p / "no*.parquet"), "y"), BadFile, "no file matches"),
        (lambda p: gn.Rows([], "y"), BadFile, "the list is empty"),
        (lambda p: gn.Rows(p, 3), InvalidValue, "target must be a column's name"),
        (lambda p: gn.Rows(p / "0.npy", ["y"]), InvalidValue, "one of X and one of y"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, rows, error, said):
    write_parquet(tmp_path, *numbered(20))

    with pytest.raises(error, match=said):
        rows(tmp_path).open()


@pytest.mark.parametrize("bad", [0, 2.5, True])
def test_a_buffer_has_a_size(bad):
    with pytest.raises(InvalidValue, match="buffer_bytes"):
        gn.Rows("a", "y", buffer_bytes=bad)


def test_columns_are_a_list():
    with pytest.raises(InvalidValue, match=r"as in \['x0'\]"):
        gn.Rows("a", "y", columns="x0")


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    with pytest.raises(BadFile, match=r"must hold \.parquet files; it holds none"):
        gn.Rows(tmp_path, "y").open()


def test_files_without_rows_are_said_to_have_none(tmp_path):
    parquet.write_table(
        pa.table({"x": pa.array([], "float"), "y": pa.array([], "float")}), tmp_path / "a.parquet"
    )

    with pytest.raises(BadFile, match="has columns and no rows"):
        gn.Rows(tmp_path, "y").open()


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    write_parquet(tmp_path, *numbered())
    (tmp_path / "1.parquet").write_bytes(b"PAR1 and nothing else")

    with pytest.raises(BadFile, match=r"1\.parquet is damaged or not a parquet file"):
        gn.Rows(tmp_path, "y").open()


def test_text_is_not_a_number(tmp_path):
    X, y = numbered(50)
    write_parquet(tmp_path, X, y, files=1, more={"shop": ["a"] * 50})
    net = gn.Network(4, [gn.Dense(1, "identity")])

    with pytest.raises(InvalidValue, match="'shop' must hold numbers; it holds string in"):
        gn.train(net, gn.Rows(tmp_path, "y"))


def test_a_group_that_cannot_be_read_is_named(tmp_path):
    write_parquet(tmp_path, *numbered())
    break_group(tmp_path / "1.parquet", 2)

    with pytest.raises(BadFile, match=r"1\.parquet, row group 2 cannot be read .*--skip-bad"):
        read_all(gn.Rows(tmp_path, "y"))


def test_without_pyarrow_the_way_to_get_it_is_said(tmp_path, monkeypatch):
    write_parquet(tmp_path, *numbered(20))
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(Unsupported, match=r'needs pyarrow.*pip install "glassnet\[parquet\]"'):
        gn.Rows(tmp_path, "y").open()


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda X: np.asfortranarray(X), InvalidValue, "must lie in C order"),
        (lambda X: X.astype(object), BadFile, "must hold numbers"),
        (lambda X: X[:, :, None], BadFile, "one or two dimensions"),
        (lambda X: X[:0], BadFile, "has no rows"),
        (lambda X: X[:-1], ShapeMismatch, "must have as many rows"),
    ],
)
def test_an_array_that_cannot_be_read_by_rows_says_why(tmp_path, make, error, said):
    X, y = numbered(20)
    np.save(tmp_path / "X.npy", make(X))
    np.save(tmp_path / "y.npy", y)

    with pytest.raises(error, match=said):
        gn.Rows(tmp_path / "X.npy", tmp_path / "y.npy").open()


def test_an_array_that_is_cut_short_says_so(tmp_path):
    X, y = numbered(20)
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    whole = (tmp_path / "X.npy").read_bytes()
    (tmp_path / "X.npy").write_bytes(whole[:-5])

    with pytest.raises(BadFile, match="is cut short: 20 rows take"):
        gn.Rows(tmp_path / "X.npy", tmp_path / "y.npy").open()


def test_other_files_have_another_digest(tmp_path):
    X, y = numbered(200)
    one = gn.Rows(write_parquet(tmp_path / "a", X, y), "y").open().source.digest
    same = gn.Rows(write_parquet(tmp_path / "b", X, y), "y").open().source.digest
    X[7, 0] = 9.0  # the largest value of its group, which the footer tells
    other = gn.Rows(write_parquet(tmp_path / "c", X, y), "y").open().source.digest

    assert one == same != other

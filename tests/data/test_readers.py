"""Every format gives the table that was put into it; damage and surprises give one clear error."""

import contextlib
import gzip
import random
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from glassnet.data.readers import COMPRESSED, SUFFIXES, read_table
from glassnet.errors import BadFile, FileFault, InvalidValue, Unsupported

NAN = np.nan
FRAME = pd.DataFrame(
    {"n": [1.5, None, 3.0], "t": ["x", "y, z", None], "f": pd.array([True, None, False], "boolean")}
)
EXPECTED = {
    "n": ("numeric", [1.5, NAN, 3.0]),
    "t": ("categorical", ["x", "y, z", None]),
    "f": ("boolean", [1.0, NAN, 0.0]),
}


def write(frame, path):
    if ".jsonl" in path.name or ".ndjson" in path.name:
        frame.to_json(path, orient="records", lines=True)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".feather":
        frame.to_feather(path)
    else:
        np.savez(path, **{name: frame[name].to_numpy() for name in frame})
    return path


def same(table, expected):
    assert table.names == tuple(expected)
    for column, (kind, values) in zip(table.columns, expected.values(), strict=True):
        assert column.kind == kind
        np.testing.assert_array_equal(column.values.tolist(), values)


def refused(error, path, words=None, **options):
    with pytest.raises(error, match=words) as caught:
        read_table(path, **options)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.ndjson.gz", "a.parquet", "a.feather", "A.PARQUET"],
)
def test_every_format_gives_the_same_table(tmp_path, name):
    path = write(FRAME, tmp_path / name.lower()).rename(tmp_path / name)
    same(read_table(path), EXPECTED)
    same(read_table(str(path)), EXPECTED)


def test_categories_come_from_the_dictionaries_of_a_file(tmp_path):
    path = tmp_path / "a.parquet"
    FRAME.astype({"t": "category"}).to_parquet(path)
    same(read_table(path), EXPECTED)


def test_row_labels_that_pandas_adds_to_a_file_are_no_column(tmp_path):
    path = tmp_path / "a.parquet"
    FRAME.iloc[[0, 2, 1]].to_parquet(path)
    assert "__index_level_0__" in parquet.read_schema(path).names
    assert read_table(path).names == ("n", "t", "f")


def test_an_archive_of_columns_and_one_of_a_matrix_are_read(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, n=np.float32([1, 2]), t=np.array(["a", "b"]), f=np.array([True, False]))
    same(
        read_table(path),
        {
            "n": ("numeric", [1.0, 2.0]),
            "t": ("categorical", ["a", "b"]),
            "f": ("boolean", [1.0, 0.0]),
        },
    )
    np.savez_compressed(path, X=np.arange(12).reshape(2, 3, 2), y=np.array(["a", "b"]))
    table = read_table(path)
    assert table.names == ("x0", "x1", "x2", "x3", "x4", "x5", "y")
    assert [column.values[1] for column in table.columns] == [6, 7, 8, 9, 10, 11, "b"]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": np.ones(2), "b": np.ones(3)}, "same number of rows; 'a' has 2 and 'b' has 3"),
        ({"X": np.ones((2, 2)), "y": np.ones(3)}, "'x0' has 2 and 'y' has 3"),
        ({"a": np.ones((2, 2))}, "'a' must have one axis"),
        ({"X": np.ones(3)}, "two axes"),
        ({"a": np.float64(1)}, "'a' must have one axis"),
        ({"a": np.array([1j])}, "'a' must hold numbers"),
        ({"a": np.array([None])}, "holds Python objects|damaged or not"),
        ({}, "at least one column"),
        ({"a": np.ones(0)}, "columns and no rows"),
        ({"X": np.ones((0, 3, 2))}, "columns and no rows"),
        ({"X": np.ones((3, 0))}, "at least one column"),
    ],
)
def test_an_archive_that_is_no_table_is_refused(tmp_path, arrays, words):
    np.savez(tmp_path / "a.npz", **arrays)
    refused(BadFile, tmp_path / "a.npz", words)


def test_columns_that_no_table_can_have_are_the_files_fault(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"when": pa.array([0], pa.time32("s"))}), path)
    refused(BadFile, path, "'when' must hold numbers, booleans, text or dates")
    parquet.write_table(pa.Table.from_arrays([pa.array([1])] * 2, names=["a", "a"]), path)
    refused(BadFile, path, r"Multiple matches for FieldRef\.Name\(a\)")  # in Arrow's words
    feather.write_feather(pa.table({"a": pa.array([], pa.int8())}), str(tmp_path / "a.feather"))
    refused(BadFile, tmp_path / "a.feather", "columns and no rows")


def test_texts_that_are_no_text_are_the_files_fault(tmp_path):
    offsets = pa.py_buffer(np.array([0, 1], dtype=np.int32).tobytes())
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff")])
    feather.write_feather(pa.table({"t": broken}), str(tmp_path / "a.feather"))
    refused(BadFile, tmp_path / "a.feather", "(?i)invalid UTF8")


def test_kinds_overrule_the_types_of_a_file(tmp_path):
    path = write(FRAME, tmp_path / "a.parquet")
    table = read_table(path, kinds={"n": "categorical", "f": "categorical", "t": "categorical"})
    assert table["n"].values.tolist() == ["1.5", None, "3"]
    assert table["f"].values.tolist() == ["True", None, "False"]
    refused(InvalidValue, path, r"row 1: the column 't' .* got 'x'", kinds={"t": "numeric"})


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    path = write(FRAME, tmp_path / "a.parquet")
    for name in ("pyarrow", "pyarrow.parquet", "pyarrow.feather"):
        monkeypatch.setitem(sys.modules, name, None)
    refused(Unsupported, path, r'pip install "glassnet\[parquet\]"')


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.parquet.gz", ".csv", "a.gz", "folder/a.txt"])
def test_an_unknown_suffix_lists_the_known(tmp_path, name):
    with pytest.raises(InvalidValue, match="must end in one of") as caught:
        read_table(tmp_path / name)
    assert all(suffix in str(caught.value) for suffix in SUFFIXES)


@pytest.mark.parametrize("suffix", [*SUFFIXES, *COMPRESSED])
def test_absent_empty_and_foreign_files_are_refused_in_every_format(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    refused(FileFault, path, "there is no such file")
    path.write_bytes(b"")
    refused(BadFile, path, "is empty")
    path.write_bytes(random.Random(0).randbytes(3000))
    refused(BadFile, path)
    path.unlink()
    path.mkdir()
    refused(FileFault, path, "it is a folder")


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.npz", "a.jsonl", "a.jsonl.gz"])
def test_damage_gives_a_table_or_says_that_the_file_is_bad(tmp_path, name):
    path = write(FRAME if "npz" not in name else FRAME[["n"]], tmp_path / name)
    data, rng = path.read_bytes(), random.Random(1)
    for _ in range(250):
        mutant = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(mutant)) if mutant else 0
            if rng.random() < 0.5:
                mutant[place : place + 1] = rng.randbytes(1)
            else:
                del mutant[place : place + rng.randint(1, 40)]
        path.write_bytes(mutant)
        with contextlib.suppress(BadFile):
            read_table(path)


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.npz", "a.jsonl.gz"])
def test_a_file_cut_short_anywhere_is_refused(tmp_path, name):
    path = write(FRAME if "npz" not in name else FRAME[["n"]], tmp_path / name)
    data = path.read_bytes()
    for size in range(1, len(data), max(1, len(data) // 150)):
        path.write_bytes(data[:size])
        refused(BadFile, path)


def test_an_archive_may_not_carry_python_objects(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([{"x": 1}], dtype=object))
    refused(BadFile, tmp_path / "a.npz", "holds Python objects")
    np.save(tmp_path / "b.npy", np.ones(3))
    (tmp_path / "b.npy").rename(tmp_path / "b.npz")
    refused(BadFile, tmp_path / "b.npz", "not an .npz file")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"a": 1}\n\n{"b": "x"}\n',
            {"a": ("numeric", [1, NAN]), "b": ("categorical", [None, "x"])},
        ),
        (
            '{"a": 1, "b": null}\r\n{"b": "x", "a": Infinity}',
            {"a": ("numeric", [1, np.inf]), "b": ("categorical", [None, "x"])},
        ),
        ('{"a": null}\n{"a": NaN}', {"a": ("numeric", [NAN, NAN])}),
        ('\ufeff{"a": true}\n{"a": 2.5}\n', {"a": ("categorical", ["True", "2.5"])}),
        ('{"a": "é\\n\\u2028"}\n', {"a": ("categorical", ["é\n\u2028"])}),
        ('{"a": 1}\n{}\n', {"a": ("numeric", [1, NAN])}),
        ('{"a": 1' + "0" * 400 + "}\n", {"a": ("numeric", [np.inf])}),
    ],
)
def test_json_lines_are_read_key_by_key(tmp_path, text, expected):
    (tmp_path / "a.jsonl").write_bytes(text.encode())
    same(read_table(tmp_path / "a.jsonl"), expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1}\n{"a": 1', "line 2 is not JSON"),
        ('{"a": 1}\n[1]\n', "line 2 must be an object"),
        ("3\n", "line 1 must be an object"),
        ('{"a": [1]}\n', "line 1: 'a' must be a number, text, true, false or null"),
        ('{"a": {"b": 1}}\n', "line 1: 'a' must be"),
        ('{"a": 1, "b": 2, "a": 3}\n', "line 1: the key 'a' stands twice"),
        ('[{"a": 1},\n{"a": 2}]\n', "line 1 is not JSON"),
        ("[" * 100_000 + "\n", "line 1 is not JSON"),
        ("{}\n\n{}\n", "has no values"),
        ("\n \n", "has no values"),
        ('{"a": "\xff"}\n', "byte 0xff at offset 7, line 1"),
        ('{"a": "' + "1" * 5000 + '", "b": ' + "1" * 5000 + "}", "line 1 is not JSON"),
    ],
)
def test_lines_that_are_no_plain_objects_are_named(tmp_path, text, words):
    (tmp_path / "a.jsonl").write_bytes(text.encode("latin-1"))
    refused(BadFile, tmp_path / "a.jsonl", words)


def test_progress_ends_with_the_number_of_rows_in_every_format(tmp_path):
    for name in ("a.jsonl", "a.parquet", "a.npz"):
        told = []
        read_table(write(FRAME[["n"]], tmp_path / name), on_rows=told.append)
        assert told[-1] == 3


def test_a_compressed_file_is_known_by_its_whole_suffix(tmp_path):
    path = tmp_path / "a.b.csv.gz"
    path.write_bytes(gzip.compress(b"x\n1\n"))
    assert len(read_table(path)) == 1

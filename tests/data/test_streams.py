"""A file read in chunks is the file read whole, whatever the size of a chunk."""

import gzip
import io

import numpy as np
import pytest

from glassnet.data import delimited_streams, streams
from glassnet.data.readers import read_table
from glassnet.data.row_writers import CsvRows, ParquetRows
from glassnet.data.streams import open_stream
from glassnet.errors import BadFile, FileFault

KINDS = {"size": "numeric", "shop": "categorical", "open": "boolean"}


def written(path, rows=400):
    """A CSV with missing values, quotes, line breaks in cells and blank lines."""
    rng = np.random.default_rng(0)
    lines = ["size,shop,note,open"]
    for k in range(rows):
        size = "" if k % 13 == 0 else f"{rng.normal():.4f}"
        shop = rng.choice(["north", '"so, uth"', "NA", '"two\nlines"', " east "])
        lines.append(f'{size},{shop},"n{k}",{rng.choice(["True", "False"])}')
        if k % 50 == 3:
            lines.append("")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def together(stream, wanted, kept=()):
    """All chunks of a stream as one."""
    chunks = list(stream.chunks(wanted, kept))
    columns = {n: np.concatenate([c.table[n].values for c in chunks]) for n in wanted}
    numbers = np.concatenate([c.numbers for c in chunks])
    texts = {n: [v for c in chunks for v in c.kept[n]] for n in kept}
    faults, before = {}, 0
    for chunk in chunks:
        faults |= {before + row: words for row, words in chunk.faults.items()}
        before += len(chunk)
    return columns, numbers, texts, faults


def same(one, other):
    return np.array_equal(one.astype(str), other.astype(str))


@pytest.mark.parametrize("characters", [1, 100, 5000, 2**21])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_text_file_in_chunks_is_the_table_read_whole(characters, suffix, tmp_path, monkeypatch):
    monkeypatch.setattr(delimited_streams, "CHARACTERS", characters)
    path = written(tmp_path / "a.csv")
    whole = read_table(path, kinds=KINDS)
    if suffix:
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
        path = tmp_path / "a.csv.gz"

    columns, numbers, texts, faults = together(open_stream(path), KINDS, ["note"])

    assert all(same(columns[name], whole[name].values) for name in KINDS)
    assert texts["note"] == [f"n{k}" for k in range(400)]
    assert faults == {}
    lines = (tmp_path / "a.csv").read_text("utf-8").split("\n")
    for row in (0, 7, 399):
        assert f'"n{row}"' in "".join(lines[numbers[row] - 1 : numbers[row] + 1])


@pytest.mark.parametrize("characters", [20, 2**21])
def test_numbers_alone_go_through_the_fast_parser_to_the_same_values(
    characters, tmp_path, monkeypatch
):
    monkeypatch.setattr(delimited_streams, "CHARACTERS", characters)
    x = np.random.default_rng(0).normal(size=(60, 3))
    lines = [",".join(map(repr, row)) for row in x.tolist()]
    lines.insert(30, "")
    (tmp_path / "a.csv").write_text("a,b,c\n" + "\n".join(lines) + "\n")

    columns, numbers, _, faults = together(
        open_stream(tmp_path / "a.csv"), {"c": "numeric", "a": "numeric"}
    )

    assert np.array_equal(np.column_stack([columns["a"], columns["c"]]), x[:, [0, 2]])
    assert numbers.tolist() == [*range(2, 32), *range(33, 63)]
    assert faults == {}


@pytest.mark.parametrize("characters", [1, 30, 2**21])
def test_wrong_records_are_named_by_their_lines_and_the_others_are_read(
    characters, tmp_path, monkeypatch
):
    monkeypatch.setattr(delimited_streams, "CHARACTERS", characters)
    (tmp_path / "a.csv").write_text(
        'size,shop\n1,a\n2,b,c\nbig,"d"\n4\n"5"x,e\n1_0,f\n７,g\n8,"h\nh"\n9,i\n'
    )

    columns, numbers, texts, faults = together(
        open_stream(tmp_path / "a.csv"), {"size": "numeric"}, ["shop"]
    )

    assert numbers.tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 11]
    assert {numbers[row] for row in faults} == {3, 4, 5, 6, 7, 8}
    assert faults[1] == "it has 3 cells, and the header 2"
    assert faults[2] == "the column 'size' must hold numbers; got 'big'"
    assert columns["size"][[0, 7, 8]].tolist() == [1, 8, 9]
    assert texts["shop"] == ["a", "", "d", "", "", "f", "g", "h\nh", "i"]


def test_a_quoted_cell_that_does_not_end_is_a_fault_of_its_line(tmp_path):
    (tmp_path / "a.csv").write_text('size\n1\n"2\n3\n4\n')

    _, numbers, _, faults = together(open_stream(tmp_path / "a.csv"), {"size": "numeric"})

    assert numbers.tolist() == [2, 3]
    assert faults == {1: "a quoted cell begins here and does not end"}


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".jsonl", ".npz"])
def test_other_formats_in_chunks_are_the_table_read_whole(suffix, tmp_path, monkeypatch):
    import pandas as pd

    monkeypatch.setattr(streams, "ROWS", 30)
    frame = pd.DataFrame(
        {
            "size": np.where(np.arange(100) % 7, np.arange(100) / 8, np.nan),
            "shop": [None if k % 9 == 0 else f"s{k % 4}" for k in range(100)],
            "big": np.arange(100) + 2**60,
        }
    )
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path, row_group_size=17)
    elif suffix == ".feather":
        frame.to_feather(path)
    elif suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        np.savez(path, size=frame["size"].to_numpy(), shop=frame["shop"].fillna("").to_numpy(str))
    wanted = {"size": "numeric", "shop": "categorical"}
    whole = read_table(path, kinds=wanted)

    columns, numbers, texts, _ = together(
        open_stream(path, kinds=wanted), wanted, ["big"] if suffix == ".parquet" else []
    )

    assert all(same(columns[name], whole[name].values) for name in wanted)
    assert numbers.tolist() == list(range(1, 101))
    if suffix == ".parquet":  # a number of an identifier keeps every digit
        assert [value.as_py() for value in texts["big"]] == frame["big"].tolist()


def test_text_in_a_column_of_numbers_of_a_parquet_file_is_a_fault_of_its_row(tmp_path):
    import pandas as pd

    pd.DataFrame({"size": [None, "big"]}).to_parquet(tmp_path / "a.parquet")

    _, _, _, faults = together(open_stream(tmp_path / "a.parquet"), {"size": "numeric"})

    assert faults == {1: "the column 'size' must hold numbers; got 'big'"}


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_file_that_is_damaged_or_has_no_rows_is_refused(name, tmp_path):
    import pandas as pd

    path = tmp_path / name
    with pytest.raises(FileFault, match="no such file"):
        open_stream(path)
    empty = pd.DataFrame({"a": pd.Series([], dtype=float)})
    empty.to_parquet(path) if name == "a.parquet" else path.write_text("a\n")
    with pytest.raises(BadFile, match="no rows"):
        together(open_stream(path), {"a": "numeric"})
    path.write_bytes(b"a\n1\n\xff\xfe\n" if name == "a.csv" else b"PAR1" + bytes(50))
    with pytest.raises(BadFile, match=r"is not utf-8: byte 0xff|damaged"):
        together(open_stream(path), {"a": "numeric"})


def test_a_stream_that_is_left_early_closes_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited_streams, "CHARACTERS", 10)
    stream = open_stream(written(tmp_path / "a.csv"))
    chunks = stream.chunks({"size": "numeric"}, [])
    next(chunks)
    chunks.close()
    stream.close()
    assert stream._file.closed


def test_both_writers_write_what_is_read_again(tmp_path):
    columns = {
        "n": np.array([1.0, 0.1, 2.0**60, -2.5]),
        "t": ["a", None, 'c"d', "e\nf"],
        "gone": np.array([1.0, 2.0, 3.0, 4.0]),
    }
    absent = {"gone": np.array([False, True, False, True])}
    for name in ("a.csv", "a.parquet"):
        with (tmp_path / name).open("wb") as file:
            text = io.TextIOWrapper(file, "utf-8", newline="") if name == "a.csv" else None
            rows = CsvRows(text) if text else ParquetRows(file, name)
            rows.write(columns, absent)
            rows.write(columns, absent)
            rows.close()
            if text:
                text.detach()
        found = read_table(tmp_path / name)
        assert found["n"].values.tolist() == [*columns["n"].tolist()] * 2
        assert found["t"].values.tolist() == columns["t"] * 2
        assert np.isnan(found["gone"].values).tolist() == [False, True, False, True] * 2

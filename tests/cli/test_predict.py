"""``glassnet predict``, from the outside."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.data.readers import read_table

Call = Callable[..., Any]
HOW = {
    "average": ("--preset", "fast", "--members", "2", "--epochs", "6"),
    "plain": ("--plain", "--epochs", "30"),
}
MADE: dict[str, bytes] = {}


@pytest.fixture(params=HOW)
def model(glassnet: Call, shop: Path, request: pytest.FixtureRequest) -> str:
    """A model file of either kind, trained once for all tests."""
    kind = str(request.param)
    if kind not in MADE:
        assert glassnet("fit", "shop.csv", "-t", "sold", *HOW[kind], "--no-report").status == 0
        MADE[kind] = Path("model.glassnet").read_bytes()
    Path("model.glassnet").write_bytes(MADE[kind])
    return "model.glassnet"


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_predictions_are_those_of_the_model_row_by_row(glassnet: Call, model: str) -> None:
    done = glassnet("predict", model, "shop.csv")

    rows, loaded = _rows(done.out), gn.load(model)
    if hasattr(loaded, "predict_proba"):
        table: Any = pd.read_csv("shop.csv")[["size", "colour", "weight"]]
        chances = loaded.predict_proba(table)
    else:
        table = read_table("shop.csv")
        chances = loaded.probabilities(table)
    assert [row["predicted sold"] for row in rows] == loaded.predict(table).tolist()
    said = [[float(row[f"probability of {c}"]) for c in ("no", "yes")] for row in rows]
    np.testing.assert_array_equal(said, chances)
    np.testing.assert_allclose(np.sum(said, axis=1), 1, rtol=1e-12)


def test_columns_are_found_by_name_and_new_ones_are_ignored_with_a_line(
    glassnet: Call, model: str
) -> None:
    plain = glassnet("predict", model, "shop.csv")
    source = _rows(Path("shop.csv").read_text())
    names = ["colour", "extra", "weight", "size"]
    with Path("other.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([[row.get(name, "1") for name in names] for row in source])

    done = glassnet("predict", model, "other.csv")

    assert done.out == plain.out
    assert "note: ignored columns: extra" in done.err


def test_a_missing_column_is_named(glassnet: Call, model: str) -> None:
    Path("less.csv").write_text("size,weight\n1,2\n")

    done = glassnet("predict", model, "less.csv")

    assert done.status == 1
    assert "'colour'" in done.err
    assert done.out == ""
    assert len(done.err.splitlines()) == 1


def test_unknown_levels_are_counted(glassnet: Call, model: str) -> None:
    Path("new.csv").write_text("size,colour,weight\n1,purple,2\n0,red,1\n")

    done = glassnet("predict", model, "new.csv", "-o", "out.csv", "--json")

    assert json.loads(done.out)["unknown"] == {"colour": 1}
    assert len(_rows(Path("out.csv").read_text())) == 2


def test_kept_columns_stand_first(glassnet: Call, model: str) -> None:
    done = glassnet("predict", model, "shop.csv", "--keep", "sold", "--keep", "size")

    assert done.out.splitlines()[0].startswith("sold,size,predicted sold,")


def test_each_flipped_bit_of_a_model_file_is_an_error(glassnet: Call, model: str) -> None:
    content = bytearray(Path(model).read_bytes())
    for place in np.random.default_rng(0).integers(0, len(content), 40):
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        Path("bad.glassnet").write_bytes(flipped)

        done = glassnet("predict", "bad.glassnet", "shop.csv")

        assert (done.status, done.out) == (1, "")
        assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_model_file_cut_short_is_an_error(glassnet: Call, model: str, share: float) -> None:
    content = Path(model).read_bytes()
    Path("bad.glassnet").write_bytes(content[: int(share * len(content))])

    done = glassnet("predict", "bad.glassnet", "shop.csv")

    assert done.status == 1
    assert "bad.glassnet" in done.err


def test_chunks_change_nothing(glassnet: Call, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = glassnet("predict", model, "shop.csv", "--keep", "size").out

    monkeypatch.setattr("glassnet.data.delimited_streams.CHARACTERS", 200)

    assert glassnet("predict", model, "shop.csv", "--keep", "size").out == whole


def test_a_kept_cell_is_copied_as_it_stands(glassnet: Call, model: str) -> None:
    Path("in.csv").write_text('id,size,colour,weight\n007,1.50,red,1\nNA,2,"gr,een",2\n')

    done = glassnet(
        "predict", model, "in.csv", "--keep", "id", "--keep", "size", "--keep", "colour"
    )

    rows = _rows(done.out)
    assert [row["id"] for row in rows] == ["007", "NA"]
    assert [row["size"] for row in rows] == ["1.50", "2"]
    assert [row["colour"] for row in rows] == ["red", "gr,een"]


@pytest.fixture
def faulty(shop: Path) -> list[int]:
    """A file with faults on some lines, which are returned."""
    lines = shop.read_text().splitlines()
    lines[10] = "1,red"
    lines[20] = "big,red,1,yes"
    lines[30] = "inf,red,1,yes"
    lines[40] = '1,"re"d,1,yes'
    Path("faulty.csv").write_text("\n".join(lines) + "\n")
    return [11, 21, 31, 41]


def test_a_row_that_cannot_be_read_ends_the_job_with_its_line(
    glassnet: Call, model: str, faulty: list[int]
) -> None:
    Path("out.csv").write_text("old")

    done = glassnet("predict", model, "faulty.csv", "-o", "out.csv")

    assert done.status == 1
    assert "faulty.csv, line 11: it has 2 cells, and the header 4" in done.err
    assert "--on-error skip" in done.err
    assert len(done.err.splitlines()) == 1
    assert Path("out.csv").read_text() == "old"


def _plain(glassnet: Call, model: str) -> list[dict[str, str]]:
    return _rows(glassnet("predict", model, "shop.csv", "--keep", "colour").out)


def test_faulty_rows_are_skipped_and_named(glassnet: Call, model: str, faulty: list[int]) -> None:
    done = glassnet(
        "predict", model, "faulty.csv", "-o", "out.csv", "--on-error", "skip", "--keep", "colour"
    )

    expected = [row for k, row in enumerate(_plain(glassnet, model)) if k + 2 not in faulty]
    assert _rows(Path("out.csv").read_text()) == expected
    assert "note: 4 rows left out:" in done.err
    for line in faulty:
        assert f"note: line {line}: " in done.err
    assert "236 predictions: out.csv" in done.out


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_faulty_rows_stand_in_their_place_without_prediction(
    glassnet: Call, model: str, faulty: list[int], suffix: str
) -> None:
    done = glassnet(
        "predict", model, "faulty.csv", "-o", f"out.{suffix}", "--on-error", "null", "--json"
    )  # fmt: skip

    assert json.loads(done.out)["faulty"] == 4
    assert json.loads(done.out)["rows"] == 240
    found = read_table(f"out.{suffix}", kinds={"predicted sold": "categorical"})
    gone = [line - 2 for line in faulty]
    for column in found.columns:
        assert np.flatnonzero(column.missing).tolist() == gone
    expected = [row["probability of yes"] for row in _plain(glassnet, model)]
    kept = np.delete(found["probability of yes"].values, gone)
    assert kept.tolist() == np.delete(np.array(expected, float), gone).tolist()


def test_parquet_in_and_out_is_csv_in_and_out(glassnet: Call, model: str) -> None:
    source = {column.name: column.values for column in read_table("shop.csv").columns}
    frame = pd.DataFrame(source).assign(id=2**60 + 1)
    frame.to_parquet("shop.parquet", row_group_size=50)

    glassnet("predict", model, "shop.parquet", "-o", "out.parquet", "--keep", "id")
    done = glassnet("predict", model, "shop.csv")

    found = pd.read_parquet("out.parquet")
    assert found["id"].tolist() == [2**60 + 1] * 240
    rows = _rows(done.out)
    assert found["predicted sold"].tolist() == [row["predicted sold"] for row in rows]
    assert found["probability of yes"].tolist() == [
        float(row["probability of yes"]) for row in rows
    ]


def test_a_dash_reads_standard_input_and_writes_standard_output(
    glassnet: Call, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = glassnet("predict", model, "shop.csv").out

    monkeypatch.setattr("sys.stdin", io.StringIO(Path("shop.csv").read_text()))

    assert glassnet("predict", model, "-", "-o", "-").out == plain


def test_ctrl_c_leaves_the_old_output(
    glassnet: Call, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glassnet.estimators.table_predictions import TablePredictions

    Path("out.csv").write_text("old")
    plain, calls = TablePredictions.of, []

    def interrupted(self: TablePredictions, chunk: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return plain(self, chunk)

    monkeypatch.setattr("glassnet.data.delimited_streams.CHARACTERS", 500)
    monkeypatch.setattr(TablePredictions, "of", interrupted)
    before = sorted(path.name for path in Path.cwd().iterdir())

    done = glassnet("predict", model, "shop.csv", "-o", "out.csv")

    assert done.status == 130
    assert Path("out.csv").read_text() == "old"
    assert sorted(path.name for path in Path.cwd().iterdir()) == before


def test_a_column_that_is_not_there_or_would_stand_twice_is_refused_first(
    glassnet: Call, model: str
) -> None:
    done = glassnet("predict", model, "shop.csv", "--keep", "sizes", "-o", "out.csv")
    assert (done.status, "Did you mean 'size'?" in done.err) == (1, True)
    done = glassnet("predict", model, "shop.csv", "--keep", "size", "--keep", "size")
    assert (done.status, "'size' stands twice" in done.err) == (1, True)
    assert not Path("out.csv").exists()


def test_the_memory_does_not_grow_with_the_file(
    glassnet: Call, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tracemalloc

    lines = Path("shop.csv").read_text().splitlines()
    Path("long.csv").write_text("\n".join([lines[0], *(lines[1:] * 120)]) + "\n")
    monkeypatch.setattr("glassnet.data.delimited_streams.CHARACTERS", 20_000)
    glassnet("predict", model, "shop.csv", "-o", "out.csv")

    tracemalloc.start()
    glassnet("predict", model, "long.csv", "-o", "out.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(_rows(Path("out.csv").read_text())) == 28_800
    assert peak < 4e6  # the file has 600 kB, its cells 10 MB

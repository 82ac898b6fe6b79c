"""``glassnet fit`` on folders and large files, from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.cli import streaming
from glassnet.files.header import read_container
from tests.data.row_files import break_group, numbered, write_parquet

Call = Callable[..., Any]
QUICK = ("-t", "sold", "--epochs", "6", "--hidden", "8", "--no-report")


@pytest.fixture
def days(tmp_path: Path) -> Path:
    """A folder of numbers, texts and missing values."""
    X, y = numbered(1500)
    X[::7, 1] = np.nan
    shop = np.random.default_rng(2).choice(["north", "south"], 1500)
    sold = np.where(y + (shop == "north") > 0.3, "yes", "no")
    write_parquet(tmp_path / "days", X, y, more={"shop": shop, "sold": sold})
    return tmp_path / "days"


def test_a_folder_is_learned_from_and_its_model_predicts_its_files(
    glassnet: Call, days: Path
) -> None:
    done = glassnet("fit", "--plain", "days", *QUICK, "--drop", "y")

    assert done.status == 0
    assert "days: 3 files, read from disk window by window" in done.out
    assert "task: binary" in done.out
    assert "note: 'x1' has" in done.out
    assert "next:   glassnet predict model.glassnet days/0.parquet" in done.out
    assert glassnet("predict", "model.glassnet", "days/0.parquet", "-o", "out.csv").status == 0


def test_the_report_is_written(glassnet: Call, days: Path) -> None:
    done = glassnet("fit", "--plain", "days", *QUICK[:-1], "-q")

    assert done.status == 0
    assert Path("report.html").read_text(encoding="utf-8").startswith("<!")


def test_json_tells_rows_and_scores(glassnet: Call, days: Path) -> None:
    done = glassnet("fit", "--plain", "days", *QUICK, "--json")

    found = json.loads(done.out)
    assert sum(found["rows"].values()) == 1500
    assert found["scores"]["accuracy"] > found["baseline"]["accuracy"]


def test_one_file_is_streamed_where_memory_is_short_or_that_is_asked(
    glassnet: Call, days: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = "days/0.parquet"

    plain = glassnet("fit", "--plain", file, *QUICK)
    asked = glassnet("fit", "--plain", file, *QUICK, "--stream")
    monkeypatch.setattr(streaming, "free_memory", lambda: 50_000.0)
    short = glassnet("fit", "--plain", file, *QUICK)
    against = glassnet("fit", "--plain", file, *QUICK, "--no-stream")

    streamed = "1 file, read from disk window by window"
    assert [streamed in done.out for done in (plain, asked, short, against)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert {done.status for done in (plain, asked, short, against)} == {0}


def test_a_fit_goes_on_from_its_checkpoint_to_the_bit(glassnet: Call, days: Path) -> None:
    def theta(name: str) -> Any:
        arrays = read_container(Path(name), kind="model").arrays
        return arrays[next(key for key in arrays if key.endswith("theta"))]

    half = ("-t", "sold", "--hidden", "8", "--no-report", "-q", "--checkpoint", "run")
    glassnet("fit", "--plain", "days", *half, "--epochs", "3", "-o", "half.glassnet")
    glassnet("fit", "--plain", "days", *half, "--epochs", "6", "--resume", "-o", "on.glassnet")
    glassnet("fit", "--plain", "days", *QUICK, "-q", "-o", "whole.glassnet")

    np.testing.assert_array_equal(theta("on.glassnet"), theta("whole.glassnet"))


def test_bad_groups_end_the_job_or_are_counted_and_named(glassnet: Call, days: Path) -> None:
    break_group(days / "1.parquet", 3)

    refused = glassnet("fit", "--plain", "days", *QUICK)
    with pytest.warns(UserWarning, match="1 of 18 row groups"):
        skipped = glassnet("fit", "--plain", "days", *QUICK, "--skip-bad")

    assert refused.status == 1
    assert "days/1.parquet, row group 3 cannot be read" in refused.err
    assert "--skip-bad" in refused.err
    assert skipped.status == 0
    assert "note: 1 of 18 row groups, 97 rows, were left out: days/1.parquet, row group 3" in (
        skipped.out
    )


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("days", "-t", "none"), 1, "no column is named 'none'"),
        (("days", "-t", "sold", "--drop", "none"), 1, "no column is named 'none'"),
        (("days", "-t", "sold", "--drop", "sold"), 1, "cannot be dropped as well"),
        (("days", "-t", "sold", "--no-stream"), 2, "a folder is read from disk"),
        (("a.csv", "-t", "sold", "--stream"), 2, "--stream is for Parquet"),
        (("a.csv", "-t", "sold", "--skip-bad"), 2, "--skip-bad is for Parquet"),
        (("empty", "-t", "sold"), 1, "must hold .parquet files; it holds none"),
        (("no*.parquet", "-t", "sold"), 1, "no file matches"),
        (("days", "-t", "sold", "--optimizer", "lbfgs"), 1, "lbfgs needs all rows at once"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    glassnet: Call, days: Path, tmp_path: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.csv").write_text("x,sold\n1,2\n", encoding="utf-8")

    done = glassnet("fit", "--plain", *words)

    assert done.status == status
    assert said in done.err
    if status == 1:
        assert done.err.count("\n") == 1

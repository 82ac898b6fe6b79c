"""``glassnet fit`` with estimators of tables, from the outside."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn

Call = Callable[..., Any]
QUICK = ("--preset", "fast", "--epochs", "6", "--no-report")


def _write(name: str, columns: dict[str, Any]) -> None:
    pd.DataFrame(columns).to_csv(name, index=False)


@pytest.fixture
def flats(tmp_path: Path) -> str:
    """A table with a column of every sort, whose target is a known sum."""
    rng = np.random.default_rng(0)
    n = 400
    area, floor = rng.normal(80, 25, n).round(), rng.integers(0, 4, n)
    grade = rng.choice(["poor", "fair", "good"], n)
    days = np.datetime64("2023-01-01") + rng.integers(0, 700, n)
    worth = {"poor": 0, "fair": 100, "good": 200}
    rent = 9 * area - 20 * floor + [worth[g] for g in grade] + rng.normal(0, 5, n)
    _write(
        str(tmp_path / "flats.csv"),
        {
            "area": np.where(rng.random(n) < 0.1, np.nan, area),
            "floor": floor,
            "grade": grade,
            "built": days.astype(str),
            "country": "de",
            "rent": rent.round(1),
        },
    )
    return "flats.csv"


def test_it_says_what_became_of_the_columns_and_how_good_it_is(glassnet: Call, flats: str) -> None:
    done = glassnet("fit", flats, "-t", "rent", "--preset", "fast")

    assert (done.status, done.err) == (0, "")
    said = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "flats.csv: 400 rows, 6 columns" in said
    assert "rows: 320 to learn from, 80 for the score" in said
    assert "column type missing inputs values" in said
    assert any(re.match(r"floor number \d+ 0 to 3, median", line) for line in said)
    assert "grade category 3 fair, good, poor" in said
    assert any(line.startswith("built date ") and "2023-01-" in line for line in said)
    assert "country — left out" in said
    assert "note: 'country' is the same in every row and is left out." in said
    (score,) = (line for line in said if line.startswith("R² on 80 test rows: "))
    assert float(score.split()[5]) > 0.8
    assert any(line.startswith("trained: 1 network of ") for line in said)
    assert said[-1] == "next: glassnet predict model.glassnet flats.csv"
    assert Path("report.html").read_text(encoding="utf-8").startswith("<!")


def test_json_is_one_object_whose_scores_beat_the_constant(glassnet: Call, flats: str) -> None:
    done = glassnet("fit", flats, "-t", "rent", "--preset", "fast", "--no-report", "--json")

    found = json.loads(done.out)
    assert found["scores"]["r2"] > 0.8 > found["baseline"]["r2"]
    assert found["rows"] == {"training": 320, "test": 80}
    assert [column["kind"] for column in found["columns"]] == [
        "numeric", "numeric", "categorical", "date", None,
    ]  # fmt: skip
    assert found["diagnosis"]["verdict"]
    assert found["settings"]["preset"] == "fast"
    assert found["report"] is None
    assert not Path("report.html").exists()


def test_the_score_is_that_of_rows_that_no_network_saw(glassnet: Call) -> None:
    """Labels drawn by coin cannot be predicted: an honest score stays near one half."""
    rng = np.random.default_rng(1)
    numbers = {"p": rng.normal(size=600), "q": rng.normal(size=600)}
    _write("coin.csv", {**numbers, "side": np.where(rng.random(600) < 0.5, "a", "b")})

    done = glassnet("fit", "coin.csv", "-t", "side", *QUICK, "--json")

    # 120 test rows: sd of the accuracy is 0.046.
    assert json.loads(done.out)["scores"]["accuracy"] < 0.65


def test_the_file_holds_an_estimator_that_knows_its_columns_and_target(
    glassnet: Call, flats: str
) -> None:
    how = ("--members", "2", "--hidden", "16,8", "--learning-rate", "0.01", "--seed", "3")
    glassnet("fit", flats, "-t", "rent", *QUICK, *how, "--drop", "built", "-o", "m.glassnet")

    model = gn.load("m.glassnet")
    assert isinstance(model, gn.TableRegressor)
    assert model.target_names_ == ("rent",)
    assert model.feature_names_in_.tolist() == ["area", "floor", "grade", "country"]
    assert [net.units[1:] for net in model.members_] == [(16, 8, 1)] * 2
    assert (model.random_state, model.learning_rate, model.epochs) == (3, 0.01, 6)


def test_the_same_seed_gives_the_same_networks_to_the_bit(glassnet: Call, shop: Path) -> None:
    for name in ("a.glassnet", "b.glassnet"):
        glassnet("fit", "shop.csv", "-t", "sold", *QUICK, "-o", name, "-q")

    one, other = (gn.load(f"{name}.glassnet").network_.state.theta for name in "ab")
    assert one.tobytes() == other.tobytes()


def test_kinds_are_taken_from_the_options_and_known_at_prediction(
    glassnet: Call, flats: str
) -> None:
    kinds = ("--kind", "floor=category", "--kind", "grade=poor,fair,good")
    done = glassnet("fit", flats, "-t", "rent", *QUICK, *kinds, "--json")
    told = glassnet("predict", "model.glassnet", flats, "-o", "out.csv", "--json")

    columns = {column["name"]: column for column in json.loads(done.out)["columns"]}
    assert columns["floor"]["values"] == "0, 1, 2, 3"
    assert (columns["grade"]["kind"], columns["grade"]["values"]) == (
        "ordinal",
        "poor < fair < good",
    )
    assert json.loads(told.out)["unknown"] == {}


def test_quantiles_never_cross_and_hold_their_shares(glassnet: Call, flats: str) -> None:
    how = ("--preset", "fast", "--quantiles", "0.1,0.5,0.9", "--no-report")
    done = glassnet("fit", flats, "-t", "rent", *how, "--json")
    predicted = glassnet("predict", "model.glassnet", flats).out

    below = json.loads(done.out)["below"]
    assert list(below) == ["0.1", "0.5", "0.9"]
    assert below["0.1"] < below["0.5"] < below["0.9"]
    table = pd.read_csv(io.StringIO(predicted))
    assert list(table) == ["predicted rent", *(f"{q} quantile" for q in (0.1, 0.5, 0.9))]
    assert (np.diff(table.to_numpy()[:, 1:], axis=1) >= 0).all()
    assert (table["predicted rent"] == table["0.5 quantile"]).all()


def test_rows_without_a_target_are_left_out_where_that_is_asked(glassnet: Call) -> None:
    sold = np.array(["yes", "no"] * 40, dtype=object)
    sold[[3, 7]] = None
    _write("gaps.csv", {"size": np.arange(80) % 7, "sold": sold})

    refused = glassnet("fit", "gaps.csv", "-t", "sold", *QUICK)
    done = glassnet("fit", "gaps.csv", "-t", "sold", *QUICK, "--missing-target", "drop")

    assert refused.status == 1
    assert "rows 4 and 8" in refused.err
    assert done.status == 0
    assert "rows without 'sold', left out: 2" in done.out
    assert "rows: 62 to learn from, 16 for the score" in done.out


def test_what_was_capped_is_said_in_the_words_of_the_options(glassnet: Call, shop: Path) -> None:
    how = ("--preset", "fast", "--no-report", "--max-row-visits", "1000")
    done = glassnet("fit", "shop.csv", "-t", "sold", *how)

    assert "note: --max-row-visits 1,000: " in done.out


def test_advice_names_the_option_and_not_the_parameter(glassnet: Call) -> None:
    columns = {"order": [f"order {k}" for k in range(100)], "v": np.arange(100) % 5}
    _write("i.csv", {**columns, "y": ["y", "n"] * 50})

    done = glassnet("fit", "i.csv", "-t", "y", *QUICK)

    assert "note: 'order' has 80 different texts in 80 rows. Leave it out with --drop order" in (
        done.out
    )
    assert done.err == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--optimizer", "sgd"), "--optimizer is for one plain network; add --plain"),
        (("--ranks", "2"), "--ranks is for one plain network; add --plain"),
        (("--no-stream",), "--stream is for one plain network; add --plain"),
        (
            ("--plain", "--preset", "best"),
            "--preset is for the average of networks; leave out --pl",
        ),
        (("--plain", "--kind", "x=date"), "--kind is for the average of networks"),
        (("--preset", "fst"), "no preset is named 'fst'. Did you mean 'fast'?"),
        (("--task", "clasification"), "Did you mean 'classification'?"),
        (("--time-budget", "0"), "'--time-budget': 0.0 is not in the range x>0"),
        (("--kind", "colour"), "'colour' is not COLUMN=KIND"),
        (("--kind", "colour=catgory"), "Did you mean 'category'?"),
        (("--quantiles", "0.9,0.1"), "increasing numbers between 0 and 1"),
        (("--quantiles", "0.5"), "--quantiles is for numbers, and 'sold' was taken for classes."),
        (("--members", "0"), "--members"),
    ],
)
def test_options_that_do_not_go_together_are_one_line_and_status_2(
    glassnet: Call, shop: Path, options: tuple[str, ...], words: str
) -> None:
    done = glassnet("fit", "shop.csv", "-t", "sold", "-q", *options)

    assert done.status == 2
    assert words in done.err.splitlines()[-1]
    assert not Path("model.glassnet").exists()


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("x,y\n1,\n2,\n3,\n", (), "'y' is missing in all 3 rows. Choose another target column."),
        ("y\na\nb\n", (), "it has only 'y'"),
        ("x,y\n" + "1,a\n" * 30, (), "'y' is 'a' in all 30 rows"),
        ("x,y\n" + "1,a\n" * 30, ("--task", "classification"), "at least two classes"),
        ("x,y\n" + "1,a\n2,b\n" * 15, ("--task", "regression"), "hold numbers; 'y' holds text"),
        ("x,y\n" + "1,a\n2,b\n" * 15, ("--kind", "z=date"), "no column is named 'z'"),
        ("x,y\n" + "1,a\n2,b\n" * 15, ("--drop", "y"), "the target 'y' cannot be dropped as well"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_learned_from_is_one_line_and_status_1(
    glassnet: Call, text: str, options: tuple[str, ...], words: str
) -> None:
    Path("t.csv").write_text(text)

    done = glassnet("fit", "t.csv", "-t", "y", *options)

    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert words in done.err
    assert not Path("model.glassnet").exists()


def test_a_folder_is_for_a_plain_network_and_the_line_says_so(glassnet: Call) -> None:
    Path("days").mkdir()

    done = glassnet("fit", "days", "-t", "y")

    assert done.status == 2
    assert "add --plain" in done.err.splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="signals as on POSIX")
def test_ctrl_c_keeps_the_best_so_far_and_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(4000, 6))
    with (tmp_path / "big.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*"abcdef", "y"])
        writer.writerows([*row.round(4), "up" if row.sum() > 0 else "down"] for row in x)
    command = [
        sys.executable, "-m", "glassnet.cli", "fit", "big.csv", "-t", "y", "--preset", "fast",
        "--epochs", "100000", "--patience", "100000", "--max-row-visits", "1000000000000",
        "--no-report",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("networks 0/1  epoch "):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert "interrupted: the best parameters so far were kept and written." in out
    assert len(gn.load(tmp_path / "model.glassnet").history_) > 0


def test_the_report_holds_the_command_that_makes_it_again(glassnet: Call, flats: str) -> None:
    words = ("--preset", "fast", "--epochs", "5", "--hidden", "8,4", "--drop", "built")
    kinds = ("--kind", "grade=poor,fair,good", "--kind", "floor=category")
    glassnet("fit", flats, "--target", "rent", *words, *kinds, "--json")

    text = Path("report.html").read_text(encoding="utf-8")
    command = "glassnet fit flats.csv --target rent --drop built --hidden 8,4 --epochs 5 "
    command += "--preset fast --kind grade=poor,fair,good --kind floor=categorical"
    assert command in text

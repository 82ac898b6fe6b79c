"""``glassnet fit --plain``, from the outside."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.files.header import read_container

Call = Callable[..., Any]


def test_it_learns_and_says_what_it_did(glassnet: Call, shop: Path) -> None:
    done = glassnet("fit", "--plain", "shop.csv", "--target", "sold", "--epochs", "60")

    assert done.status == 0
    assert "task: binary ('sold' holds two different texts, 'no' and 'yes')" in done.out
    assert "next:   glassnet predict model.glassnet shop.csv" in done.out
    assert Path("model.glassnet").exists()
    assert Path("report.html").read_text().startswith("<!")


def test_the_doctor_has_the_last_word_on_a_healthy_fit(glassnet: Call, shop: Path) -> None:
    done = glassnet("fit", "--plain", "shop.csv", "-t", "sold", "--epochs", "60", "--no-report")

    assert "doctor: healthy: " in done.out


def test_the_doctor_says_why_a_fit_came_to_nothing(glassnet: Call, shop: Path) -> None:
    how = ("-t", "sold", "--optimizer", "sgd", "--learning-rate", "1e-9", "--epochs", "40")
    done = glassnet("fit", "--plain", "shop.csv", *how, "--no-report")
    asked = glassnet("fit", "--plain", "shop.csv", *how, "--no-report", "--json")

    (line,) = (line for line in done.out.splitlines() if line.startswith("doctor: "))
    assert "learning_rate" in line
    assert json.loads(asked.out)["diagnosis"]["verdict"] == line.removeprefix("doctor: ")


def test_the_doctor_speaks_of_a_fit_that_fails(glassnet: Call, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    (tmp_path / "line.csv").write_text(
        "x,y\n" + "\n".join(f"{a:.4f},{a:.4f}" for a in rng.normal(size=200))
    )
    how = ("--optimizer", "sgd", "--learning-rate", "1e6")
    done = glassnet("fit", "--plain", "line.csv", "-t", "y", *how, "--no-report")

    assert done.status == 1
    assert "doctor: learning rate too high" in done.out


def test_json_is_one_object_and_its_scores_beat_the_constant(glassnet: Call, shop: Path) -> None:
    done = glassnet(
        "fit", "--plain", "shop.csv", "-t", "sold", "--epochs", "60", "--no-report", "--json"
    )

    found = json.loads(done.out)
    assert found["scores"]["accuracy"] > 0.85 > found["baseline"]["accuracy"]
    assert sum(found["rows"].values()) == 240
    assert found["report"] is None
    assert not Path("report.html").exists()


def test_the_score_is_that_of_rows_the_training_never_saw(glassnet: Call, tmp_path: Path) -> None:
    """Labels drawn by coin cannot be predicted: an honest score stays near one half."""
    rng = np.random.default_rng(1)
    rows = [f"{a:.3f},{b:.3f},{'ab'[c]}" for a, b, c in zip(
        rng.normal(size=600), rng.normal(size=600), rng.integers(0, 2, 600), strict=True
    )]  # fmt: skip
    (tmp_path / "coin.csv").write_text("p,q,side\n" + "\n".join(rows) + "\n")

    done = glassnet(
        "fit", "--plain", "coin.csv", "-t", "side", "--no-report", "--json", "--patience", "200"
    )

    # 120 test rows: sd of the accuracy is 0.046.
    assert json.loads(done.out)["scores"]["accuracy"] < 0.65


def test_the_same_seed_gives_the_same_file_to_the_bit(glassnet: Call, shop: Path) -> None:
    for name in ("a.glassnet", "b.glassnet"):
        glassnet(
            "fit",
            "--plain",
            "shop.csv",
            "-t",
            "sold",
            "-o",
            name,
            "--epochs",
            "5",
            "--no-report",
            "-q",
        )

    assert Path("a.glassnet").read_bytes() == Path("b.glassnet").read_bytes()


def test_a_number_as_target_is_a_regression_in_its_own_units(
    glassnet: Call, tmp_path: Path
) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=400)
    lines = [f"{a:.5f},{1000 + 300 * a:.3f}" for a in x]
    (tmp_path / "line.csv").write_text("x,price\n" + "\n".join(lines) + "\n")

    done = glassnet("fit", "--plain", "line.csv", "-t", "price", "--no-report", "--json")

    found = json.loads(done.out)
    assert found["task"] == "regression"
    assert found["scores"]["r2"] > 0.99
    assert found["baseline"]["rmse"] == pytest.approx(300, rel=0.2)


def test_task_overrules_the_guess(glassnet: Call, tmp_path: Path) -> None:
    rows = [f"{k % 7},{k % 3}" for k in range(120)]
    (tmp_path / "t.csv").write_text("x,y\n" + "\n".join(rows) + "\n")

    guessed = glassnet(
        "fit", "--plain", "t.csv", "-t", "y", "--epochs", "1", "--no-report", "--json"
    )
    told = glassnet(
        "fit",
        "--plain",
        "t.csv",
        "-t",
        "y",
        "--epochs",
        "1",
        "--no-report",
        "--json",
        "--task",
        "regression",
    )

    assert json.loads(guessed.out)["task"] == "multiclass"
    assert json.loads(told.out)["task"] == "regression"


def test_a_hidden_list_of_none_is_a_linear_model(glassnet: Call, shop: Path) -> None:
    glassnet(
        "fit",
        "--plain",
        "shop.csv",
        "-t",
        "sold",
        "--hidden",
        "none",
        "--epochs",
        "2",
        "--no-report",
    )

    assert gn.load("model.glassnet").network.depth == 1


def test_the_model_file_holds_no_row_of_the_training_data(glassnet: Call, tmp_path: Path) -> None:
    """A number that stands in one row only must not be found in the file, in any form."""
    rng = np.random.default_rng(3)
    secret = 123456.789012345
    values = [*rng.normal(size=99).tolist(), secret]
    rows = [f"{v!r},{'yn'[k % 2]}" for k, v in enumerate(values)]
    (tmp_path / "s.csv").write_text("v,y\n" + "\n".join(rows) + "\n")

    glassnet("fit", "--plain", "s.csv", "-t", "y", "--epochs", "2", "--no-report")

    content = Path("model.glassnet").read_bytes()
    assert repr(secret).encode() not in content
    for dtype in (np.float64, np.float32):
        assert np.array(secret, dtype=dtype).tobytes() not in content


def test_the_model_file_names_columns_and_classes(glassnet: Call, shop: Path) -> None:
    glassnet("fit", "--plain", "shop.csv", "-t", "sold", "--epochs", "1", "--no-report")

    header = read_container("model.glassnet", kind="model").header["parts"]
    assert [column["name"] for column in header["columns"]["columns"]] == [
        "size",
        "colour",
        "weight",
    ]
    assert header["target"]["classes"] == ["no", "yes"]


def test_dropped_columns_play_no_part(glassnet: Call, shop: Path) -> None:
    glassnet(
        "fit", "--plain", "shop.csv", "-t", "sold", "--drop", "weight", "--drop", "colour",
        "--epochs", "1", "--no-report",
    )  # fmt: skip

    assert gn.load("model.glassnet").encoder.names == ("size",)


def test_a_column_of_identifiers_is_noted(glassnet: Call, tmp_path: Path) -> None:
    rows = [f"order {k},{k % 5},{'yn'[k % 2]}" for k in range(100)]
    (tmp_path / "i.csv").write_text("order,v,y\n" + "\n".join(rows) + "\n")

    done = glassnet("fit", "--plain", "i.csv", "-t", "y", "--epochs", "1", "--no-report")

    assert "note: 'order' has 100 different texts in 100 rows" in done.out


def test_a_resumed_fit_equals_one_that_was_never_cut(glassnet: Call, shop: Path) -> None:
    base = ("fit", "--plain", "shop.csv", "-t", "sold", "--no-report", "-q", "--dropout", "0.2")
    glassnet(*base, "-o", "whole.glassnet", "--epochs", "8")
    glassnet(*base, "-o", "part.glassnet", "--epochs", "4", "--checkpoint", "run.ckpt")
    glassnet(*base, "-o", "part.glassnet", "--epochs", "8", "--checkpoint", "run.ckpt", "--resume")

    whole, part = (gn.load(f"{name}.glassnet") for name in ("whole", "part"))
    assert whole.network.state.theta.tobytes() == part.network.state.theta.tobytes()


@pytest.mark.skipif(os.name == "nt", reason="signals as on POSIX")
def test_ctrl_c_keeps_the_best_model_so_far_and_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(4000, 6))
    with (tmp_path / "big.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*"abcdef", "y"])
        writer.writerows([*row.round(4), "up" if row.sum() > 0 else "down"] for row in x)
    command = [
        sys.executable, "-m", "glassnet.cli", "fit", "--plain", "big.csv", "-t", "y",
        "--epochs", "100000", "--patience", "100000", "--no-report",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "rows" in process.stdout.readline()
        while not process.stdout.readline().startswith("epoch "):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)

    assert process.returncode == 130, err
    assert "interrupted: the best parameters so far were kept and written." in out
    assert gn.load(tmp_path / "model.glassnet").network.state.t > 0

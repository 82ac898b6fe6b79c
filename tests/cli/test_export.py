"""``glassnet export``, from the outside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn

Call = Callable[..., Any]


@pytest.fixture(params=["--plain"])
def model(glassnet: Call, shop: Path, request: pytest.FixtureRequest) -> str:
    arguments = ["-t", "sold", "--epochs", "3", "--hidden", "5", "--no-report", "-q"]
    assert glassnet("fit", *filter(None, [request.param]), "shop.csv", *arguments).status == 0
    return "model.glassnet"


of_either_kind = pytest.mark.parametrize("model", ["", "--plain"], indirect=True)


@pytest.fixture
def estimator(tmp_path: Path) -> str:
    X = np.random.default_rng(0).normal(size=(40, 2))
    clf = gn.MLPClassifier((3,), solver="lbfgs", max_iter=500, alpha=1.0, random_state=0)
    gn.save(clf.fit(X, X[:, 0] > 0), tmp_path / "clf.glassnet")
    return "clf.glassnet"


@of_either_kind
@pytest.mark.parametrize("output", ["m.onnx", "m.c", "folder/"])
def test_the_difference_on_given_rows_is_printed(glassnet: Call, model: str, output: str) -> None:
    pytest.importorskip({"m.onnx": "onnxruntime", "folder/": "torch"}.get(output, "glassnet"))
    if output == "m.c" and not shutil.which("cc"):
        pytest.skip("there is no C compiler, cc")

    done = glassnet("export", model, output, "--check", "shop.csv", "--json")

    assert done.status == 0
    told = json.loads(done.out)
    assert told["difference"] <= 1e-6
    assert (told["unit"], told["rows"], told["same_labels"]) == ("probability", 240, 1.0)
    assert all(Path(file).is_file() for file in told["files"])
    assert "largest difference to the model:" in done.err


def test_sizes_are_printed_for_c(glassnet: Call, model: str) -> None:
    done = glassnet("export", model, "shop model.c")

    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[0] == "written: shop model.c, shop_model.h, shop_model_test.c"
    assert done.out.splitlines()[1].startswith("constants: ")
    assert "stack: at most " in done.out
    assert "of 200 rows (made ones; --check DATA takes yours)" in done.out


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler, cc")
def test_eight_bits_take_calibration_rows(glassnet: Call, model: str) -> None:
    arguments = ["--dtype", "int8", "--calibration", "shop.csv", "--check", "shop.csv", "--json"]

    done = glassnet("export", model, "m.c", *arguments)

    assert done.status == 0
    assert json.loads(done.out)["same_labels"] > 0.97


@pytest.mark.parametrize("output", ["m.onnx", "m.c"])
def test_a_saved_estimator_of_dates_and_orders_is_checked_on_a_file(
    glassnet: Call, output: str
) -> None:
    pytest.importorskip("onnxruntime")
    if output == "m.c" and not shutil.which("cc"):
        pytest.skip("there is no C compiler, cc")
    rng = np.random.default_rng(0)
    days = [f"20{k % 25:02d}-{k % 12 + 1:02d}-{k % 28 + 1:02d}" for k in range(80)]
    grades = rng.choice(["low", "mid", "high"], 80).tolist()
    kinds = {"sent": "date", "grade": ["low", "mid", "high"]}
    table = {"sent": [None, *days[1:]], "grade": grades, "size": rng.normal(size=80).tolist()}
    reg = gn.TableRegressor("fast", kinds=kinds, epochs=3, members=2, random_state=0)
    gn.save(reg.fit(pd.DataFrame(table), rng.normal(size=80)), "m.glassnet")
    lines = [",".join("" if cell is None else str(cell) for cell in row)
             for row in zip(*table.values(), strict=True)]  # fmt: skip
    Path("new.csv").write_text("sent,grade,size\n" + "\n".join(lines) + "\n", encoding="utf-8")

    done = glassnet("export", "m.glassnet", output, "--check", "new.csv", "--json")

    assert done.status == 0
    told = json.loads(done.out)
    assert told["rows"] == 80
    assert told["difference"] <= 1e-5


def test_without_a_compiler_the_file_is_written_and_the_want_said(
    glassnet: Call, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")

    done = glassnet("export", model, "m.c")

    assert done.status == 0
    assert "difference: not measured. a C compiler is needed" in done.out
    assert Path("m.c").is_file()


def test_columns_of_an_estimator_go_by_order(glassnet: Call, estimator: str) -> None:
    pytest.importorskip("onnxruntime")
    Path("rows.csv").write_text("a,b\n1.5,2\n-3,0.25\n", encoding="utf-8")
    Path("text.csv").write_text("a,b\n1.5,x\n", encoding="utf-8")
    Path("three.csv").write_text("a,b,c\n1,2,3\n", encoding="utf-8")

    done = glassnet("export", estimator, "m.onnx", "--check", "rows.csv", "--zipmap")

    assert (done.status, done.err) == (0, "")
    assert "the same label in 100.00 % of 2 rows" in done.out
    text = glassnet("export", estimator, "m.onnx", "--check", "text.csv")
    assert (text.status, text.err.count("\n")) == (1, 1)
    assert "the column 'b' of text.csv must hold numbers" in text.err
    three = glassnet("export", estimator, "m.onnx", "--check", "three.csv")
    assert "must have the 2 columns of the model" in three.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["m.pkl"], "must end in .onnx or .c, or be a folder"),
        (["m.c", "--zipmap"], "--zipmap goes with an OUTPUT that ends in .onnx"),
        (["m.onnx", "--name", "a"], "--name goes with an OUTPUT that ends in .c"),
        (["folder/", "--dtype", "float64"], "--dtype goes with"),
        (["m.onnx", "--dtype", "int8"], "--dtype int8 is for an OUTPUT that ends in .c"),
        (["m.c", "--dtype", "int8"], "--dtype int8 and --calibration DATA go together"),
    ],
)
def test_options_that_do_not_fit_are_usage_errors(
    glassnet: Call, model: str, arguments: list[str], message: str
) -> None:
    done = glassnet("export", model, *arguments)

    assert done.status == 2
    assert message in " ".join(done.err.split())


@pytest.mark.parametrize("output", ["absent/m.onnx", "absent/m.c", "absent/folder/"])
def test_a_folder_that_is_not_there_is_one_line(glassnet: Call, model: str, output: str) -> None:
    pytest.importorskip("torch")

    done = glassnet("export", model, output)

    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "its folder does not exist" in done.err

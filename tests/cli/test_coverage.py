"""``glassnet fit --coverage``: intervals and sets in the model file and in predictions."""

from __future__ import annotations

import builtins
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn

Call = Callable[..., Any]
QUICK = ("--preset", "fast", "--epochs", "12", "--no-report")


def noisy(rows: int, seed: int) -> pd.DataFrame:
    """Rows whose target strays more where x is large, and its thirds as classes."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, rows)
    y = 10 + 3 * x + (0.2 + x) * rng.normal(size=rows)
    return pd.DataFrame(
        {"x": x, "y": y, "third": np.array(["a", "b", "c"])[np.digitize(y, [11, 12])]}
    )


@pytest.fixture
def both(tmp_path: Path) -> pd.DataFrame:
    """A table to learn from, and another to predict, which is returned."""
    noisy(1500, 0).to_csv(tmp_path / "old.csv", index=False)
    new = noisy(3000, 1)
    new.to_csv(tmp_path / "new.csv", index=False)
    return new


def predicted(glassnet: Call) -> pd.DataFrame:
    """What the model says of the new rows."""
    done = glassnet("predict", "model.glassnet", "new.csv")
    assert done.status == 0, done.err
    return pd.read_csv(io.StringIO(done.out), keep_default_na=False)


# 300 rows of calibration stray by √(c (1 − c) / 300) = 0.023 at 0.8; three times that is let pass.
@pytest.mark.parametrize("more", [(), ("--quantiles", "0.1,0.5,0.9"), ("--loss", "absolute_error")])
def test_intervals_hold_the_share_of_new_rows_that_was_asked_for(
    glassnet: Call, both: pd.DataFrame, more: tuple[str, ...]
) -> None:
    words = ("-t", "y", "--drop", "third", "--coverage", "0.8")
    done = json.loads(glassnet("fit", "old.csv", *words, *QUICK, *more, "--json").out)
    table = predicted(glassnet)

    assert list(table)[:3] == ["predicted y", "lower y", "upper y"]
    inside = table["lower y"].le(both["y"]) & both["y"].le(table["upper y"])
    assert 0.73 < inside.mean() < 0.87
    assert (done["within"]["coverage"], done["within"]["rows"]) == (0.8, 300)
    width = (table["upper y"] - table["lower y"]).mean()
    assert done["width"] == pytest.approx(width, rel=0.1)


def test_sets_hold_the_true_class_as_often_as_was_asked_for(
    glassnet: Call, both: pd.DataFrame
) -> None:
    words = ("-t", "third", "--drop", "y", "--coverage", "0.9")
    done = glassnet("fit", "old.csv", *words, *QUICK)
    table = predicted(glassnet)

    assert list(table)[:2] == ["predicted third", "set of third"]
    sets = [text.split(" | ") for text in table["set of third"]]
    held = [truth in found for truth, found in zip(both["third"], sets, strict=True)]
    assert 0.84 < np.mean(held) < 0.96
    assert set(map(len, sets)) & {2, 3}
    (told,) = re.findall(r"sets: ([\d.]+) classes on average", done.out)
    assert float(told) == pytest.approx(np.mean(list(map(len, sets))), abs=0.15)
    assert "to hold 0.9 of new rows, give or take 0.017" in done.out


def test_intervals_are_those_of_python_and_need_no_mapie_to_be_predicted(
    glassnet: Call, both: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    glassnet("fit", "old.csv", "-t", "y", "--drop", "third", "--coverage", "0.8", *QUICK)
    genuine = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith("mapie"):
            raise ImportError(name)
        return genuine(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    table = predicted(glassnet)
    ends = gn.conformal(gn.load("model.glassnet"), coverage=0.8).intervals(both[["x"]])

    np.testing.assert_array_equal(table[["lower y", "upper y"]].to_numpy(), ends)


def test_without_mapie_the_line_says_what_to_install_before_anything_is_trained(
    glassnet: Call, both: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith("mapie"):
            raise ImportError(name)
        return genuine(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    done = glassnet("fit", "old.csv", "-t", "y", "--coverage", "0.8", *QUICK, "-q")

    assert done.status == 2
    assert 'pip install "glassnet[conformal]"' in done.err.splitlines()[-1]
    assert not Path("model.glassnet").exists()


def test_too_few_test_rows_are_said_before_the_training(glassnet: Call) -> None:
    noisy(60, 0).to_csv("few.csv", index=False)

    done = glassnet("fit", "few.csv", "-t", "y", "--coverage", "0.95", *QUICK, "-q")

    assert done.status == 1
    assert "a coverage of 0.95 needs 20 rows or more to be calibrated on; got 12" in done.err


def test_info_and_parquet_have_them_too(glassnet: Call, both: pd.DataFrame) -> None:
    for target, other, line in (("y", "third", "intervals"), ("third", "y", "sets")):
        words = ("-t", target, "--drop", other, "--coverage", "0.9")
        assert glassnet("fit", "old.csv", *words, *QUICK).status == 0
        told = glassnet("info", "model.glassnet").out
        (found,) = [each for each in told.splitlines() if each.startswith(line)]
        assert "to hold 0.9 of new rows, by 300 of calibration" in " ".join(told.split()), found

        assert glassnet("predict", "model.glassnet", "new.csv", "-o", "out.parquet").status == 0
        made, wanted = pd.read_parquet("out.parquet"), predicted(glassnet)
        assert made.iloc[:, 1].astype(str).tolist() == wanted.iloc[:, 1].astype(str).tolist()


def test_counts_have_no_end_below_0(glassnet: Call) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, 600)
    pd.DataFrame({"x": x, "y": rng.poisson(np.exp(x))}).to_csv("new.csv", index=False)

    words = ("--loss", "poisson", "--coverage", "0.95")
    assert glassnet("fit", "new.csv", "-t", "y", *QUICK, *words).status == 0

    assert predicted(glassnet)["lower y"].min() == 0

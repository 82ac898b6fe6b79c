"""Weights of rows, metrics and other choices of ``glassnet fit`` on tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn

Call = Callable[..., Any]
QUICK = ("--preset", "fast", "--epochs", "12", "--no-report")


@pytest.fixture
def polls() -> Callable[[Any], None]:
    """Write a table of answers with such weights."""
    rng = np.random.default_rng(0)
    n = 240
    age = rng.normal(50, 15, n).round()
    answer = np.where(age + 10 * rng.normal(size=n) > 50, "yes", "no")

    def write(weight: Any) -> None:
        table = pd.DataFrame({"age": age, "answer": answer, "rate": age / 3, "w": weight})
        table.to_csv("polls.csv", index=False)

    return write


def test_weights_are_no_input_and_a_weight_of_0_is_no_row(glassnet: Call, polls: Any) -> None:
    weight = np.where(np.arange(240) % 4 == 0, 0, 2.5)
    polls(weight)
    done = glassnet("fit", "polls.csv", "-t", "answer", "--drop", "rate", "--weight", "w", *QUICK)
    pd.read_csv("polls.csv")[weight > 0].to_csv("fewer.csv", index=False)
    words = ("--drop", "rate", "--weight", "w", "-o", "f.glassnet")
    glassnet("fit", "fewer.csv", "-t", "answer", *QUICK, *words)

    assert (done.status, done.err) == (0, "")
    assert "rows of weight 0, left out: 60" in done.out
    assert "rows: 144 to learn from, 36 for the score" in done.out
    one, other = gn.load("model.glassnet"), gn.load("f.glassnet")
    assert one.feature_names_in_.tolist() == ["age"]
    assert one.network_.state.theta.tobytes() == other.network_.state.theta.tobytes()


def test_weights_move_what_is_learned_and_scores_are_told_both_ways(
    glassnet: Call, polls: Any
) -> None:
    rng = np.random.default_rng(1)
    n = 400  # two kinds of rows that contradict each other; the heavy ones win
    x, odd = rng.normal(size=n), np.arange(n) % 2 == 0
    pd.DataFrame({"x": x, "y": np.where(odd, 3 * x, -3 * x), "w": np.where(odd, 50, 1)}).to_csv(
        "two.csv", index=False
    )

    done = json.loads(glassnet("fit", "two.csv", "-t", "y", "--weight", "w", *QUICK, "--json").out)

    assert done["scores"]["r2"] < 0.3
    assert done["weighted"]["r2"] > 0.8


def test_the_choices_reach_the_estimator(glassnet: Call, polls: Any) -> None:
    polls(1)
    words = ("--metric", "error", "--scaling", "quantile", "--no-calibrate", "--drop", "w")
    glassnet("fit", "polls.csv", "-t", "answer", *QUICK, *words)
    model = gn.load("model.glassnet")
    assert (model.metric, model.scaling, model.calibrate) == ("error", "quantile", None)
    assert model.temperature_ == 1

    glassnet("fit", "polls.csv", "-t", "rate", *QUICK, "--metric", "mae")
    assert gn.load("model.glassnet").metric == "mae"


@pytest.mark.parametrize(("members", "made"), [("1", (1, 0)), ("4", (2, 2)), ("5", (3, 2))])
def test_members_are_all_networks_that_are_trained(
    glassnet: Call, polls: Any, members: str, made: tuple[int, int]
) -> None:
    polls(1)
    few = ("--hidden", "4", "--epochs", "1", "--no-report", "--members", members)
    done = glassnet("fit", "polls.csv", "-t", "rate", *few, "--json")

    settings = json.loads(done.out)["settings"]
    assert (settings["members"], settings["plain_members"]) == made


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([1, np.nan, *[1] * 238], "'w' is missing at row 2. Fill it in, with 0"),
        (
            [1, -3, *[1] * 238],
            "must be finite and not negative; 'w' is not at row 2 (as -3).",
        ),
        ([1, np.inf, *[1] * 238], "'w' is not at row 2 (as inf)"),
        ([0] * 240, "some weight must be above 0; 'w' is 0 in all rows."),
        (["much"] * 240, "weights must be numbers; 'w' holds text."),
    ],
)
def test_weights_that_are_none_are_one_line(
    glassnet: Call, polls: Any, weight: Any, words: str
) -> None:
    polls(weight)

    done = glassnet("fit", "polls.csv", "-t", "answer", "--weight", "w", *QUICK)

    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert words in done.err
    assert not Path("model.glassnet").exists()


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--weight", "answer"), 1, "the target 'answer' cannot be the weight of the rows as well"),
        (("--weight", "v"), 1, "no column is named 'v'"),
        (("--weight", "w", "--drop", "w"), 1, "the weight 'w' cannot be dropped as well"),
        (("--weight", "w", "--plain"), 2, "--weight is for the average of networks"),
        (("--coverage", "0.9", "--plain"), 2, "--coverage is for the average of networks"),
        (("--metric", "rmse"), 2, "--metric rmse is for numbers, and 'answer' was taken for class"),
        (("--metric", "errr"), 2, "no metric is named 'errr'. Did you mean 'error'?"),
        (("--scaling", "robst"), 2, "Did you mean 'robust'?"),
        (("--coverage", "1"), 2, "'--coverage': 1.0 is not in the range 0<x<1"),
        (("--quantiles", "0.5,0.1"), 2, "increasing numbers between 0 and 1"),
        (("--quantiles", "0.5,1"), 2, "increasing numbers between 0 and 1"),
        (("--quantiles", "0.1,0.9"), 2, "--quantiles is for numbers, and 'answer' was taken for"),
    ],
)
def test_choices_that_cannot_be_are_one_line(
    glassnet: Call, polls: Any, options: tuple[str, ...], status: int, words: str
) -> None:
    polls(1)

    done = glassnet("fit", "polls.csv", "-t", "answer", "-q", "--no-report", *options)

    assert done.status == status, done.err
    assert words in done.err.splitlines()[-1]
    assert not Path("model.glassnet").exists()

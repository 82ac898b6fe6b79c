"""``glassnet demo``, from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glassnet.data.readers import read_table

Call = Callable[..., Any]


def test_it_does_the_main_job_and_says_what_to_try_next(glassnet: Call) -> None:
    done = glassnet("demo")

    assert done.status == 0
    assert sorted(path.name for path in Path("demo").iterdir()) == [
        "breast_cancer.csv",
        "model.glassnet",
        "report.html",
    ]
    assert len(read_table("demo/breast_cancer.csv")) == 569
    words = ("accuracy on 114 test rows", "demo/model.glassnet", "demo/report.html", "next:")
    assert all(word in done.out for word in words)


@pytest.mark.parametrize(
    ("name", "metric", "least"),
    [("iris", "accuracy", 0.85), ("wine", "accuracy", 0.85), ("diabetes", "r2", 0.25)],
)
def test_its_scores_are_those_of_a_network_that_learned(
    glassnet: Call, name: str, metric: str, least: float
) -> None:
    done = glassnet("demo", "--data", name, "--json")

    assert json.loads(done.out)["scores"][metric] >= least


def test_its_next_command_works(glassnet: Call) -> None:
    out = glassnet("demo", "--data", "iris").out
    line = next(line for line in out.splitlines() if line.startswith("next:"))

    done = glassnet(*line.split()[2:])

    assert done.status == 0
    assert done.out.startswith("predicted target,")

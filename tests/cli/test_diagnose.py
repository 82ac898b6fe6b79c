"""``glassnet diagnose``, from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.fixture
def model(glassnet: Call, shop: Path) -> str:
    done = glassnet(
        "fit", "shop.csv", "-t", "sold", "--epochs", "40", "--hidden", "8", "--no-report"
    )
    assert done.status == 0
    return "model.glassnet"


def test_a_model_that_learned_is_healthy(glassnet: Call, model: str) -> None:
    done = glassnet("diagnose", model, "shop.csv")

    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("Healthy: ")
    assert "causes looked for (static, after training)." in done.out


def test_json_names_the_cause_of_a_broken_table(glassnet: Call, model: str, tmp_path: Path) -> None:
    lines = (tmp_path / "shop.csv").read_text(encoding="utf-8").splitlines()
    same = [lines[0]] + [line for line in lines[1:] if line.endswith("yes")]
    (tmp_path / "yes.csv").write_text("\n".join(same) + "\n", encoding="utf-8")

    done = glassnet("diagnose", model, "yes.csv", "--json")

    assert done.status == 0
    assert json.loads(done.out)["findings"][0]["code"] == "LABEL_CODE"


def test_a_page_is_written_where_it_is_asked_for(
    glassnet: Call, model: str, tmp_path: Path
) -> None:
    lines = (tmp_path / "shop.csv").read_text(encoding="utf-8").splitlines()
    same = [lines[0]] + [line for line in lines[1:] if line.endswith("yes")]
    (tmp_path / "yes.csv").write_text("\n".join(same) + "\n", encoding="utf-8")

    done = glassnet("diagnose", model, "yes.csv", "--report", "page.html")

    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert done.status == 0
    assert 'class="card fatal"' in page
    assert "glassnet diagnose model.glassnet yes.csv --report page.html" in page


def test_the_report_of_a_fit_has_a_diagnosis(glassnet: Call, shop: Path, tmp_path: Path) -> None:
    glassnet("fit", "shop.csv", "-t", "sold", "--epochs", "40", "--hidden", "8")

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<section class="diagnosis">' in page


def test_a_file_that_is_not_there_is_one_line(glassnet: Call, shop: Path) -> None:
    done = glassnet("diagnose", "none.glassnet", "shop.csv")

    assert done.status == 1
    assert done.err.count("\n") == 1

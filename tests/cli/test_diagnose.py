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
        "fit", "--plain", "shop.csv", "-t", "sold", "--epochs", "40", "--hidden", "8", "--no-report"
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
    glassnet("fit", "--plain", "shop.csv", "-t", "sold", "--epochs", "40", "--hidden", "8")

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<section class="diagnosis">' in page


def test_a_file_that_is_not_there_is_one_line(glassnet: Call, shop: Path) -> None:
    done = glassnet("diagnose", "none.glassnet", "shop.csv")

    assert done.status == 1
    assert done.err.count("\n") == 1


@pytest.fixture
def ill(glassnet: Call, shop: Path) -> str:
    rate = ("--optimizer", "sgd", "--learning-rate", "1e-7")
    done = glassnet(
        "fit",
        "--plain",
        "shop.csv",
        "-t",
        "sold",
        "--epochs",
        "30",
        "--hidden",
        "8",
        "--no-report",
        *rate,
    )
    assert done.status == 0
    return "model.glassnet"


def test_a_proven_remedy_is_told_and_applied(glassnet: Call, ill: str) -> None:
    done = glassnet("diagnose", ill, "shop.csv", "--prove", "--apply", "better.glassnet")

    assert (done.status, done.err) == (0, "")
    assert "skill without → with" in done.out
    assert "model: better.glassnet" in done.out
    before, after = done.out.split("accuracy on these rows: ")[1].split("\n")[0].split(" → ")
    assert float(after) > max(0.85, float(before))
    again = glassnet("predict", "better.glassnet", "shop.csv", "-o", "out.csv")
    assert again.status == 0


def test_the_proof_is_in_the_json_and_the_lines_go_to_stderr(glassnet: Call, ill: str) -> None:
    done = glassnet("diagnose", ill, "shop.csv", "--prove", "--apply", "b.glassnet", "--json")

    told = json.loads(done.out)["proof"]
    assert told["trials"][0]["effect"] > 0.2
    assert "model: b.glassnet" in done.err


def test_a_remedy_for_a_healthy_model_is_one_line_of_refusal(glassnet: Call, model: str) -> None:
    done = glassnet("diagnose", model, "shop.csv", "--apply", "none.glassnet")

    assert done.status == 1
    assert done.err.startswith("glassnet: there is no remedy to apply")
    assert done.err.count("\n") == 1
    assert not Path("none.glassnet").exists()
    assert "Nothing to prove" in glassnet("diagnose", model, "shop.csv", "--prove").out


def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    glassnet: Call, model: str
) -> None:
    done = glassnet("diagnose", model, "shop.csv", "--prove", "--apply", "no/where.glassnet")

    assert done.status == 1
    assert done.err == "glassnet: the folder no is not there. Make it, or write elsewhere.\n"
    assert glassnet("diagnose", model, "shop.csv", "--prove", "--budget", "0").status == 2

"""``glassnet search``: what is written, what is said, and how it goes on."""

import json

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.main import run


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A CSV file in the present folder: a mixed table whose target is easily learned."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    lines = ["size,shop,sold"]
    for _ in range(120):
        size, shop = rng.uniform(0, 10), rng.choice(["east", "west"])
        sold = "yes" if size > (4 if shop == "east" else 6) else "no"
        lines.append(f"{size:.2f},{shop},{sold}")
    (tmp_path / "sales.csv").write_text("\n".join(lines) + "\n")
    return "sales.csv"


COMMAND = ["search", "--target", "sold", "--trials", "3", "--epochs", "9"]


def test_it_writes_a_model_that_predicts_and_a_study_that_goes_on(table, capsys):
    assert run([*COMMAND, table]) == 0
    said = capsys.readouterr().out
    assert "trial 0, rung 1" in said
    assert "24 test rows that no trial saw" in said
    assert set(gn.load("model.glassnet").target.classes) == {"no", "yes"}

    assert run([*COMMAND, table]) == 1
    assert "--resume" in capsys.readouterr().err
    assert run([*COMMAND, table, "--resume", "--trials", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["trials"] == 4
    assert run(["predict", "model.glassnet", table, "-o", "out.csv"]) == 0


def test_it_writes_a_page_unless_told_not_to(table, tmp_path, capsys):
    assert run([*COMMAND, table, "--report", "page.html", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert told["report"] == "page.html"
    assert "Which network for sold?" in text
    assert "on 24 rows that the search never saw" in text
    assert f"{told['test_score']:.3f}" in text
    command = "glassnet search sales.csv --target sold --report page.html --trials 3 --epochs 9"
    assert command in text

    assert run([*COMMAND, table, "--storage", "other.db", "--no-report", "-q"]) == 0
    assert not (tmp_path / "search.html").exists()


@pytest.mark.parametrize(
    ("more", "status", "word"),
    [
        (["--target", "price"], 1, "price"),
        (["--trials", "0"], 2, "--trials"),
        (["--storage", "nowhere/study.db"], 1, "nowhere"),
        (["--report", "nowhere/page.html"], 1, "nowhere"),
        (["--task", "regression"], 1, "numbers"),
    ],
)
def test_what_cannot_be_searched_ends_in_one_line(table, capsys, more, status, word):
    assert run([*COMMAND, table, *more]) == status
    said = capsys.readouterr().err
    assert word in said
    assert "Traceback" not in said

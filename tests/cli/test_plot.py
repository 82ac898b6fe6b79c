"""``glassnet plot``, from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glassnet.report.of_model import WHAT

Call = Callable[..., Any]
BEGINNINGS = {".png": b"\x89PNG\r\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


@pytest.fixture
def model(glassnet: Call, shop: Path) -> str:
    arguments = ["-t", "sold", "--epochs", "3", "--hidden", "5", "--no-report", "-q"]
    assert glassnet("fit", "--plain", "shop.csv", *arguments).status == 0
    return "model.glassnet"


@pytest.mark.parametrize("what", WHAT)
def test_every_figure_is_written_whole(glassnet: Call, model: str, what: str) -> None:
    done = glassnet("plot", model, "shop.csv", "--what", what, "-o", f"{what}.png")

    assert (done.status, done.err) == (0, "")
    rows = "" if what == "activations" else " of 240 rows"
    assert done.out == f"{what}{rows}: {what}.png\n"
    content = Path(f"{what}.png").read_bytes()
    assert content.startswith(BEGINNINGS[".png"])
    assert content.rstrip(b"\0").endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("suffix", sorted(BEGINNINGS))
def test_the_suffix_says_the_format_and_the_same_call_writes_the_same_bytes(
    glassnet: Call, shop: Path, suffix: str
) -> None:
    for name in ("one", "two"):
        assert glassnet("plot", "--what", "activations", "-o", f"{name}{suffix}").status == 0

    one, two = (Path(f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert one.startswith(BEGINNINGS[suffix])
    assert one == two


def test_columns_are_chosen_by_name(glassnet: Call, model: str) -> None:
    done = glassnet(
        "plot", model, "shop.csv", "--what", "boundary", "--columns", "size, colour=red",
        "-o", "plane.svg", "--json",
    )  # fmt: skip

    assert json.loads(done.out) == {"what": "boundary", "rows": 240, "output": "plane.svg"}


def test_a_table_without_the_target_is_drawn_where_that_can_be(glassnet: Call, model: str) -> None:
    lines = Path("shop.csv").read_text().splitlines()
    Path("bare.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in lines) + "\n")

    drawn = glassnet("plot", model, "bare.csv", "--what", "features", "-o", "features.png")
    refused = glassnet("plot", model, "bare.csv", "--what", "ledger", "-o", "ledger.png")

    assert drawn.status == 0
    assert refused.status == 1
    assert "'sold'" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert not Path("ledger.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--what", "features", "-o", "x.png"], "needs a MODEL and a table DATA"),
        (["--what", "activations", "-o", "x.gif"], "must end in .png, .svg, .pdf"),
        (["--what", "everything", "-o", "x.png"], "'everything' is not one of"),
        (["--what", "activations"], "--output"),
        (["m", "d.csv", "--what", "units", "--columns", "a", "-o", "x.png"], "not two names"),
        (["m", "d.csv", "--what", "units", "--layer", "0", "-o", "x.png"], "--layer"),
    ],
)
def test_a_wrong_option_is_status_2(
    glassnet: Call, shop: Path, arguments: list[str], words: str
) -> None:
    done = glassnet("plot", *arguments)

    assert done.status == 2
    assert words in done.err
    assert not Path("x.png").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--what", "units", "--layer", "7"], "from 1 to 2; got 7"),
        (["--what", "boundary", "--columns", "size,height"], "two different ones"),
    ],
)
def test_a_job_that_fails_leaves_the_old_file(
    glassnet: Call, model: str, options: list[str], words: str
) -> None:
    Path("x.png").write_bytes(b"old")

    done = glassnet("plot", model, "shop.csv", *options, "-o", "x.png")

    assert (done.status, done.out) == (1, "")
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert Path("x.png").read_bytes() == b"old"


def test_a_folder_that_does_not_exist_is_one_line(glassnet: Call, shop: Path) -> None:
    done = glassnet("plot", "--what", "activations", "-o", "nowhere/x.png")

    assert done.status == 1
    assert len(done.err.splitlines()) == 1


def test_a_damaged_model_is_one_line(glassnet: Call, model: str) -> None:
    Path("bad.glassnet").write_bytes(Path(model).read_bytes()[:200])

    done = glassnet("plot", "bad.glassnet", "shop.csv", "--what", "units", "-o", "x.png")

    assert done.status == 1
    assert "bad.glassnet" in done.err

"""``glassnet info``, from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn

Call = Callable[..., Any]
GOLDEN = Path(__file__).parent.parent / "golden" / "format-1"


def test_it_says_what_a_table_model_predicts_and_from_which_columns(
    glassnet: Call, shop: Path
) -> None:
    glassnet(
        "fit", "--plain", "shop.csv", "-t", "sold", "--hidden", "4", "--epochs", "2", "--no-report"
    )

    done = glassnet("info", "model.glassnet")

    assert (done.status, done.err) == (0, "")
    for words in (
        "sold: one of two classes",
        "no, yes",
        "3 columns",
        "6 → 4 relu → 1 logistic",
        "33, float64; loss binary_cross_entropy",
        "2 epochs",
        "optimizer adam",
        "blue, green, red",
        "numbers or missing",
        "format 1",
    ):
        assert words in " ".join(done.out.split())
    assert all(line == line.rstrip() for line in done.out.splitlines())


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.glassnet")), ids=lambda path: path.stem)
def test_its_json_agrees_with_the_model_that_is_loaded(path: Path, glassnet: Call) -> None:
    found, model = json.loads(glassnet("info", str(path), "--json").out), gn.load(path)

    net = getattr(model, "network_", getattr(model, "network", model))
    assert found["bytes"] == path.stat().st_size
    assert found["network"]["units"] == list(net.units)
    assert found["network"]["parameters"] == net.state.theta.size
    assert found["training"]["steps"] == net.state.t
    assert found["training"]["goes_on"] == bool(net.state.memory)
    if path.stem == "classifier":
        assert found["predicts"]["classes"] == model.classes_.tolist()
    if path.stem == "table":
        assert [column["name"] for column in found["columns"]] == list(model.encoder.names)


def test_a_date_among_the_classes_is_said_as_text(glassnet: Call, tmp_path: Path) -> None:
    days = np.array(["2020-01-01", "2021-06-05"], "M8[D]")[np.arange(20) % 2]
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model = gn.MLPClassifier((2,), max_iter=2).fit(np.eye(20), days)
    gn.save(model, tmp_path / "m")

    assert json.loads(glassnet("info", "m", "--json").out)["predicts"]["classes"] == [
        "2020-01-01",
        "2021-06-05",
    ]


def test_a_damaged_file_is_one_line_on_stderr(glassnet: Call, tmp_path: Path) -> None:
    content = bytearray((GOLDEN / "table.glassnet").read_bytes())
    content[-1] ^= 1
    (tmp_path / "bad").write_bytes(content)

    done = glassnet("info", "bad")

    assert (done.status, done.out) == (1, "")
    assert "bad is damaged" in done.err
    assert len(done.err.splitlines()) == 1

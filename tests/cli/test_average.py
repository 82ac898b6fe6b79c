"""Every command on a model file that averages networks: the whole, or the first and a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn

Call = Callable[..., Any]
MADE: dict[str, bytes] = {}
FIRST = "note: this is the first of 2 networks\n"


@pytest.fixture
def model(glassnet: Call, shop: Path) -> str:
    """An average of two networks, trained once for all tests."""
    if not MADE:
        how = ("--preset", "fast", "--members", "2", "--epochs", "4", "--no-report")
        assert glassnet("fit", "shop.csv", "-t", "sold", *how).status == 0
        MADE["model"] = Path("model.glassnet").read_bytes()
    Path("model.glassnet").write_bytes(MADE["model"])
    return "model.glassnet"


def _first(row: int) -> tuple[Any, Any, Any]:
    """The first network with a row as it takes it."""
    import pandas as pd

    clf, frame = gn.load("model.glassnet"), pd.read_csv("shop.csv").iloc[[row - 1]]
    y = (frame["sold"] == "yes").to_numpy(float)
    return clf.network_, clf.encode(frame[["size", "colour", "weight"]]), y


def test_info_says_how_many_networks_there_are_and_describes_the_first(
    glassnet: Call, model: str
) -> None:
    done = glassnet("info", model)
    told = json.loads(glassnet("info", model, "--json").out)

    said = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "predicts sold: one of two classes" in said
    assert "average of 2 networks; of the first:" in said
    assert "colour categorical blue, green, red" in said
    assert told["members"] == 2
    assert told["training"]["settings"]["preset"] == "fast"
    assert told["predicts"] == {
        "name": "sold",
        "targets": ["sold"],
        "task": "binary",
        "classes": ["no", "yes"],
        "within": None,
    }


def test_a_trace_is_that_of_the_first_network_to_the_bit(glassnet: Call, model: str) -> None:
    done = glassnet("trace", model, "shop.csv", "--row", "3", "--json")

    seen = gn.trace(*_first(3), training=False)
    read = json.loads(done.out)
    assert done.err == FIRST
    assert read["J"] == seen.J
    assert read["layers"][3]["a"] == seen.a[3].tolist()


def test_a_derivation_ends_with_its_proof(glassnet: Call, model: str) -> None:
    done = glassnet("derive", model, "shop.csv", "-r", "3", "--wrt", "b[3][0]", "--json")

    read = json.loads(done.out)
    assert done.err == FIRST
    assert read["numerical"] == pytest.approx(read["value"], rel=1e-3)


def test_the_doctor_examines_the_first_network(glassnet: Call, model: str) -> None:
    done = glassnet("diagnose", model, "shop.csv", "--json")

    assert (done.status, done.err) == (0, FIRST)
    assert json.loads(done.out)["verdict"]


def test_a_remedy_is_not_written_over_an_average(glassnet: Call, model: str) -> None:
    done = glassnet("diagnose", model, "shop.csv", "--apply", "better.glassnet")

    assert done.status == 2
    assert "--apply trains one plain network" in done.err.splitlines()[-1]
    assert not Path("better.glassnet").exists()


@pytest.mark.parametrize("what", ["features", "flow", "ledger", "units", "boundary"])
def test_every_figure_of_the_first_network_is_drawn(glassnet: Call, model: str, what: str) -> None:
    done = glassnet("plot", model, "shop.csv", "--what", what, "-o", "a.png")

    assert (done.status, done.err) == (0, FIRST)
    assert Path("a.png").read_bytes()[1:4] == b"PNG"


def test_a_model_of_quantiles_is_refused_by_the_figures_of_targets(
    glassnet: Call, shop: Path
) -> None:
    how = ("--preset", "fast", "--epochs", "2", "--no-report", "--quantiles", "0.1,0.9")
    assert glassnet("fit", "shop.csv", "-t", "size", *how).status == 0

    refused = glassnet("plot", "model.glassnet", "shop.csv", "--what", "flow", "-o", "a.png")
    drawn = glassnet("plot", "model.glassnet", "shop.csv", "--what", "features", "-o", "a.png")
    traced = glassnet("trace", "model.glassnet", "shop.csv", "-r", "1", "--json")

    assert refused.status == 1
    assert "glassnet trace" in refused.err
    assert drawn.status == 0
    assert np.shape(json.loads(traced.out)["layers"][3]["delta"]) == (1, 2)


def test_a_network_alone_is_no_model_of_a_table_and_the_line_says_what_to_do(
    glassnet: Call, shop: Path
) -> None:
    gn.save(gn.Network(2, [gn.Dense(1, "identity")]), "net.glassnet")

    for command in (("predict",), ("trace",), ("diagnose",)):
        done = glassnet(*command, "net.glassnet", "shop.csv")

        assert done.status == 1
        assert "holds a Network. Load it with glassnet.load in Python." in done.err

"""``glassnet trace`` and ``glassnet derive``, from the outside."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.data.readers import read_table

Call = Callable[..., Any]


@pytest.fixture
def model(glassnet: Call, shop: Path) -> str:
    done = glassnet(
        "fit",
        "--plain",
        "shop.csv",
        "-t",
        "sold",
        "--epochs",
        "3",
        "--hidden",
        "4,3",
        "--no-report",
    )
    assert done.status == 0
    return "model.glassnet"


def _seen(row: int, **options: Any) -> gn.Trace:
    """The same pass in Python."""
    loaded = gn.load("model.glassnet")
    table = read_table("shop.csv", kinds=loaded.encoder.kinds).take(np.array([row - 1]))
    y = loaded.target.transform(table["sold"])
    x = loaded.encoder.transform(table)
    return gn.trace(loaded.network, x, y, training=False, **options)


def test_a_trace_shows_each_array_of_the_row_with_its_equation(glassnet: Call, model: str) -> None:
    done = glassnet("trace", model, "shop.csv", "--row", "3")

    assert done.status == 0
    assert done.err == ""
    assert str(_seen(3)) in done.out
    assert "0 size, 1 colour=blue" in done.out
    assert "y: 1 where sold is yes" in done.out
    assert "z[1] = a[0] W[1]ᵀ + b[1]" in done.out


def test_columns_and_layers_are_chosen(glassnet: Call, model: str) -> None:
    done = glassnet(
        "trace", model, "shop.csv", "-r", "3", "--columns", "--mean", "dW", "--layer", "1"
    )

    assert "z[1] = W[1] a[0] + b[1]" in done.out
    assert "(4, 1) = (4, 6)(6, 1) + (4, 1)" in done.out
    assert "layer 2" not in done.out


def test_json_holds_the_numbers_to_the_bit(glassnet: Call, model: str) -> None:
    done = glassnet("trace", model, "shop.csv", "--row", "3", "--json")

    read, seen = json.loads(done.out), _seen(3)
    assert read["rows"] == [3]
    assert read["J"] == seen.J
    assert seen.delta is not None
    assert read["layers"][1]["delta"] == seen.delta[1].tolist()
    one = glassnet("trace", model, "shop.csv", "-r", "3", "--layer", "2", "--json")
    assert [layer["layer"] for layer in json.loads(one.out)["layers"]] == [2]


def test_latex_has_its_environments_closed(glassnet: Call, model: str) -> None:
    for command in (("trace",), ("derive", "--wrt", "b[1][0]")):
        out = glassnet(command[0], model, "shop.csv", "-r", "2", "--latex", *command[1:]).out

        assert out.count(r"\begin{align*}") == out.count(r"\end{align*}") > 3
        assert out.count("{") == out.count("}")
        assert not re.search(r"[₀-₉⁰-⁹⊙σδφ]", re.sub(r"^%.*$", "", out, flags=re.MULTILINE))


def test_without_the_target_a_trace_goes_forward_only(glassnet: Call, model: str) -> None:
    Path("new.csv").write_text("size,colour,weight\n0.1,red,2\n")

    done = glassnet("trace", model, "new.csv")
    derived = glassnet("derive", model, "new.csv", "--row", "1")

    assert done.status == 0
    assert "forward only" in done.out
    assert derived.status == 1
    assert "must have the target column 'sold'" in derived.err


def test_training_draws_the_masks_of_the_step(glassnet: Call, shop: Path) -> None:
    del shop
    fit = (
        "fit",
        "--plain",
        "shop.csv",
        "-t",
        "sold",
        "--epochs",
        "1",
        "--dropout",
        "0.5",
        "--no-report",
    )
    assert glassnet(*fit).status == 0

    plain = glassnet("trace", "model.glassnet", "shop.csv", "-r", "1", "--layer", "1")
    training = glassnet(
        "trace", "model.glassnet", "shop.csv", "-r", "1", "--layer", "1", "--training"
    )

    assert "mask[1]" not in plain.out
    assert "mask[1]" in training.out
    assert "as in training at step" in training.out


def test_a_derivation_ends_with_the_gradient_and_its_proof(glassnet: Call, model: str) -> None:
    done = glassnet("derive", model, "shop.csv", "--row", "3", "--wrt", "W[1][2,3]", "--json")

    read, seen = json.loads(done.out), _seen(3)
    assert seen.dW is not None
    assert read["value"] == pytest.approx(float(seen.dW[1][2, 3]), rel=1e-12)
    assert read["numerical"] == pytest.approx(read["value"], rel=1e-6)
    text = glassnet("derive", model, "shop.csv", "--row", "3", "--wrt", "W[1][2,3]").out
    assert text.rstrip().endswith("equal.")
    assert read["text"] in text


def test_a_whole_layer_is_derived(glassnet: Call, model: str) -> None:
    read = json.loads(glassnet("derive", model, "shop.csv", "-r", "1", "--wrt", "2", "--json").out)

    assert set(read["value"]) == {"W[2]", "b[2]"}
    assert np.shape(read["value"]["W[2]"]) == (3, 4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("trace", "MODEL", "shop.csv", "--row", "241"), "240 rows; there is no row 241"),
        (("trace", "MODEL", "shop.csv", "--layer", "4"), "layer must be from 0 to 3"),
        (("derive", "MODEL", "shop.csv", "-r", "999"), "there is no row 999"),
        (("derive", "MODEL", "shop.csv", "-r", "1", "--wrt", "W[9][0,0]"), "layer must be from 1"),
        (("derive", "MODEL", "shop.csv", "-r", "1", "--wrt", "W[1][9,0]"), "W[1] has shape (4, 6)"),
        (("derive", "MODEL", "shop.csv", "-r", "1", "--wrt", "spam"), "wrt must be written as in"),
        (("trace", "none.glassnet", "shop.csv"), "none.glassnet"),
        (("trace", "shop.csv", "shop.csv"), "shop.csv"),
        (("trace", "MODEL", "none.csv"), "none.csv"),
    ],
)
def test_what_cannot_be_looked_at_is_one_line_and_status_1(
    glassnet: Call, model: str, arguments: tuple[str, ...], words: str
) -> None:
    done = glassnet(*(model if part == "MODEL" else part for part in arguments))

    assert done.status == 1
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert words in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "m.glassnet"),
        ("trace", "m.glassnet", "t.csv", "--row", "0"),
        ("trace", "m.glassnet", "t.csv", "--row", "first"),
        ("trace", "m.glassnet", "t.csv", "--latex", "--json"),
        ("trace", "m.glassnet", "t.csv", "--mean", "J"),
        ("derive", "m.glassnet", "t.csv"),
        ("derive", "m.glassnet", "t.csv", "--row", "1", "--latex", "--json"),
    ],
)
def test_a_wrong_option_is_status_2(glassnet: Call, arguments: tuple[str, ...]) -> None:
    assert glassnet(*arguments).status == 2

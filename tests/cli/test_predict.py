"""``glassnet predict``, from the outside."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.data.readers import read_table
from glassnet.saving.model_file import load_table_model

Call = Callable[..., Any]


@pytest.fixture
def model(glassnet: Call, shop: Path) -> str:
    assert glassnet("fit", "shop.csv", "-t", "sold", "--epochs", "30", "--no-report").status == 0
    return "model.glassnet"


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_predictions_are_those_of_the_model_row_by_row(glassnet: Call, model: str) -> None:
    done = glassnet("predict", model, "shop.csv")

    rows, loaded = _rows(done.out), load_table_model(model)
    chances = loaded.probabilities(read_table("shop.csv"))
    assert [row["predicted sold"] for row in rows] == loaded.predict(
        read_table("shop.csv")
    ).tolist()
    said = [[float(row[f"probability of {c}"]) for c in ("no", "yes")] for row in rows]
    np.testing.assert_array_equal(said, chances)
    np.testing.assert_allclose(np.sum(said, axis=1), 1, rtol=1e-12)


def test_columns_are_found_by_name_and_new_ones_are_ignored_with_a_line(
    glassnet: Call, model: str
) -> None:
    plain = glassnet("predict", model, "shop.csv")
    source = _rows(Path("shop.csv").read_text())
    names = ["colour", "extra", "weight", "size"]
    with Path("other.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([[row.get(name, "1") for name in names] for row in source])

    done = glassnet("predict", model, "other.csv")

    assert done.out == plain.out
    assert "note: ignored columns: extra" in done.err


def test_a_missing_column_is_named(glassnet: Call, model: str) -> None:
    Path("less.csv").write_text("size,weight\n1,2\n")

    done = glassnet("predict", model, "less.csv")

    assert done.status == 1
    assert "'colour'" in done.err
    assert done.out == ""
    assert len(done.err.splitlines()) == 1


def test_unknown_levels_are_counted(glassnet: Call, model: str) -> None:
    Path("new.csv").write_text("size,colour,weight\n1,purple,2\n0,red,1\n")

    done = glassnet("predict", model, "new.csv", "-o", "out.csv", "--json")

    assert json.loads(done.out)["unknown"] == {"colour": 1}
    assert len(_rows(Path("out.csv").read_text())) == 2


def test_kept_columns_stand_first(glassnet: Call, model: str) -> None:
    done = glassnet("predict", model, "shop.csv", "--keep", "sold", "--keep", "size")

    assert done.out.splitlines()[0].startswith("sold,size,predicted sold,")


def test_each_flipped_bit_of_a_model_file_is_an_error(glassnet: Call, model: str) -> None:
    content = bytearray(Path(model).read_bytes())
    for place in np.random.default_rng(0).integers(0, len(content), 40):
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        Path("bad.glassnet").write_bytes(flipped)

        done = glassnet("predict", "bad.glassnet", "shop.csv")

        assert (done.status, done.out) == (1, "")
        assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_model_file_cut_short_is_an_error(glassnet: Call, model: str, share: float) -> None:
    content = Path(model).read_bytes()
    Path("bad.glassnet").write_bytes(content[: int(share * len(content))])

    done = glassnet("predict", "bad.glassnet", "shop.csv")

    assert done.status == 1
    assert "bad.glassnet" in done.err

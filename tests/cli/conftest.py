"""Tables on disk for the command line, and a way to call it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from glassnet.cli.main import run


class Outcome(NamedTuple):
    """What a command gave back."""

    status: int
    out: str
    err: str


@pytest.fixture
def glassnet(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Call the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        status = run(list(arguments))
        return Outcome(status, *capsys.readouterr())

    return call


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A table of numbers, categories and missing values whose target follows from them."""
    rng = np.random.default_rng(0)
    lines = ["size,colour,weight,sold"]
    for k in range(240):
        size, colour = rng.normal(), rng.choice(["red", "green", "blue"])
        sold = "yes" if size + (colour == "red") > 0.3 else "no"
        weight = "" if k % 17 == 0 else f"{rng.normal():.3f}"
        lines.append(f"{size:.4f},{colour},{weight},{sold}")
    path = tmp_path / "shop.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path

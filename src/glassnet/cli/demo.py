"""``glassnet demo``: the main job on real data that comes with scikit-learn."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

import click

from glassnet.cli.places import Places
from glassnet.cli.table_fit import fit_tables
from glassnet.cli.talk import Talk
from glassnet.data.datasets import bundled
from glassnet.data.writers import write_csv
from glassnet.errors import FileFault

_SETS = ("breast_cancer", "diabetes", "digits", "iris", "wine")


@click.command(context_settings={"show_default": True})
@click.option("--folder", default="demo", type=click.Path(), help="Where its files go.")
@click.option("--data", "name", type=click.Choice(_SETS), default="breast_cancer")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def demo(folder: str, name: str, as_json: bool, quiet: bool) -> None:
    """Train on a real data set: write it as CSV, read it, fit, score, report."""
    talk = Talk(as_json=as_json, quiet=quiet)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileFault(f"the folder {folder} cannot be made: {error.strerror}.") from error
    data = str(Path(folder) / f"{name}.csv")
    model, report = (str(Path(folder) / file) for file in ("model.glassnet", "report.html"))
    words = ["fit", data, "--target", "target", "--preset", "fast", "-o", model]
    command = " ".join(shlex.quote(word) for word in ("glassnet", *words, "--report", report))
    places = Places(data, ("target",), model, report, command)
    places.require_writable()
    write_csv(data, bundled(name))
    began = time.monotonic()
    talk.say(f"$ {command}")
    fit_tables(
        places,
        {"preset": "fast", "missing_target": "error", "infinite": "refuse"},
        task="auto",
        test_size=0.2,
        seed=0,
        weight=None,
        coverage=None,
        drop=(),
        encoding="utf-8",
        delimiter=None,
        threads=None,
        as_json=as_json,
        quiet=quiet,
    )
    talk.say(f"done in {time.monotonic() - began:.1f} seconds; the same command runs on your data")

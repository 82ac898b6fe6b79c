"""``glassnet demo``: the main job on real data that comes with scikit-learn."""

from __future__ import annotations

import time
from pathlib import Path

import click

from glassnet.cli.fit import Places, fit_and_write, require_writable
from glassnet.cli.talk import Talk
from glassnet.data.datasets import bundled
from glassnet.data.readers import read_table
from glassnet.data.writers import write_csv
from glassnet.errors import FileFault
from glassnet.estimators.table_plan import TableSettings

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
    places = Places(
        data, str(Path(folder) / "model.glassnet"), str(Path(folder) / "report.html"), None
    )
    require_writable(places.model, places.report, places.checkpoint)
    write_csv(data, bundled(name))
    began = time.monotonic()
    talk.say(f"$ glassnet fit {data} --target target -o {places.model} --report {places.report}")
    fit_and_write(places, read_table(data), "target", TableSettings(), talk, {}, show=not quiet)
    talk.say(f"done in {time.monotonic() - began:.1f} seconds; the same command runs on your data")

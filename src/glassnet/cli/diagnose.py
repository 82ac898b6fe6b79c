"""``glassnet diagnose``: what is wrong with a model, from its rows and one pass over them."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from glassnet.cli.rows import model_rows, reading
from glassnet.cli.talk import Talk
from glassnet.doctor.diagnosis import diagnose as diagnosis_of


@click.command(context_settings={"show_default": True})
@reading
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diagnose(model: str, data: str, encoding: str, delimiter: str | None, as_json: bool) -> None:
    """Say what is wrong with a MODEL on the table DATA, and what to change.

    Causes come first, each with what was seen, why it matters and the remedy. Without the target
    among the columns of DATA only the inputs are judged.
    """
    found = model_rows(model, data, (), encoding, delimiter)
    seen = diagnosis_of(found.model.network, found.x, found.y)
    if as_json:
        Talk(as_json=True, quiet=False).result(seen.to_dict())
    elif sys.stdout.isatty():
        Console().print(seen)
    else:
        click.echo(str(seen))

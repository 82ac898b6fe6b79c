"""``glassnet diagnose``: what is wrong with a model, from its rows and one pass over them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click
from rich.console import Console

from glassnet.cli.rows import model_rows, reading
from glassnet.cli.talk import Talk
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.diagnosis import diagnose as diagnosis_of


@click.command(context_settings={"show_default": True})
@reading
@click.option("--report", type=click.Path(), help="HTML page to write, with a picture per cause.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diagnose(
    model: str,
    data: str,
    encoding: str,
    delimiter: str | None,
    report: str | None,
    as_json: bool,
) -> None:
    """Say what is wrong with a MODEL on the table DATA, and what to change.

    Causes come first, each with what was seen, why it matters and the remedy. Without the target
    among the columns of DATA only the inputs are judged.
    """
    found = model_rows(model, data, (), encoding, delimiter)
    seen = diagnosis_of(found.model.network, found.x, found.y)
    if report is not None:
        _write(report, model, data, seen)
    if as_json:
        Talk(as_json=True, quiet=False).result(seen.to_dict())
    elif sys.stdout.isatty():
        Console().print(seen)
    else:
        click.echo(str(seen))


def _write(path: str, model: str, data: str, seen: Diagnosis) -> None:
    """The page; what draws it is imported only where one is asked for."""
    from glassnet.report import report_of_diagnosis, write_report

    parts = ("glassnet", "diagnose", model, data, "--report", path)
    command = " ".join(shlex.quote(part) for part in parts)
    page = report_of_diagnosis(
        seen, title=f"Diagnosis of {Path(model).name}", source=Path(data).name, command=command
    )
    write_report(path, page)

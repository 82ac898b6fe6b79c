"""``glassnet diagnose``: what is wrong with a model, from its rows and one pass over them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click
from rich.console import Console

from glassnet.cli.cure import cured, from_its_start
from glassnet.cli.places import require_writable
from glassnet.cli.rows import model_rows, reading
from glassnet.cli.talk import Talk
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.diagnosis import diagnose as diagnosis_of
from glassnet.estimators.table_model import TableModel
from glassnet.saving.model_file import save


@click.command(context_settings={"show_default": True})
@reading
@click.option("--report", type=click.Path(), help="HTML page to write, with a picture per cause.")
@click.option("--prove", is_flag=True, help="Replay the remedies; say which one helps.")
@click.option(
    "--budget",
    type=click.FloatRange(0, min_open=True),
    default=2.0,
    help="Of --prove: most work, in trainings of the model.",
)
@click.option(
    "--apply", "applied", type=click.Path(), metavar="FILE",
    help="Train the model anew with the remedy (the proven one) and write it.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diagnose(
    model: str,
    data: str,
    encoding: str,
    delimiter: str | None,
    report: str | None,
    prove: bool,
    budget: float,
    applied: str | None,
    as_json: bool,
) -> None:
    """Say what is wrong with a MODEL on the table DATA, and what to change.

    Causes come first, each with what was seen, why it matters and the remedy. Without the target
    among the columns of DATA only the inputs are judged. --prove replays the remedies beside the
    unchanged network; --apply FILE trains it anew with the one that is proven (else with that of
    the first finding) on the rows of DATA.
    """
    require_writable(applied)
    found = model_rows(model, data, (), encoding, delimiter)
    if applied is not None and not isinstance(found.face.model, TableModel):
        raise click.UsageError(
            f"--apply trains one plain network, and {model} is an average of networks. Fit anew "
            "with the options that the remedy names, or with --plain."
        )
    looked_into = prove or applied is not None
    seen = (
        from_its_start(found)
        if looked_into
        else diagnosis_of(found.model.network, found.x, found.y)
    )
    if prove:
        seen.prove(budget)
    if report is not None:
        _write(report, model, data, seen)
    if as_json:
        Talk(as_json=True, quiet=False).result(seen.to_dict())
    elif sys.stdout.isatty():
        Console().print(seen)
    else:
        click.echo(str(seen))
    if applied is not None:
        better, lines = cured(found.model, seen, found.x, found.y)
        save(better, applied)
        Talk(as_json=as_json, quiet=False).say("", *lines, f"model: {applied}")


def _write(path: str, model: str, data: str, seen: Diagnosis) -> None:
    """The page; what draws it is imported only where one is asked for."""
    from glassnet.report import report_of_diagnosis, write_report

    parts = ("glassnet", "diagnose", model, data, "--report", path)
    command = " ".join(shlex.quote(part) for part in parts)
    page = report_of_diagnosis(
        seen, title=f"Diagnosis of {Path(model).name}", source=Path(data).name, command=command
    )
    write_report(path, page)

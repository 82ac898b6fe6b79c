"""``glassnet plot``: a model file and a table in, a figure out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from glassnet.cli.opened import opened, tell_of_first
from glassnet.cli.options import as_json as json_option
from glassnet.cli.options import quietly, text_file
from glassnet.cli.talk import Talk
from glassnet.data.frames import Table
from glassnet.data.readers import read_table
from glassnet.errors import InvalidValue
from glassnet.estimators.table_model import TableModel
from glassnet.files.atomic import atomic_write
from glassnet.report import ActivationDisplay
from glassnet.report.of_model import FORMATS, WHAT, What, display_of_model, drawn_bytes


@click.command(context_settings={"show_default": True})
@click.argument("model", type=click.Path(), required=False)
@click.argument("data", type=click.Path(), required=False)
@click.option("--what", type=click.Choice(WHAT), required=True, help="What to draw.")
@click.option("--output", "-o", required=True, help="File to write: .png, .svg or .pdf.")
@click.option("--layer", type=click.IntRange(1), default=1, help="Layer of units.")
@click.option(
    "--columns",
    metavar="A,B",
    show_default="those that change the outputs most",
    help="Encoded columns of boundary and units.",
)
@text_file
@json_option
@quietly
def plot(
    model: str | None,
    data: str | None,
    what: What,
    output: str,
    layer: int,
    columns: str | None,
    encoding: str,
    delimiter: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Draw the inside of a MODEL that glassnet fit wrote, on the rows of the table DATA.

    activations needs no DATA, and without a MODEL draws the whole catalogue. flow and ledger need
    the target among the columns of DATA.
    """
    kind = Path(output).suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise click.BadParameter(
            f"{output!r} must end in .{', .'.join(FORMATS)}", param_hint="--output"
        )
    if what != "activations" and (model is None or data is None):
        raise click.UsageError(f"--what {what} needs a MODEL and a table DATA.")
    names = None if columns is None else tuple(name.strip() for name in columns.split(","))
    if names is not None and len(names) != 2:
        raise click.BadParameter(f"{columns!r} is not two names as in A,B", param_hint="--columns")
    face = None if model is None else opened(model)
    if face is not None and not quiet:
        tell_of_first(face)
    if face is not None and not face.plain and what in ("flow", "ledger"):
        raise InvalidValue(
            f"a figure of {what} is for one target with one answer; {model} has several. See its "
            "numbers with glassnet trace."
        )
    loaded = None if face is None else face.first
    table = None
    if loaded is not None and data is not None and what != "activations":
        kinds = loaded.encoder.kinds
        table = read_table(data, encoding=encoding, delimiter=delimiter, kinds=kinds)
    display = _display(loaded, table, what, layer, names)
    atomic_write(output, drawn_bytes(display.figure_, kind))
    talk = Talk(as_json=as_json, quiet=quiet)
    rows = None if table is None else len(table)
    talk.say(f"{what}{'' if rows is None else f' of {rows:,} rows'}: {output}")
    talk.result({"what": what, "rows": rows, "output": output})


def _display(
    model: TableModel | None,
    table: Table | None,
    what: What,
    layer: int,
    columns: tuple[str, ...] | None,
) -> Any:
    if model is None:
        return ActivationDisplay().plot()
    return display_of_model(model, table, what, layer=layer, columns=columns)

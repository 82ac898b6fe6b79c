"""``glassnet predict``: a model file and a table in, predictions out."""

from __future__ import annotations

import sys
from typing import Any

import click
import numpy as np

from glassnet.arrays import Array
from glassnet.cli.talk import Talk
from glassnet.data.frames import Column, Table, as_column
from glassnet.data.readers import read_table
from glassnet.data.writers import write_csv, write_lines
from glassnet.engine.prediction import predict as network_outputs
from glassnet.estimators.table_model import (
    TableModel,
    class_probabilities,
    decided,
)
from glassnet.saving.model_file import load_table_model


@click.command(context_settings={"show_default": True})
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path())
@click.option("--output", "-o", show_default="standard output", help="CSV file to write.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy a column of DATA; repeatable.")
@click.option("--encoding", default="utf-8", help="Encoding of a text file.")
@click.option(
    "--delimiter", show_default="by the suffix", help="Sign between cells of a text file."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about the job.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but predictions and errors.")
def predict(
    model: str,
    data: str,
    output: str | None,
    keep: tuple[str, ...],
    encoding: str,
    delimiter: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Predict the rows of the table DATA with a MODEL that glassnet fit wrote.

    The output is CSV: a line per row with the prediction and, for classes, the probability of
    each.
    """
    if as_json and output is None:
        raise click.UsageError(
            "--json goes with --output FILE, since both print to standard output."
        )
    loaded = load_table_model(model)
    table = read_table(data, encoding=encoding, delimiter=delimiter, kinds=loaded.encoder.kinds)
    kept = [table[name] for name in keep]
    talk = _Notes(as_json=as_json, quiet=quiet)
    talk.about(loaded, table)
    encoded = loaded.encoder.encode(table)
    for what, counts in (
        ("missing", encoded.imputed),
        ("of a level new to the model", encoded.unknown),
    ):
        talk.counted(what, counts)
    found = Table([*kept, *_columns(loaded, encoded.x)])
    if output is None:
        write_lines(sys.stdout, found)
        return
    write_csv(output, found)
    if not quiet and not as_json:
        click.echo(f"{len(table):,} predictions: {output}")
    talk.result(
        {
            "rows": len(table),
            "output": output,
            "imputed": encoded.imputed,
            "unknown": encoded.unknown,
            "ignored": talk.ignored,
        }
    )


class _Notes(Talk):
    """Notes on stderr, so that predictions on stdout stay clean."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        super().__init__(as_json=as_json, quiet=quiet)
        self._silent = quiet
        self.ignored: list[str] = []

    def about(self, model: TableModel, table: Table) -> None:
        """Name the columns that the model does not use."""
        used = {*model.encoder.names, model.target.name}
        self.ignored = [name for name in table.names if name not in used]
        if self.ignored and not self._silent:
            click.echo(f"note: ignored columns: {', '.join(self.ignored)}", err=True)

    def counted(self, what: str, counts: dict[str, int]) -> None:
        """Say how many values were not as in training."""
        if counts and not self._silent:
            each = ", ".join(f"{name!r} {count:,}" for name, count in counts.items())
            click.echo(f"note: values {what}: {each}", err=True)


def _columns(model: TableModel, x: Array) -> list[Column]:
    outputs: Any = network_outputs(model.network, x)
    labels = decided(model.target, outputs)
    columns = [as_column(labels, f"predicted {model.target.name}")]
    if model.target.task == "regression":
        return columns
    chances = class_probabilities(model.target, outputs)
    for k, label in enumerate(model.target.classes):
        columns.append(as_column(np.ascontiguousarray(chances[:, k]), f"probability of {label}"))
    return columns

"""``glassnet trace``: every number of one pass of a model over rows of a table."""

from __future__ import annotations

import sys
from typing import Literal

import click
from rich.console import Console

from glassnet.cli.rows import model_rows, reading
from glassnet.cli.talk import Talk
from glassnet.inspection.trace import trace as network_trace


@click.command(context_settings={"show_default": True})
@reading
@click.option(
    "--row", "-r", "rows", type=click.IntRange(1), multiple=True, show_default="all",
    help="Row of DATA, counted from 1; repeatable.",
)  # fmt: skip
@click.option(
    "--layer", "layers", type=click.IntRange(0), multiple=True, show_default="all",
    help="Layer to show, 0 being the input; repeatable.",
)  # fmt: skip
@click.option("--columns", is_flag=True, help="Samples as columns: Z = W A + b.")
@click.option(
    "--mean", type=click.Choice(["delta", "dW"]), default="delta", help="Where 1/m stands."
)
@click.option(
    "--training", is_flag=True, help="As in a training step: batch statistics and dropout."
)
@click.option("--latex", is_flag=True, help="Print LaTeX.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def trace(
    model: str,
    data: str,
    encoding: str,
    delimiter: str | None,
    rows: tuple[int, ...],
    layers: tuple[int, ...],
    columns: bool,
    mean: Literal["delta", "dW"],
    training: bool,
    latex: bool,
    as_json: bool,
) -> None:
    """Show each z, a, delta and gradient of a MODEL on rows of the table DATA.

    Each array stands beside the equation that made it. Derivatives need the target among the
    columns of DATA; without it the pass goes forward only.
    """
    if latex and as_json:
        raise click.UsageError("--latex and --json cannot go together; choose one.")
    found = model_rows(model, data, rows, encoding, delimiter)
    samples = "columns" if columns else "rows"
    seen = network_trace(
        found.model.network, found.x, found.y, training=training, samples=samples, mean=mean
    )
    chosen = list(layers) or None
    if as_json:
        seen.show(chosen)  # a layer that is not there is an error here too
        everything = dict(seen.to_dict())
        if chosen:
            everything["layers"] = [everything["layers"][l] for l in chosen]
        Talk(as_json=True, quiet=False).result({"rows": found.numbers, **everything})
    elif latex:
        click.echo(seen.to_latex(chosen))
    else:
        sheet = seen.show(chosen)
        click.echo("\n".join(found.names()) + "\n")
        if sys.stdout.isatty():
            Console().print(sheet)
        else:
            click.echo(str(sheet))

"""``glassnet derive``: the chain rule of a model written out for one row of a table."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import click
import numpy as np

from glassnet.cli.rows import model_rows, reading
from glassnet.cli.talk import Talk
from glassnet.errors import InvalidValue
from glassnet.inspection.derivation_print import WIDTH
from glassnet.inspection.derive import derive as network_derive


@click.command(context_settings={"show_default": True})
@reading
@click.option(
    "--row", "-r", type=click.IntRange(1), required=True, help="Row of DATA, counted from 1."
)
@click.option(
    "--wrt", metavar="WHAT", show_default="all layers",
    help='By what to derive: "W[1][2,3]", "b[1][2]", "x[0]", "W[1]" or a layer\'s number.',
)  # fmt: skip
@click.option("--digits", type=click.IntRange(1, 17), default=4, help="Significant digits.")
@click.option("--latex", is_flag=True, help="Print LaTeX.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def derive(
    model: str,
    data: str,
    encoding: str,
    delimiter: str | None,
    row: int,
    wrt: str | None,
    digits: int,
    latex: bool,
    as_json: bool,
) -> None:
    """Write out the chain rule of a MODEL for one row of the table DATA.

    In symbols, then with the numbers, down to the derivative asked for; a numerical difference
    stands beside it. DATA must have the target.
    """
    if latex and as_json:
        raise click.UsageError("--latex and --json cannot go together; choose one.")
    found = model_rows(model, data, (row,), encoding, delimiter)
    if found.y is None:
        raise InvalidValue(
            f"{data} must have the target column {found.model.target.name!r}, since J is made "
            "with it. glassnet trace shows the forward pass without."
        )
    made = network_derive(found.model.network, found.x, found.y, wrt, digits=digits)
    if as_json:
        Talk(as_json=True, quiet=False).result(
            {
                "row": row,
                "wrt": made.wrt,
                "value": _plain(made.value),
                "numerical": _plain(made.numerical),
                "relative_error": made.relative_error,
                "text": made.to_text(),
            }
        )
    elif latex:
        click.echo(made.to_latex())
    else:
        click.echo("\n".join(found.names()) + "\n")
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
        click.echo(made.to_text(max(60, min(width, 120))))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): np.asarray(block).tolist() for name, block in value.items()}
    return value

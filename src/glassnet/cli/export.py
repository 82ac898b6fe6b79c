"""``glassnet export``: a model file in; ONNX, C or a folder for PyTorch out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import numpy as np

from glassnet.cli.talk import Talk
from glassnet.data.readers import read_table
from glassnet.errors import InvalidValue, Unsupported
from glassnet.export.agreement import MADE, agreement, exported_answers
from glassnet.export.c.files import CFiles, export_c
from glassnet.export.onnx.files import export_onnx
from glassnet.export.rows import rows_for
from glassnet.export.source import Source, source
from glassnet.export.torch.convert import export_torch
from glassnet.saving.model_file import load


@click.command(context_settings={"show_default": True})
@click.argument("model", type=click.Path())
@click.argument("output", type=click.Path())
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64", "int8"]),
    show_default="float32; the network's own in a folder",
    help="What the exported model computes in; int8 is for C.",
)
@click.option("--calibration", metavar="DATA", help="Rows that settle the ranges for int8.")
@click.option("--check", metavar="DATA", help="Rows to compare on, instead of made ones.")
@click.option("--name", help="What names in C begin with; by default the file's name.")
@click.option("--zipmap", is_flag=True, help="ONNX: probabilities as dictionaries.")
@click.option("--encoding", default="utf-8", help="Encoding of a text file.")
@click.option(
    "--delimiter", show_default="by the suffix", help="Sign between cells of a text file."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def export(
    model: str,
    output: str,
    dtype: Any,
    calibration: str | None,
    check: str | None,
    name: str | None,
    zipmap: bool,
    encoding: str,
    delimiter: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the MODEL of a file for another home, and measure how far its answers are.

    OUTPUT ends in .onnx or .c, or names a folder, which gets a PyTorch module: its numbers as
    .safetensors and a short .py. Encoding, scaling and labels go with the network, and so do all
    members of an estimator of tables; the module of a folder takes encoded columns.
    """
    kind = _kind(output)
    given = {"dtype": dtype, "calibration": calibration, "name": name, "zipmap": zipmap or None}
    _check_options(kind, {key: value for key, value in given.items() if value is not None})
    talk = Talk(as_json=as_json, quiet=quiet)
    found = source(load(model))
    reading: dict[str, Any] = {"encoding": encoding, "delimiter": delimiter}
    rows = rows_for(found, _rows(found, check, **reading), count=MADE)
    result: dict[str, Any] = {"model": model, "format": kind}
    if kind == "onnx":
        export_onnx(found, output, dtype=dtype or "float32", zipmap=zipmap)
        result["files"] = [output]
    elif kind == "c":
        tuned = _rows(found, calibration, **reading)
        made = export_c(
            found,
            output,
            dtype=dtype or "float32",
            calibration=tuned,
            rows=rows,
            name=name,
        )
        result |= {"files": [str(path) for path in made.paths], **_sizes(made)}
    else:
        result["files"] = [str(path) for path in export_torch(found.model, output)]
    talk.say(f"written: {', '.join(result['files'])}")
    if kind == "c":
        talk.say(
            f"constants: {result['constants']:,} bytes; stack: at most {result['stack']:,} bytes"
        )
    _measured(talk, found, output, rows, result, made_up=check is None)
    talk.result(result)


def _kind(output: str) -> str:
    suffix = Path(output).suffix.lower()
    if suffix in (".onnx", ".c"):
        return suffix[1:]
    if suffix and not output.endswith(("/", os.sep)) and not Path(output).is_dir():
        raise click.BadParameter(
            f"{output!r} must end in .onnx or .c, or be a folder for PyTorch, as in module/",
            param_hint="OUTPUT",
        )
    return "torch"


def _check_options(kind: str, given: dict[str, Any]) -> None:
    """Refuse what goes with another format."""
    of = {"onnx": {"dtype", "zipmap"}, "c": {"dtype", "calibration", "name"}, "torch": set[str]()}
    for option in given:
        if option not in of[kind]:
            homes = " or ".join(f".{home}" for home, known in of.items() if option in known)
            raise click.UsageError(f"--{option} goes with an OUTPUT that ends in {homes}.")
    dtype = given.get("dtype")
    if (kind, dtype) == ("onnx", "int8"):
        raise click.UsageError("--dtype int8 is for an OUTPUT that ends in .c.")
    if (dtype == "int8") != ("calibration" in given):
        raise click.UsageError("--dtype int8 and --calibration DATA go together.")


def _rows(found: Source, data: str | None, *, encoding: str, delimiter: str | None) -> Any:
    """Rows of a file as the model takes them."""
    if data is None:
        return None
    kinds = found.encoder.kinds if found.rules is not None else None
    table = read_table(data, encoding=encoding, delimiter=delimiter, kinds=kinds)
    if found.rules is not None:
        return table
    names = found.names
    if not all(name in table for name in names):
        # Without names from the fit, columns go by their order.
        if hasattr(found.model, "feature_names_in_") or len(table.names) != len(names):
            absent = next((name for name in names if name not in table), names[0])
            raise InvalidValue(
                f"{data} must have the {len(names)} columns of the model; {absent!r} is not "
                f"there. It has {', '.join(table.names[:8])}."
            )
        names = table.names
    columns = [table[name] for name in names]
    texts = [column.name for column in columns if column.kind == "categorical"]
    if texts:
        raise InvalidValue(f"the column {texts[0]!r} of {data} must hold numbers; it holds text.")
    return np.column_stack([column.values for column in columns])


def _sizes(made: CFiles) -> dict[str, int]:
    return {"constants": made.constants, "stack": made.stack}


def _measured(
    talk: Talk, found: Source, output: str, rows: Any, result: dict[str, Any], *, made_up: bool
) -> None:
    """Ask the file for the rows, and say how far its answers are."""
    try:
        seen = agreement(found, rows, exported_answers(output, found, rows))
    except Unsupported as error:
        result["difference"] = None
        talk.say(f"difference: not measured. {error}")
        return
    result |= {
        "difference": seen.largest, "unit": seen.unit, "rows": seen.rows,
        "same_labels": seen.same_labels, "made_rows": made_up,
    }  # fmt: skip
    made = " (made ones; --check DATA takes yours)" if made_up else ""
    talk.say(f"largest difference to the model: {seen}{made}")

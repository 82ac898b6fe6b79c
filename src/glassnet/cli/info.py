"""``glassnet info``: what a model file holds."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glassnet.cli.talk import Talk
from glassnet.saving.summary import model_summary

_MOST = 20  # columns and classes that are listed; --json has them all
_TASKS = {
    "binary": "one of two classes",
    "multiclass": "one of several classes",
    "multilabel": "several labels at once",
    "one class": "the only class there was",
    "regression": "numbers",
    "outputs": "the outputs of a network",
}


@click.command()
@click.argument("model", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info(model: str, as_json: bool) -> None:
    """Say what a MODEL file predicts, from which columns, and who wrote it.

    The whole file is checked: one with any bit changed is an error.
    """
    found = model_summary(model)
    if as_json:
        Talk(as_json=True, quiet=False).result(found)
        return
    console = Console(highlight=False)
    with console.capture() as caught:
        console.print(_facts(found))
        if "table" in found["model"] or found["columns"][0]["name"] != "x0":
            console.print("", _columns(found["columns"]), sep="\n")
    click.echo("\n".join(line.rstrip() for line in caught.get().splitlines()))


def _facts(found: dict[str, Any]) -> Table:
    sheet = Table.grid(padding=(0, 2))
    sheet.add_column(style="bold", no_wrap=True)
    sheet.add_column()
    for name, value in _lines(found).items():
        sheet.add_row(name, Text(value))
    return sheet


def _lines(found: dict[str, Any]) -> dict[str, str]:
    predicts, net, training = found["predicts"], found["network"], found["training"]
    name = "" if predicts["name"] is None else f"{predicts['name']}: "
    lines = {
        "file": f"{found['file']} ({found['bytes']:,} bytes)",
        "predicts": name + _TASKS[predicts["task"]],
    }
    if predicts["classes"] and predicts["task"] != "multilabel":  # there the name tells the labels
        lines["classes"] = _some([str(label) for label in predicts["classes"]])
    lines["from"] = f"{len(found['columns']):,} columns"
    if predicts.get("within"):
        lines |= _within(predicts)
    members = found["members"]
    if predicts.get("quantiles"):
        lines["quantiles"] = _some([f"{level:g}" for level in predicts["quantiles"]])
    if members > 1:
        lines["average of"] = f"{members} networks; of the first:"
    lines["network"] = _network(net)
    lines["parameters"] = f"{net['parameters']:,}, {net['dtype']}; loss {net['loss']}"
    lines["trained"] = _trained(training)
    if training["settings"]:
        chosen = [f"{key} {_said(value)}" for key, value in training["settings"].items()]
        lines["settings"] = ", ".join(chosen)
    lines["written by"] = f"glassnet {found['writer']}, format {found['format_version']}"
    if found["unknown_parts"]:
        lines["not known here"] = ", ".join(found["unknown_parts"])
    return lines


def _within(predicts: dict[str, Any]) -> dict[str, str]:
    """What the intervals or sets are, by what they are called."""
    found = predicts["within"]
    hold = f"to hold {found['coverage']:.4g} of new rows, by {found['rows']:,} of calibration"
    if "least" in found:
        return {"sets": f"classes from a probability of {found['least']:.3g} on, {hold}"}
    around = "the outermost quantiles" if predicts["quantiles"] else "the prediction"
    return {"intervals": f"{-found['below']:+.4g} and {found['above']:+.4g} to {around}, {hold}"}


def _network(net: dict[str, Any]) -> str:
    """Units and activations from the input on, as in 4 → 64 relu → 3 softmax."""
    layers = [
        " ".join([f"{layer['units']} {layer['activation']}", *(f"+ {w}" for w in layer["with"])])
        for layer in net["layers"]
    ]
    first = f"{net['units'][0]}" + (" scaled" if net["scaling"] else "")
    return " → ".join([first, *layers])


def _trained(training: dict[str, Any]) -> str:
    words = f"{training['epochs']:,} epochs, {training['steps']:,} steps"
    if training["cost"] is not None:
        words += f", cost {training['cost']:.4g}"
    return words + ("; the file can go on from there" if training["goes_on"] else "")


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "none"
    return "auto" if value is None else str(value)


def _some(texts: list[str], between: str = ", ") -> str:
    more = len(texts) - _MOST
    return between.join(texts[:_MOST]) + (f" and {more:,} more" if more > 0 else "")


def _columns(columns: list[dict[str, Any]]) -> Table:
    sheet = Table("column", "type", "values", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns[:_MOST]:
        sheet.add_row(Text(column["name"]), column["kind"], Text(_values(column)))
    if len(columns) > _MOST:
        sheet.add_row(f"and {len(columns) - _MOST:,} more", "", "")
    return sheet


def _values(column: dict[str, Any]) -> str:
    levels = column.get("levels")
    if levels is None:
        words = "dates" if column["kind"] == "date" else "numbers"
    elif column["kind"] == "ordinal":
        words = _some(levels, " < ")
    else:
        words = _some(levels) + (" or rare ones" if column.get("rare") else "")
    return words + (" or missing" if column.get("missing") else "")

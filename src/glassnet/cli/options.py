"""Options that several commands share, each written once."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import click

from glassnet.errors import UnknownName

_OF_TALK = ("as_json", "quiet", "resume")
Decorator: TypeAlias = "Callable[[Any], Any]"


class Named(click.Choice[str]):
    """One of some names; a name that is none of them is answered with the nearest."""

    def __init__(self, kind: str, names: Iterable[str]) -> None:
        super().__init__(list(names))
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, as it is written."""
        if value not in self.choices:
            self.fail(str(UnknownName(self._kind, value, self.choices)), param, ctx)
        return str(value)


def units(context: click.Context, option: click.Parameter, text: str | None) -> Any:
    """Hidden layers as in ``64,32``; ``none`` for a linear model; None where nothing was said."""
    if text is None:
        return None
    if text.strip().lower() in ("none", ""):
        return ()
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = (0,)
    if min(found) < 1:
        raise click.BadParameter(f"{text!r} is not a list of positive numbers such as 64,32")
    return found


def in_order(*parts: Decorator) -> Decorator:
    """Several options as one decorator, in the order in which ``--help`` lists them."""

    def decorated(command: Any) -> Any:
        for part in reversed(parts):
            command = part(command)
        return command

    return decorated


text_file = in_order(
    click.option("--encoding", default="utf-8", help="Encoding of a text file."),
    click.option(
        "--delimiter", show_default="by the suffix", help="Sign between cells of a text file."
    ),
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
quietly = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")


def learning(report: str, *, several: bool = False) -> Decorator:
    """What every command that learns from a table takes: the table, its target, where to write."""
    targets = "Column to predict; repeatable." if several else "Column to predict."
    return in_order(
        click.argument("data", type=click.Path()),
        click.option(
            "--target", "-t", required=True, multiple=several, metavar="COLUMN", help=targets
        ),
        click.option("--output", "-o", default="model.glassnet", help="Model file to write."),
        click.option("--report", default=report, help="HTML report to write."),
        click.option("--no-report", is_flag=True, help="Write no report."),
        click.option(
            "--task",
            type=Named("task", ("auto", "classification", "regression")),
            default="auto",
            help="What the target poses; auto guesses from its values and says why.",
        ),
        click.option(
            "--drop", multiple=True, metavar="COLUMN", help="Leave a column out; repeatable."
        ),
        click.option("--seed", type=click.IntRange(0), default=0),
        text_file,
    )


def given_command(data: str) -> str:
    """The present command as it was given, without what changes only what is said."""
    context = click.get_current_context()
    words = ["glassnet", str(context.info_name), data]
    for option in context.command.params:
        name = str(option.name)
        told = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if not (told and isinstance(option, click.Option)) or name in _OF_TALK:
            continue
        value = context.params[name]
        if option.is_flag:
            words += [option.opts[0] if value or not option.secondary_opts else _other(option)]
            continue
        words += [part for each in _texts(value) for part in (option.opts[0], each)]
    return " ".join(shlex.quote(word) for word in words)


def _other(option: click.Option) -> str:
    return option.secondary_opts[0]


def _texts(value: Any) -> list[str]:
    """The texts of an option: one for each time that it was given."""
    if isinstance(value, dict):
        pairs: dict[str, Any] = value
        return [f"{name}={_text(kind)}" for name, kind in pairs.items()]
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return list(value)
    return [_text(value)]


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "none"
    return str(value)

"""The options of ``glassnet fit``: those of one kind of model are refused for the other."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import click

from glassnet.cli.ranks import Worded
from glassnet.errors import UnknownName
from glassnet.estimators.tables.presets import preset_parameters

_KINDS = {
    "number": "numeric", "numeric": "numeric", "category": "categorical",
    "categorical": "categorical", "date": "date",
}  # fmt: skip
_NAMES = {"hidden": "hidden_layer_sizes"}


class _Belonging(click.Option):
    """An option of one kind of model, listed under a heading."""

    def __init__(self, *names: Any, belongs: str, heading: str, **options: Any) -> None:
        super().__init__(*names, **options)
        self.belongs, self.heading = belongs, heading


of_tables: Any = partial(click.option, cls=_Belonging, belongs="tables")
of_plain: Any = partial(
    click.option,
    cls=_Belonging,
    belongs="plain",
    heading="Options of one plain network, with --plain",
)


def kinds(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> Any:
    """What columns are, of texts as in ``floor=category`` and ``grade=low,mid,high``."""
    found: dict[str, Any] = {}
    for text in texts:
        name, _, kind = text.rpartition("=")
        if not name or not kind:
            raise click.BadParameter(
                f"{text!r} is not COLUMN=KIND, as in floor=category or grade=low,mid,high"
            )
        if "," in kind:
            found[name] = [level.strip() for level in kind.split(",")]
        elif kind in _KINDS:
            found[name] = _KINDS[kind]
        else:
            raise click.BadParameter(str(UnknownName("kind", kind, _KINDS)))
    return found


def levels(context: click.Context, option: click.Parameter, text: str | None) -> Any:
    """Levels of quantiles as in ``0.1,0.5,0.9``; None where nothing was said."""
    if text is None:
        return None
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = [0.0]
    if not all(0 < low < high < 1 for low, high in pairwise([*found, 1 - 1e-12])):
        raise click.BadParameter(
            f"{text!r} is not a list of increasing numbers between 0 and 1, as in 0.1,0.5,0.9"
        )
    return found


def parameters(networks: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of the estimators of tables, of the options that were given.

    Of several members half are of one recipe and half of the other, where the preset has both.

    Examples
    --------
    >>> own = {"preset": "best", "members": 5, "balanced": False}
    >>> parameters({"hidden": (8,)}, own)
    {'hidden_layer_sizes': (8,), 'preset': 'best', 'members': 3, 'plain_members': 2}
    """
    found = {_NAMES.get(name, name): value for name, value in networks.items()}
    found |= {name: value for name, value in own.items() if value is not None}
    if "quantiles" in found:
        found["loss"] = "quantile"
    if "members" in found and preset_parameters(found["preset"])["plain_members"]:
        found["plain_members"] = found["members"] // 2
        found["members"] -= found["plain_members"]
    if found.pop("balanced"):
        found["class_weight"] = "balanced"
    if "calibrate" in found:
        found["calibrate"] = "temperature" if found["calibrate"] else None
    return found


class FitCommand(Worded):
    """Remembers its words, and lists the options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, heading by heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(ctx):
            if not isinstance(option, click.Option):
                continue
            heading = option.heading if isinstance(option, _Belonging) else "Options"
            record = option.get_help_record(ctx)
            groups.setdefault(heading, []).extend([] if record is None else [record])
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def belongs(option: click.Parameter) -> str:
    """The kind of model that an option is for; "" for both."""
    return option.belongs if isinstance(option, _Belonging) else ""


def own_options(context: click.Context, *, plain: bool) -> dict[str, Any]:
    """The values of the options that are for this kind of model alone.

    Raises
    ------
    click.UsageError
        If one of the other kind was given.
    """
    own, other = ("plain", "tables") if plain else ("tables", "plain")
    for option in context.command.params:
        told = context.get_parameter_source(str(option.name))
        if belongs(option) == other and told is click.core.ParameterSource.COMMANDLINE:
            name = option.opts[0]
            if plain:
                raise click.UsageError(
                    f"{name} is for the average of networks; leave out --plain, or {name}."
                )
            raise click.UsageError(
                f"{name} is for one plain network; add --plain, or leave it out."
            )
    return {
        str(option.name): context.params[str(option.name)]
        for option in context.command.params
        if belongs(option) == own
    }

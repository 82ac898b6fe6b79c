"""``glassnet fit --ranks N``: the same command on every rank, and what differs there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from glassnet.errors import InvalidValue
from glassnet.estimators.streamed_table import StreamedPlan, fit_stream
from glassnet.estimators.table_fit import TableFit, fit_plan
from glassnet.estimators.table_plan import TablePlan
from glassnet.scale.launch import launch
from glassnet.scale.place import Place
from glassnet.scale.ranks import Ranks
from glassnet.training.observers import Observer

_WORDS = "glassnet.cli.words"


class Worded(click.Command):
    """A command that remembers the words it was called with."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = list(args)
        return super().parse_args(ctx, args)


def place_of(ranks: int) -> Place:
    """The place of this process in the training that ``--ranks`` asks for.

    Raises
    ------
    InvalidValue
        If the ranks were started by somebody else, who made more or fewer of them.
    """
    place = Place.of_environment()
    if place.world not in (1, ranks) and ranks > 1:
        raise InvalidValue(
            f"--ranks {ranks} was asked for, and {place.world} ranks were started. Give the same "
            "number to both, or leave --ranks out."
        )
    return place


def launched(ranks: int, restarts: int) -> int:
    """Run the present command again as so many ranks of this machine; return its exit status."""
    context = click.get_current_context()
    words: list[str] = context.meta[_WORDS]
    command = [sys.executable, "-m", "glassnet.cli", str(context.info_name), *words]
    return launch(
        command,
        ranks,
        restarts=restarts,
        say=lambda line: click.echo(f"glassnet: {line}", err=True),
    )


def ranks_line(place: Place, *, batch_norm: bool) -> str:
    """How many ranks there are, and what they do."""
    norm = "; batch norm takes the statistics of the whole batch" if batch_norm else ""
    return f"ranks: {place.world}, each on a share of every batch{norm}"


def trained(
    plan: TablePlan | StreamedPlan,
    observers: Sequence[Observer],
    training: dict[str, Any],
    place: Place,
) -> TableFit:
    """Carry the plan out, on as many ranks as there are."""
    if place.world == 1:
        return _fitted(plan, **training, observers=observers)
    with Ranks(place) as ranks:
        theirs = ranks.arguments(
            observers=observers,
            checkpoint=training.get("checkpoint"),
            resume=training.get("resume", False),
        )
        found = _fitted(plan, **{**training, **theirs})
        return replace(found, run=ranks.agreed(found.run))


def _fitted(plan: TablePlan | StreamedPlan, **training: Any) -> TableFit:
    if isinstance(plan, StreamedPlan):
        return fit_stream(plan, **training)
    return fit_plan(plan, **training)

"""``glassnet fit --ray ADDRESS``: planned and written here, trained by ranks on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import click

from glassnet.cli.ranks import trained
from glassnet.cli.talk import Talk
from glassnet.doctor.rounds import Doctor
from glassnet.errors import Diverged
from glassnet.estimators.table_fit import TableFit
from glassnet.estimators.table_plan import TablePlan
from glassnet.scale.place import Place
from glassnet.scale.ray_ranks import RayRanks
from glassnet.training.progress import Progress

There: TypeAlias = "Callable[[TablePlan, Mapping[str, Any]], tuple[TableFit, Doctor]]"


def trained_there(
    plan: TablePlan,
    training: Mapping[str, Any],
    *,
    talk: Talk,
    ray: str,
    ranks: int,
    restarts: int,
    show: bool,
) -> tuple[TableFit, Doctor]:
    """Carry the plan out on a cluster; what came of it, and the doctor who watched.

    Raises
    ------
    Diverged, RankLost, Unreachable, Unsupported
    """
    checkpoint = training.get("checkpoint")
    cluster = RayRanks(
        ray,
        ranks,
        restarts if checkpoint else 0,
        Path(checkpoint.path) if checkpoint else None,
        say=lambda line: click.echo(f"glassnet: {line}", err=True),
        write=lambda text: click.echo(text, nl=False, file=talk.stream),
    )
    came = cluster.run(_Job(plan, dict(training), show))
    if isinstance(came, str):
        raise Diverged(came)
    model, run, scores, baseline, doctor = came
    return TableFit(replace(plan, model=model), run, scores, baseline), doctor


@dataclass(frozen=True, eq=False)
class _Job:
    """On each rank: train, and give back all but the rows."""

    plan: TablePlan
    training: dict[str, Any]
    show: bool

    def __call__(self, checkpoint: Path | None, stream: TextIO) -> Any:
        doctor = Doctor()
        observers = [doctor, *([Progress(stream)] if self.show else [])]
        training = dict(self.training)
        if checkpoint is not None:
            training["checkpoint"] = replace(training["checkpoint"], path=checkpoint)
        try:
            found = trained(self.plan, observers, training, Place.of_environment())
        except Diverged as error:
            return f"{error} doctor: {doctor.diagnosis.verdict}"
        return found.model, found.run, found.scores, found.baseline, doctor

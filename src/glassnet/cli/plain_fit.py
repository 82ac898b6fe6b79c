"""``glassnet fit --plain``: one network on a table, in memory, from disk, on ranks or a cluster."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import click

from glassnet.cli.places import Places, written_without_report
from glassnet.cli.ranks import launched, place_of, ranks_line, trained
from glassnet.cli.ray_fit import There, trained_there
from glassnet.cli.score_lines import score_lines
from glassnet.cli.streaming import planned_stream, rows_to_stream
from glassnet.cli.table import learned_table
from glassnet.cli.talk import Interrupted, Talk
from glassnet.data.rows_on_disk import Rows, files_of
from glassnet.data.tables import Table
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.rounds import Doctor
from glassnet.errors import Diverged
from glassnet.estimators.table_fit import TableFit
from glassnet.estimators.table_plan import TablePlan, TableSettings, plan_table
from glassnet.saving.model_file import save
from glassnet.scale.place import Place
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.progress import Progress


def fit_plain(
    places: Places,
    settings: dict[str, Any],
    *,
    drop: tuple[str, ...],
    encoding: str,
    delimiter: str | None,
    resume: bool,
    threads: int | None,
    ranks: int,
    restarts: int,
    ray: str | None,
    precision: str,
    stream: bool | None,
    skip_bad: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train a plain network as the options ask; ``settings`` are fields of TableSettings.

    Raises
    ------
    click.UsageError
        If options do not go together.
    click.exceptions.Exit
        If other processes did the work.
    """
    target, *others = places.targets
    if others:
        raise click.UsageError(
            f"one plain network learns one --target; {1 + len(others)} were given. Leave out "
            "--plain."
        )
    if resume and places.checkpoint is None:
        raise click.UsageError("--resume goes with --checkpoint FILE.")
    place = place_of(ranks)
    if ray is not None and place.world > 1:
        raise click.UsageError(
            "--ray starts the ranks by itself; torchrun has started some already."
        )
    if ranks > place.world and ray is None:
        raise click.exceptions.Exit(launched(ranks, restarts if places.checkpoint else 0))
    quiet = quiet or place.rank > 0
    talk = Talk(as_json=as_json and place.rank == 0, quiet=quiet)
    places.require_writable()
    table: Table | Rows | None = rows_to_stream(
        places.data, target, drop, stream=stream, skip_bad=skip_bad
    )
    if table is None:
        table = learned_table(
            places.data, places.targets, drop, encoding=encoding, delimiter=delimiter
        )
    elif ray is not None:
        raise click.UsageError("--ray sends rows from memory; these are read from disk.")
    training: dict[str, Any] = {"threads": threads, "precision": precision, "resume": resume}
    if places.checkpoint is not None:
        training["checkpoint"] = Checkpoint(places.checkpoint)
    there: There | None = None
    if ray is not None:
        options = {"ray": ray, "ranks": ranks, "restarts": restarts, "show": not quiet}
        there = partial(trained_there, talk=talk, **options)
    _fit_and_write(
        places,
        table,
        TableSettings(**settings),
        talk,
        training,
        show=not quiet,
        place=place,
        there=there,
    )


def _fit_and_write(
    places: Places,
    table: Table | Rows,
    settings: TableSettings,
    talk: Talk,
    training: dict[str, Any],
    *,
    show: bool,
    place: Place,
    there: There | None,
) -> None:
    """Train, score, write, and say what came of it.

    ``place`` is that of a rank of several; the first of them writes and speaks. ``there`` carries
    the plan out somewhere else.
    """
    if isinstance(table, Rows):
        plan = planned_stream(table, places.data, settings, talk)
    else:
        talk.say(f"{places.data}: {len(table):,} rows, {len(table.names)} columns")
        plan = plan_table(table, places.targets[0], settings)
    talk.say(
        f"task: {plan.guess.task} ({plan.guess.reason})",
        f"network: {plan.model.network!r}",
        "rows: " + ", ".join(f"{count:,} for {name}" for name, count in plan.rows.items()),
    )
    if place.world > 1:
        talk.say(ranks_line(place, batch_norm=settings.batch_norm))
    talk.say(*(f"note: {note}" for note in plan.notes))
    doctor = Doctor()
    observers = [doctor, *([Progress(talk.stream)] if show else [])]
    try:
        if there is None:
            found = trained(plan, observers, training, place)
        else:
            found, doctor = there(cast(TablePlan, plan), training)
    except Diverged:
        if place.rank == 0 and there is None:
            talk.say(f"doctor: {doctor.diagnosis.verdict}")
        raise
    if place.rank > 0:
        return
    talk.say(
        f"ended after {len(found.run.history)} epochs ({found.run.ended}); "
        f"kept the parameters of epoch {found.run.best_epoch}"
    )
    save(found.model, places.model)
    one = str(files_of(places.data)[0]) if isinstance(table, Rows) else places.data
    onward = places.onward(one)
    diagnosis = doctor.diagnosis
    with written_without_report(places):
        _write_report(places, found, diagnosis, onward)
    said = score_lines(plan.guess.task, plan.rows["test"], found.scores, found.baseline)
    talk.say("", *said, f"doctor: {diagnosis.verdict}", "", *places.lines())
    talk.result(_summary(found, places) | {"diagnosis": diagnosis.to_dict()})
    if found.run.ended == "interrupted":
        talk.say("interrupted: the best parameters so far were kept and written.")
        raise Interrupted
    talk.say("", f"next:   {onward}")


def _write_report(places: Places, found: TableFit, diagnosis: Diagnosis, onward: str) -> None:
    """The page; what draws it is imported only where one is asked for."""
    if places.report is None:
        return
    from glassnet.report import report_of_table, write_report

    page = report_of_table(
        found, places.data, diagnosis=diagnosis, command=places.command, next_command=onward
    )
    write_report(places.report, page)


def _summary(found: TableFit, places: Places) -> dict[str, Any]:
    return {
        "task": found.plan.guess.task,
        "reason": found.plan.guess.reason,
        "rows": found.plan.rows,
        "scores": found.scores,
        "baseline": found.baseline,
        "epochs": len(found.run.history),
        "best_epoch": found.run.best_epoch,
        "ended": found.run.ended,
        "parameters": found.model.network.parameter_count,
        "settings": dict(found.model.settings),
        "notes": list(found.plan.notes),
        "model": places.model,
        "report": places.report,
    }

"""``glassnet fit``: a table in; a model file, a score and a report out."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import click

from glassnet.cli.ranks import Worded, launched, place_of, ranks_line, trained
from glassnet.cli.ray_fit import There, trained_there
from glassnet.cli.streaming import planned_stream, rows_to_stream
from glassnet.cli.talk import Interrupted, Talk
from glassnet.data.frames import Table
from glassnet.data.readers import read_table
from glassnet.data.rows_on_disk import Rows, files_of
from glassnet.doctor.rounds import Doctor
from glassnet.errors import Diverged, FileFault, InvalidValue, UnknownName
from glassnet.estimators.table_fit import TableFit
from glassnet.estimators.table_plan import TablePlan, TableSettings, plan_table
from glassnet.network.activations import ACTIVATIONS
from glassnet.optim.optimizers import OPTIMIZERS
from glassnet.report import report_of_table, write_report
from glassnet.saving.model_file import save
from glassnet.scale.place import Place
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.progress import Progress


def units(context: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    """Hidden layers as in ``64,32``; ``none`` for a linear model."""
    if text.strip().lower() in ("none", ""):
        return ()
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = (0,)
    if min(found) < 1:
        raise click.BadParameter(f"{text!r} is not a list of positive numbers such as 64,32")
    return found


@dataclass(frozen=True)
class Places:
    """Where a fit reads and writes."""

    data: str
    model: str
    report: str | None
    checkpoint: str | None


@click.command(cls=Worded, context_settings={"show_default": True})
@click.argument("data", type=click.Path())
@click.option("--target", "-t", required=True, help="Column to predict.")
@click.option("--output", "-o", default="model.glassnet", help="Model file to write.")
@click.option("--report", default="report.html", help="HTML report to write.")
@click.option("--no-report", is_flag=True, help="Write no report.")
@click.option(
    "--task",
    type=click.Choice(["auto", "classification", "regression"]),
    default="auto",
    help="What the target poses; auto guesses from its values and says why.",
)
@click.option(
    "--hidden", callback=units, default="64,64", help="Units of the hidden layers, or none."
)
@click.option(
    "--activation", type=click.Choice(sorted(set(ACTIVATIONS) - {"softmax"})), default="relu"
)
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), default=0.0)
@click.option("--batch-norm", is_flag=True, help="Batch normalisation in every hidden layer.")
@click.option("--optimizer", type=click.Choice(sorted(OPTIMIZERS)), default="adam")
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    show_default="the optimizer's",
)
@click.option("--alpha", type=click.FloatRange(0), default=1e-4, help="Strength of the L2 penalty.")
@click.option("--epochs", type=click.IntRange(1), default=200, help="Epochs at most.")
@click.option("--batch-size", type=click.IntRange(1), show_default="by the number of rows")
@click.option(
    "--patience",
    type=click.IntRange(0),
    default=20,
    help="Epochs without a better validation loss.",
)
@click.option(
    "--test-size",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    help="Share of the rows kept apart for the score.",
)
@click.option("--drop", multiple=True, metavar="COLUMN", help="Leave a column out; repeatable.")
@click.option("--seed", type=click.IntRange(0), default=0)
@click.option("--encoding", default="utf-8", help="Encoding of a text file.")
@click.option(
    "--delimiter", show_default="by the suffix", help="Sign between cells of a text file."
)
@click.option("--checkpoint", type=click.Path(), help="Save the run to this file as it goes.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint.")
@click.option("--threads", type=click.IntRange(1), show_default="the engine's choice")
@click.option(
    "--ranks",
    type=click.IntRange(1),
    default=1,
    help="Processes of this machine that train together, each on a share of every batch.",
)
@click.option(
    "--restarts",
    type=click.IntRange(0),
    default=3,
    help="How often a killed rank may be started again; goes with --checkpoint.",
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Train on the Ray cluster at host:port, or auto: a processor for each of the --ranks.",
)
@click.option(
    "--precision",
    type=click.Choice(["full", "bf16"]),
    default="full",
    help="bf16: products of bfloat16 numbers, where the processor has them.",
)
@click.option(
    "--stream/--no-stream",
    default=None,
    show_default="where memory is short",
    help="Read Parquet from disk as it is trained on.",
)
@click.option("--skip-bad", is_flag=True, help="Leave out row groups that cannot be read.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def fit(
    data: str,
    target: str,
    output: str,
    report: str,
    no_report: bool,
    drop: tuple[str, ...],
    encoding: str,
    delimiter: str | None,
    checkpoint: str | None,
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
    **settings: Any,
) -> None:
    """Train a network on the table DATA and write it to a model file.

    DATA is a .csv, .tsv, .jsonl, .parquet, .feather or .npz file (text files also with .gz), or a
    folder of .parquet files, which may hold more than fits in memory. All columns but the target
    become inputs: numbers are standardised, categories one-hot encoded.
    """
    if resume and checkpoint is None:
        raise click.UsageError("--resume goes with --checkpoint FILE.")
    place = place_of(ranks)
    if ray is not None and place.world > 1:
        raise click.UsageError(
            "--ray starts the ranks by itself; torchrun has started some already."
        )
    if ranks > place.world and ray is None:
        raise click.exceptions.Exit(launched(ranks, restarts if checkpoint else 0))
    places = Places(data, output, None if no_report else report, checkpoint)
    quiet = quiet or place.rank > 0
    talk = Talk(as_json=as_json and place.rank == 0, quiet=quiet)
    require_writable(places.model, places.report, places.checkpoint)
    table: Table | Rows | None = rows_to_stream(
        data, target, drop, stream=stream, skip_bad=skip_bad
    )
    if table is None:
        table = without(read_table(data, encoding=encoding, delimiter=delimiter), drop, target)
    elif ray is not None:
        raise click.UsageError("--ray sends rows from memory; these are read from disk.")
    training: dict[str, Any] = {"threads": threads, "precision": precision, "resume": resume}
    if checkpoint is not None:
        training["checkpoint"] = Checkpoint(checkpoint)
    made = TableSettings(**settings)
    there: There | None = None
    if ray is not None:
        options = {"ray": ray, "ranks": ranks, "restarts": restarts, "show": not quiet}
        there = partial(trained_there, talk=talk, **options)
    fit_and_write(
        places, table, target, made, talk, training, show=not quiet, place=place, there=there
    )


def fit_and_write(
    places: Places,
    table: Table | Rows,
    target: str,
    settings: TableSettings,
    talk: Talk,
    training: dict[str, Any],
    *,
    show: bool,
    place: Place | None = None,
    there: There | None = None,
) -> None:
    """Train, score, write, and say what came of it; what ``demo`` and ``fit`` share.

    ``place`` is that of a rank of several; the first of them writes and speaks. ``there`` carries
    the plan out somewhere else.
    """
    place = place or Place()
    if isinstance(table, Rows):
        plan = planned_stream(table, places.data, settings, talk)
    else:
        talk.say(f"{places.data}: {len(table):,} rows, {len(table.names)} columns")
        plan = plan_table(table, target, settings)
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
    interrupted = found.run.ended == "interrupted"
    if place.rank > 0:
        return
    talk.say(
        f"ended after {len(found.run.history)} epochs ({found.run.ended}); "
        f"kept the parameters of epoch {found.run.best_epoch}"
    )
    save(found.model, places.model)
    one = str(files_of(places.data)[0]) if isinstance(table, Rows) else places.data
    onward = f"glassnet predict {shlex.quote(places.model)} {shlex.quote(one)}"
    diagnosis = doctor.diagnosis
    if places.report is not None:
        command = _command(places, target)
        page = report_of_table(
            found, places.data, diagnosis=diagnosis, command=command, next_command=onward
        )
        write_report(places.report, page)
    talk.say("", *score_lines(found), f"doctor: {diagnosis.verdict}")
    talk.say("", f"model:  {places.model}")
    talk.say(*([f"report: {places.report}"] if places.report else []))
    talk.result(_summary(found, places) | {"diagnosis": diagnosis.to_dict()})
    if interrupted:
        talk.say("interrupted: the best parameters so far were kept and written.")
        raise Interrupted
    talk.say("", f"next:   {onward}")


def score_lines(found: TableFit) -> list[str]:
    """The scores on test rows beside those of the best constant prediction."""
    scores, constant = found.scores, found.baseline
    if found.plan.guess.task == "regression":
        return [
            f"R² on {found.plan.rows['test']:,} test rows: {scores['r2']:.3f} "
            f"(the mean alone: {constant['r2']:.3f})",
            f"RMSE: {scores['rmse']:.4g} (the mean alone: {constant['rmse']:.4g})",
        ]
    return [
        f"accuracy on {found.plan.rows['test']:,} test rows: {scores['accuracy']:.1%} "
        f"(the commonest class alone: {constant['accuracy']:.1%})",
        f"log-loss: {scores['log_loss']:.3f} (class shares alone: {constant['log_loss']:.3f})",
    ]


def without(table: Table, drop: tuple[str, ...], target: str) -> Table:
    """The table without the columns to drop."""
    for name in drop:
        if name not in table:
            raise UnknownName("column", name, table.names)
        if name == target:
            raise InvalidValue(f"the target {target!r} cannot be dropped as well.")
    return table.without(*drop) if drop else table


def require_writable(*paths: str | None) -> None:
    """Fail before the work, not after it, where a file could not be written."""
    for path in paths:
        if path is None:
            continue
        folder = Path(path).parent
        if Path(path).is_dir():
            raise FileFault(f"{path} is a folder. Give the name of a file to write.")
        if not folder.is_dir():
            raise FileFault(f"the folder {folder} is not there. Make it, or write elsewhere.")
        if not os.access(folder, os.W_OK):
            raise FileFault(f"the folder {folder} cannot be written to. Write elsewhere.")


def _command(places: Places, target: str) -> str:
    parts = ["glassnet", "fit", places.data, "--target", target, "-o", places.model]
    return " ".join(shlex.quote(part) for part in parts)


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

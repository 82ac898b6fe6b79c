"""``glassnet search``: which architecture?"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table as Screen

from glassnet.cli.options import as_json as json_option
from glassnet.cli.options import given_command, learning, quietly
from glassnet.cli.places import require_writable
from glassnet.cli.table import learned_table
from glassnet.cli.talk import Interrupted, Talk
from glassnet.data.tables import Column
from glassnet.data.targets import Task
from glassnet.errors import InvalidValue
from glassnet.inspection.numerals import numeral
from glassnet.saving.model_file import save
from glassnet.tuning.result import SearchResult
from glassnet.tuning.tables import TableSearch, search_table
from glassnet.tuning.trials import Outcome
from glassnet.tuning.workers import BACKENDS

_SHOWN = 10
_AT_LEAST_ONE = click.IntRange(1)


@click.command(context_settings={"show_default": True})
@learning("search.html")
@click.option(
    "--method",
    type=click.Choice(["halving", "growth", "tpe", "random"]),
    default="halving",
    help="How candidates are chosen and trained.",
)
@click.option("--trials", type=_AT_LEAST_ONE, default=50, help="Candidates to try.")
@click.option(
    "--epochs", type=_AT_LEAST_ONE, show_default="by the rows", help="Of the longest training."
)
@click.option(
    "--time-budget",
    type=click.FloatRange(0, min_open=True),
    show_default="none",
    help="Seconds after which no more training is begun.",
)
@click.option("--workers", type=_AT_LEAST_ONE, default=1, help="Candidates trained at a time.")
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    help="What workers are; auto: threads, where the engine is compiled.",
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Compute on the Ray cluster at host:port, or auto: so many --workers, a CPU each.",
)
@click.option("--storage", default="study.db", help="File that keeps every trial.")
@click.option("--resume", is_flag=True, help="Go on from the trials in the storage file.")
@json_option
@quietly
def search(
    data: str,
    target: str,
    output: str,
    report: str,
    no_report: bool,
    method: str,
    trials: int,
    epochs: int | None,
    time_budget: float | None,
    workers: int,
    backend: str,
    ray: str | None,
    storage: str,
    resume: bool,
    task: str,
    drop: tuple[str, ...],
    seed: int,
    encoding: str,
    delimiter: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find depth, width and settings of one plain network for the table DATA.

    Every trial sees the same folds; the best is trained anew and scored on a fifth of the rows that
    no trial saw. Ctrl-C keeps what is done: the best so far is written, and --resume goes on.
    """
    require_writable(output, storage, None if no_report else report)
    if Path(storage).exists() and not resume:
        raise InvalidValue(
            f"{storage} holds an earlier search. Go on from it with --resume, or give another "
            "--storage."
        )
    talk = Talk(as_json=as_json, quiet=quiet)
    table = learned_table(data, (target,), drop, encoding=encoding, delimiter=delimiter)
    talk.say(f"{data}: {len(table):,} rows, {len(table.names)} columns")
    found = search_table(
        table,
        target,
        task=_task(task, table[target]),
        seed=seed,
        method=method,
        trials=trials,
        epochs=epochs,
        time_budget=time_budget,
        workers=workers,
        backend=backend,
        ray=ray,
        storage=storage,
        on_outcome=lambda outcome: talk.say(_line(outcome)),
    )
    save(found.model, output)
    result = found.result
    if not no_report:
        _write(report, data, target, output, found, given_command(data))
    if not (as_json or quiet):
        Console(highlight=False).print("", _screen(result))
    talk.say(
        "",
        f"task: {found.guess.task} ({found.guess.reason})",
        *result.sentences(),
        f"{result.scoring} on {found.test_rows:,} test rows that no trial saw: "
        f"{found.test_score:.3f}",
        "",
        f"model:  {output}",
        f"study:  {storage}",
        *([] if no_report else [f"report: {report}"]),
    )
    written = {"model": output, "report": None if no_report else report}
    talk.result(_summary(result) | {"test_score": found.test_score} | written)
    if result.interrupted:
        talk.say("interrupted: the best so far was kept and written; --resume goes on.")
        raise Interrupted


def _write(
    path: str, data: str, target: str, output: str, found: TableSearch, command: str
) -> None:
    """The page; what draws it is imported only where one is asked for."""
    from glassnet.report import report_of_search, write_report

    page = report_of_search(
        found.result,
        title=f"Which network for {target}?",
        source=f"{Path(data).name}, {found.guess.task}",
        test_score=found.test_score,
        test_rows=found.test_rows,
        command=command,
        next_command=f"glassnet predict {shlex.quote(output)} {shlex.quote(data)}",
    )
    write_report(path, page)


def _task(told: str, column: Column) -> Task | None:
    if told != "classification":
        return "regression" if told == "regression" else None
    return "binary" if len(set(column.texts().tolist())) == 2 else "multiclass"


def _line(outcome: Outcome) -> str:
    said = f"trial {outcome.number}, rung {outcome.rung + 1}: "
    if outcome.failed:
        return said + f"failed ({outcome.failed})"
    said += f"{numeral(outcome.score, 4)}, {outcome.parameters:,} parameters"
    fault = f"; ended by the doctor: {outcome.verdict}" if outcome.fatal else ""
    return f"{said}, {outcome.seconds:.1f} s{fault}"


def _screen(result: SearchResult) -> Screen:
    columns = result.table()
    screen = Screen(box=None, pad_edge=False)
    screen.add_column("trial", justify="right")
    screen.add_column("network")
    for name in ("rate", "score", "± folds", "epochs", "parameters", "seconds"):
        screen.add_column(name, justify="right")
    for k in range(min(_SHOWN, len(columns["trial"]))):
        sizes = columns["hidden_layer_sizes"][k]
        phi = columns.get("activation", [""] * (k + 1))[k]
        rate = columns.get("learning_rate_init", [None] * (k + 1))[k]
        screen.add_row(
            str(columns["trial"][k]),
            f"{'-'.join(map(str, np.atleast_1d(sizes)))} {phi}".strip(),
            "" if rate is None else numeral(float(rate), 2),
            numeral(columns["score"][k], 4),
            numeral(columns["spread"][k], 2),
            str(columns["epochs"][k]),
            f"{columns['parameters'][k]:,}",
            f"{columns['seconds'][k]:.1f}",
        )
    return screen


def _summary(result: SearchResult) -> dict[str, Any]:
    plain = (str, int, float, bool)
    return {
        "best_parameters": {
            name: value if isinstance(value, plain) else repr(value)
            for name, value in result.best_parameters.items()
        },
        "best_score": result.best_score,
        "scoring": result.scoring,
        "trials": len(result.records),
        "seconds": result.seconds,
        "interrupted": result.interrupted,
        "importances": result.importances(),
    }

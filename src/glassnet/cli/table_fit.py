"""``glassnet fit``: an average of networks on a table of columns of any kind."""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
import numpy as np

from glassnet.cli.members_progress import MembersProgress
from glassnet.cli.places import Places, score_lines, written_without_report
from glassnet.cli.streaming import require_in_memory
from glassnet.cli.table import learned_table
from glassnet.cli.talk import Interrupted, Talk
from glassnet.cli.understood import MOST, columns_screen, understood
from glassnet.data.tables import Table
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.rounds import Doctor
from glassnet.errors import InvalidValue
from glassnet.estimators.table_estimate import Estimate, EstimatePlan, fit_estimate, plan_estimate
from glassnet.estimators.table_plan import require_target
from glassnet.saving.model_file import save
from glassnet.scale.place import Place
from glassnet.training.observers import Observer
from glassnet.training.progress import duration

_OF_TASKS = {
    "quantiles": ("--quantiles", True), "loss": ("--loss", True),
    "class_weight": ("--balanced", False), "calibrate": ("--calibrate", False),
}  # fmt: skip
_ROWS = "{training:,} to learn from, {test:,} for the score"
_GAPS = " missing values of "  # which the columns' own screen tells too
_OF_OPTIONS: tuple[tuple[str, Any], ...] = (
    (r"drop=\[(['\"])(.*?)\1\]", lambda found: f"--drop {shlex.quote(found[2])}"),
    (r"(a target must not be missing;.*) Leave these rows out\.",
     r"\1 Leave these rows out with --missing-target drop."),
    (r"\btime_budget[=:] ?", "--time-budget "),
    (r"\bmax_row_visits=", "--max-row-visits "),
    (r"\bmin_count\b", "--min-count"),
    (r"\blearning_rate\b", "--learning-rate"),
)  # fmt: skip


def fit_tables(
    places: Places,
    parameters: dict[str, Any],
    *,
    task: Any,
    test_size: float,
    seed: int,
    drop: tuple[str, ...],
    encoding: str,
    delimiter: str | None,
    threads: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Learn the columns, train, score, write, and say what came of it.

    Parameters
    ----------
    places : Places
    parameters : dict
        Of the estimators of tables.

    Raises
    ------
    click.UsageError
        If only a plain network can do what is asked.
    """
    if Place.of_environment().world > 1:
        raise click.UsageError("ranks train one plain network; add --plain.")
    require_in_memory(places.data)
    places.require_writable()
    table = learned_table(
        places.data,
        places.target,
        drop,
        encoding=encoding,
        delimiter=delimiter,
        kinds=_read_as(parameters.get("kinds", {})),
    )
    talk = Talk(as_json=as_json, quiet=quiet)
    talk.say(f"{places.data}: {len(table):,} rows, {len(table.names)} columns")
    if parameters["missing_target"] == "drop":
        table = _with_target(table, places.target, talk)
    with _in_words_of_options():
        plan = plan_estimate(table, places.target, task=task, test_size=test_size, seed=seed)
    talk.say(
        f"task: {plan.guess.task} ({plan.guess.reason})",
        "rows: " + _ROWS.format(**plan.rows),
    )
    _require_for_task(parameters, plan)
    watch = _Watch(talk, plan, show=not quiet)
    try:
        with _in_words_of_options():
            found = fit_estimate(
                plan, {**parameters, "random_state": seed, "threads": threads}, watch.members
            )
    finally:
        watch.close()
    _tell(places, found, talk, watch)


@contextmanager
def _in_words_of_options() -> Generator[None]:
    """Errors of the estimator say what to do on the command line."""
    try:
        yield
    except InvalidValue as error:
        raise InvalidValue(in_options(str(error))) from error


def _read_as(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """How to read columns that are to be of a kind: all but numbers as the texts that they are."""
    return {name: "categorical" for name, kind in kinds.items() if kind != "numeric"}


def _with_target(table: Table, target: str, talk: Talk) -> Table:
    """The rows that have a target."""
    require_target(table, target)
    missing = table[target].missing
    if missing.any():
        talk.say(f"rows without {target!r}, left out: {int(missing.sum()):,}")
    return table.take(np.flatnonzero(~missing))


def _require_for_task(parameters: Mapping[str, Any], plan: EstimatePlan) -> None:
    """Refuse options of numbers for classes, and of classes for numbers."""
    numbers = plan.guess.task == "regression"
    for name, (option, of_numbers) in _OF_TASKS.items():
        if name in parameters and of_numbers != numbers:
            told = ("classes", "numbers") if numbers else ("numbers", "classes")
            words = f"{option} is for {told[0]}, and {plan.target.name!r} was taken for {told[1]}"
            task = "classification" if numbers else "regression"
            cure = f"; --task {task} takes it for {told[0]}"
            text = plan.target.kind == "categorical"
            raise click.UsageError(f"{words}." if text else f"{words}{cure}.")


class _Watch:
    """What the fit shows as it goes, and the doctor of its first network."""

    def __init__(self, talk: Talk, plan: EstimatePlan, *, show: bool) -> None:
        self._talk, self._plan, self._show = talk, plan, show
        self._progress: list[MembersProgress] = []
        self.doctor = Doctor()
        self.columns: list[dict[str, Any]] = []

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training."""
        return any(progress.interrupted for progress in self._progress)

    def members(self, model: Any, count: int) -> Sequence[Sequence[Observer]]:
        """Say what became of the columns; give the observers of each network."""
        if not self._progress:
            self.columns = understood(self._plan.table.take(self._plan.learn), model.encoder_)
            self._talk.say("")
            rows, width = len(self._plan.learn), self._talk.width
            self._talk.sheet(columns_screen(self.columns, rows, width))
            self._talk.say("")
        stream = self._talk.stream if self._show else None
        progress = MembersProgress(stream, count)
        self._progress.append(progress)
        watching: list[list[Observer]] = [[observer] for observer in progress.observers]
        if len(self._progress) == 1:
            watching[0].append(self.doctor)
        return watching

    def close(self) -> None:
        """Take the bar away."""
        for progress in self._progress:
            progress.close()


def _tell(places: Places, found: Estimate, talk: Talk, watch: _Watch) -> None:
    """Write the model and the report; print what came of it."""
    model, plan, diagnosis = found.model, found.plan, watch.doctor.diagnosis
    save(model, places.model)
    notes = [in_options(note) for note in model.notes_]
    with written_without_report(places):
        _write_report(places, found, diagnosis)
    shown = [note for note in notes if _GAPS not in note or len(watch.columns) > MOST]
    talk.say(*(f"note: {note}" for note in shown), f"trained: {_networks(model)}", "")
    said = score_lines(plan.guess.task, plan.rows["test"], found.scores, found.baseline)
    first = "" if len(model.members_) == 1 else " (of the first network)"
    talk.say(
        *said,
        *_below(found),
        f"time: {duration(found.seconds)}",
        f"doctor: {diagnosis.verdict}{first}",
        "",
        *places.lines(),
    )
    talk.result(_summary(found, places, notes, watch) | {"diagnosis": diagnosis.to_dict()})
    if watch.interrupted:
        talk.say("interrupted: the best parameters so far were kept and written.")
        raise Interrupted
    talk.say("", f"next:   {places.onward()}")


def _below(found: Estimate) -> list[str]:
    """How many test rows lie below each quantile."""
    if not found.below:
        return []
    each = ", ".join(f"{share:.1%} below {level}" for level, share in found.below.items())
    return [f"quantiles on test rows: {each}"]


def in_options(note: str) -> str:
    """A note of the estimator in words of the command line.

    Examples
    --------
    >>> in_options("Leave it out with drop=['id'] if it only tells rows apart.")
    'Leave it out with --drop id if it only tells rows apart.'
    """
    for pattern, words in _OF_OPTIONS:
        note = re.sub(pattern, words, note)
    return note


def _networks(model: Any) -> str:
    """How many networks of which units, and for how long."""
    members, first = model.members_, model.network_
    units = "-".join(map(str, first.units))
    epochs = [len(history) for history in model.histories_]
    took = f"{min(epochs)} to {max(epochs)}" if min(epochs) < max(epochs) else str(max(epochs))
    many = "1 network" if len(members) == 1 else f"{len(members)} networks"
    return f"{many} of {units} units ({first.parameter_count:,} parameters), {took} epochs"


def _write_report(places: Places, found: Estimate, diagnosis: Diagnosis) -> None:
    """The page; what draws it is imported only where one is asked for."""
    if places.report is None:
        return
    from glassnet.report import report_of_estimator, write_report

    plan = found.plan
    page = report_of_estimator(
        found.model,
        plan.table.take(plan.test),
        plan.target.take(plan.test),
        source=places.data,
        data={
            "rows": _ROWS.format(**plan.rows),
            "task": f"{plan.guess.task}: {plan.guess.reason}",
        },
        baseline=found.baseline,
        diagnosis=diagnosis,
        row_names=[int(row) + 1 for row in plan.test],
        title=f"{plan.target.name} from {places.data}",
        command=places.command,
        next_command=places.onward(),
    )
    write_report(places.report, page)


def _summary(
    found: Estimate, places: Places, notes: Sequence[str], watch: _Watch
) -> dict[str, Any]:
    model = found.model
    return {
        "task": found.plan.guess.task,
        "reason": found.plan.guess.reason,
        "rows": found.plan.rows,
        "columns": watch.columns,
        "scores": found.scores,
        "baseline": found.baseline,
        "below": found.below,
        "epochs": [len(history) for history in model.histories_],
        "ended": "interrupted" if watch.interrupted else "done",
        "parameters": sum(net.parameter_count for net in model.members_),
        "settings": {"preset": model.preset, **_plain(model.parameters_)},
        "notes": list(notes),
        "seconds": found.seconds,
        "model": places.model,
        "report": places.report,
    }


def _plain(parameters: Any) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int | float | str | None) else list(value)
        for name, value in parameters.items()
    }

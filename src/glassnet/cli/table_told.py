"""What ``glassnet fit`` writes and says of an average of networks in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from glassnet.arrays import Array
from glassnet.cli.fit_watch import FitWatch
from glassnet.cli.places import Places, written_without_report
from glassnet.cli.score_lines import lines_of, targets_screen, weighted_line
from glassnet.cli.talk import Interrupted, Talk
from glassnet.cli.understood import MOST
from glassnet.cli.wording import in_options
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.estimators.table_estimate import Estimate
from glassnet.estimators.tables.margins import Ends, Margins
from glassnet.saving.model_file import save
from glassnet.training.progress import duration

ROWS = "{training:,} to learn from, {test:,} for the score"
_GAPS = " missing values of "  # which the columns' own screen tells too


def tell(
    places: Places,
    found: Estimate,
    talk: Talk,
    watch: FitWatch,
    *,
    numbers: Array,
    width: float | None,
) -> None:
    """Write the model and the report; print what came of it.

    Parameters
    ----------
    places : Places
    found : Estimate
    talk : Talk
    watch : FitWatch
    numbers : (m,) int
        Which rows of DATA those of the plan are, from 1.
    width : float or None
        Of intervals their mean width, of sets their mean number of classes.

    Raises
    ------
    Interrupted
        If Ctrl-C ended the training; all is written by then.
    """
    model, plan, diagnosis = found.model, found.plan, watch.doctor.diagnosis
    save(model, places.model)
    notes = [in_options(note) for note in model.notes_]
    notes += _no_median(found)
    with written_without_report(places):
        _write_report(places, found, diagnosis, numbers)
    shown = [note for note in notes if _GAPS not in note or len(watch.columns) > MOST]
    talk.say(*(f"note: {note}" for note in shown), f"trained: {_networks(model)}", "")
    said = lines_of(plan.guess.task, plan.rows["test"], found.of_rows)
    first = "" if len(model.members_) == 1 else " (of the first network)"
    talk.say(*said)
    if found.of_rows.targets:
        talk.sheet(targets_screen(found.of_rows))
    talk.say(
        *([] if found.weighted is None else [weighted_line(found.weighted)]),
        *_below(found),
        *_within(found, width),
        f"time: {duration(found.seconds)}",
        f"doctor: {in_options(diagnosis.verdict)}{first}",
        "",
        *places.lines(),
    )
    summary = _summary(found, places, notes, watch) | {"width": width}
    talk.result(summary | {"diagnosis": diagnosis.to_dict()})
    if watch.interrupted:
        talk.say("interrupted: the best parameters so far were kept and written.")
        raise Interrupted
    talk.say("", f"next:   {places.onward()}")


def _below(found: Estimate) -> list[str]:
    """How many test rows lie below each quantile."""
    if not found.of_rows.below:
        return []
    each = ", ".join(f"{share:.1%} below {level}" for level, share in found.of_rows.below.items())
    return [f"quantiles on test rows: {each}"]


def _within(found: Estimate, width: float | None) -> list[str]:
    """What the intervals or sets are, and how well their coverage is known."""
    if width is None:
        return []
    margins: Margins = found.model.margins_
    share = margins.coverage
    stray = (share * (1 - share) / margins.rows) ** 0.5
    if isinstance(margins, Ends):
        what = f"intervals: {width:.4g} wide on average"
    else:
        what = f"sets: {width:.2f} classes on average"
    return [f"{what}; to hold {share:.4g} of new rows, give or take {stray:.2g}"]


def _networks(model: Any) -> str:
    """How many networks of which units, and for how long."""
    members, first = model.members_, model.network_
    units = "-".join(map(str, first.units))
    epochs = [len(history) for history in model.histories_]
    took = f"{min(epochs)} to {max(epochs)}" if min(epochs) < max(epochs) else str(max(epochs))
    many = "1 network" if len(members) == 1 else f"{len(members)} networks"
    return f"{many} of {units} units ({first.parameter_count:,} parameters), {took} epochs"


def _write_report(places: Places, found: Estimate, diagnosis: Diagnosis, numbers: Array) -> None:
    """The page; what draws it is imported only where one is asked for."""
    if places.report is None:
        return
    from glassnet.report import report_of_estimator, write_report

    plan = found.plan
    page = report_of_estimator(
        found.model,
        plan.table.take(plan.test),
        plan.truth(plan.test),
        source=places.data,
        data={
            "rows": ROWS.format(**plan.rows),
            "task": f"{plan.guess.task}: {plan.guess.reason}",
        },
        baseline=found.of_rows.baseline,
        notes=_weights_note(found),
        diagnosis=diagnosis,
        row_names=numbers[plan.test].tolist(),
        title=f"{', '.join(plan.targets.names)} from {places.data}",
        command=places.command,
        next_command=places.onward(),
    )
    write_report(places.report, page)


def _no_median(found: Estimate) -> list[str]:
    """What is predicted where the quantiles lack the median."""
    levels = getattr(found.model.head_, "quantiles", ())
    if not levels or 0.5 in levels:
        return []
    near = min(levels, key=lambda level: abs(level - 0.5))
    return [f"the prediction is the {near:g} quantile, as no level is 0.5."]


def _weights_note(found: Estimate) -> list[str]:
    if found.weighted is None:
        return []
    return ["Rows counted by their weights in training; on this page each counts once."]


def _summary(
    found: Estimate, places: Places, notes: Sequence[str], watch: FitWatch
) -> dict[str, Any]:
    model, of_rows = found.model, found.of_rows
    margins: Margins | None = vars(model).get("margins_")
    return {
        "task": found.plan.guess.task,
        "reason": found.plan.guess.reason,
        "rows": found.plan.rows,
        "columns": watch.columns,
        "scores": of_rows.scores,
        "baseline": of_rows.baseline,
        "targets": {
            name: {"scores": scores, "baseline": baseline}
            for name, (scores, baseline) in of_rows.targets.items()
        },
        "weighted": None if found.weighted is None else found.weighted.scores,
        "below": of_rows.below,
        "within": None if margins is None else asdict(margins),
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

"""``glassnet fit``: an average of networks on a table of columns of any kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from glassnet.cli.fit_watch import FitWatch
from glassnet.cli.for_task import require_coverage, require_for_task
from glassnet.cli.places import Places
from glassnet.cli.streaming import require_in_memory
from glassnet.cli.table import learned_table
from glassnet.cli.table_told import ROWS, tell
from glassnet.cli.taken_rows import taken_rows
from glassnet.cli.talk import Talk
from glassnet.cli.wording import in_words_of_options
from glassnet.data.kinds import as_said
from glassnet.data.tables import Table
from glassnet.estimators.table_estimate import calibrate_estimate, fit_estimate, plan_estimate
from glassnet.estimators.table_task import require_finite_numbers
from glassnet.scale.place import Place


def fit_tables(
    places: Places,
    parameters: dict[str, Any],
    *,
    task: Any,
    test_size: float,
    seed: int,
    weight: str | None,
    coverage: float | None,
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
    weight : str or None
        The column of the rows' weights.
    coverage : float or None
        Of intervals or sets, calibrated on the test rows.

    Raises
    ------
    click.UsageError
        If only a plain network can do what is asked, or options do not fit the task.
    """
    if Place.of_environment().world > 1:
        raise click.UsageError("ranks train one plain network; add --plain.")
    require_in_memory(places.data)
    places.require_writable()
    said: Mapping[str, Any] = parameters.get("kinds", {})
    table = learned_table(
        places.data,
        places.targets,
        drop,
        encoding=encoding,
        delimiter=delimiter,
        kinds=_read_as(said),
        weight=weight,
    )
    talk = Talk(as_json=as_json, quiet=quiet)
    talk.say(f"{places.data}: {len(table):,} rows, {len(table.names)} columns")
    missing = parameters["missing_target"]
    taken = taken_rows(table, places.targets, weight, missing=missing, talk=talk)
    kinds = {name: kind for name, kind in said.items() if name not in (*places.targets, weight)}
    if task == "auto" and "loss" in parameters and _hold_numbers(taken.table, places.targets):
        task = "regression"
    with in_words_of_options():  # before rows are split, so that those named are those of DATA
        if parameters["infinite"] == "refuse":
            require_finite_numbers(taken.table)
        for name, kind in kinds.items():
            as_said(taken.table[name], kind)
        plan = plan_estimate(
            taken.table,
            places.targets,
            task=task,
            test_size=test_size,
            seed=seed,
            weight=taken.weight,
        )
    talk.say(
        f"task: {plan.guess.task} ({plan.guess.reason})",
        "rows: " + ROWS.format(**plan.rows),
    )
    require_for_task(parameters, plan)
    require_coverage(coverage, parameters, plan)
    watch = FitWatch(talk, plan, show=not quiet)
    settled = {**parameters, "kinds": kinds, "random_state": seed, "threads": threads}
    try:
        with in_words_of_options():
            found = fit_estimate(plan, settled, watch.members)
            width = None if coverage is None else calibrate_estimate(found, coverage)
    finally:
        watch.close()
    tell(places, found, talk, watch, numbers=taken.numbers, width=width)


def _read_as(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """How to read columns that are to be of a kind: all but numbers as the texts that they are."""
    return {name: "categorical" for name, kind in kinds.items() if kind != "numeric"}


def _hold_numbers(table: Table, targets: Sequence[str]) -> bool:
    return all(name in table and table[name].kind == "numeric" for name in targets)

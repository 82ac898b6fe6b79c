"""Options of ``glassnet fit`` that are for one task only, refused for another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from glassnet.errors import UnknownName
from glassnet.estimators.table_estimate import EstimatePlan
from glassnet.estimators.table_task import in_words
from glassnet.estimators.tables.checks import METRICS
from glassnet.estimators.tables.conformal import mapie_part, require_rows

_OF_TASKS = {
    "quantiles": ("--quantiles", True), "loss": ("--loss", True),
    "class_weight": ("--balanced", False), "calibrate": ("--calibrate", False),
}  # fmt: skip


def require_for_task(parameters: Mapping[str, Any], plan: EstimatePlan) -> None:
    """Refuse options of numbers for classes, and of classes for numbers.

    Raises
    ------
    click.UsageError
    """
    numbers = plan.guess.task == "regression"
    for name, (option, of_numbers) in _OF_TASKS.items():
        if name in parameters and of_numbers != numbers:
            raise click.UsageError(_wrong(option, plan))
    metric = parameters.get("metric")
    goal, other = ("regression", "classification") if numbers else ("classification", "regression")
    if metric is not None and metric not in METRICS[goal]:
        if metric in METRICS[other]:
            raise click.UsageError(_wrong(f"--metric {metric}", plan))
        raise click.UsageError(str(UnknownName("metric", metric, METRICS[goal])))


def _wrong(option: str, plan: EstimatePlan) -> str:
    numbers = plan.guess.task == "regression"
    told = ("classes", "numbers") if numbers else ("numbers", "classes")
    names = plan.targets.names
    were = "were" if len(names) > 1 else "was"
    words = f"{option} is for {told[0]}, and {in_words(names)} {were} taken for {told[1]}"
    task = "classification" if numbers else "regression"
    text = any(column.kind == "categorical" for column in plan.targets.columns)
    if text or (numbers and len(names) > 1):
        return f"{words}."
    return f"{words}; --task {task} takes {'them' if len(names) > 1 else 'it'} for {told[0]}."


def require_coverage(
    coverage: float | None, parameters: Mapping[str, Any], plan: EstimatePlan
) -> None:
    """Refuse a coverage that cannot be calibrated, before the training.

    Raises
    ------
    click.UsageError
        For several targets, or without MAPIE.
    InvalidValue
        If it needs more test rows.
    """
    if coverage is None:
        return
    if len(plan.targets.columns) > 1:
        raise click.UsageError(
            f"--coverage is for one --target; {len(plan.targets.columns)} were given."
        )
    try:
        mapie_part("regression")
    except ImportError as error:
        raise click.UsageError(f"--coverage: {error}") from error
    require_rows(len(plan.test), coverage, both="quantiles" in parameters)

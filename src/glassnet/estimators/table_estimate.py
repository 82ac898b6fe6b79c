"""An estimator of tables on named targets: fitted on most rows, scored on the others."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.splits import hold_out
from glassnet.data.tables import Column, Table
from glassnet.estimators.table_face import face_of
from glassnet.estimators.table_scores import Scored, scored
from glassnet.estimators.table_task import (
    Posed,
    TaskChoice,
    as_truths,
    posed_task,
    require_target,
    strata,
)
from glassnet.estimators.tables.classifier import TableClassifier
from glassnet.estimators.tables.conformal import conformal
from glassnet.estimators.tables.regressor import TableRegressor
from glassnet.training.observers import Observer

Watching: TypeAlias = "Callable[[Any, int], Sequence[Sequence[Observer]]]"


@dataclass(frozen=True, eq=False)
class EstimatePlan:
    """What is settled before a fit.

    Attributes
    ----------
    table : Table
        The columns beside the targets.
    targets : Table
        A column each.
    guess : Posed
        The task, and in words why.
    learn, test : (k,) int
        Numbers of the rows to learn from and of those that are scored.
    weight : (m,) or None
        Of the rows.
    """

    table: Table
    targets: Table
    guess: Posed
    learn: Array
    test: Array
    weight: Array | None = None

    @property
    def rows(self) -> dict[str, int]:
        """How many rows are for "training" and for "test"."""
        return {"training": len(self.learn), "test": len(self.test)}

    def y(self, rows: Array) -> Any:
        """The targets of rows as an estimator takes them: a Column, or a Table of several."""
        found = self.targets.take(rows)
        return found if len(found.columns) > 1 else found.columns[0]

    def truth(self, rows: Array) -> Any:
        """The targets of rows as everything else takes them: a Column, or (m, k) of several."""
        found = self.targets.take(rows).columns
        one = len(found) == 1
        return found[0] if one else np.stack([column.values for column in found], axis=1)

    def weights(self, rows: Array) -> Array | None:
        """The weights of rows, where there are any."""
        return None if self.weight is None else self.weight[rows]


@dataclass(frozen=True, eq=False)
class Estimate:
    """What came of a fit.

    Attributes
    ----------
    plan : EstimatePlan
    model : TableClassifier or TableRegressor
    of_rows : Scored
        On the test rows, each of which counts once.
    weighted : Scored or None
        On the test rows by their weights, where they have any.
    seconds : float
        That the fit took.
    """

    plan: EstimatePlan
    model: Any
    of_rows: Scored
    weighted: Scored | None
    seconds: float


def plan_estimate(
    table: Table,
    targets: str | Sequence[str],
    *,
    task: TaskChoice = "auto",
    test_size: float = 0.2,
    seed: int = 0,
    weight: Array | None = None,
) -> EstimatePlan:
    """Guess the task and split the rows; of classes each part has its share.

    Raises
    ------
    UnknownName
        If there is no such column.
    InvalidValue
        If the table cannot be learned from; the message says why.

    Examples
    --------
    >>> from glassnet.data.datasets import bundled
    >>> plan_estimate(bundled("iris"), "target").rows
    {'training': 120, 'test': 30}
    """
    names = [targets] if isinstance(targets, str) else list(targets)
    for k, name in enumerate(names):
        require_target(table.without(*names[:k]), name)
    columns = [table[name] for name in names]
    guess = posed_task(columns, task)
    if len(columns) > 1:
        columns = [_whole(as_truths(column), guess) for column in columns]
    learn, test = hold_out(len(table), test_size, seed=seed, stratify=strata(columns, guess.task))
    return EstimatePlan(table.without(*names), Table(columns), guess, learn, test, weight)


def _whole(column: Column, guess: Posed) -> Column:
    """Numbers as numbers, so that truths among them do not make labels of the others."""
    return replace(column, kind="numeric") if guess.task == "regression" else column


def fit_estimate(
    plan: EstimatePlan, parameters: Mapping[str, Any], watching: Watching | None = None
) -> Estimate:
    """Fit an estimator of tables on the rows to learn from, and score it on the test rows.

    Parameters
    ----------
    plan : EstimatePlan
    parameters : dict
        Of :class:`TableClassifier` or :class:`TableRegressor`.
    watching : callable, optional
        Called with the estimator when its columns are learned, and with the number of networks that
        are about to be trained; gives the observers of each.

    Examples
    --------
    >>> from glassnet.data.datasets import bundled
    >>> plan = plan_estimate(bundled("iris"), "target")
    >>> found = fit_estimate(plan, {"preset": "fast", "random_state": 0})
    >>> found.of_rows.scores["accuracy"] > found.of_rows.baseline["accuracy"]
    True
    """
    began = time.monotonic()
    made: Any = TableRegressor if plan.guess.task == "regression" else TableClassifier
    model = made(**parameters)
    model._watching = watching
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # notes_ says the same
        table, w = plan.table.take(plan.learn), plan.weights(plan.learn)
        model.fit(table, plan.y(plan.learn), sample_weight=w)
    model._watching = None
    seconds = time.monotonic() - began
    face = face_of(model)
    found = face.answers(face.outputs(face.encode(plan.table.take(plan.test)).x))
    pair = plan.targets.take(plan.test), plan.targets.take(plan.learn)
    weights = plan.weights(plan.test), w
    weighted = None if w is None else scored(face, found, *pair, *weights)
    return Estimate(plan, model, scored(face, found, *pair), weighted, seconds)


def calibrate_estimate(found: Estimate, coverage: float) -> float:
    """Calibrate intervals or sets on the test rows, and leave their numbers with the model.

    The test rows took no part in the fit, so that new rows drawn as they were lie within as often
    as is said, to about √(c (1 − c) / m) for m test rows.

    Returns
    -------
    float
        The mean width of the intervals, or the mean number of classes in a set, on these rows.

    Raises
    ------
    InvalidValue, Unsupported, ImportError
        As :func:`glassnet.conformal` says.

    Examples
    --------
    >>> from glassnet.data.datasets import bundled
    >>> found = fit_estimate(plan_estimate(bundled("iris"), "target"), {"preset": "fast"})
    >>> 0.5 < calibrate_estimate(found, 0.9) < 2
    True
    """
    plan = found.plan
    rows = plan.table.take(plan.test)
    made = conformal(found.model, rows, plan.y(plan.test), coverage=coverage)
    found.model.margins_ = made.margins
    if plan.guess.task == "regression":
        return float(np.diff(made.intervals(rows)).mean())
    return float(made.sets(rows).sum(axis=1).mean())

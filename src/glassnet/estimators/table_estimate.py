"""An estimator of tables on a named target: fitted on most rows, scored on the others."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.splits import hold_out
from glassnet.data.tables import Column, Table
from glassnet.data.targets import Guess, TargetEncoder
from glassnet.estimators.table_face import TableFace, face_of
from glassnet.estimators.table_fit import class_scores, number_scores
from glassnet.estimators.table_plan import TaskChoice, chosen_task, require_target
from glassnet.estimators.tables.classifier import TableClassifier
from glassnet.estimators.tables.regressor import TableRegressor
from glassnet.training.observers import Observer

Watching: TypeAlias = "Callable[[Any, int], Sequence[Sequence[Observer]]]"


@dataclass(frozen=True, eq=False)
class EstimatePlan:
    """What is settled before a fit.

    Attributes
    ----------
    table : Table
        The columns beside the target.
    target : Column
    guess : Guess
        The task, and in words why.
    learn, test : (k,) int
        Numbers of the rows to learn from and of those that are scored.
    """

    table: Table
    target: Column
    guess: Guess
    learn: Array
    test: Array

    @property
    def rows(self) -> dict[str, int]:
        """How many rows are for "training" and for "test"."""
        return {"training": len(self.learn), "test": len(self.test)}


@dataclass(frozen=True, eq=False)
class Estimate:
    """What came of a fit.

    Attributes
    ----------
    plan : EstimatePlan
    model : TableClassifier or TableRegressor
    scores : dict
        Of the test rows: "accuracy" and "log_loss", or "r2" and "rmse".
    baseline : dict
        The same of the best constant prediction.
    below : dict of str to float
        Of quantiles: the share of the test rows that lie below each.
    seconds : float
        That the fit took.
    """

    plan: EstimatePlan
    model: Any
    scores: dict[str, float]
    baseline: dict[str, float]
    below: dict[str, float]
    seconds: float


def plan_estimate(
    table: Table, target: str, *, task: TaskChoice = "auto", test_size: float = 0.2, seed: int = 0
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
    require_target(table, target)
    column = table[target]
    guess = chosen_task(column, task)
    encoder = TargetEncoder.fit(column, guess.task)
    codes = None if guess.task == "regression" else encoder.codes(column)
    learn, test = hold_out(len(table), test_size, seed=seed, stratify=codes)
    return EstimatePlan(table.without(target), column, guess, learn, test)


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
    >>> found.scores["accuracy"] > found.baseline["accuracy"]
    True
    """
    began = time.monotonic()
    made: Any = TableRegressor if plan.guess.task == "regression" else TableClassifier
    model = made(**parameters)
    model._watching = watching
    known = plan.target.take(plan.learn)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # notes_ says the same
        model.fit(plan.table.take(plan.learn), known)
    model._watching = None
    seconds = time.monotonic() - began
    return Estimate(plan, model, *_scored(face_of(model), plan, known), seconds)


def _scored(
    face: TableFace, plan: EstimatePlan, known: Column
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Scores, those of the best constant, and shares below quantiles."""
    truth = plan.target.take(plan.test)
    found = face.answers(face.outputs(face.encode(plan.table.take(plan.test)).x))
    if not face.classes:
        y, below = truth.values, dict[str, float]()
        if found.details is not None:
            shares = (y[:, None] < found.details).mean(axis=0).tolist()
            below = dict(zip(face.names, shares, strict=True))
        constant = np.full(len(y), known.values.mean())
        return number_scores(found.values, y), number_scores(constant, y), below
    assert found.details is not None
    codes = face.first.target.codes(truth)
    counts = np.bincount(face.first.target.codes(known), minlength=len(face.classes))
    shares = np.repeat((counts / counts.sum())[None], len(codes), axis=0)
    return class_scores(found.details, codes), class_scores(shares, codes), {}

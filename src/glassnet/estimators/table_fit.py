"""The main job: a table and the name of a column in, a trained network and honest scores out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.frames import Table
from glassnet.data.targets import TargetEncoder
from glassnet.engine.prediction import predict
from glassnet.estimators.table_model import TableModel, class_probabilities
from glassnet.estimators.table_plan import TablePlan, TableSettings, plan_table
from glassnet.optim.optimizers import optimizer as named_optimizer
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.observers import Observer
from glassnet.training.train import Run, train


@dataclass(frozen=True, eq=False)
class TableFit:
    """What came of a fit.

    Attributes
    ----------
    plan : TablePlan
        What was settled before; ``plan.test`` holds the rows that were scored.
    run : Run
    scores : dict
        Of the test rows: "accuracy" and "log_loss", or "r2" and "rmse".
    baseline : dict
        The same of the best constant prediction.
    """

    plan: TablePlan
    run: Run
    scores: dict[str, float]
    baseline: dict[str, float]

    @property
    def model(self) -> TableModel:
        """The trained model."""
        return self.plan.model


def fit_table(table: Table, target: str, settings: TableSettings, **training: Any) -> TableFit:
    """Plan, train and score: :func:`plan_table` and :func:`fit_plan` in one.

    Examples
    --------
    >>> from glassnet.data.datasets import bundled
    >>> found = fit_table(bundled("iris"), "target", TableSettings(hidden=(16,), epochs=60))
    >>> found.scores["accuracy"] > found.baseline["accuracy"]
    True
    """
    return fit_plan(plan_table(table, target, settings), **training)


def fit_plan(plan: TablePlan, *, observers: Sequence[Observer] = (), **training: Any) -> TableFit:
    """Train the plan's network in place, and score it on the test rows.

    Parameters
    ----------
    plan : TablePlan
    observers : sequence of Observer
    **training
        Passed to :func:`glassnet.train`: checkpoint, resume, engine, threads, …
    """
    settings, net = plan.settings, plan.model.network
    x, y = plan.training
    judged = len(plan.validation[1]) > 0
    run = train(
        net,
        x,
        y,
        optimizer=table_optimizer(settings),
        epochs=settings.epochs,
        batch_size=settings.batch_size or automatic_batch_size(len(x)),
        validation=plan.validation if judged else None,
        metrics=table_metrics(plan.guess.task) if judged else (),
        early_stopping=EarlyStopping("loss", patience=settings.patience),
        observers=observers,
        **training,
    )
    x_test, y_test = plan.test
    learned = np.concatenate([y, plan.validation[1]])
    constant = np.repeat(learned.mean(axis=0)[None], len(y_test), axis=0)
    target = plan.model.target
    return TableFit(
        plan=plan,
        run=run,
        scores=score(target, predict(net, x_test), y_test),
        baseline=score(target, constant, y_test),
    )


def score(target: TargetEncoder, outputs: Array, y: Array) -> dict[str, float]:
    """Accuracy and log-loss of classes, R² and RMSE (in the target's units) of numbers.

    Examples
    --------
    >>> two = TargetEncoder("sold", "binary", ("no", "yes"))
    >>> score(two, np.array([[0.9], [0.2]]), np.array([[1.0], [1.0]]))["accuracy"]
    0.5
    """
    if target.task == "regression":
        return number_scores(target.restored(outputs), target.restored(y))
    truth = class_probabilities(target, y).argmax(axis=1)
    return class_scores(class_probabilities(target, outputs), truth)


def number_scores(predicted: Array, y: Array, w: Array | None = None) -> dict[str, float]:
    """R² and RMSE of predicted numbers, of rows with weights where there are any.  (m,) each

    Examples
    --------
    >>> number_scores(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    {'r2': 0.5, 'rmse': 0.7071067811865476}
    """
    unit = float(np.abs(y).max()) or 1.0  # squares of the largest numbers are infinite
    predicted, y = predicted / unit, y / unit
    error, spread = predicted - y, y - np.average(y, weights=w)
    total = float(np.average(spread * spread, weights=w))
    mean_square = float(np.average(error * error, weights=w))
    return {
        "r2": 1 - mean_square / total if total > 0 else float("nan"),
        "rmse": mean_square**0.5 * unit,
    }


def class_scores(probabilities: Array, codes: Array, w: Array | None = None) -> dict[str, float]:
    """Accuracy and log-loss of probabilities (m, classes), where ``codes`` (m,) are the classes.

    Examples
    --------
    >>> class_scores(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 1]))["accuracy"]
    1.0
    """
    right = probabilities.argmax(axis=1) == codes
    each = np.clip(probabilities[np.arange(len(codes)), codes], 1e-15, 1)
    return {
        "accuracy": float(np.average(right, weights=w)),
        "log_loss": float(np.average(-np.log(each), weights=w)),
    }


def automatic_batch_size(rows: int) -> int:
    """32 for up to 2,000 rows, then 64, 128, 256, and 512 above 100,000.

    Examples
    --------
    >>> automatic_batch_size(150), automatic_batch_size(50_000)
    (32, 256)
    """
    limits = ((2_000, 32), (8_000, 64), (30_000, 128), (100_000, 256))
    return next((size for limit, size in limits if rows <= limit), 512)


def table_optimizer(settings: TableSettings) -> Any:
    """The optimizer that the settings ask for."""
    chosen = named_optimizer(settings.optimizer)
    if settings.learning_rate is None:
        return chosen
    return replace(chosen, learning_rate=settings.learning_rate)


def table_metrics(task: str) -> tuple[str, ...]:
    """What is told of validation rows beside the loss.

    Examples
    --------
    >>> table_metrics("regression")
    ('r2',)
    """
    return ("r2",) if task == "regression" else ("accuracy",)

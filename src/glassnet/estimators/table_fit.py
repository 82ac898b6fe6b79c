"""The main job: a table and the name of a column in, a trained network and honest scores out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.encode import TableEncoder
from glassnet.data.frames import Column, Table
from glassnet.data.splits import hold_out
from glassnet.data.targets import Guess, TargetEncoder, guess_task
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue, UnknownName
from glassnet.estimators.table_model import TableModel, class_probabilities
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.penalties import L2
from glassnet.optim.optimizers import optimizer as named_optimizer
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.observers import Observer
from glassnet.training.train import Run, train

TaskChoice: TypeAlias = Literal["auto", "classification", "regression"]

_FEW_ROWS = 60  # with fewer to train on, validation rows cost more than early stopping gains


@dataclass(frozen=True)
class TableSettings:
    """How ``glassnet fit`` trains; every field is an option of the command.

    Attributes
    ----------
    task : "auto", "classification" or "regression"
    hidden : tuple of int
        Units of the hidden layers; none makes a linear model.
    activation : str
    dropout : float in [0, 1)
    batch_norm : bool
    optimizer : str
    learning_rate : float > 0, optional
        The optimizer's own by default.
    alpha : float ≥ 0
        Strength of the L2 penalty, ½ alpha Σ W².
    epochs : int
        At most; early stopping on the loss of validation rows usually ends it before.
    batch_size : int, optional
        By the number of rows: 32 for up to 2,000, then doubling.
    patience : int
        Epochs without a better validation loss that are allowed.
    test_size : float in (0, 1)
        Share of the rows held out for the score; they take no part in any choice.
    seed : int
    """

    task: TaskChoice = "auto"
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    dropout: float = 0.0
    batch_norm: bool = False
    optimizer: str = "adam"
    learning_rate: float | None = None
    alpha: float = 1e-4
    epochs: int = 200
    batch_size: int | None = None
    patience: int = 20
    test_size: float = 0.2
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TableFit:
    """What came of a fit.

    Attributes
    ----------
    model : TableModel
    run : Run
    guess : Guess
        The task, and in words why.
    rows : dict
        How many rows were for "training", "validation" and "test".
    scores : dict
        Of the test rows: "accuracy" and "log_loss", or "r2" and "rmse".
    baseline : dict
        The same of the best constant prediction.
    x_test, y_test : (m, n₀), (m, n_L)
        The test rows as the network takes them.
    notes : tuple of str
        What a careful reader would want to know about the table.
    """

    model: TableModel
    run: Run
    guess: Guess
    rows: dict[str, int]
    scores: dict[str, float]
    baseline: dict[str, float]
    x_test: Array
    y_test: Array
    notes: tuple[str, ...]


def fit_table(
    table: Table,
    target: str,
    settings: TableSettings,
    *,
    observers: Sequence[Observer] = (),
    **training: Any,
) -> TableFit:
    """Split, encode, train and score.

    The rows are split in three: test rows for the score, validation rows for early stopping, and
    rows to train on. Encoders never see the test rows.

    Parameters
    ----------
    table : Table
    target : str
        Name of the column to predict.
    settings : TableSettings
    observers : sequence of Observer
    **training
        Passed to :func:`glassnet.train`: checkpoint, resume, engine, threads, …

    Raises
    ------
    UnknownName
        If there is no such column.
    InvalidValue
        If the table cannot be learned from; the message says why.
    """
    if target not in table:
        raise UnknownName("column", target, table.names)
    column, features = table[target], table.without(target)
    if not features.names:
        raise InvalidValue(f"a table must have columns beside the target; it has only {target!r}.")
    guess = _task(column, settings.task)
    codes = None
    if guess.task != "regression":
        codes = TargetEncoder.fit(column, guess.task).codes(column)
    kept, test = hold_out(len(table), settings.test_size, seed=settings.seed, stratify=codes)
    encoder = TableEncoder.fit(features.take(kept))
    target_encoder = TargetEncoder.fit(column.take(kept), guess.task)
    x, y = encoder.transform(features.take(kept)), target_encoder.transform(column.take(kept))
    learn, judge = _validation_rows(len(kept), settings, None if codes is None else codes[kept])
    net = _network(x.shape[1], target_encoder, settings)
    run = train(
        net,
        x[learn],
        y[learn],
        optimizer=_optimizer(settings),
        epochs=settings.epochs,
        batch_size=settings.batch_size or automatic_batch_size(len(learn)),
        validation=(x[judge], y[judge]) if len(judge) else None,
        metrics=_metrics(guess) if len(judge) else (),
        early_stopping=EarlyStopping("loss", patience=settings.patience),
        observers=observers,
        **training,
    )
    x_test = encoder.transform(features.take(test))
    y_test = target_encoder.transform(column.take(test))
    constant = np.repeat(y.mean(axis=0)[None], len(test), axis=0)
    return TableFit(
        model=TableModel(encoder, target_encoder, net, _plain(settings)),
        run=run,
        guess=guess,
        rows={"training": len(learn), "validation": len(judge), "test": len(test)},
        scores=score(target_encoder, predict(net, x_test), y_test),
        baseline=score(target_encoder, constant, y_test),
        x_test=x_test,
        y_test=y_test,
        notes=_notes(features),
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
        error, spread = outputs - y, y - y.mean()
        total = float((spread * spread).mean())
        mean_square = float((error * error).mean())
        return {
            "r2": 1 - mean_square / total if total > 0 else float("nan"),
            "rmse": mean_square**0.5 * target.scale,
        }
    probabilities, truth = class_probabilities(target, outputs), class_probabilities(target, y)
    right = probabilities.argmax(axis=1) == truth.argmax(axis=1)
    each = np.clip((probabilities * truth).sum(axis=1), 1e-15, 1)
    return {"accuracy": float(right.mean()), "log_loss": float(-np.log(each).mean())}


def automatic_batch_size(rows: int) -> int:
    """32 for up to 2,000 rows, then 64, 128, 256, and 512 above 100,000.

    Examples
    --------
    >>> automatic_batch_size(150), automatic_batch_size(50_000)
    (32, 256)
    """
    limits = ((2_000, 32), (8_000, 64), (30_000, 128), (100_000, 256))
    return next((size for limit, size in limits if rows <= limit), 512)


def _task(column: Column, choice: TaskChoice) -> Guess:
    if choice == "auto":
        return guess_task(column)
    if choice == "regression":
        return Guess("regression", "as asked")
    classes = {text for text in column.texts() if text is not None}
    return Guess("binary" if len(classes) == 2 else "multiclass", "as asked")


def _validation_rows(
    rows: int, settings: TableSettings, codes: Array | None
) -> tuple[Array, Array]:
    if rows < _FEW_ROWS:
        return np.arange(rows), np.arange(0)
    return hold_out(rows, 0.15, seed=settings.seed + 1, stratify=codes)


def _network(inputs: int, target: TargetEncoder, settings: TableSettings) -> Network:
    output, loss = {
        "binary": ("logistic", "binary_cross_entropy"),
        "multiclass": ("softmax", "cross_entropy"),
        "regression": ("identity", "squared_error"),
    }[target.task]
    made: dict[str, Any] = {"dropout": settings.dropout, "batch_norm": settings.batch_norm}
    activation: Any = settings.activation
    hidden = [Dense(n, activation, **made) for n in settings.hidden]
    last: Any = output
    return Network(
        inputs,
        [*hidden, Dense(target.outputs, last)],
        loss=loss,
        penalties=[L2(settings.alpha)] if settings.alpha else [],
        seed=settings.seed,
    )


def _optimizer(settings: TableSettings) -> Any:
    chosen = named_optimizer(settings.optimizer)
    if settings.learning_rate is None:
        return chosen
    return replace(chosen, learning_rate=settings.learning_rate)


def _metrics(guess: Guess) -> tuple[str, ...]:
    return ("r2",) if guess.task == "regression" else ("accuracy",)


def _plain(settings: TableSettings) -> dict[str, Any]:
    return {**asdict(settings), "hidden": list(settings.hidden)}


def _notes(features: Table) -> tuple[str, ...]:
    notes: list[str] = []
    for column in features.columns:
        missing = int(column.missing.sum())
        if missing:
            notes.append(f"{column.name!r} has {missing:,} missing values of {len(column):,}.")
        if len(set(column.values[~column.missing].tolist())) <= 1:
            notes.append(f"{column.name!r} is the same in every row and tells nothing.")
    return tuple(notes)

"""Before training on a table: the task, the encoders, the split of the rows, the network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.encode import TableEncoder
from glassnet.data.frames import Table
from glassnet.data.splits import hold_out
from glassnet.data.targets import Guess, TargetEncoder
from glassnet.estimators.table_model import TableModel
from glassnet.estimators.table_task import (
    TaskChoice,
    chosen_task,
    require_finite_numbers,
    require_target,
    strata,
)
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.penalties import L2

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
class TablePlan:
    """All that is settled before the first step.

    Attributes
    ----------
    model : TableModel
        Encoders that learned from the rows that are no test rows, and the untrained network.
    settings : TableSettings
    guess : Guess
        The task, and in words why.
    training, validation, test : (x, y) pairs
        Rows as the network takes them; validation may hold none.
    notes : tuple of str
        What a careful reader would want to know about the table.
    """

    model: TableModel
    settings: TableSettings
    guess: Guess
    training: tuple[Array, Array]
    validation: tuple[Array, Array]
    test: tuple[Array, Array]
    notes: tuple[str, ...]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows are for "training", "validation" and "test"."""
        return {name: len(getattr(self, name)[1]) for name in ("training", "validation", "test")}


def plan_table(table: Table, target: str, settings: TableSettings) -> TablePlan:
    """Guess the task, split the rows, fit the encoders, make the network.

    The rows are split in three: test rows for the score, validation rows for early stopping, and
    rows to train on. Encoders never see the test rows.

    Raises
    ------
    UnknownName
        If there is no such column.
    InvalidValue
        If the table cannot be learned from; the message says why.

    Examples
    --------
    >>> from glassnet.data.datasets import bundled
    >>> plan_table(bundled("iris"), "target", TableSettings()).rows
    {'training': 102, 'validation': 18, 'test': 30}
    """
    require_target(table, target)
    column, features = table[target], table.without(target)
    require_finite_numbers(features)
    guess = chosen_task(column, settings.task)
    codes = strata([column], guess.task)
    kept, test = hold_out(len(table), settings.test_size, seed=settings.seed, stratify=codes)
    encoder = TableEncoder.fit(features.take(kept))
    target_encoder = TargetEncoder.fit(column.take(kept), guess.task)
    x, y = encoder.transform(features.take(kept)), target_encoder.transform(column.take(kept))
    learn, judge = _validation_rows(len(kept), settings, None if codes is None else codes[kept])
    net = table_network(x.shape[1], target_encoder, settings)
    return TablePlan(
        model=TableModel(encoder, target_encoder, net, plain_settings(settings)),
        settings=settings,
        guess=guess,
        training=(x[learn], y[learn]),
        validation=(x[judge], y[judge]),
        test=(
            encoder.transform(features.take(test)),
            target_encoder.transform(column.take(test)),
        ),
        notes=_notes(features),
    )


def _validation_rows(
    rows: int, settings: TableSettings, codes: Array | None
) -> tuple[Array, Array]:
    if rows < _FEW_ROWS:
        return np.arange(rows), np.arange(0)
    return hold_out(rows, 0.15, seed=settings.seed + 1, stratify=codes)


def table_network(
    inputs: int, target: TargetEncoder, settings: TableSettings, dtype: str = "float64"
) -> Network:
    """The untrained network that the settings ask for."""
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
        dtype=dtype,
    )


def plain_settings(settings: TableSettings) -> dict[str, Any]:
    """The settings as a model file holds them."""
    return {**asdict(settings), "hidden": list(settings.hidden)}


def _notes(features: Table) -> tuple[str, ...]:
    notes: list[str] = []
    for column in features.columns:
        missing = int(column.missing.sum())
        if missing:
            notes.append(f"{column.name!r} has {missing:,} missing values of {len(column):,}.")
        different = len(set(column.values[~column.missing].tolist()))
        if different <= 1:
            notes.append(f"{column.name!r} is the same in every row and tells nothing.")
        elif column.kind == "categorical" and different > len(column) / 2:
            notes.append(
                f"{column.name!r} has {different:,} different texts in {len(column):,} rows, as "
                f"identifiers have; leave it out with --drop {column.name}."
            )
    return tuple(notes)

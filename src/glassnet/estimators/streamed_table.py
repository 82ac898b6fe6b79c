"""The main job on rows on disk: encoders learned in one pass, training window by window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data, Selection
from glassnet.data.encode import MAX_LEVELS, TableEncoder
from glassnet.data.row_blocks import Block
from glassnet.data.row_sets import RowSet
from glassnet.data.row_shares import TEST, VALIDATION
from glassnet.data.rows_on_disk import Rows
from glassnet.data.rules import LevelRule, NumberRule
from glassnet.data.shuffled_rows import ShuffledRows
from glassnet.data.streamed_statistics import TableStatistics, table_statistics
from glassnet.data.tables import Column, Table, as_objects
from glassnet.data.targets import Guess, TargetEncoder, guess_of
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue
from glassnet.estimators.table_fit import (
    TableFit,
    automatic_batch_size,
    score,
    table_metrics,
    table_optimizer,
)
from glassnet.estimators.table_model import TableModel
from glassnet.estimators.table_plan import (
    TablePlan,
    TableSettings,
    plain_settings,
    table_network,
)
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.observers import Observer
from glassnet.training.streamed import held_selection, shares_of
from glassnet.training.train import train

_VALIDATION = 0.15
_DTYPE = "float32"


@dataclass(frozen=True)
class TableRecipe:
    """Blocks of columns through the encoders of a table."""

    encoder: TableEncoder
    target: TargetEncoder
    dtype: str = _DTYPE

    @property
    def names(self) -> Sequence[str]:
        """The columns it needs."""
        return (*self.encoder.names, self.target.name)

    @property
    def weight_names(self) -> Sequence[str]:
        """None: all rows weigh 1."""
        return ()

    @property
    def shape(self) -> tuple[int, int]:
        """Columns of x and of y."""
        return len(self.encoder.feature_names), self.target.outputs

    def __call__(self, block: Block) -> Data:
        """The rows of a block."""
        table = Table([block.column(name) for name in self.encoder.names])
        x, y = self.encoder.transform(table), self.target.transform(block.column(self.target.name))
        return Data(x.astype(self.dtype), y.astype(self.dtype))

    def weights(self, block: Block) -> Array:
        """1 for each row."""
        return np.ones(len(block), self.dtype)


@dataclass(frozen=True, eq=False)
class StreamedPlan:
    """All that is settled before the first step, as a TablePlan is of a table in memory.

    Attributes
    ----------
    model : TableModel
    settings : TableSettings
    guess : Guess
    data : ShuffledRows
        What is trained on.
    held : Selection
        Validation rows, in memory.
    test : (x, y)
        Rows for the score, in memory.
    constant : (n_L,)
        The best constant prediction.
    notes : tuple of str
    """

    model: TableModel
    settings: TableSettings
    guess: Guess
    data: ShuffledRows
    held: Selection
    test: tuple[Array, Array]
    constant: Array
    notes: tuple[str, ...]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows are for "training", "validation" and "test"."""
        return {
            "training": len(self.data),
            "validation": len(self.held),
            "test": len(self.test[1]),
        }


def plan_stream(
    rows: Rows, settings: TableSettings, tell: Callable[[int], object] = lambda _: None
) -> StreamedPlan:
    """Read all rows once for the encoders and once for the rows held out; make the network.

    Test and validation rows are drawn by a hash of their number, and not class by class; there are
    100,000 of each at most. The network is of dtype float32.

    Parameters
    ----------
    rows : Rows
        Of Parquet files, with one target and no weight.
    settings : TableSettings
    tell : callable, optional
        Hears how many rows the first pass has read.

    Raises
    ------
    BadFile, FileFault, UnknownName
        If there are no files, they do not agree, or one cannot be read.
    InvalidValue
        If the rows cannot be learned from; the message says why.
    """
    opened = rows.open()
    shares = shares_of(opened, settings.seed, validation=_VALIDATION, test=settings.test_size)
    seen = table_statistics(opened, shares, MAX_LEVELS, tell)
    guess = _guess(opened, seen, settings)
    encoder, target = _encoder(opened, seen), _target(opened, seen, guess)
    data = ShuffledRows(opened, TableRecipe(encoder, target), shares)
    held, test = held_selection(data, VALIDATION, TEST)
    net = table_network(len(encoder.feature_names), target, settings, _DTYPE)
    return StreamedPlan(
        model=TableModel(encoder, target, net, plain_settings(settings)),
        settings=settings,
        guess=guess,
        data=data,
        held=held,
        test=(test.data.x, test.data.y),
        constant=_constant(seen, target),
        notes=_notes(opened, seen),
    )


def fit_stream(
    plan: StreamedPlan, *, observers: Sequence[Observer] = (), **training: Any
) -> TableFit:
    """Train the plan's network in place, and score it on the test rows.

    Parameters
    ----------
    plan : StreamedPlan
    observers : sequence of Observer
    **training
        Passed to :func:`glassnet.train`: checkpoint, resume, engine, threads, …
    """
    settings, net, target = plan.settings, plan.model.network, plan.model.target
    run = train(
        net,
        plan.data,
        optimizer=table_optimizer(settings),
        epochs=settings.epochs,
        batch_size=settings.batch_size or automatic_batch_size(len(plan.data)),
        validation=plan.held,
        metrics=table_metrics(plan.guess.task),
        early_stopping=EarlyStopping("loss", patience=settings.patience),
        observers=observers,
        **training,
    )
    x, y = plan.test
    return TableFit(
        plan=cast(TablePlan, plan),
        run=run,
        scores=score(target, predict(net, x), y),
        baseline=score(target, np.repeat(plan.constant[None], len(y), axis=0), y),
    )


def _values(seen: TableStatistics, name: str) -> list[Any]:
    """The different values of the target, sorted, of the types that a table in memory has."""
    values = sorted(seen.target.counts)
    if seen.kinds[name] == "boolean":
        return [bool(value) for value in values]
    if not _numeric(seen, name):
        return values
    whole = seen.target.whole and max(map(abs, values)) < 2**53
    return [int(value) if whole else value for value in values]


def _numeric(seen: TableStatistics, name: str) -> bool:
    return seen.kinds[name] == "numeric"


def _guess(rows: RowSet, seen: TableStatistics, settings: TableSettings) -> Guess:
    (name,) = rows.targets
    if seen.target.many:
        if not _numeric(seen, name):
            raise InvalidValue(
                f"a target of classes needs some rows for each; {name!r} holds more than "
                f"{seen.target.most:,} different texts. Choose another target column."
            )
        if settings.task == "classification":
            raise InvalidValue(
                f"{name!r} holds more than {seen.target.most:,} different numbers, which are no "
                "classes. Leave the task to be a regression."
            )
        return Guess("regression", f"{name!r} holds more than {seen.target.most:,} numbers")
    values = _values(seen, name)
    if settings.task == "auto":
        return guess_of(name, seen.kinds[name], values, seen.rows)
    if settings.task == "regression":
        return Guess("regression", "as asked")
    return Guess("binary" if len(values) == 2 else "multiclass", "as asked")


def _target(rows: RowSet, seen: TableStatistics, guess: Guess) -> TargetEncoder:
    (name,) = rows.targets
    kind = seen.kinds[name]
    if guess.task == "regression" and seen.target_moments is not None:
        return TargetEncoder(name, "regression", (), *seen.target_moments.center_and_scale(0))
    values = sorted(seen.target.counts)
    column = as_objects(values) if kind == "categorical" else np.array(values, np.float64)
    return TargetEncoder.fit(Column(name, kind, column), guess.task)


def _encoder(rows: RowSet, seen: TableStatistics) -> TableEncoder:
    rules: list[NumberRule | LevelRule] = []
    for name in rows.inputs:
        if name in seen.levels:
            levels = seen.levels[name]
            texts = tuple(sorted(levels.counts))
            rules.append(LevelRule(name, seen.kinds[name], texts, levels.missing > 0))
        elif seen.moments is not None:
            j = seen.numbers.index(name)
            missing = int(seen.moments.total[j]) < seen.learned
            rules.append(NumberRule(name, *seen.moments.center_and_scale(j), missing))
    return TableEncoder(tuple(rules))


def _constant(seen: TableStatistics, target: TargetEncoder) -> Array:
    if target.task == "regression":
        return np.zeros(1)
    counts = np.array([seen.target.counts[key] for key in sorted(seen.target.counts)], float)
    shares = counts / counts.sum()
    return shares[1:] if target.task == "binary" else shares


def _notes(rows: RowSet, seen: TableStatistics) -> tuple[str, ...]:
    notes = [rows.said_of_skipped] if rows.skipped else []
    for name in rows.inputs:
        if name in seen.levels:
            missing, many = seen.levels[name].missing, len(seen.levels[name].counts)
        else:
            assert seen.moments is not None
            j = seen.numbers.index(name)
            missing = seen.learned - int(seen.moments.total[j])
            many = 1 + int(seen.moments.low[j] < seen.moments.high[j])
        if missing:
            notes.append(f"{name!r} has {missing:,} missing values of {seen.learned:,}.")
        if many <= 1:
            notes.append(f"{name!r} is the same in every row and tells nothing.")
    return tuple(notes)

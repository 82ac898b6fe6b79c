"""From settings of data to the rows that a network sees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.datasets import bundled
from glassnet.data.encode import TableEncoder
from glassnet.data.rules import NumberRule
from glassnet.data.splits import hold_out
from glassnet.data.tables import Table
from glassnet.data.targets import TargetEncoder, Task, guess_task
from glassnet.errors import GlassnetError, UnknownName
from glassnet.lab.sets import TOYS, UPLOAD
from glassnet.lab.settings import DataSettings, Fault, Impossible

MOST_INPUTS = 1024  # columns after encoding


@dataclass(frozen=True, eq=False)
class Prepared:
    """The rows of an experiment.

    Attributes
    ----------
    X : (n, n₀) float64
        As the network sees them.
    y : (n,) float64
        Numbers of a regression, numbers of classes otherwise.
    train, test : int64 arrays
        Row numbers, sorted.
    names : tuple of str
        Of the n₀ inputs.
    classes : tuple
        Empty for a regression.
    """

    X: Array
    y: Array
    train: Array
    test: Array
    names: tuple[str, ...]
    target: str
    task: Task
    classes: tuple[Any, ...] = ()

    def targets(self, loss: str) -> Array:
        """What the loss is given: a column of numbers, or a column per class.  (n, n_L) float64"""
        if self.task == "multiclass" or (self.task == "binary" and loss == "cross_entropy"):
            return np.eye(len(self.classes))[self.y.astype(np.int64)]
        return self.y[:, None]


def prepared(settings: DataSettings, table: Table | None = None) -> tuple[Prepared, DataSettings]:
    """The rows, and the settings with columns and task filled in.

    Parameters
    ----------
    settings : DataSettings
    table : Table, optional
        The upload that is meant.

    Raises
    ------
    Impossible

    Examples
    --------
    >>> rows, told = prepared(DataSettings("xor", rows=40, test=0.25))
    >>> rows.X.shape, len(rows.train), rows.task
    ((40, 2), 30, 'binary')
    """
    if settings.set in TOYS:
        return _toy(settings), settings
    found = table if settings.set == UPLOAD else bundled(settings.set)
    if found is None:
        raise Impossible([Fault("data.upload", "there is no such upload. Upload the file again.")])
    return _of_table(settings, found)


def _toy(settings: DataSettings) -> Prepared:
    toy = TOYS[settings.set]
    drawn, y = toy.make(**toy.arguments(settings.rows, settings.noise, settings.seed))
    y = y.astype(np.float64)
    train, test = _split(settings, len(drawn), None if toy.task == "regression" else y)
    seen = (drawn - drawn[train].mean(axis=0)) / drawn[train].std(axis=0)
    classes = () if toy.task == "regression" else (0, 1)
    return Prepared(
        seen if settings.standardise else drawn, y, train, test, toy.columns, "y", toy.task, classes
    )


def _split(settings: DataSettings, n: int, classes: Array | None) -> tuple[Array, Array]:
    if settings.test == 0:
        return np.arange(n, dtype=np.int64), np.arange(0, dtype=np.int64)
    try:
        return hold_out(n, settings.test, seed=settings.seed, stratify=classes)
    except GlassnetError as error:
        raise Impossible([Fault("data.test", str(error))]) from error


def _of_table(settings: DataSettings, table: Table) -> tuple[Prepared, DataSettings]:
    target = settings.target or table.names[-1]
    inputs = settings.inputs or tuple(name for name in table.names if name != target)
    _check_columns(table, inputs, target)
    table = table.take(np.flatnonzero(~table[target].missing))
    try:
        task = settings.task or guess_task(table[target]).task
        codes = TargetEncoder.fit(table[target], task)
    except GlassnetError as error:
        place = "target" if settings.task is None else "task"
        raise Impossible([Fault(f"data.{place}", str(error))]) from error
    classes = codes.classes
    labels = codes.codes(table[target]).astype(np.float64) if classes else None
    train, test = _split(settings, len(table), labels)
    chosen = Table([table[name] for name in inputs])
    try:
        encoder = fitted(chosen.take(train), standardise=settings.standardise)
        x = encoder.transform(chosen)
    except GlassnetError as error:
        raise Impossible([Fault("data.inputs", str(error))]) from error
    if x.shape[1] > MOST_INPUTS:
        raise Impossible([_too_wide(x.shape[1])])
    if settings.noise:
        x = noisy(x, settings.noise, settings.seed)
    y = (
        numbers(table, target, train, standardise=settings.standardise)
        if labels is None
        else labels
    )
    rows = Prepared(x, y, train, test, encoder.feature_names, target, task, classes)
    return rows, replace(settings, rows=DataSettings.rows, inputs=inputs, target=target, task=task)


def fitted(table: Table, *, standardise: bool) -> TableEncoder:
    """The encoder of a table's training rows; without ``standardise`` numbers stay as they are.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> table = Table([as_column([1.0, 5.0], "size")])
    >>> fitted(table, standardise=False).transform(table)[:, 0].tolist()
    [1.0, 5.0]
    """
    encoder = TableEncoder.fit(table)
    if standardise:
        return encoder
    plain = [
        replace(rule, mean=0.0, scale=1.0) if isinstance(rule, NumberRule) else rule
        for rule in encoder.rules
    ]
    return TableEncoder(tuple(plain))


def numbers(table: Table, target: str, train: Array, *, standardise: bool) -> Array:
    """The target of a regression, in deviations from the training rows' mean where asked.  (n,)

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> table = Table([as_column([1.0, 3.0, 9.5], "y")])
    >>> numbers(table, "y", np.array([0, 1]), standardise=True).tolist()
    [-1.0, 1.0, 7.5]
    """
    column = table[target]
    if not standardise:
        return column.values
    return TargetEncoder.fit(column.take(train), "regression").transform(column)[:, 0]


def noisy(X: Array, noise: float, seed: int) -> Array:
    """X with a normal error of ``noise`` deviations of each column.

    Examples
    --------
    >>> noisy(np.ones((3, 1)), 0.5, 0).ravel().tolist()
    [1.0, 1.0, 1.0]
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    return X + noise * X.std(axis=0) * generator.normal(size=X.shape)


def _check_columns(table: Table, inputs: tuple[str, ...], target: str) -> None:
    faults: list[Fault] = []
    if target not in table:
        text = str(UnknownName("column", target, table.names))
        raise Impossible([Fault("data.target", text)])
    if table[target].missing.all():
        faults.append(Fault("data.target", f"the column {target!r} is empty. Choose another."))
    faults += [
        Fault("data.inputs", str(UnknownName("column", name, table.names)))
        for name in inputs
        if name not in table
    ]
    if target in inputs:
        text = f"{target!r} is the target; a network that is given it need learn nothing else."
        faults.append(Fault("data.inputs", text))
    if not inputs:
        faults.append(Fault("data.inputs", "there must be at least one input column."))
    if faults:
        raise Impossible(faults[:20])


def _too_wide(columns: int) -> Fault:
    text = (
        f"the lab takes {MOST_INPUTS:,} inputs, a column per level of a text among them; these "
        f"columns make {columns:,}. Choose fewer."
    )
    return Fault("data.inputs", text)

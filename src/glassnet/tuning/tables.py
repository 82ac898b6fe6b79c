"""The search for a table: encoded once, searched, and the best network put into a model of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.data.encode import TableEncoder
from glassnet.data.splits import hold_out
from glassnet.data.tables import Column, Table
from glassnet.data.targets import Guess, TargetEncoder, Task, guess_task
from glassnet.estimators.table_model import TableModel
from glassnet.tuning.result import SearchResult
from glassnet.tuning.search import search


@dataclass(frozen=True, eq=False)
class TableSearch:
    """What came of it.

    Attributes
    ----------
    result : SearchResult
        Over the encoded rows, of which the test rows are no part.
    model : TableModel
    guess : Guess
        Which task the target was taken for, and why.
    test_rows : int
    test_score : float
        Accuracy or R² of the model on the test rows.
    """

    result: SearchResult
    model: TableModel
    guess: Guess
    test_rows: int
    test_score: float


def search_table(
    table: Table, target: str, *, task: Task | None = None, seed: int = 0, **options: Any
) -> TableSearch:
    """Search a network for a column of a table.

    Encoders learn from the rows that are not test rows; a fifth are test rows.

    Parameters
    ----------
    table : Table
    target : str
        A column of it.
    task : Task, optional
        By default guessed from the column.
    seed : int
    **options
        As of :func:`~glassnet.tuning.search.search`.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> sizes = as_column([0.1 * i for i in range(60)], "size")
    >>> sold = as_column(["yes" if i > 30 else "no" for i in range(60)], "sold")
    >>> space = {"width": [8], "learning_rate_init": [0.02]}
    >>> found = search_table(Table([sizes, sold]), "sold", space=space, trials=1, epochs=30)
    >>> found.guess.task, found.test_rows, found.test_score > 0.7
    ('binary', 12, True)
    """
    column = table[target]
    guess = guess_task(column) if task is None else Guess(task, "as told")
    classes = guess.task != "regression"
    codes = TargetEncoder.fit(column, guess.task).codes(column) if classes else None
    learn, test = hold_out(len(table), 0.2, seed=seed, stratify=codes)
    inputs = table.without(target)
    encoder = TableEncoder.fit(inputs.take(learn))
    labels = TargetEncoder.fit(column.take(learn), guess.task)
    known = column.take(learn)
    found = search(
        encoder.transform(inputs.take(learn)),
        labels.codes(known) if classes else labels.transform(known)[:, 0],
        task="classification" if classes else "regression",
        test_size=0.0,
        seed=seed,
        **options,
    )
    settings = {"search": {name: repr(value) for name, value in found.best_parameters.items()}}
    model = TableModel(encoder, labels, found.best_estimator.network_, settings)
    score = _score(model, inputs.take(test), column.take(test), classes=classes)
    return TableSearch(found, model, guess, len(test), score)


def _score(model: TableModel, inputs: Table, column: Column, *, classes: bool) -> float:
    if classes:
        wanted = model.target.codes(column)
        return float(np.mean(model.probabilities(inputs).argmax(axis=1) == wanted))
    y = column.values
    return float(1 - np.square(y - model.predict(inputs)).sum() / np.square(y - y.mean()).sum())

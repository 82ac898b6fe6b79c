"""How the members of a table estimator are asked about rows that lie on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.row_blocks import Block
from glassnet.data.row_sets import RowSet
from glassnet.data.tables import Table
from glassnet.errors import InvalidValue
from glassnet.estimators.streamed_answers import PIECE, Question, fitted_columns
from glassnet.estimators.tables.columns import encoded
from glassnet.estimators.tables.members import averaged


def table_question(est: Any, rows: RowSet) -> Question:
    """Columns of any kind, encoded some rows at a time.

    Parameters
    ----------
    est : TableClassifier or TableRegressor
        Fitted.
    rows : RowSet

    Raises
    ------
    InvalidValue
        If columns are not those of the fit.
    """
    inputs = fitted_columns(est, rows)
    names = est.columns_.names
    width = len(est.encoder_.feature_names)

    def read(block: Block) -> Iterator[Array]:
        pairs = zip(block.table(inputs).columns, names, strict=True)
        table = Table([replace(column, name=name) for column, name in pairs])
        for start in range(0, len(table), PIECE):
            part = table.take(np.arange(start, min(start + PIECE, len(table))))
            try:
                yield encoded(est.encoder_, est.columns_.table(part))
            except InvalidValue as error:
                first = block.group.row + block.start + start + 1
                raise InvalidValue(
                    f"{block.group.file}, rows {first:,} to {first + len(part) - 1:,}: {error}"
                ) from error

    def ask(x: Array) -> Array:
        return est.head_.answers(averaged(est.members_, x, est.engine))

    return Question(inputs, 4 * width, read, ask)

"""Rows of a small table that are the same, as one row of their weights together."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array
from glassnet.data.tables import Column, Table

_MOST = 64  # rows, and their weights together: what one batch holds


def merged_rows(table: Table, y: Array, w: Array | None) -> tuple[Array, Array | None]:
    """Rows that stand for all, in an order of their own, and their weights.

    In a table so small that a step sees all of it, a row of weight 3 and three rows of weight 1 are
    the same to the loss; here they are to everything else: bins, folds, rounding, random numbers.
    So whole weights are repeated rows to the bit, equal rows never stand on both sides of a fold,
    and the order of rows does not matter. Larger tables stay as they are.

    Parameters
    ----------
    table : Table
    y : (m,) or (m, k)
    w : (m,) > 0, optional

    Returns
    -------
    rows : (r,) int
        r = m, and 0 … m − 1, beyond 64 rows or a sum of weights above 64.
    weights : (r,) float64 or None
        None if all are 1.

    Examples
    --------
    >>> table = Table([Column("a", "numeric", np.array([2.0, 1.0, 2.0]))])
    >>> rows, weights = merged_rows(table, np.array(["x", "y", "x"]), None)
    >>> rows.tolist(), weights.tolist()
    ([1, 0], [1.0, 2.0])
    """
    m = len(table)
    if m > _MOST or (w is not None and float(w.sum()) > _MOST):
        return np.arange(m), w
    cells = [_cells(column) for column in table.columns]
    targets = [[repr(value) for value in column] for column in y.reshape(m, -1).T.tolist()]
    together: dict[tuple[str, ...], list[int]] = {}
    for row, key in enumerate(zip(*cells, *targets, strict=True)):
        together.setdefault(key, []).append(row)
    groups = [together[key] for key in sorted(together)]
    each = np.ones(m) if w is None else w
    weights = np.array([float(each[rows].sum()) for rows in groups])
    first = np.array([rows[0] for rows in groups])
    return first, None if (weights == 1).all() else weights


def _cells(column: Column) -> list[str]:
    """What tells one cell from another, and orders them."""
    if column.kind == "categorical":
        return ["" if text is None else f"={text}" for text in column.values.tolist()]
    return [float(value).hex() for value in column.values.tolist()]

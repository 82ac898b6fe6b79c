"""Where numbers are cut into bins: where a small tree of the target alone would cut them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from glassnet.arrays import Array
from glassnet.data.rules import numbers_of
from glassnet.data.tables import Table

_MOST_ROWS = 20_000  # of a tree: more cost time and hardly move a cut
_FEWEST = 20  # rows of a leaf, or a share of them
_SHARE = 400


def target_edges(
    table: Table, y: Array, w: Array | None, bins: int
) -> dict[str, tuple[float, ...]]:
    """Ends of the bins of each column of numbers.

    A tree of one column has as many leaves as there may be bins. It sees the ranks of the values,
    so that neither outliers nor the float32 in which it works move a cut; an edge lies in the
    middle between the two values that it parts. Of a longer table it sees rows at equal distances.

    Parameters
    ----------
    table : Table
    y : (m, k)
        Targets as the loss takes them; of classes a column of 0 and 1 each, where the least squares
        of the tree are Gini's impurity.
    w : (m,), optional
        Weights of the rows.
    bins : int ≥ 0

    Returns
    -------
    dict of str to tuple of float
        The least value, the cuts and the greatest value; nothing where there is no cut.

    References
    ----------
    Gorishniy, Rubachev & Babenko (2022), On embeddings for numerical features, section 3.2.2.

    Examples
    --------
    >>> from glassnet.data.frames import as_table
    >>> x = np.arange(100.0)
    >>> target_edges(as_table(x[:, None]), 1.0 * (x[:, None] > 29), None, 2)
    {'x0': (0.0, 29.5, 99.0)}
    """
    found: dict[str, tuple[float, ...]] = {}
    rows = some_rows(len(table), _MOST_ROWS)
    weights = None if w is None else w[rows]
    for column in table.columns:
        if column.kind == "numeric":
            values = numbers_of(column)
            finite = values[np.isfinite(values)]
            cuts = _cuts(values[rows], y[rows], weights, bins)
            ends = (float(finite.min()), *cuts, float(finite.max())) if cuts else ()
            found[column.name] = ends if ends and np.isfinite(ends[-1] - ends[0]) else ()
    return found


def some_rows(count: int, most: int) -> Array:
    """Numbers of at most so many rows, at equal distances.  -> (≤ most,) int64

    Examples
    --------
    >>> some_rows(7, 3).tolist(), some_rows(3, 9).tolist()
    ([0, 3, 6], [0, 1, 2])
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _cuts(x: Array, y: Array, w: Array | None, bins: int) -> list[float]:
    known = np.flatnonzero(np.isfinite(x))
    different, ranks = np.unique(x[known], return_inverse=True)
    if len(different) < 3 or bins < 2:
        return []  # one or two values: the column itself says all
    leaf = max(_FEWEST, len(known) // _SHARE)
    tree: Any = DecisionTreeRegressor(max_leaf_nodes=bins, min_samples_leaf=leaf, random_state=0)
    tree.fit(ranks[:, None], y[known], None if w is None else w[known])
    inner = tree.tree_.feature >= 0
    below = np.unique(np.floor(tree.tree_.threshold[inner]).astype(np.int64))
    middles = different[below] / 2 + different[below + 1] / 2
    return np.unique(middles[(middles > different[0]) & (middles < different[-1])]).tolist()

"""Signals of the data alone: columns, targets, contradicting rows, rows in two sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.signals.sizes import share


@dataclass(frozen=True, eq=False)
class TableSigns:
    """What the rows look like before any network sees them.

    Attributes
    ----------
    rows, columns : int
    broken_x, broken_y : int
        Rows with nan or infinities.
    mean, deviation : (n₀,)
        Of the columns of a[0], over sound rows.
    constant : tuple of int
        Columns that never change.
    contradicting : float
        Share of the rows whose x occurs with several y.
    y_low, y_high : float
    y_values : int
        How many different targets there are.
    y_whole : bool
        Whether all are whole numbers.
    shares : (n_L,) or (2,) or None
        Share of each class, where y is a class.
    """

    rows: int
    columns: int
    broken_x: int
    broken_y: int
    mean: Array
    deviation: Array
    constant: tuple[int, ...]
    contradicting: float
    y_low: float
    y_high: float
    y_values: int
    y_whole: bool
    shares: Array | None


def table_signs(x: Array, given: Array | None, y: Array | None) -> TableSigns:
    """The signals of rows and targets.  x (m, n₀), given (m,) or (m, k), y (m, n_L) or None

    Examples
    --------
    >>> signs = table_signs(np.array([[1.0, 5.0], [2.0, 5.0]]), np.array([0.0, 1.0]), None)
    >>> signs.constant, signs.y_values, signs.y_whole
    ((1,), 2, True)
    """
    fine = np.isfinite(x).all(axis=1)
    good = x[fine] if fine.any() else np.zeros((1, x.shape[1]))
    values = np.zeros(0) if given is None else given[np.isfinite(given)]
    y_fine = np.ones(len(x), bool) if given is None else np.isfinite(given.reshape(len(x), -1))
    several = len(good) > 1
    return TableSigns(
        rows=len(x),
        columns=x.shape[1],
        broken_x=int((~fine).sum()),
        broken_y=int((~y_fine.reshape(len(x), -1).all(axis=1)).sum()),
        mean=good.mean(axis=0),
        deviation=good.std(axis=0),
        constant=tuple(int(k) for k in np.flatnonzero(np.ptp(good, axis=0) == 0) if several),
        contradicting=_contradicting(x, given),
        y_low=float(values.min()) if values.size else float("nan"),
        y_high=float(values.max()) if values.size else float("nan"),
        y_values=len(np.unique(values)),
        y_whole=bool(values.size and not (values % 1).any()),
        shares=class_shares(y),
    )


def class_shares(y: Array | None) -> Array | None:
    """The share of each class of one-hot rows or of a column of 0 and 1; None of other targets.

    Examples
    --------
    >>> class_shares(np.array([[0.0], [0.0], [0.0], [1.0]])).tolist()
    [0.75, 0.25]
    """
    if y is None or not len(y) or not np.isin(y, (0.0, 1.0)).all():
        return None
    if y.shape[1] == 1:
        ones = float(y.mean())
        return np.array([1 - ones, ones])
    return y.mean(axis=0) if (y.sum(axis=1) == 1).all() else None


def class_recalls(a: Array, y: Array) -> Array | None:
    """The share of each class's rows that are recognised; nan of a class without rows.

    A class is recognised by the largest of several outputs, or by one output on its side of ½.
    None where y holds no classes.  (m, n_L), (m, n_L) -> (classes,)

    Examples
    --------
    >>> outputs, y = np.array([[0.2], [0.1], [0.4], [0.9]]), np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> class_recalls(outputs, y).tolist()
    [1.0, 0.5]
    """
    if class_shares(y) is None:
        return None
    one = y.shape[1] == 1
    said = (a[:, 0] > 0.5).astype(int) if one else a.argmax(axis=1)
    true = y[:, 0].astype(int) if one else y.argmax(axis=1)
    count = 2 if one else y.shape[1]
    return np.array([share(said[true == k] == k) if (true == k).any() else np.nan
                     for k in range(count)])  # fmt: skip


def needed_width(y: Array) -> int:
    """Directions that hold 95 % of the variance of several numbers; 0 of one, and of classes.

    Examples
    --------
    >>> needed_width(np.random.default_rng(0).normal(size=(99, 5)))
    5
    """
    if y.shape[1] == 1 or len(y) < 2 or class_shares(y) is not None:
        return 0
    centred = y - y.mean(axis=0)
    deviation = centred.std(axis=0)
    if not np.isfinite(deviation).all() or not (deviation > 0).any():
        return 0
    sizes = np.linalg.svd(centred / np.where(deviation > 0, deviation, 1), compute_uv=False) ** 2
    return int(np.searchsorted(np.cumsum(sizes) / sizes.sum(), 0.95) + 1)


def _contradicting(x: Array, given: Array | None) -> float:
    if given is None or len(x) < 2:
        return 0.0
    _, same = np.unique(x, axis=0, return_inverse=True)
    both = np.column_stack([same.ravel(), given.reshape(len(x), -1)])
    kinds = np.unique(both, axis=0)
    answers = np.bincount(kinds[:, 0].astype(np.int64))
    return share(answers[same.ravel()] > 1)


def rows_in_both(x: Array, others: Array, given: Array | None = None) -> float:
    """The share of the other rows that are also among x.

    A row that x has with several targets is not counted: columns of few values repeat by chance,
    and a new row that equals old ones is then what the future looks like.

    Examples
    --------
    >>> rows_in_both(np.array([[1.0], [2.0]]), np.array([[2.0], [3.0]]))
    0.5
    >>> rows_in_both(np.array([[2.0], [2.0]]), np.array([[2.0], [3.0]]), np.array([0.1, 0.7]))
    0.0
    """
    targets: dict[bytes, set[bytes]] = {}
    told = np.zeros(len(x)) if given is None else np.ascontiguousarray(given + 0.0)
    for row, target in zip(np.ascontiguousarray(x + 0.0), told, strict=True):
        targets.setdefault(row.tobytes(), set()).add(target.tobytes())
    found = (targets.get(row.tobytes(), ()) for row in np.ascontiguousarray(others + 0.0))
    return share(np.array([len(each) == 1 for each in found]))

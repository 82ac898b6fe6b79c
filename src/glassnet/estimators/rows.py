"""Rows: X, y and weights of an estimator's fit, checked and ready for training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.splits import hold_out
from glassnet.errors import InvalidValue, ShapeMismatch

_FEW = 256  # rows; with more of them the checks are a small part
_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


@dataclass(frozen=True)
class Rows:
    """x (m, n₀) dense or CSR, targets y (m, n_L), weights w (m,) or None, y as it was given."""

    x: Any
    y: Array
    w: Array | None
    labels: Any

    def __len__(self) -> int:
        """The number of rows."""
        return int(self.x.shape[0])

    def take(self, rows: Array) -> Rows:
        """Some of the rows."""
        w = None if self.w is None else self.w[rows]
        return Rows(self.x[rows], self.y[rows], w, self.labels[rows])

    def without(self, others: Rows) -> Rows:
        """The rows that are not among the others, by their numbers in x and y."""
        known = set(others.keys())
        return self.take(
            np.array([k for k, key in enumerate(self.keys()) if key not in known], int)
        )

    def keys(self) -> Iterator[bytes]:
        """What tells one row from another."""
        for k in range(len(self)):
            row = self.x[k]
            if hasattr(row, "tocsr"):
                row = row.tocsr()
                parts = (row.indices.astype(np.int64), row.data)
            else:
                parts = (row,)
            yield b"".join(np.ascontiguousarray(part).tobytes() for part in (*parts, self.y[k]))

    def that_count(self) -> Rows:
        """The rows whose weight is not 0: a weight of 0 is the same as no row."""
        if self.w is None or (self.w > 0).all():
            return self
        return self.take(np.flatnonzero(self.w > 0))


def is_plain(X: Any, columns: int) -> bool:
    """Whether X is a small array of finite floats with these columns, that needs no more checks.

    scikit-learn's checks of one row take longer than a network's answer. What they would change
    or refuse is not plain.

    Examples
    --------
    >>> is_plain(np.ones((1, 3)), 3), is_plain(np.ones((1, 3)), 2), is_plain([[1.0]], 1)
    (True, False, False)
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and 0 < X.shape[0] <= _FEW
        and X.shape[1] == columns
        and X.dtype in _FLOATS
        and bool(np.isfinite(X).all())
    )


def checked_weight(weight: Any, rows: int, name: str = "sample_weight") -> Array | None:
    """``sample_weight`` as (m,) float64; a number stands for all rows.

    Raises
    ------
    InvalidValue, ShapeMismatch

    Examples
    --------
    >>> checked_weight([1, 0], 2).tolist()
    [1.0, 0.0]
    """
    if weight is None:
        return None
    try:
        w = np.asarray(weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"{name} must hold numbers; {error}.") from error
    w = np.full(rows, float(w)) if w.ndim == 0 else w
    if w.shape != (rows,):
        raise ShapeMismatch(f"{name} must be ({rows},), one per row; got shape {w.shape}.")
    if not np.isfinite(w).all() or (w < 0).any():
        bad = w[~(np.isfinite(w) & (w >= 0))][0]
        raise InvalidValue(f"{name} must be finite and not negative; got {bad:g}.")
    if not (w > 0).any():
        raise InvalidValue(f"{name} must contain at least one non-zero number; all are zero.")
    return w


def held_apart(rows: Rows, share: float, *, seed: int, stratify: Array | None) -> tuple[Rows, Rows]:
    """The rows to train on, and those held out for early stopping.

    ⌈m · share⌉ rows are held out, at least 2; a class (``stratify``, (m,)) gives its share of them.

    Raises
    ------
    InvalidValue
        If fewer than 4 rows are given or ``share`` is 0, or a class of two has one row only.
    """
    m = len(rows)
    if stratify is not None:
        names, counts = np.unique(stratify, return_counts=True)
        if len(names) == 2 and counts.min() < 2:
            few = [str(bool(name)) for name in names[counts < 2]]
            raise InvalidValue(
                "The least populated classes in y have only 1 member, and each class needs 2 for "
                "early stopping to hold rows out. Classes with too few members are: "
                f"{few} (True is the second of the two sorted classes). Pass X_val and y_val."
            )
    held = max(2, ceil(m * share))
    if share == 0 or m < 4 or held >= m:
        raise InvalidValue(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            f"dataset. Got validation_fraction={share:g} of n_samples = {m}; at least 4 rows are "
            "needed, of which 2 are held out. Or pass X_val and y_val to fit."
        )
    kept, out = hold_out(m, held / m, seed=seed, stratify=stratify)
    return rows.take(kept), rows.take(out)


def with_factors(rows: Rows, factors: Array) -> Rows:
    """The rows with their weights multiplied."""
    w = factors if rows.w is None else rows.w * factors
    if not (w > 0).any():
        raise InvalidValue("class_weight must not be zero for every class that is present in y.")
    return replace(rows, w=w)

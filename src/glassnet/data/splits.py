"""Which rows train and which are held out: drawn once from a seed, sorted, as row numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, ShapeMismatch


def hold_out(n: int, fraction: float, *, seed: int, stratify: Any = None) -> tuple[Array, Array]:
    """Return the rows to train on and the rows to hold out.

    Parameters
    ----------
    n : int
        Number of rows.
    fraction : float in (0, 1)
        Part to hold out; round(n · fraction) rows are, halves upwards.
    seed : int in [0, 2¹²⁸)
        Key of the Philox generator. The same arguments give the same rows on every system.
    stratify : (n,) array-like, optional
        A class per row. Each class gives its share, to within a row, and keeps at least one row
        for training; a class of one row is never held out.

    Returns
    -------
    train_rows, held_rows : int64 arrays, each sorted

    Raises
    ------
    InvalidValue
        If either side would have no row.
    ShapeMismatch
        If ``stratify`` is not (n,).

    Examples
    --------
    >>> train, held = hold_out(10, 0.2, seed=0)
    >>> len(train), len(held)
    (8, 2)
    """
    if not 0.0 < fraction < 1.0:
        raise InvalidValue(f"fraction must lie between 0 and 1, not on them; got {fraction!r}.")
    held = int(np.floor(n * fraction + 0.5))
    if held < 1 or held >= n:
        raise InvalidValue(
            f"holding out {fraction:g} of {n} rows leaves {n - held} for training and {held} held "
            "out; each side needs at least 1. Change the fraction or give more rows."
        )
    generator = _generator(seed)
    if stratify is None:
        return _parts(n, generator.permutation(n)[:held])
    groups = _groups(stratify, n)
    shares = _shares([len(rows) for rows in groups], held)
    if sum(shares) == 0:
        raise InvalidValue("every class has one row only: none can be held out. Do not stratify.")
    taken = [
        generator.permutation(rows)[:share] for rows, share in zip(groups, shares, strict=True)
    ]
    return _parts(n, np.concatenate(taken))


def folds(n: int, k: int, *, seed: int, stratify: Any = None) -> list[tuple[Array, Array]]:
    """Return k pairs of rows to train on and rows to hold out; each row is held out once.

    The folds differ by at most one row; with ``stratify``, so do the rows of each class in them.

    Parameters
    ----------
    n, k : int
        Number of rows and of folds, 2 ≤ k ≤ n.
    seed : int in [0, 2¹²⁸)
    stratify : (n,) array-like, optional
        A class per row.

    Raises
    ------
    InvalidValue
        If k is not from 2 to n.

    Examples
    --------
    >>> [held.tolist() for _, held in folds(5, 2, seed=0, stratify=[0, 0, 0, 1, 1])]
    [[0, 1, 4], [2, 3]]
    """
    if not 2 <= k <= n:
        raise InvalidValue(f"folds must number from 2 to the {n} rows; got {k}.")
    generator = _generator(seed)
    groups = [np.arange(n)] if stratify is None else _groups(stratify, n)
    dealt = np.concatenate([generator.permutation(rows) for rows in groups])
    return [_parts(n, dealt[fold::k]) for fold in range(k)]


def _generator(seed: int) -> np.random.Generator:
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**128:
        raise InvalidValue(f"seed must be a whole number from 0 to 2¹²⁸ − 1; got {seed!r}.")
    return np.random.Generator(np.random.Philox(key=int(seed)))


def _parts(n: int, held: Array) -> tuple[Array, Array]:
    mask = np.zeros(n, dtype=bool)
    mask[held] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _groups(stratify: Any, n: int) -> list[Array]:
    """Rows of each class, classes in sorted order."""
    labels = np.asarray(stratify)
    if labels.shape != (n,):
        raise ShapeMismatch(f"stratify must be ({n},), a class per row; got {labels.shape}.")
    _, codes = np.unique(labels, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _shares(sizes: list[int], held: int) -> list[int]:
    """Split ``held`` in proportion to the sizes by largest remainder, each share below its size.

    A class whose share would reach its size gets one row less, and the others share what it leaves.
    """
    shares = [size - 1 for size in sizes]
    free = list(range(len(sizes)))
    while True:
        total = sum(sizes[c] for c in free)
        full = {c for c in free if sizes[c] * held > shares[c] * total}
        if not full:
            break
        held -= sum(shares[c] for c in full)
        free = [c for c in free if c not in full]
    quotas = {c: sizes[c] * held / total for c in free}
    for c in free:
        shares[c] = int(quotas[c])
    by_remainder = sorted(free, key=lambda c: shares[c] - quotas[c])
    for c in by_remainder[: held - sum(shares[c] for c in free)]:
        shares[c] += 1
    return shares

"""Toy data by formula, drawn from a seed, and the data sets that come with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.frames import as_column, as_table
from glassnet.data.tables import Column, Table
from glassnet.errors import InvalidValue, UnknownName

_BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def two_moons(m: int = 200, *, noise: float = 0.1, seed: int = 0) -> tuple[Array, Array]:
    """Two half circles that interlock: (cos t, sin t) and (1 − cos t, ½ − sin t), t in [0, π].

    Parameters
    ----------
    m : int
        Rows, half of them in each class; class 0 has the odd one.
    noise : float
        Standard deviation of a normal error on both coordinates.
    seed : int

    Returns
    -------
    X : (m, 2) float64
    y : (m,) int64, 0 or 1

    Examples
    --------
    >>> X, y = two_moons(5, noise=0.0)
    >>> X[y == 0]
    array([[ 1.,  0.],
           [ 0.,  1.],
           [-1.,  0.]])
    """
    generator = _generator(m, seed)
    first, second = (np.linspace(0, np.pi, rows) for rows in _halves(m))
    X = np.concatenate(
        [
            np.column_stack([np.cos(first), np.sin(first)]),
            np.column_stack([1 - np.cos(second), 0.5 - np.sin(second)]),
        ]
    )
    return X + noise * generator.normal(size=X.shape), _two_classes(m)


def circles(
    m: int = 200, *, noise: float = 0.05, factor: float = 0.5, seed: int = 0
) -> tuple[Array, Array]:
    """A circle of radius 1 (class 0) about one of radius ``factor`` (class 1), angles even.

    Parameters
    ----------
    m : int
    noise : float
        Standard deviation of a normal error on both coordinates.
    factor : float
    seed : int

    Returns
    -------
    X : (m, 2) float64
    y : (m,) int64, 0 or 1

    Examples
    --------
    >>> X, y = circles(8, noise=0.0)
    >>> (X**2).sum(axis=1).round(2).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.25, 0.25, 0.25, 0.25]
    """
    generator = _generator(m, seed)
    t = np.concatenate([2 * np.pi * np.arange(rows) / rows for rows in _halves(m)])
    y = _two_classes(m)
    X = np.where(y == 0, 1.0, factor)[:, None] * np.column_stack([np.cos(t), np.sin(t)])
    return X + noise * generator.normal(size=X.shape), y


def xor(m: int = 200, *, noise: float = 0.0, seed: int = 0) -> tuple[Array, Array]:
    """Points even in the square [−1, 1]²; y = 1 where the signs of x₁ and x₂ differ.

    ``noise`` is the standard deviation of a normal error added to X after y is set.

    Returns
    -------
    X : (m, 2) float64
    y : (m,) int64, 0 or 1

    Examples
    --------
    >>> X, y = xor(100)
    >>> bool(((X[:, 0] * X[:, 1] < 0) == y).all())
    True
    """
    generator = _generator(m, seed)
    X = generator.uniform(-1, 1, size=(m, 2))
    y = (X[:, 0] * X[:, 1] < 0).astype(np.int64)
    return X + noise * generator.normal(size=X.shape), y


def spiral(
    m: int = 200, *, arms: int = 2, turns: float = 1.5, noise: float = 0.02, seed: int = 0
) -> tuple[Array, Array]:
    """Arms of a spiral: radius r in (0, 1], angle 2π (turns · r + arm / arms); y is the arm.

    Row i belongs to arm i mod ``arms``. ``noise`` is the standard deviation of a normal error on
    both coordinates.

    Returns
    -------
    X : (m, 2) float64
    y : (m,) int64, 0 to arms − 1

    Examples
    --------
    >>> X, y = spiral(4, noise=0.0)
    >>> (X**2).sum(axis=1) ** 0.5, y
    (array([0.5, 0.5, 1. , 1. ]), array([0, 1, 0, 1]))
    """
    generator = _generator(m, seed)
    if arms < 1:
        raise InvalidValue(f"a spiral must have at least 1 arm; got {arms}.")
    y = np.arange(m, dtype=np.int64) % arms
    r = (np.arange(m) // arms + 1) / -(-m // arms)
    t = 2 * np.pi * (turns * r + y / arms)
    X = r[:, None] * np.column_stack([np.cos(t), np.sin(t)])
    return X + noise * generator.normal(size=X.shape), y


def flower(m: int = 400, *, noise: float = 0.0, seed: int = 1) -> tuple[Array, Array]:
    """Petals of two classes, the planar set of the Coursera course on neural networks.

    Class j has m/2 points: t runs evenly from 3.12 j to 3.12 (j + 1), both ends included, plus a
    normal error of standard deviation 0.2; then r = 4 sin 4t plus another such error, and the
    point is (r sin t, r cos t). Errors come from NumPy's legacy generator, those of t before
    those of r and class 0 before class 1, so seed 1 gives the points of the course.

    Parameters
    ----------
    m : int
        Rows, half of them in each class; an odd one is left out.
    noise : float
        Standard deviation of a further normal error on both coordinates.
    seed : int

    Returns
    -------
    X : (m, 2) float64
    y : (m,) int64, 0 or 1

    References
    ----------
    deeplearning.ai, "Neural Networks and Deep Learning", week 3 (Coursera).

    Examples
    --------
    >>> X, y = flower()
    >>> X.shape, np.bincount(y).tolist()
    ((400, 2), [200, 200])
    """
    generator, half = _generator(m, seed), m // 2
    legacy = np.random.RandomState(seed)  # the set is defined by this generator
    petals: list[Array] = []
    for j in range(2):
        t = np.linspace(3.12 * j, 3.12 * (j + 1), half) + 0.2 * legacy.randn(half)
        r = 4 * np.sin(4 * t) + 0.2 * legacy.randn(half)
        petals.append(np.column_stack([r * np.sin(t), r * np.cos(t)]))
    X = np.concatenate(petals)
    return X + noise * generator.normal(size=X.shape), _two_classes(2 * half)


def sine(m: int = 200, *, noise: float = 0.1, seed: int = 0) -> tuple[Array, Array]:
    """y = sin x plus a normal error of standard deviation ``noise``; x even in [−π, π].

    Returns
    -------
    X : (m, 1) float64, sorted
    y : (m,) float64

    Examples
    --------
    >>> X, y = sine(3, noise=0.0)
    >>> bool(abs(y).max() < 1e-15)
    True
    """
    generator = _generator(m, seed)
    x = np.linspace(-np.pi, np.pi, m)
    return x[:, None], np.sin(x) + noise * generator.normal(size=m)


def linear(m: int = 200, *, d: int = 1, noise: float = 0.1, seed: int = 0) -> tuple[Array, Array]:
    """y = 1 + Σⱼ j xⱼ plus a normal error of standard deviation ``noise``; xⱼ ~ N(0, 1), j = 1..d.

    Returns
    -------
    X : (m, d) float64
    y : (m,) float64

    Examples
    --------
    >>> X, y = linear(5, d=2, noise=0.0)
    >>> bool(abs(y - (1 + X[:, 0] + 2 * X[:, 1])).max() < 1e-12)
    True
    """
    generator = _generator(m, seed)
    X = generator.normal(size=(m, d))
    return X, 1 + X @ np.arange(1.0, d + 1) + noise * generator.normal(size=m)


def bundled(name: str) -> Table:
    """Return a data set that comes with scikit-learn; its last column is ``target``.

    Parameters
    ----------
    name : {"iris", "wine", "breast_cancer", "digits", "diabetes"}
        The classes of iris, wine and breast_cancer are their names, those of digits 0 to 9;
        diabetes is a regression.

    Raises
    ------
    UnknownName
        For any other name.

    Examples
    --------
    >>> table = bundled("iris")
    >>> len(table), table.names[-1], table["target"].values[0]
    (150, 'target', 'setosa')
    """
    if name not in _BUNDLED:
        raise UnknownName("bundled data set", name, _BUNDLED)
    from sklearn import datasets

    found: Any = getattr(datasets, f"load_{name}")()
    target = np.asarray(found.target)
    if name in ("iris", "wine", "breast_cancer"):
        target = np.asarray(found.target_names)[target]
    columns: list[Column] = [*as_table(found.data, list(found.feature_names)).columns]
    return Table([*columns, as_column(target, "target")])


def _generator(m: int, seed: int) -> np.random.Generator:
    if m < 2:
        raise InvalidValue(f"a data set must have at least 2 rows; got {m}.")
    return np.random.Generator(np.random.Philox(key=seed))


def _halves(m: int) -> tuple[int, int]:
    return m - m // 2, m // 2


def _two_classes(m: int) -> Array:
    return np.repeat(np.arange(2, dtype=np.int64), _halves(m))

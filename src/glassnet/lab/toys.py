"""Toy data that the lab offers beside :mod:`glassnet.data.datasets`, drawn from a seed."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array


def gauss(m: int = 200, *, noise: float = 0.5, seed: int = 0) -> tuple[Array, Array]:
    """Two round clouds about (−1, −1), class 0, and (1, 1), of standard deviation ``noise``.

    Returns
    -------
    X : (m, 2) float64
    y : (m,) int64, 0 or 1; row i belongs to class i mod 2

    Examples
    --------
    >>> X, y = gauss(4, noise=0.0)
    >>> X[:, 0].tolist(), y.tolist()
    ([-1.0, 1.0, -1.0, 1.0], [0, 1, 0, 1])
    """
    generator = _generator(seed)
    y = np.arange(m, dtype=np.int64) % 2
    X = np.repeat((2.0 * y - 1)[:, None], 2, axis=1)
    return X + noise * generator.normal(size=X.shape), y


def checkerboard(
    m: int = 400, *, fields: int = 4, noise: float = 0.0, seed: int = 0
) -> tuple[Array, Array]:
    """Points even in [−1, 1]², cut into ``fields`` × ``fields`` squares; y is a square's colour.

    ``noise`` is the standard deviation of a normal error added to X after y is set.

    Returns
    -------
    X : (m, 2) float64
    y : (m,) int64, 0 or 1

    Examples
    --------
    >>> X, y = checkerboard(200, fields=2)
    >>> bool((y == (X[:, 0] * X[:, 1] < 0)).all())
    True
    """
    generator = _generator(seed)
    X = generator.uniform(-1, 1, size=(m, 2))
    y = np.floor((X + 1) * fields / 2).astype(np.int64).sum(axis=1) % 2
    return X + noise * generator.normal(size=X.shape), y


def plane(m: int = 200, *, noise: float = 0.1, seed: int = 0) -> tuple[Array, Array]:
    """y = x₁ − x₂/2 plus a normal error of standard deviation ``noise``; x even in [−1, 1]².

    Returns
    -------
    X : (m, 2) float64
    y : (m,) float64

    Examples
    --------
    >>> X, y = plane(5, noise=0.0)
    >>> bool(abs(y - X @ [1, -0.5]).max() < 1e-12)
    True
    """
    generator = _generator(seed)
    X = generator.uniform(-1, 1, size=(m, 2))
    return X, X @ np.array([1.0, -0.5]) + noise * generator.normal(size=m)


def steps(m: int = 200, *, noise: float = 0.1, seed: int = 0) -> tuple[Array, Array]:
    """A stair of three steps, y = ⌊3 (x + 1) / 2⌋ − 1, plus an error; x even in [−1, 1].

    Returns
    -------
    X : (m, 1) float64, sorted
    y : (m,) float64

    Examples
    --------
    >>> X, y = steps(6, noise=0.0)
    >>> y.tolist()
    [-1.0, -1.0, 0.0, 0.0, 1.0, 1.0]
    """
    generator = _generator(seed)
    x = np.linspace(-1, 1, m)
    stair = np.minimum(np.floor(1.5 * (x + 1)), 2.0) - 1
    return x[:, None], stair + noise * generator.normal(size=m)


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))

"""What simple methods make of the same data: a constant, a straight line, the nearest rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.network.specification import Specification

_ROWS = 600
_FOLDS = 5
_FEWEST = 20  # rows for what is judged on rows left out
_NEIGHBOURS = (2, 5)


@dataclass(frozen=True)
class Probes:
    """How much of the variance of y is explained on rows left out; nan where that is not known.

    Attributes
    ----------
    linear : float ≤ 1
        By ridge regression, fitted without the fold it predicts.
    neighbours : float ≤ 1
        By the mean of the two or the five nearest other rows, whichever explains more.
    fit : float ≤ 1
        By a straight line on the rows it is fitted to, however few.
    giveaway : int or None
        A column that alone is a straight line of y, to the last digits.
    """

    linear: float = float("nan")
    neighbours: float = float("nan")
    fit: float = float("nan")
    giveaway: int | None = None


def probes(x: Array, y: Array) -> Probes:
    """Probe finite rows and targets.  (m, n₀), (m, n_L)

    Examples
    --------
    >>> x = np.linspace(-1, 1, 101)[:, None]
    >>> found = probes(x, x**2)
    >>> found.linear < 0.1, found.neighbours > 0.9
    (True, True)
    """
    if len(x) < 2 or not float(np.var(y, axis=0).sum()) > 0:
        return Probes()
    fit = _fit(x, y)
    if len(x) < _FEWEST:
        return Probes(fit=fit)
    chosen = np.random.default_rng(0).permutation(len(x))[:_ROWS]
    x, y = x[chosen], y[chosen]
    deviation = x.std(axis=0)
    moving = deviation > 1e-12 * (1 + np.abs(x.mean(axis=0)))
    x = (x[:, moving] - x[:, moving].mean(axis=0)) / deviation[moving]
    y = y - y.mean(axis=0)
    if not x.shape[1] or not float(np.square(y).sum()) > 0:
        return Probes(fit=fit)
    return Probes(_linear(x, y), _neighbours(x, y), fit, _giveaway(x, y, np.flatnonzero(moving)))


def _fit(x: Array, y: Array) -> float:
    """By least squares on at most some thousand rows, columns standardised, with a constant."""
    x, y = x[:4000], y[:4000] - y[:4000].mean(axis=0)
    deviation = x.std(axis=0)
    moving = deviation > 1e-12 * (1 + np.abs(x.mean(axis=0)))
    if not moving.any() or not float(np.square(y).sum()) > 0:
        return 0.0
    z = (x[:, moving] - x[:, moving].mean(axis=0)) / deviation[moving]
    ridge = z.T @ z + 1e-9 * len(z) * np.eye(z.shape[1])
    return _explained(y, z @ np.linalg.solve(ridge, z.T @ y))


def _explained(y: Array, predicted: Array) -> float:
    return float(1 - np.square(y - predicted).sum() / np.square(y).sum())


def _linear(x: Array, y: Array) -> float:
    folds = np.arange(len(x)) % _FOLDS
    predicted = np.zeros_like(y)
    for fold in range(_FOLDS):
        out = folds == fold
        kept, answers = x[~out], y[~out]
        normal = kept.T @ kept + 1e-3 * len(kept) * np.eye(x.shape[1])
        predicted[out] = x[out] @ np.linalg.solve(normal, kept.T @ answers)
    return _explained(y, predicted)


def _neighbours(x: Array, y: Array) -> float:
    squares = np.square(x).sum(axis=1)
    distances = squares[:, None] + squares - 2 * x @ x.T
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1)
    return max(_explained(y, y[order[:, :k]].mean(axis=1)) for k in _NEIGHBOURS)


def _giveaway(x: Array, y: Array, names: Array) -> int | None:
    """Of one-column targets with more than two values: two may well be a real feature's."""
    if y.shape[1] != 1 or len(np.unique(y)) <= 2 or x.shape[1] < 2:
        return None
    size = np.sqrt(np.square(y).sum() * np.square(x).sum(axis=0))
    close = np.abs(x.T @ y[:, 0]) / size
    best = int(np.argmax(close))
    return int(names[best]) if close[best] > 1 - 1e-9 else None


def constant_loss(spec: Specification, y: Array, w: Array) -> float:
    """The loss of the best constant output among the mean and the median of y.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(1, (Dense(1, "logistic"),), "binary_cross_entropy")
    >>> round(constant_loss(spec, np.array([[0.0], [1.0]]), np.ones(2)), 4)  # log 2
    0.6931
    """
    w = w / w.sum()
    centres = (w @ y, np.median(y, axis=0))
    losses: list[float] = []
    for centre in centres:
        rows, start = np.zeros(len(y)), 0
        for head in spec.heads:
            columns = slice(start, start + head.units)
            a = np.broadcast_to(centre[columns], y[:, columns].shape)
            rows = rows + head.scale * head.loss.of_output(a, y[:, columns]).sum(axis=1)
            start += head.units
        losses.append(float(w @ rows))
    return float(np.nanmin(losses)) if np.isfinite(losses).any() else float("nan")

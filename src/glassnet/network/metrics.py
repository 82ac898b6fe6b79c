"""Metrics of a network's outputs: accuracy, R², RMSE, mean absolute error."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from glassnet.arrays import Array, xp
from glassnet.network.contracts import Metric


@dataclass(frozen=True)
class Accuracy(Metric):
    """The share of rows, by weight, whose class is right.

    One column: a and y fall on the same side of ½. Several columns of a distribution: the largest
    entries agree. Several columns of labels (``multilabel``): every label is right.

    Examples
    --------
    >>> import numpy as np
    >>> a, y = np.array([[0.9], [0.2]]), np.array([[1.0], [1.0]])
    >>> Accuracy().value(a, y, np.array([0.5, 0.5]))
    0.5
    """

    multilabel: bool = False

    name = "accuracy"

    def value(self, a: Array, y: Array, w: Array) -> float:
        ns = xp(a)
        if a.shape[1] == 1 or self.multilabel:
            right = ns.all((a > 0.5) == (y > 0.5), axis=1)
        else:
            right = ns.argmax(a, axis=1) == ns.argmax(y, axis=1)
        return float(ns.sum(ns.where(right, w, ns.zeros_like(w))))


@dataclass(frozen=True)
class R2(Metric):
    """1 − Σ w (y − a)² / Σ w (y − ȳ)², averaged over outputs; 0 for an output whose y is constant.

    (A constant output that is predicted exactly counts 1.)

    Examples
    --------
    >>> import numpy as np
    >>> a, y = np.array([[2.0], [2.0]]), np.array([[1.0], [3.0]])
    >>> R2().value(a, y, np.array([0.5, 0.5]))  # the mean explains nothing
    0.0
    """

    name = "r2"

    def value(self, a: Array, y: Array, w: Array) -> float:
        ns = xp(a)
        weights = w[:, None]
        residual = ns.sum(weights * (y - a) * (y - a), axis=0)
        centred = y - ns.sum(weights * y, axis=0)
        total = ns.sum(weights * centred * centred, axis=0)
        # Constant is judged by y itself: the rounding of its mean would leave a total above 0.
        counted = weights > 0
        highest = ns.max(ns.where(counted, y, -inf), axis=0)
        some = (highest > ns.min(ns.where(counted, y, inf), axis=0)) & (total > 0)
        share = ns.where(some, residual / ns.where(some, total, ns.ones_like(total)), 1.0)
        share = ns.where(some | (residual > 0), share, ns.zeros_like(share))
        return float(ns.mean(1 - share))


@dataclass(frozen=True)
class RootMeanSquaredError(Metric):
    """√(Σ w (y − a)²), the mean taken over outputs before the root; in units of y.

    Examples
    --------
    >>> import numpy as np
    >>> a, y = np.array([[3.0, 4.0]]), np.zeros((1, 2))
    >>> round(RootMeanSquaredError().value(a, y, np.ones(1)), 4)  # √12.5
    3.5355
    """

    name = "rmse"
    greater_is_better = False

    def value(self, a: Array, y: Array, w: Array) -> float:
        ns = xp(a)
        return float(ns.sum(w * ns.mean((y - a) * (y - a), axis=1))) ** 0.5


@dataclass(frozen=True)
class MeanAbsoluteError(Metric):
    """Σ w |y − a|, the mean over outputs; in units of y.

    Examples
    --------
    >>> import numpy as np
    >>> a, y = np.array([[3.0, 4.0]]), np.zeros((1, 2))
    >>> MeanAbsoluteError().value(a, y, np.ones(1))
    3.5
    """

    name = "mae"
    greater_is_better = False

    def value(self, a: Array, y: Array, w: Array) -> float:
        ns = xp(a)
        return float(ns.sum(w * ns.mean(ns.abs(y - a), axis=1)))


METRICS: dict[str, type[Metric]] = {
    kind.name: kind for kind in (Accuracy, R2, RootMeanSquaredError, MeanAbsoluteError)
}

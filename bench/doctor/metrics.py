"""When a program has succeeded: its metric against the bar of its case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.doctor.cases import BadCase
from glassnet.arrays import Array

WORSE = 0.02  # by so much a metric of a healthy network must fall to count as made worse


@dataclass(frozen=True)
class Bar:
    """A metric and where success begins.

    Examples
    --------
    >>> bar = Bar.of({"metric": "acc", "ok_at_least": 0.9})
    >>> bar.passed(0.95), bar.passed(float("nan"))
    (True, False)
    """

    metric: str
    limit: float
    upward: bool = True

    @classmethod
    def of(cls, success: Mapping[str, Any]) -> Bar:
        """The bar that a case names."""
        metric = str(success["metric"]).strip().lower()
        if metric not in METRICS:
            raise BadCase(f"no metric is known as {success['metric']!r}.")
        for key, upward in (("ok_at_least", True), ("ok_above", True), ("ok_at_most", False),
                            ("ok_below", False)):  # fmt: skip
            if key in success:
                return cls(metric, float(success[key]), upward)
        raise BadCase(f"the success of metric {metric!r} names no bar (ok_at_least, ok_at_most).")

    def passed(self, value: float) -> bool:
        """Whether the value reaches the bar; nan never does."""
        # The bars are written with two or three digits, and so were the runs that set them.
        return value >= self.limit - 1e-9 if self.upward else value <= self.limit + 1e-9

    def made_worse(self, before: float, after: float) -> bool:
        """Whether a run that had passed does not any more, or its metric fell by much."""
        fall = before - after if self.upward else after - before
        return not self.passed(after) or fall > WORSE

    def value(self, a: Array, y: Array, answers: Array) -> float:
        """The metric of outputs (m, n), targets as trained on, and answers as the file has them."""
        if not np.isfinite(a).all():
            return float("nan")
        with np.errstate(all="ignore"):
            return float(METRICS[self.metric](a, y, answers))


def _classes(a: Array, y: Array, answers: Array) -> tuple[Array, Array]:
    """The class that each row of outputs names, and the true one.  -> (m,), (m,)"""
    n = a.shape[1]
    values = answers.argmax(axis=1) if answers.shape[1] > 1 else answers[:, 0]
    known = np.unique(values)
    if n > 1:
        numbered = (known == np.round(known)).all() and known.min() >= 0 and known.max() < n
        truth = values.astype(int) if numbered else np.searchsorted(known, values)
        return a.argmax(axis=1), truth
    if len(known) > 2:  # class numbers in one column
        return np.round(a[:, 0]).astype(int), np.round(y[:, 0]).astype(int)
    middle = 0.0 if y.min() < 0 else 0.5
    return (a[:, 0] > middle).astype(int), np.searchsorted(known, values)


def _accuracy(a: Array, y: Array, answers: Array) -> float:
    said, truth = _classes(a, y, answers)
    return float(np.mean(said == truth))


def _recalls(a: Array, y: Array, answers: Array) -> list[float]:
    said, truth = _classes(a, y, answers)
    return [float(np.mean(said[truth == k] == k)) for k in np.unique(truth)]


def _bit_accuracy(a: Array, y: Array, answers: Array) -> float:
    bits = answers if a.shape[1] == answers.shape[1] else y
    return float(np.mean((a > 0.5) == (bits > 0.5)))


def _exact(a: Array, y: Array, answers: Array) -> float:
    return float(np.mean(((a > 0.5) == (answers > 0.5)).all(axis=1)))


def _r2(a: Array, y: Array, answers: Array) -> float:
    A, Y = np.broadcast_arrays(a, y)
    return float(1 - np.square(A - Y).sum() / np.square(Y - Y.mean(axis=0)).sum())


def _r2_mean(a: Array, y: Array, answers: Array) -> float:
    A, Y = np.broadcast_arrays(a, y)
    left = np.square(A - Y).sum(axis=0) / np.square(Y - Y.mean(axis=0)).sum(axis=0)
    return float(1 - left.mean())


def _f1(a: Array, y: Array, answers: Array) -> float:
    said, truth = _classes(a, y, answers)
    hit = float(((said == 1) & (truth == 1)).sum())
    return 2 * hit / max(float((said == 1).sum() + (truth == 1).sum()), 1.0)


def _area(a: Array, y: Array, answers: Array) -> float:
    """Share of pairs of a positive and another row that the output puts in order; ties are ½."""
    score = a[:, 0] if a.shape[1] == 1 else a[:, 1] - a[:, 0]
    _, truth = _classes(a, y, answers)
    apart = score[truth == 1][:, None] - score[truth != 1]
    return float((apart > 0).mean() + (apart == 0).mean() / 2)


def _correlation(a: Array, y: Array, answers: Array) -> float:
    return float(np.mean([np.corrcoef(one, other)[0, 1]
                          for one, other in zip(a.T, y.T, strict=True)]))  # fmt: skip


METRICS: dict[str, Callable[[Array, Array, Array], float]] = {
    **dict.fromkeys(
        ("acc", "accuracy", "binary_accuracy", "categorical_accuracy", "acc_true", "cls_acc",
         "class_accuracy"), _accuracy,
    ),
    **dict.fromkeys(("bitacc", "bit_accuracy", "hamming"), _bit_accuracy),
    **dict.fromkeys(("exact_match", "subset_accuracy"), _exact),
    **dict.fromkeys(
        ("balacc", "balanced_accuracy"), lambda a, y, t: float(np.mean(_recalls(a, y, t)))
    ),
    "min_recall": lambda a, y, t: min(_recalls(a, y, t)),
    "recall": lambda a, y, t: _recalls(a, y, t)[-1],
    "f1": _f1,
    "auc": _area,
    "roc_auc": _area,
    "corr": _correlation,
    "r2": _r2,
    "explained_variance": _r2,
    "r2_mean": _r2_mean,
    "mse": lambda a, y, t: float(np.mean(np.square(a - y))),
    "rmse": lambda a, y, t: float(np.sqrt(np.mean(np.square(a - y)))),
    "mae": lambda a, y, t: float(np.mean(np.abs(a - y))),
}  # fmt: skip

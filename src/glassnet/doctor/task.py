"""What the targets ask, and how well outputs answer, in units that no remedy changes.

Costs of two networks cannot be compared where their losses or the units of their targets differ.
So outputs are read back into the caller's own classes or numbers and scored there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.arrays import Array

Kind: TypeAlias = Literal["binary", "multiclass", "multilabel", "regression"]

_MOST_CLASSES = 64
_RARE = 0.1  # a class with a smaller share: rows are then counted class by class
_PAIRS = ((0.0, 1.0), (-1.0, 1.0), (1.0, 2.0))  # codes of two classes
_CODED = ("cross_entropy", "entropy", "bce", "cce")  # in the names of losses that take classes


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be predicted.

    Attributes
    ----------
    kind : "binary", "multiclass", "multilabel" or "regression"
    y : (m, k)
        The targets as they were given; equal columns are one.
    labels : (m,) int64 or None
        Class numbers from 0, of one class per row.
    classes : (K,)
        The values of y that stand for the classes; where y is one-hot, the column numbers.
    """

    kind: Kind
    y: Array
    labels: Array | None = None
    classes: Array | None = None

    @property
    def outputs(self) -> int:
        """Units of the right output layer."""
        if self.kind == "multiclass" and self.classes is not None:
            return len(self.classes)
        return self.y.shape[1] if self.kind in ("multilabel", "regression") else 1

    @property
    def head(self) -> str:
        """The right output: "identity", "logistic" or "softmax"."""
        return {"multiclass": "softmax", "regression": "identity"}.get(self.kind, "logistic")

    @property
    def measure(self) -> str:
        """What ``skill`` is, in words."""
        if self.kind == "regression":
            return "share of the variance of y that is explained"
        return "share of the best constant answer's errors that are gone"

    def constant(self, rows: Any = slice(None)) -> bool:
        """Whether all these rows have the same target."""
        y = self.y[rows]
        return len(y) == 0 or not bool(np.ptp(y, axis=0).max() > 0)

    def skill(self, answers: Array | None, rows: Array) -> float:
        """How good answers for some rows are: 1 perfect, 0 as the best constant, above −1.

        Below 0, s stands as s / (1 − s), so that nonsense of any size can be averaged.
        ``answers`` are class numbers (r,), or columns as those of y; None counts as −1.
        """
        if answers is None or not np.isfinite(answers).all():
            return -1.0
        if self.labels is not None:
            skill = _of_classes(answers, self.labels[rows])
        elif self.kind == "multilabel":
            skill = _of_labels(answers, self.y[rows])
        else:
            skill = _explained(answers, self.y[rows])
        return skill if skill >= 0 else max(-1.0, skill / (1 - skill))

    def told(self, outputs: Array, rows: Array) -> float:
        """How much outputs tell of y, in whatever units: the best squared correlation, 0 to 1.

        It moves before the answers do, and breaks ties between networks that all answer a constant.
        """
        if self.labels is not None and self.classes is not None:
            y = np.eye(len(self.classes))[self.labels[rows]]
            y = y[:, 1:] if self.kind == "binary" else y
        else:
            y = self.y[rows]
        a = np.asarray(outputs, np.float64)
        if a.shape[1] != y.shape[1]:
            a = np.repeat(a[:, -1:], y.shape[1], axis=1)
        a, y = a - a.mean(axis=0), y - y.mean(axis=0)
        both = np.sqrt(np.square(a).sum(axis=0) * np.square(y).sum(axis=0))
        each = np.where(both > 0, (a * y).sum(axis=0) / np.where(both > 0, both, 1.0), 0.0)
        return float(np.nan_to_num(np.square(each), nan=0.0).mean())


def task_of(given: Array, loss: Any, output: str) -> Task:
    """Guess the task from the targets, the loss and the name of the output activation.

    Examples
    --------
    >>> from glassnet.network.losses import CrossEntropy, SquaredError
    >>> task_of(np.array([0.0, 2, 1, 2]), CrossEntropy(), "softmax").kind
    'multiclass'
    >>> task_of(np.array([0.0, 2, 1, 2]), SquaredError(), "identity").kind
    'regression'
    >>> task_of(np.array([[0.0, 255], [255, 0]]), CrossEntropy(), "softmax").labels.tolist()
    [1, 0]
    """
    y = np.asarray(given, np.float64)
    y = y[:, None] if y.ndim == 1 else y
    if y.shape[1] > 1 and (y == y[:, :1]).all():
        y = y[:, :1]
    fine = y[np.isfinite(y).all(axis=1)]
    values = np.unique(fine)
    if y.shape[1] > 1:
        return _of_columns(y, fine, values)
    named = any(word in str(getattr(loss, "name", "")).lower() for word in _CODED)
    if len(values) == 2 and (named or tuple(values) in _PAIRS):
        return _of_values(y, values, "binary")
    whole = not (values % 1).any() and 2 < len(values) <= min(_MOST_CLASSES, max(3, len(y) // 2))
    if whole and (named or output == "softmax"):
        return _of_values(y, values, "multiclass")
    return Task("regression", y)


def _of_columns(y: Array, fine: Array, values: Array) -> Task:
    if len(values) == 2 and values[0] == 0:
        if ((fine > 0).sum(axis=1) == 1).all():
            labels = np.nan_to_num(y).argmax(axis=1)
            return Task("multiclass", y, labels, np.arange(y.shape[1], dtype=np.float64))
        if values[1] == 1:
            return Task("multilabel", y)
    return Task("regression", y)


def _of_values(y: Array, values: Array, kind: Kind) -> Task:
    labels = np.searchsorted(values, np.nan_to_num(y[:, 0], nan=values[0]))
    return Task(kind, y, np.minimum(labels, len(values) - 1), values)


def _of_classes(answers: Array, labels: Array) -> float:
    present, counts = np.unique(labels, return_counts=True)
    if len(present) < 2:
        return float("nan")
    right = answers == labels
    if counts.min() < _RARE * len(labels) and len(present) == 2:
        recall = float(np.mean([right[labels == k].mean() for k in present]))
        return 1 - (1 - recall) / 0.5
    most = counts.max() / len(labels)
    return 1 - (1 - float(right.mean())) / (1 - most)


def _of_labels(answers: Array, y: Array) -> float:
    wrong = float(((answers > 0.5) != (y > 0.5)).mean())
    constant = float(np.minimum((y > 0.5).mean(axis=0), (y <= 0.5).mean(axis=0)).mean())
    return 1 - wrong / constant if constant > 0 else float("nan")


def _explained(answers: Array, y: Array) -> float:
    spread = np.square(y - y.mean(axis=0)).mean(axis=0)
    moving = spread > 0
    if not moving.any():
        return float("nan")
    wide = answers.shape[1] != y.shape[1]
    error = np.square(answers - y).mean(axis=0) if not wide else _each_with_each(answers, y)
    return float(1 - (error[moving] / spread[moving]).mean())


def _each_with_each(answers: Array, y: Array) -> Array:
    """Outputs that are not as many as the columns of y are all held against each."""
    return np.array([np.square(answers - y[:, [k]]).mean() for k in range(y.shape[1])])

"""``score`` on rows that lie on disk: accuracy and R², added up piece by piece."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any, Protocol

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted

from glassnet.arrays import Array
from glassnet.data.row_blocks import Block
from glassnet.data.row_sets import RowSet, require_finite_rows, row_in_words
from glassnet.data.rows_on_disk import Rows
from glassnet.data.streamed_statistics import Moments
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.estimators.labels import Labels
from glassnet.estimators.rows import checked_weight
from glassnet.estimators.streamed_answers import opened_for, question_pieces
from glassnet.training.streamed import target_values


class Tally(Protocol):
    """Adds up how good predictions are."""

    def require(self, rows: RowSet) -> None:
        """Demand that the targets be of the right number and kind."""
        ...

    def targets(self, block: Block, names: tuple[str, ...]) -> Array:
        """The targets of a block."""
        ...

    def add(self, predicted: Array, y: Array, w: Array) -> None:
        """Take some rows in."""
        ...

    def value(self) -> float:
        """The score of all rows."""
        ...

    def of(self, y: Any, predicted: Array, w: Any) -> float:
        """The score of predictions whose targets are in memory."""
        ...


class Right:
    """The share of rows, by weight, whose class is right; of several labels all of them.

    Parameters
    ----------
    labels : Labels
        Of the fit. A class that is none of them is never right.
    """

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._right = self._total = 0.0

    def require(self, rows: RowSet) -> None:
        """Demand one target, or one per label."""
        several = self._labels.kind == "multilabel"
        _require_targets(rows, self._labels.outputs if several else 1)
        if several:
            rows.source.require_numbers(rows.targets)

    def targets(self, block: Block, names: tuple[str, ...]) -> Array:
        """Classes as they stand."""
        values = target_values(block, names)
        if values.dtype.kind == "O":
            values = values.astype(str)
        classes = self._labels.classes
        if isinstance(classes.tolist()[0], str) != (values.dtype.kind == "U"):
            raise InvalidValue(
                f"the target {names[0]!r} must hold classes as those of the fit, {classes[:3]}…; "
                f"it holds {values[0].item()!r} in {row_in_words(block, 0)}."
            )
        if values.dtype.kind == "f" and (np.mod(values, 1) != 0).any():
            row = int(np.argmax(np.mod(values, 1) != 0)) // (values.size // len(values))
            raise InvalidValue(
                f"a target of classes must hold whole numbers; {names[0]!r} holds others, first in "
                f"{row_in_words(block, row)}."
            )
        return values

    def add(self, predicted: Array, y: Array, w: Array) -> None:
        """Take some rows in."""
        same = predicted == y
        right = same if same.ndim == 1 else same.all(axis=1)
        self._right += float(w[right].sum())
        self._total += float(w.sum())

    def value(self) -> float:
        """The share."""
        if not self._total > 0:
            raise InvalidValue("the weights of the rows must not all be 0; give some above 0.")
        return self._right / self._total

    def of(self, y: Any, predicted: Array, w: Any) -> float:
        """The share, of targets in memory."""
        return float(accuracy_score(y, predicted, sample_weight=w))


class Explained:
    """R², 1 − Σ w (y − ŷ)² / Σ w (y − ȳ)², averaged over targets.

    Of a constant target 1 where it is predicted exactly, else 0, as in scikit-learn.
    """

    def __init__(self, outputs: int) -> None:
        self._outputs = outputs
        self._rows = 0
        self._residual = np.zeros(outputs)
        self._y: Moments | None = None

    def require(self, rows: RowSet) -> None:
        """Demand as many targets, of numbers."""
        _require_targets(rows, self._outputs)
        rows.source.require_numbers(rows.targets)

    def targets(self, block: Block, names: tuple[str, ...]) -> Array:
        """Numbers."""
        y = target_values(block, names).astype(np.float64).reshape(len(block), -1)
        require_finite_rows(block, names, y)
        return y

    def add(self, predicted: Array, y: Array, w: Array) -> None:
        """Take some rows in."""
        self._rows += len(y)
        counted = w > 0
        y, w = y[counted], w[counted]
        a = predicted.reshape(len(predicted), -1)[counted]
        self._residual += w @ np.square(y - a)
        found = Moments.of(y, w)
        self._y = found if self._y is None else self._y.merged(found)

    def value(self) -> float:
        """R²; nan, with a warning, of a single row."""
        assert self._y is not None  # a set of rows has rows
        if not self._y.total[0] > 0:
            raise InvalidValue("the weights of the rows must not all be 0; give some above 0.")
        if self._rows < 2:
            warnings.warn(
                "R^2 score is not well-defined with less than two samples.",
                UndefinedMetricWarning,
                stacklevel=2,
            )
            return float("nan")
        total = self._y.total * np.square(self._y.spread)
        varies = (self._y.high > self._y.low) & (total > 0)
        constant = np.where(self._residual > 0, 1.0, 0.0)
        share = np.divide(self._residual, total, out=constant, where=varies)
        return float(np.mean(1 - share))

    def of(self, y: Any, predicted: Array, w: Any) -> float:
        """R², of targets in memory."""
        return float(r2_score(y, predicted, sample_weight=w))


def score_of_rows(
    est: Any, rows: Rows, y: Any, sample_weight: Any, tally: Callable[[], Tally]
) -> float:
    """How good an estimator's predictions are on rows on disk.

    Parameters
    ----------
    est : estimator of glassnet
    rows : Rows
    y : (m,) or (m, outputs), optional
        For rows that name no target.
    sample_weight : (m,), optional
        For rows that name no weight.
    tally : callable
        Makes what adds up, once the estimator is known to be fitted.

    Raises
    ------
    InvalidValue, ShapeMismatch, BadFile, FileFault
    """
    check_is_fitted(est)
    _require_one(rows, y, sample_weight)
    counts = tally()
    if y is not None:
        return counts.of(y, est.predict(rows), sample_weight)
    opened = opened_for(rows, targets=True)
    counts.require(opened)
    given = checked_weight(sample_weight, len(opened))
    question = est._question(opened)
    names, end = opened.targets, 0
    with closing(
        question_pieces(question, opened, lambda block: counts.targets(block, names))
    ) as pieces:
        for piece in pieces:
            begin, end = end, end + len(piece)
            w = piece.w if given is None else given[begin:end]
            each = np.ones(len(piece)) if w is None else w
            counts.add(est._decided(question.ask(piece.x)), piece.y, each)
    opened.warn_of_skipped()
    return counts.value()


def require_targets(y: Any) -> Any:
    """Demand that ``score`` be given the targets of rows in memory.

    Raises
    ------
    InvalidValue
    """
    if y is None:
        raise InvalidValue("score needs y, the targets of the rows of X; got None.")
    return y


def _require_one(rows: Rows, y: Any, sample_weight: Any) -> None:
    """Demand that targets come from one place, and weights from one at most."""
    if y is None and rows.target is None:
        raise InvalidValue(
            "score needs targets; the rows name none. Name the column, as in Rows(path, 'sold'), "
            "or give y."
        )
    for given, named, what in ((y, rows.target, "target"), (sample_weight, rows.weight, "weight")):
        if given is not None and named is not None:
            raise InvalidValue(
                f"the rows name their {what} themselves, {named!r}; leave it out here, or there."
            )
    if y is not None and rows.weight is not None:
        raise InvalidValue(
            "the weight that rows name goes with the target that they name; give sample_weight "
            "with y, or name both."
        )


def _require_targets(rows: RowSet, count: int) -> None:
    if len(rows.targets) != count:
        raise ShapeMismatch(
            f"the rows must name {count} target{'s' * (count > 1)}, as the estimator predicts; "
            f"they name {len(rows.targets)}: {', '.join(rows.targets)}."
        )

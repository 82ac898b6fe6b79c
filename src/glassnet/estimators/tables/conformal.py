"""Intervals and sets that hold the truth as often as they say, from rows that were kept apart."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, Unsupported
from glassnet.estimators.tables.class_target import ClassTarget
from glassnet.estimators.tables.held_out import HeldOut
from glassnet.estimators.tables.margins import Ends, Margins, Threshold, within
from glassnet.estimators.tables.members import averaged
from glassnet.estimators.tables.numeric_target import NumericTarget
from glassnet.estimators.tables.targets import complete_target, numbers


@dataclass(frozen=True, eq=False)
class Conformal:
    """A table estimator whose answers come with a coverage.

    Made by :func:`conformal`. Of rows that are drawn as those of the calibration were, a share of
    at least ``coverage`` lies within, on average over calibrations and rows: not in each row, and
    not for rows that are drawn in another way.

    Attributes
    ----------
    model : TableClassifier or TableRegressor
    margins : Ends or Threshold
        All that the calibration found, in a few numbers. ``model.margins_ = made.margins`` puts
        them into the model file, and ``conformal(gn.load(path))`` has them again.
    mapie : SplitConformalRegressor, ConformalizedQuantileRegressor or SplitConformalClassifier
        MAPIE's own object; None where the numbers are those of a file. It takes the answers of the
        model as its columns, not the table.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[k / 100] for k in range(200)], [k / 100 for k in range(200)]
    >>> reg = gn.TableRegressor("fast", epochs=20, random_state=0).fit(X[::2], y[::2])
    >>> gn.conformal(reg, X[1::2], y[1::2], coverage=0.8).intervals(X[:5]).shape
    (5, 2)
    """

    model: Any
    margins: Margins
    mapie: Any = None

    @property
    def coverage(self) -> float:
        """The share of rows that lies within."""
        return self.margins.coverage

    @property
    def rows(self) -> int:
        """Rows of the calibration; weights do not count."""
        return self.margins.rows

    def intervals(self, X: Any) -> Array:
        """Lower and upper end for each row, of a regression.  -> (m, 2)

        Raises
        ------
        Unsupported
            If the model is a classifier.
        """
        if isinstance(self.margins, Threshold):
            raise Unsupported("intervals are for numbers; sets(X) has those of classes.")
        return within(self.margins, _columns(self.model, X), self.model.head_)

    def sets(self, X: Any) -> Array:
        """Which classes, in the order of ``classes_``, are in the set of each row.

        -> (m, n_classes) bool; a set may be empty, or hold all.

        Raises
        ------
        Unsupported
            If the model is a regressor.
        """
        if isinstance(self.margins, Ends):
            raise Unsupported("sets are for classes; intervals(X) has those of numbers.")
        return within(self.margins, _columns(self.model, X), self.model.head_)


def conformal(model: Any, X: Any = None, y: Any = None, *, coverage: float = 0.9) -> Conformal:
    """Intervals (numbers) or sets (classes) of a fitted table estimator; it is not trained again.

    Numbers get the prediction ± the residual that a share ``coverage`` of the calibration rows
    stays below: one width for all rows. Quantiles get their outermost levels, each moved by one
    number: wide where the target spreads. Classes get all whose probability is above a threshold.

    Parameters
    ----------
    model : fitted TableClassifier or TableRegressor
        Of one target.
    X, y : frame or array, (m,), optional
        Rows that the model was not fitted on, some hundreds. Without them those that its members
        held out, just after the fit: no row is spared, but the coverage has no proof then. Members
        chose their epochs on these rows, yet each is less exact than their average. A model of a
        file with ``margins_`` has those, for their coverage.
    coverage : float in (0, 1)
        With quantiles, those of the model should lie about as far out: 0.05 and 0.95 for 0.9.

    Raises
    ------
    InvalidValue
        If coverage is not in (0, 1), or needs more rows.
    Unsupported
        For several targets, several labels, or one class.
    ImportError
        Without MAPIE: ``pip install "glassnet[conformal]"``.

    References
    ----------
    Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), algorithm 2: split conformal prediction.
    Romano, Patterson & Candès (2019), Conformalized quantile regression, algorithm 1.
    Sadinle, Lei & Wasserman (2019), Least ambiguous set-valued classifiers, section 3.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[k / 100] for k in range(200)], ["low"] * 100 + ["high"] * 100
    >>> clf = gn.TableClassifier("fast", epochs=20, random_state=0).fit(X[::2], y[::2])
    >>> sets = conformal(clf, X[1::2], y[1::2], coverage=0.9).sets([[0.1], [1.9]])
    >>> clf.classes_[sets[0]].tolist(), clf.classes_[sets[1]].tolist()
    (['low'], ['high'])
    """
    if not 0 < coverage < 1:
        raise InvalidValue(f"coverage must lie between 0 and 1, not on them; got {coverage!r}.")
    if X is None and y is None:
        kept: Margins | None = vars(model).get("margins_")
        if kept is not None and kept.coverage == coverage:
            return Conformal(model, kept)
        found = _held_out(model)
        answers, target = found.answers, found.y
    else:
        answers = _columns(model, X)
        target = complete_target(y, len(answers))
    head = model.head_
    require_rows(len(target), coverage, both=bool(getattr(head, "quantiles", ())))
    if isinstance(head, ClassTarget):
        made = _of_classes(head, answers, target, coverage)
        margins: Margins = _threshold(made, answers, head.labels.codes(target), coverage)
    else:
        made = _of_numbers(head, answers, target, coverage)
        margins = _ends(made, answers, coverage)
    return Conformal(model, margins, made)


def _of_classes(head: ClassTarget, answers: Array, y: Array, coverage: float) -> Any:
    if head.kind not in ("binary", "multiclass"):
        raise Unsupported(f"sets are made of two classes or more, one per row; got {head.kind}.")
    made = mapie_part("classification").SplitConformalClassifier(
        estimator=_Classes(len(head.classes)), confidence_level=coverage, prefit=True
    )
    return made.conformalize(answers, head.labels.codes(y))


def _threshold(made: Any, answers: Array, codes: Array, coverage: float) -> Threshold:
    """The least probability that MAPIE takes, of those that calibration gave to the truth."""
    p = np.unique(np.take_along_axis(answers, codes[:, None], axis=1))
    others = np.repeat((1 - p)[:, None] / (answers.shape[1] - 1), answers.shape[1] - 1, axis=1)
    _, found = made.predict_set(np.concatenate([p[:, None], others], axis=1))
    return Threshold(coverage, len(codes), float(p[found[:, 0, 0]].min()))


def _of_numbers(head: NumericTarget, answers: Array, y: Array, coverage: float) -> Any:
    if len(head.spreads) > 1:
        raise Unsupported(
            f"intervals are made of one target; this model has {len(head.spreads)}. Fit one each."
        )
    if head.quantiles:
        middle = int(np.argmin(np.abs(np.array(head.quantiles) - 0.5)))
        three = [_Column(j) for j in (0, len(head.quantiles) - 1, middle)]
        made = mapie_part("regression").ConformalizedQuantileRegressor(
            estimator=three, confidence_level=coverage, prefit=True
        )
    else:
        made = mapie_part("regression").SplitConformalRegressor(
            estimator=_Column(0), confidence_level=coverage, prefit=True
        )
    return made.conformalize(answers, numbers(y))


def _ends(made: Any, answers: Array, coverage: float) -> Ends:
    """What MAPIE adds to the outermost answers: its interval around zeros."""
    with _no_new_logging():
        _, found = made.predict_interval(np.zeros((1, answers.shape[1])))
    low, high = found[0, :, 0].tolist()
    return Ends(coverage, len(answers), -low, high)


def _held_out(model: Any) -> HeldOut:
    check_is_fitted(model, "members_")
    found = vars(model).get("held_out_")
    kept: Margins | None = vars(model).get("margins_")
    if found is None and kept is not None:
        raise InvalidValue(
            f"this model was calibrated for a coverage of {kept.coverage:g}. Ask for that, or pass "
            "X and y that it was not fitted on."
        )
    if found is None:
        raise InvalidValue(
            "rows that the members held out are known just after the fit; a model that was loaded "
            "or copied keeps none. Pass X and y that it was not fitted on."
        )
    return found


def _columns(model: Any, X: Any) -> Array:
    """What the model answers: probabilities, or numbers.  -> (m, k)"""
    x = model.encode(X)
    return model.head_.answers(averaged(model.members_, x, model.engine))


def require_rows(rows: int, coverage: float, *, both: bool) -> None:
    """Demand as many rows as MAPIE does: one in each tail that is cut off, and one within.

    Parameters
    ----------
    rows : int
    coverage : float in (0, 1)
    both : bool
        Whether the tails are calibrated apart, as those of quantiles.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> require_rows(10, 0.9, both=False)
    """
    sides = 2 if both else 1
    fewest = int(np.ceil(max(sides / (1 - coverage), 1 / coverage) - 1e-9))
    if rows < fewest:
        raise InvalidValue(
            f"a coverage of {coverage:g} needs {fewest} rows or more to be calibrated on; got "
            f"{rows}. Give more rows, or ask for less."
        )


@contextmanager
def _no_new_logging() -> Generator[None]:
    """MAPIE sets up the logging of the whole program where the ends of an interval cross."""
    root, quiet = logging.getLogger(), logging.NullHandler()
    root.addHandler(quiet)
    try:
        yield
    finally:
        root.removeHandler(quiet)


def mapie_part(part: str) -> Any:
    """MAPIE's module "classification" or "regression".

    Raises
    ------
    ImportError
        Without MAPIE.
    """
    try:
        from mapie import classification, regression
    except ImportError as error:
        raise ImportError(
            "conformal intervals and sets are computed by MAPIE, which is not installed. Install "
            'it with: pip install "glassnet[conformal]"'
        ) from error
    return {"classification": classification, "regression": regression}[part]


class _Column(RegressorMixin, BaseEstimator):
    """Predicts one of the columns that it is given: what the model has said already."""

    def __init__(self, column: int) -> None:
        self.column = column
        self.fitted_ = True

    def fit(self, X: Any, y: Any) -> Any:
        return self

    def predict(self, X: Any) -> Array:
        return np.asarray(X)[:, self.column]


class _Classes(ClassifierMixin, BaseEstimator):
    """Its columns are the probabilities of the classes 0, 1, …"""

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.classes_ = np.arange(classes)

    def fit(self, X: Any, y: Any) -> Any:
        return self

    def predict(self, X: Any) -> Array:
        return np.asarray(X).argmax(axis=1)

    def predict_proba(self, X: Any) -> Array:
        return np.asarray(X)

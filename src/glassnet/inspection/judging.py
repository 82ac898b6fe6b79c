"""How far answers are from the truth, in the terms of the answers: for importances and reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.frames import as_column
from glassnet.data.tables import Column
from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName
from glassnet.inspection.averages import Average
from glassnet.inspection.looking import look_at
from glassnet.network.targets import encode_targets

_LEAST = 1e-15  # a probability of 0 given to what is true would make the log-loss infinite


@dataclass(frozen=True)
class Judge:
    """A measure of error: ``finish`` of the mean over rows of what ``each`` says of them.

    Examples
    --------
    >>> rmse = Judge("RMSE", lambda truth, p: ((p - truth) ** 2).mean(axis=1), np.sqrt)
    >>> rmse.error(np.zeros((2, 1)), np.array([[3.0], [3.0]]))
    3.0
    """

    name: str
    each: Callable[[Array, Array], Array]
    finish: Callable[[Any], Any] = float

    def error(self, truth: Array, answers: Array) -> float:
        """The error of some rows."""
        return float(self.finish(self.each(truth, answers).mean()))


def judge(average: Average, metric: str | None = None) -> Judge:
    """The measure of that name that suits the answers; by default the usual one.

    Raises
    ------
    UnknownName

    Examples
    --------
    >>> import glassnet as gn
    >>> judge(Average.of(gn.Network(1, [gn.Dense(1, "identity")]))).name
    'RMSE'
    """
    known = _known(average)
    name = next(iter(known)) if metric is None else metric
    if name not in known:
        raise UnknownName("metric", name, tuple(known))
    return known[name]


def rows_and_truth(model: Any, average: Average, X: Any, y: Any) -> tuple[Array, Array]:
    """Encoded rows, and what is true of them in the terms of the answers.

    Returns
    -------
    x : (m, d) float64
    truth : (m,) int, (m, k) of 0 and 1, or (m, t) float64
        Numbers of classes; labels; or the t targets in their units.

    Raises
    ------
    InvalidValue, ShapeMismatch
    """
    if y is None:
        raise InvalidValue("y must be given: what is measured is the error. Give the true targets.")
    x = average.encode(X)
    if average.kind == "numbers":
        return x, _numbers(y, len(x))
    if hasattr(model, "__glassnet_rows__"):
        targets = model.__glassnet_rows__(X, y)[1]
    elif hasattr(model, "specification"):
        targets = encode_targets(model.specification, y)
    else:  # a pipeline of scalers
        targets = look_at(model.steps[-1][1], x, y).y
    coded = np.asarray(targets)
    if average.kind == "multilabel":
        return x, coded
    return x, coded.argmax(axis=1) if coded.shape[1] > 1 else coded[:, 0].astype(np.int64)


def _numbers(y: Any, rows: int) -> Array:
    """Targets in their units.  -> (m, t) float64"""
    several = np.ndim(y) == 2 or hasattr(y, "columns") or hasattr(y, "column_names")
    if several and not isinstance(y, Column):
        found = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    else:
        column = as_column(y)
        if column.kind == "categorical":
            raise InvalidValue("y must hold numbers; it holds text. Give the target of the fit.")
        found = column.values[:, None]
    if len(found) != rows or rows == 0:
        raise ShapeMismatch(
            f"X and y must have as many rows, at least one; got {rows} and {len(found)}."
        )
    if not np.isfinite(found).all():
        raise InvalidValue("y must be finite and complete here. Leave rows without a target out.")
    return found


def _known(average: Average) -> dict[str, Judge]:
    if average.kind == "multilabel":
        return {
            "log_loss": Judge("log-loss", _label_log_loss),
            "error": Judge("share of wrong labels", _label_error),
        }
    if average.kind != "numbers":
        return {
            "log_loss": Judge("log-loss", _log_loss),
            "error": Judge("share of wrong answers", _error),
        }
    if average.quantiles:
        return {"pinball": Judge("pinball loss", _pinball(average))}
    scale = np.ones(1) if len(average.units) == 1 else average.units
    of = "" if len(average.units) == 1 else " in standard deviations"
    return {
        "rmse": Judge(f"RMSE{of}", lambda y, p: (((p - y) / scale) ** 2).mean(axis=1), np.sqrt),
        "mae": Judge(f"mean absolute error{of}", lambda y, p: np.abs((p - y) / scale).mean(axis=1)),
    }


def _log_loss(truth: Array, p: Array) -> Array:
    own = np.take_along_axis(p, truth[:, None], axis=1)[:, 0]
    return -np.log(np.clip(own, _LEAST, 1.0))


def _error(truth: Array, p: Array) -> Array:
    return (p.argmax(axis=1) != truth).astype(np.float64)


def _label_log_loss(truth: Array, p: Array) -> Array:
    own = np.where(truth > 0.5, p, 1 - p)
    return -np.log(np.clip(own, _LEAST, 1.0)).sum(axis=1)


def _label_error(truth: Array, p: Array) -> Array:
    return ((p > 0.5) != (truth > 0.5)).mean(axis=1)


def _pinball(average: Average) -> Callable[[Array, Array], Array]:
    levels = np.array(average.quantiles)

    def each(truth: Array, answers: Array) -> Array:
        apart = answers.reshape(len(answers), -1, len(levels))
        left = truth[:, :, None] - apart
        return np.maximum(levels * left, (levels - 1) * left).mean(axis=(1, 2))

    return each

"""How a candidate came to its score: the validation score by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from glassnet.training.history import History

Curve: TypeAlias = "tuple[tuple[int, float], ...]"

_MOST_POINTS = 20
_COLUMNS = {"accuracy": "val_accuracy", "r2": "val_r2"}


def watched(history: History, scoring: str, epochs: int) -> tuple[float, ...]:
    """The score on the validation rows after each of the last so many epochs.

    Empty where the scoring is none that a history has.

    Examples
    --------
    >>> watched(History([{"J": 1.0, "val_r2": 0.25}, {"J": 0.5, "val_r2": 0.75}]), "r2", 1)
    (0.75,)
    """
    column = _COLUMNS.get(scoring)
    if column is None or column not in history.columns or epochs < 1:
        return ()
    return tuple(float(value) for value in history.column(column)[-epochs:])


def mean_curve(curves: Sequence[Sequence[float]], *, cut: bool) -> np.ndarray:
    """The mean over folds after each epoch.

    Parameters
    ----------
    curves : sequence of sequences of float
        One for each fold.
    cut : bool
        Where they are not of one length: whether to end with the shortest (the others were cut
        short by the clock), or to let each stay as it ended (it stopped because it had ceased to
        get better).

    Examples
    --------
    >>> mean_curve([[0.5, 0.7, 0.6], [0.3, 0.5]], cut=False).tolist()
    [0.4, 0.6, 0.55]
    >>> mean_curve([[0.5, 0.7, 0.6], [0.3, 0.5]], cut=True).tolist()
    [0.4, 0.6]
    """
    lengths = [len(curve) for curve in curves]
    if min(lengths, default=0) == 0:
        return np.zeros(0)
    length = min(lengths) if cut else max(lengths)
    rows = [[*curve[:length], *[curve[-1]] * (length - len(curve))] for curve in curves]
    return np.mean(rows, axis=0)


def thinned(values: Sequence[float], first: int) -> Curve:
    """(epoch, score) of a curve whose first epoch is ``first``; of more than 20, evenly spaced.

    Examples
    --------
    >>> thinned([0.25, 0.75], 10)
    ((10, 0.25), (11, 0.75))
    """
    kept = np.unique(np.linspace(0, len(values) - 1, min(len(values), _MOST_POINTS)).astype(int))
    return tuple((first + int(k), float(values[k])) for k in kept if np.isfinite(values[k]))

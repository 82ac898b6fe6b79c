"""How a candidate came to its score: the validation score by epoch, on one fold."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.training.history import History

Curve: TypeAlias = "tuple[tuple[int, float], ...]"

_MOST_ROWS = 1000
_MOST_POINTS = 20


def judging(x: Array, y: Array, rows: Array, rung: int) -> dict[str, Any]:
    """The rows by which every epoch is judged, as arguments of an estimator's ``fit``.

    At most 1,000 of the validation rows, and none on the first rung: looking at every epoch of
    candidates that are soon given up would cost more than it shows.

    Examples
    --------
    >>> judging(np.eye(3), np.arange(3), np.array([2, 0]), 1)["y_val"]
    array([0, 2])
    >>> judging(np.eye(3), np.arange(3), np.array([2, 0]), 0)
    {}
    """
    if rung == 0:
        return {}
    judged = np.sort(rows[:_MOST_ROWS])
    return {"X_val": x[judged], "y_val": y[judged]}


def curve(history: History, epochs: int) -> Curve:
    """(epoch, accuracy or R²) of the last so many epochs; of more than 20, evenly spaced ones.

    Examples
    --------
    >>> curve(History([{"J": 1.0, "val_r2": 0.25}, {"J": 0.5, "val_r2": 0.75}]), 1)
    ((2, 0.75),)
    >>> curve(History([{"J": 1.0}]), 1)
    ()
    """
    for name in ("val_accuracy", "val_r2"):
        if name in history.columns:
            values = history.column(name)
            first = max(0, len(values) - epochs)
            count = min(epochs, _MOST_POINTS)
            kept = np.unique(np.linspace(first, len(values) - 1, count).astype(int))
            return tuple((int(k) + 1, float(values[k])) for k in kept if np.isfinite(values[k]))
    return ()

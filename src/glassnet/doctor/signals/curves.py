"""Signals of a run's history: how the cost went, and the validation loss beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class CurveSigns:
    """How the cost went over the epochs; nan where the history does not tell.

    Attributes
    ----------
    epochs, steps : int
    first, last, lowest : float
        J of the first epoch, the median of the last (a tenth, at most 5), the smallest.
    falling : float
        By what part J falls in an epoch, over the last third.
    rises : float
        Share of the epochs in which J rises, of those of the last half.
    finite : bool
    val_last, val_lowest : float
    val_since : int
        Epochs since the validation loss was lowest.
    val_first : float
        The first validation loss.
    scores : dict
        Of each other number of the validation rows, by name: how its ranks follow those of the
        validation loss, |correlation| of both; nan where one of them stands still.
    """

    epochs: int
    steps: int
    first: float
    last: float
    lowest: float
    falling: float
    rises: float
    finite: bool
    val_last: float = float("nan")
    val_lowest: float = float("nan")
    val_since: int = 0
    val_first: float = float("nan")
    scores: Mapping[str, float] = field(default_factory=dict[str, float])


def curve_signs(columns: Mapping[str, Sequence[Any]]) -> CurveSigns | None:
    """The signals of a history by columns; None where it holds no cost.

    Examples
    --------
    >>> signs = curve_signs({"J": [1.0, 0.5, 0.25], "step": [4, 8, 12]})
    >>> signs.steps, signs.falling
    (12, 0.5)
    """
    J = np.asarray(columns.get("J", []), np.float64)
    if not len(J):
        return None
    steps = np.asarray(columns.get("step", [len(J)]), np.float64)
    finite = np.isfinite(J)
    val = np.asarray(columns.get("val_loss", []), np.float64)
    known = val[np.isfinite(val)]
    tail = max(1, min(5, len(J) // 10))
    half = J[len(J) // 2 :]
    return CurveSigns(
        epochs=len(J),
        steps=int(steps[-1]) if np.isfinite(steps[-1]) else len(J),
        first=float(J[0]),
        last=float(np.median(J[-tail:])),
        lowest=float(J[finite].min()) if finite.any() else float("nan"),
        falling=_falling(J[-max(2, len(J) // 3) :]),
        rises=float(np.mean(np.diff(half) > 0)) if len(half) > 1 else 0.0,
        finite=bool(finite.all()),
        val_last=float(np.median(known[-tail:])) if known.size else float("nan"),
        val_lowest=float(known.min()) if known.size else float("nan"),
        val_since=int(len(known) - 1 - known.argmin()) if known.size else 0,
        val_first=float(known[0]) if known.size else float("nan"),
        scores={
            name: _follows(np.asarray(values, np.float64), val)
            for name, values in columns.items()
            if name.startswith("val_") and name != "val_loss"
        },
    )


def _follows(score: Any, loss: Any) -> float:
    both = np.isfinite(score) & np.isfinite(loss) if len(score) == len(loss) else np.zeros(0, bool)
    if both.sum() < 3:
        return float("nan")
    ranks = [np.unique(each[both], return_inverse=True)[1].astype(float) for each in (score, loss)]
    if not all(np.ptp(each) for each in ranks):
        return float("nan")
    return abs(float(np.corrcoef(np.array(ranks))[0, 1]))


def _falling(J: Any) -> float:
    """1 − the mean factor per epoch; 0 where it cannot be said."""
    if len(J) < 2 or not (J > 0).all() or not np.isfinite(J).all():
        return 0.0
    return float(1 - (J[-1] / J[0]) ** (1 / (len(J) - 1)))

"""The numbers that turn answers into intervals or sets with a coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from glassnet.arrays import Array


@dataclass(frozen=True)
class Ends:
    """How far an interval reaches beyond what a regressor answers.

    Attributes
    ----------
    coverage : float in (0, 1)
        The share of rows that lies within, for rows drawn as those of the calibration.
    rows : int
        Of the calibration.
    below, above : float
        What is taken from the prediction, or from the lowest quantile, and what is added to it, or
        to the highest. Of quantiles one may be negative: those were too far out.

    Examples
    --------
    >>> Ends(0.9, 100, below=2.0, above=1.0).intervals(np.array([[5.0], [9.0]])).tolist()
    [[3.0, 6.0], [7.0, 10.0]]
    """

    coverage: float
    rows: int
    below: float
    above: float

    def intervals(self, answers: Array, lowest: float = -np.inf) -> Array:
        """Lower and upper end of each row; no end is under ``lowest``.  (m, q) -> (m, 2)"""
        ends = np.stack([answers[:, 0] - self.below, answers[:, -1] + self.above], axis=1)
        return np.maximum(np.sort(ends, axis=1), lowest)


@dataclass(frozen=True)
class Threshold:
    """From which probability on a class is in the set of a row.

    Attributes
    ----------
    coverage, rows : as of :class:`Ends`
    least : float in [0, 1]

    Examples
    --------
    >>> Threshold(0.9, 100, least=0.25).sets(np.array([[0.7, 0.3], [0.9, 0.1]])).tolist()
    [[True, True], [True, False]]
    """

    coverage: float
    rows: int
    least: float

    def sets(self, answers: Array) -> Array:
        """Which classes are in the set of each row.  (m, classes) -> (m, classes) bool"""
        return answers >= self.least


Margins: TypeAlias = Ends | Threshold


def within(margins: Margins, answers: Array, head: Any) -> Array:
    """Intervals (m, 2) of answers that are numbers, or sets (m, classes) of probabilities.

    Parameters
    ----------
    margins : Ends or Threshold
    answers : (m, q) or (m, classes)
        As ``head.answers`` has them.
    head : NumericTarget or ClassTarget

    Examples
    --------
    >>> from glassnet.estimators.tables.numeric_target import NumericTarget
    >>> from glassnet.estimators.tables.spread import Spread
    >>> counts = NumericTarget("poisson", (Spread(0.0, 2.0, 0.0, 9.0),))
    >>> within(Ends(0.9, 100, 2.0, 2.0), np.array([[1.0]]), counts).tolist()
    [[0.0, 3.0]]
    """
    if isinstance(margins, Threshold):
        return margins.sets(answers)
    return margins.intervals(answers, 0.0 if head.loss == "poisson" else -np.inf)

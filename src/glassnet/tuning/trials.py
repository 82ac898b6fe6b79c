"""What a search orders, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from glassnet.arrays import Array
from glassnet.tuning.curves import Curve


@dataclass(frozen=True)
class Material:
    """Where a worker finds the rows: two arrays in files, read through a memory map.

    Attributes
    ----------
    folder : str
        Holds ``X.npy``, ``y.npy`` and the candidates that rest between two rungs.
    folds : tuple of (train, validation) row numbers
    classes : bool
        Whether y holds classes.
    scoring : str
        A scorer of scikit-learn's; greater is better.
    until : float
        When training ends, as of :func:`time.monotonic`.
    threads : int or None
        That one training may use.
    shared : bool
        Whether all workers are in this process: candidates then rest in its memory, which saves
        the 20 ms that a file costs.
    """

    folder: str
    folds: tuple[tuple[Array, Array], ...]
    classes: bool
    scoring: str
    until: float = float("inf")
    threads: int | None = None
    shared: bool = False


class Begin(Protocol):
    """Where a candidate begins, in place of first weights that are drawn; can be pickled."""

    def __call__(self, order: Order, material: Material, fold: int) -> Any:
        """A fitted estimator of the kind and shape that the order's parameters ask for."""
        ...


@dataclass(frozen=True)
class Order:
    """Train candidate ``number`` for ``epochs`` more, from where it rests or from the start.

    Attributes
    ----------
    number : int
    rung : int
        The last that these epochs come to.
    epochs : int
    parameters : mapping
        The estimator's.
    seed : int
    begin : Begin, optional
        Where it starts, if not from weights drawn by the seed.
    """

    number: int
    rung: int
    epochs: int
    parameters: Mapping[str, Any]
    seed: int
    begin: Begin | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of an order.

    Attributes
    ----------
    scores : tuple of float
        Of each fold's validation rows, after ``epoch``: the epoch with the highest mean so far.
    seconds : float
        Of all folds together.
    parameters : int
        Of the network.
    verdict : str
        The doctor's, of the first fold; empty where nothing is wrong.
    failed : str
        Why there is no score.
    fatal : bool
        Whether the verdict is certain and fatal: it is not trained further.
    curve : tuple of (epoch, value)
        The mean over folds after each epoch, as far as accuracy or R² is what is looked for.
    epoch : int
    epochs : int
        That it was trained for, in all.
    stale : bool
        Whether this training made it no better than it was before.
    lost : bool
        Whether its worker was killed, so that nothing is known of it.
    """

    number: int
    rung: int
    scores: tuple[float, ...] = ()
    seconds: float = 0.0
    parameters: int = 0
    verdict: str = ""
    failed: str = ""
    fatal: bool = False
    curve: Curve = ()
    epoch: int = 0
    epochs: int = 0
    stale: bool = False
    lost: bool = False

    @property
    def score(self) -> float:
        """Their mean; −∞ without any."""
        return float(np.mean(self.scores)) if self.scores else float("-inf")

    @property
    def goes_on(self) -> bool:
        """Whether it is worth more epochs.

        Nothing is stale at the first two rungs: a few epochs of a small table are a few steps,
        after which chance decides what is better.
        """
        return not (self.failed or self.fatal or (self.stale and self.rung > 1))


@dataclass(frozen=True)
class Record:
    """A candidate with all that became of it; what the study keeps and the table shows.

    Attributes
    ----------
    number : int
    values : mapping
        Of the space's names.
    outcomes : tuple of Outcome
    epochs : int
        After which it was best.
    told : mapping
        Parameters of the estimator that a method set in place of those that the values stand for.
    """

    number: int
    values: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    epochs: int
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def last(self) -> Outcome:
        """Of the highest rung it came to."""
        return self.outcomes[-1]

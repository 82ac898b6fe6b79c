"""One candidate trained for a while on every fold: what a worker computes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from sklearn.metrics import get_scorer

from glassnet.arrays import Array
from glassnet.errors import Diverged, GlassnetError
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.saving.model_file import load, save
from glassnet.tuning.curves import Curve, curve, judging


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
    """

    folder: str
    folds: tuple[tuple[Array, Array], ...]
    classes: bool
    scoring: str


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
        Of each fold's validation rows.
    seconds : float
    parameters : int
        Of the network.
    verdict : str
        The doctor's, of the first fold; empty where nothing is wrong.
    failed : str
        Why there is no score.
    fatal : bool
        Whether the verdict is certain and fatal: it is not trained further.
    curve : tuple of (epoch, value)
        Accuracy or R² on validation rows of the first fold; see :mod:`glassnet.tuning.curves`.
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

    @property
    def score(self) -> float:
        """Their mean; −∞ without any."""
        return float(np.mean(self.scores)) if self.scores else float("-inf")

    @property
    def goes_on(self) -> bool:
        """Whether it is worth more epochs."""
        return not (self.failed or self.fatal)


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
        In all.
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


def compute(order: Order, material: Material) -> Outcome:
    """Do what an order says. The same order gives the same outcome wherever it is computed."""
    begun = time.perf_counter()
    scores: list[float] = []
    size, verdict, fatal = 0, "", False
    seen: Curve = ()
    try:
        for k in range(len(material.folds)):
            model = _trained(order, material, k)
            scores.append(_score(model, material, k))
            size = model.network_.parameter_count
            seen = curve(model.history_, order.epochs) if k == 0 else seen
            if k == 0 and model.doctor:
                diagnosis = model.diagnosis_
                verdict = "" if diagnosis.healthy else diagnosis.verdict
                fatal = any(
                    finding.severity == "fatal" and finding.confidence >= 0.9
                    for finding in diagnosis.findings
                )
    except Diverged as error:
        return _failure(order, begun, f"diverged: {error}")
    except (GlassnetError, ValueError, ArithmeticError, MemoryError) as error:
        return _failure(order, begun, f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - begun
    return Outcome(order.number, order.rung, tuple(scores), seconds, size, verdict, "", fatal, seen)


def estimator(classes: bool, parameters: Mapping[str, Any], seed: int) -> Any:
    """An estimator of the kind, unfitted."""
    made: Any = MLPClassifier if classes else MLPRegressor
    return made(random_state=seed, **parameters)


def _trained(order: Order, material: Material, k: int) -> Any:
    x, y = arrays(material.folder)
    rows = material.folds[k][0]
    model = rested(material, order.number, k, order.rung)
    watched = model is None
    if model is None and order.begin is not None:
        model = order.begin(order, material, k)
    if model is None:
        model = estimator(material.classes, order.parameters, order.seed)
    model.set_params(
        warm_start=True,
        max_iter=order.epochs,
        n_iter_no_change=np.inf,
        doctor="stop" if watched else False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judged = judging(x, y, material.folds[0][1], order.rung) if k == 0 else {}
        model.fit(x[rows], y[rows], **judged)
        rest(material, order.number, k, order.rung, model)
    return model


def rest(material: Material, number: int, fold: int, rung: int, model: Any) -> None:
    """Keep a candidate with its training as it came to a rung."""
    save(model, _place(material, number, fold, rung), training=True)


def rested(material: Material, number: int, fold: int, below: int = 99) -> Any:
    """The candidate as it came to the highest rung below one; None where it was never trained.

    The rest of the rung itself is no place to start: an order that is computed again would go on
    from what it had done before its worker was killed.
    """
    for rung in reversed(range(below)):
        place = _place(material, number, fold, rung)
        if place.exists():
            return load(place)
    return None


def _place(material: Material, number: int, fold: int, rung: int) -> Path:
    return Path(material.folder) / f"{number}-{fold}-{rung}.glassnet"


def _score(model: Any, material: Material, k: int) -> float:
    x, y = arrays(material.folder)
    rows = material.folds[k][1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(get_scorer(material.scoring)(model, x[rows], y[rows]))


@lru_cache(maxsize=2)
def arrays(folder: str) -> tuple[Array, Array]:
    """X and y of a folder."""
    where = Path(folder)
    return np.load(where / "X.npy", mmap_mode="r"), np.load(where / "y.npy")


def _failure(order: Order, begun: float, text: str) -> Outcome:
    seconds = time.perf_counter() - begun
    return Outcome(order.number, order.rung, (), seconds, 0, "", " ".join(text.split())[:300])

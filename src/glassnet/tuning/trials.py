"""One candidate trained for a while on every fold: what a worker computes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer

from glassnet.arrays import Array
from glassnet.errors import Diverged, GlassnetError
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.saving.model_file import load, save


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


@dataclass(frozen=True)
class Order:
    """Train candidate ``number`` for ``epochs`` more, from where it rests or from the start."""

    number: int
    rung: int
    epochs: int
    parameters: Mapping[str, Any]
    seed: int


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
    """

    number: int
    rung: int
    scores: tuple[float, ...] = ()
    seconds: float = 0.0
    parameters: int = 0
    verdict: str = ""
    failed: str = ""
    fatal: bool = False

    @property
    def score(self) -> float:
        """Their mean; −∞ without any."""
        return float(np.mean(self.scores)) if self.scores else float("-inf")


@dataclass(frozen=True)
class Record:
    """A candidate with all that became of it; what the study keeps and the table shows."""

    number: int
    values: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    epochs: int

    @property
    def last(self) -> Outcome:
        """Of the highest rung it came to."""
        return self.outcomes[-1]


def compute(order: Order, material: Material) -> Outcome:
    """Do what an order says. The same order gives the same outcome wherever it is computed."""
    begun = time.perf_counter()
    scores: list[float] = []
    size, verdict, fatal = 0, "", False
    try:
        for k in range(len(material.folds)):
            model = _trained(order, material, k)
            scores.append(_score(model, material, k))
            size = model.network_.parameter_count
            if k == 0 and order.rung == 0:
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
    return Outcome(order.number, order.rung, tuple(scores), seconds, size, verdict, "", fatal)


def estimator(classes: bool, parameters: Mapping[str, Any], seed: int) -> Any:
    """An estimator of the kind, unfitted."""
    made: Any = MLPClassifier if classes else MLPRegressor
    return made(random_state=seed, **parameters)


def _trained(order: Order, material: Material, k: int) -> Any:
    x, y = _arrays(material.folder)
    rows = material.folds[k][0]
    resting = Path(material.folder) / f"{order.number}-{k}.glassnet"
    first = order.rung == 0
    model = estimator(material.classes, order.parameters, order.seed) if first else load(resting)
    model.set_params(
        warm_start=True,
        max_iter=order.epochs,
        n_iter_no_change=np.inf,
        doctor="stop" if first else False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x[rows], y[rows])
        save(model, resting, training=True)
    return model


def _score(model: Any, material: Material, k: int) -> float:
    x, y = _arrays(material.folder)
    rows = material.folds[k][1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(get_scorer(material.scoring)(model, x[rows], y[rows]))


@lru_cache(maxsize=2)
def _arrays(folder: str) -> tuple[Array, Array]:
    where = Path(folder)
    return np.load(where / "X.npy", mmap_mode="r"), np.load(where / "y.npy")


def _failure(order: Order, begun: float, text: str) -> Outcome:
    seconds = time.perf_counter() - begun
    return Outcome(order.number, order.rung, (), seconds, 0, "", " ".join(text.split())[:300])

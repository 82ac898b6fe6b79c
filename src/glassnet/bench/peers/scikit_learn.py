"""scikit-learn's MLPClassifier: an epoch of ``partial_fit`` over a stretch of rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from glassnet.bench.contract import Entry, Turn
from glassnet.bench.workloads import Prediction, Shape, Training, rows


def train(work: Training, entry: Entry) -> Turn:
    """A turn of training. It shuffles the rows of its stretch and gathers each batch by index.

    Ten labels are ten classes to it; its softmax costs about the same as ten logistic units.
    """
    x, y = rows(work, entry.storage)
    model = _model(
        work.shape,
        solver=work.optimizer,
        batch_size=work.batch,
        learning_rate_init=work.rate,
        momentum=0,
        alpha=0,
    )
    classes = np.arange(work.shape.labels)
    rng, count = np.random.default_rng(1), work.steps * work.batch

    def turn() -> None:
        start = int(rng.integers(0, work.rows - count + 1))
        part = slice(start, start + count)
        model.partial_fit(x[part], y[part], classes=classes)

    return turn


def predict(work: Prediction, entry: Entry) -> Turn:
    """A turn of ``predict_proba``."""
    x, y = rows(work, entry.storage)
    model = _model(work.shape, batch_size=1)
    model.partial_fit(x[:1], y[:1], classes=np.arange(work.shape.labels))

    def turn() -> None:
        for _ in range(work.steps):
            model.predict_proba(x)

    return turn


def _model(shape: Shape, **settings: Any) -> MLPClassifier:
    warnings.simplefilter("ignore")  # of convergence, which nobody waits for here
    return MLPClassifier(shape.units[1:-1], activation=shape.hidden, random_state=0, **settings)

"""Suspected wrong labels: rows whose target surprises a model that has not seen them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.splits import folds as split
from glassnet.errors import InvalidValue
from glassnet.inspection.ledger import ledger
from glassnet.inspection.ranking import ranked
from glassnet.inspection.row_passes import RowPasses, classes_of
from glassnet.network.network import Network
from glassnet.training.train import train

# (rows to train on, rows to judge) -> their losses, (h,), and predictions, (h,) or (h, n_L)
Judge = Callable[[Array, Array], tuple[Array, Array]]


@dataclass(frozen=True, eq=False)
class Suspects:
    """Rows in order of suspicion; made by :func:`glassnet.suspects`.

    Attributes
    ----------
    rows : (m,) int64
        All row numbers, the most suspected first.
    losses : (m,) float64
        The loss of each row (in the rows' own order) under a model that has not seen it. For
        classes it is −log P(label given).
    given : (m,) or (m, n_L)
        The targets as they came.
    predicted : (m,) or (m, n_L)
        What the model that has not seen the row makes of it: look here for the right label.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.data.datasets import circles
    >>> X, y = circles(200, seed=1)
    >>> y[17] = 1 - y[17]
    >>> found = gn.suspects(gn.MLPClassifier((32,), solver="lbfgs", random_state=0), X, y)
    >>> found.top(1)
    [(17, 1, 0)]
    """

    rows: Array
    losses: Array
    given: Array
    predicted: Array

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        """Say how many rows it has, and the worst of them."""
        return f"Suspects({len(self)} rows; first {self.rows[:5].tolist()})"

    def top(self, k: int = 10) -> list[tuple[int, Any, Any]]:
        """The k most suspected rows: row number, what was given, what is predicted."""
        ranked(self.losses, k)  # checks k
        return [(int(n), self.given[n].tolist(), self.predicted[n].tolist()) for n in self.rows[:k]]

    def to_dict(self) -> dict[str, Array]:
        """Columns in order of suspicion, as frames take them."""
        order = self.rows
        return {
            "row": order,
            "loss": self.losses[order],
            "given": self.given[order],
            "predicted": self.predicted[order],
        }


def cross_judged(
    judge: Judge, given: Array, *, folds: int, seed: int, stratify: Array | None
) -> Suspects:
    """Judge each row by a model that was trained without it, in so many folds.

    Raises
    ------
    InvalidValue
        If there are fewer rows than folds, or fewer than 2 folds.
    """
    losses = np.empty(len(given))
    predicted: Any = np.empty_like(given)
    for trained, held in split(len(given), folds, seed=seed, stratify=stratify):
        losses[held], predicted[held] = judge(trained, held)
    return Suspects(ranked(losses, len(given)), losses, given, predicted)


def suspects_of_network(
    net: Network, X: Any, y: Any, *, folds: int, seed: int, settings: dict[str, Any]
) -> Suspects:
    """Train a network of this specification from its first parameters for each fold."""
    spec, first = net.specification, net.state.seed
    normed = any(layer.batch_norm for layer in spec.layers)
    statistics = "running" if normed else None
    rows = RowPasses.of(net, X, y, statistics=statistics)
    labels, given = _classes(rows), np.asarray(y)

    def judge(trained: Array, held: Array) -> tuple[Array, Array]:
        fresh = Network.of(spec, spec.initial_state(first, net.state.theta.dtype))
        train(fresh, rows.X[trained], rows.y[trained], **settings)
        book = ledger(fresh, rows.X[held], rows.y[held], statistics=statistics)
        return book.losses, _as_given(book.outputs, given, classes=labels is not None)

    return cross_judged(
        judge, given if labels is None else labels, folds=folds, seed=seed, stratify=labels
    )


def _classes(rows: RowPasses) -> Array | None:
    try:
        return classes_of(rows)
    except InvalidValue:
        return None


def _as_given(outputs: Array, given: Array, *, classes: bool) -> Array:
    """Outputs in the form of the targets: class numbers, or numbers."""
    if not classes:
        return outputs.reshape(len(outputs), *given.shape[1:])
    return (outputs[:, 0] > 0.5) if outputs.shape[1] == 1 else outputs.argmax(axis=1)

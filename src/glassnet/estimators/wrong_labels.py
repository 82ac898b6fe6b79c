"""``gn.suspects``: suspected wrong labels, for a network or for any estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor

from glassnet.arrays import Array
from glassnet.data.rows_on_disk import require_in_memory
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection.wrong_labels import Suspects, cross_judged, suspects_of_network
from glassnet.network.network import Network


def suspects(
    model: Any, X: Any, y: Any, *, folds: int = 5, seed: int = 0, **settings: Any
) -> Suspects:
    """Rank the rows by how much their targets surprise a model that was trained without them.

    The rows are dealt into folds, each class evenly. For each fold a new model is trained on the
    other folds and gives the fold's rows their losses: −log P(label) for classes, ½ (y − ŷ)² for
    numbers. A wrong label has a large loss where the others are right, and a model cannot have
    learned by heart what it has never seen. Rows that are right and hard rank high too: the list is
    one to look at, not one to delete.

    It takes ``folds`` trainings and the same arguments give the same list: fix ``random_state``.

    Parameters
    ----------
    model : Network, or estimator of glassnet or scikit-learn
        It is not changed: estimators are cloned, a network's parameters are drawn anew by its seed.
        A classifier needs ``predict_proba``.
    X : (m, n₀)
        Array, sparse matrix or, for estimators, a frame.
    y : (m,) or (m, n_L)
    folds : int ≥ 2
        More folds leave each model more rows to learn from, and take as much longer.
    seed : int
        Of the deal.
    **settings
        For a Network, the arguments of :func:`glassnet.train`: ``epochs=30``, …

    Returns
    -------
    Suspects

    Raises
    ------
    InvalidValue, ShapeMismatch

    References
    ----------
    Northcutt, Jiang & Chuang (2021), Confident learning: estimating uncertainty in dataset labels,
    section 3 (probabilities out of sample). Kuan & Mueller (2022), Model-agnostic label quality
    scoring to detect real-world label errors (the ranking by P(label)).

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.data.datasets import circles
    >>> X, y = circles(200, seed=1)
    >>> y[[3, 50]] = 1 - y[[3, 50]]
    >>> layers = [gn.Dense(32, "tanh"), gn.Dense(1, "logistic")]
    >>> net = gn.Network(2, layers, loss="binary_cross_entropy")
    >>> sorted(suspects(net, X, y, optimizer=gn.Adam(0.05), epochs=100).rows[:2].tolist())
    [3, 50]
    """
    if isinstance(model, Network):
        return suspects_of_network(model, X, y, folds=folds, seed=seed, settings=settings)
    if settings:
        raise InvalidValue(
            f"{next(iter(settings))} is for a Network; set an estimator's parameters on it."
        )
    if not callable(getattr(model, "fit", None)) or isinstance(model, type):
        raise InvalidValue(f"model must be a Network or an estimator; got {model!r}.")
    require_in_memory(X)
    given = np.asarray(y)
    count = X.shape[0] if hasattr(X, "shape") else len(X)
    if given.ndim == 0 or len(given) != count:
        raise ShapeMismatch(f"X and y must have as many rows; got {count} and {given.shape}.")
    if is_classifier(model):
        return _of_classifier(model, X, given, folds, seed)
    if not is_regressor(model):
        raise InvalidValue(f"model must be a classifier or a regressor; got {model!r}.")
    return _of_regressor(model, X, given.astype(np.float64), folds, seed)


def _of_classifier(model: Any, X: Any, given: Array, folds: int, seed: int) -> Suspects:
    if given.ndim != 1:
        raise ShapeMismatch(f"y of a classifier must be (m,), a label per row; got {given.shape}.")
    if not hasattr(model, "predict_proba"):
        raise InvalidValue(f"a classifier needs predict_proba to be asked; got {model!r}.")

    def judge(trained: Array, held: Array) -> tuple[Array, Array]:
        fitted: Any = clone(model)
        fitted.fit(_rows(X, trained), given[trained])
        of_classes = np.asarray(fitted.predict_proba(_rows(X, held)), dtype=np.float64)
        # A class with no row to learn from has no column: its probability is 0.
        column = {label: c for c, label in enumerate(fitted.classes_.tolist())}
        known = [column.get(label, -1) for label in given[held].tolist()]
        padded = np.column_stack([of_classes, np.zeros(len(held))])
        p = padded[np.arange(len(held)), known]
        predicted = fitted.classes_[of_classes.argmax(axis=1)]
        return -np.log(np.maximum(p, np.finfo(float).tiny)), predicted

    return cross_judged(judge, given, folds=folds, seed=seed, stratify=given)


def _of_regressor(model: Any, X: Any, given: Array, folds: int, seed: int) -> Suspects:
    def judge(trained: Array, held: Array) -> tuple[Array, Array]:
        fitted: Any = clone(model)
        fitted.fit(_rows(X, trained), given[trained])
        predicted = np.asarray(fitted.predict(_rows(X, held)), dtype=np.float64)
        error = (predicted.reshape(given[held].shape) - given[held]).reshape(len(held), -1)
        return 0.5 * np.square(error).sum(axis=1), predicted.reshape(given[held].shape)

    return cross_judged(judge, given, folds=folds, seed=seed, stratify=None)


def _rows(X: Any, rows: Array) -> Any:
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    return X[rows] if hasattr(X, "shape") else np.asarray(X)[rows]

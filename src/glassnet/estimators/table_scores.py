"""Scores of an estimator of tables on rows of one target or several, beside those of a constant."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from glassnet.arrays import Array
from glassnet.data.tables import Table
from glassnet.estimators.table_face import Answers, TableFace
from glassnet.estimators.table_fit import class_scores, number_scores
from glassnet.estimators.table_task import as_truths


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of answers and those of the best constant, which rows of training gave.

    Attributes
    ----------
    scores, baseline : dict
        "accuracy" and "log_loss" of classes, with "exact" of labels; "r2" and "rmse" of numbers,
        of several targets "r2" alone, the mean over them.
    targets : dict of str to (scores, baseline)
        The same of each target, where there are several.
    below : dict of str to float
        Of quantiles: the share of the rows that lie below each.
    """

    scores: dict[str, float]
    baseline: dict[str, float]
    targets: dict[str, tuple[dict[str, float], dict[str, float]]] = field(
        default_factory=dict[str, "tuple[dict[str, float], dict[str, float]]"]
    )
    below: dict[str, float] = field(default_factory=dict[str, float])


def scored(
    face: TableFace,
    found: Answers,
    truth: Table,
    known: Table,
    w: Array | None = None,
    known_w: Array | None = None,
) -> Scored:
    """Scores of answers.

    Parameters
    ----------
    face : TableFace
    found : Answers
        Of the rows to be scored.
    truth : Table
        Their targets, a column each.
    known : Table
        The targets of the rows of training.
    w, known_w : (m,), optional
        Weights of both.
    """
    if not face.classes:
        return _of_numbers(face, found, _matrix(truth), _matrix(known), w, known_w)
    assert found.details is not None
    if len(face.targets) > 1:
        return _of_labels(face, found.details, _matrix(truth), _matrix(known), w, known_w)
    target, (one,), (of_known,) = face.first.target, truth.columns, known.columns
    codes = target.codes(one)
    counts = np.bincount(target.codes(of_known), weights=known_w, minlength=len(face.classes))
    shares = np.repeat((counts / counts.sum())[None], len(codes), axis=0)
    return Scored(class_scores(found.details, codes, w), class_scores(shares, codes, w))


def _of_numbers(
    face: TableFace,
    found: Answers,
    y: Array,
    known: Array,
    w: Array | None,
    known_w: Array | None,
) -> Scored:
    said = found.values.reshape(len(y), -1)
    constant = np.repeat(np.average(known, axis=0, weights=known_w)[None], len(y), axis=0)
    each = {
        name: (number_scores(said[:, j], y[:, j], w), number_scores(constant[:, j], y[:, j], w))
        for j, name in enumerate(face.targets)
    }
    below: dict[str, float] = {}
    if found.details is not None:
        levels = np.repeat(y, len(face.names) // len(face.targets), axis=1)
        shares = np.average(levels < found.details, axis=0, weights=w).tolist()
        below = dict(zip(face.names, shares, strict=True))
    if len(each) == 1:
        ((scores, baseline),) = each.values()
        return Scored(scores, baseline, {}, below)
    mean, of_constant = (
        {"r2": float(np.mean([pair[k]["r2"] for pair in each.values()]))} for k in (0, 1)
    )
    return Scored(mean, of_constant, each, below)


def _of_labels(
    face: TableFace, p: Array, y: Array, known: Array, w: Array | None, known_w: Array | None
) -> Scored:
    shares = np.repeat(np.average(known, axis=0, weights=known_w)[None], len(y), axis=0)
    each = {
        name: (_of_label(p[:, j], y[:, j], w), _of_label(shares[:, j], y[:, j], w))
        for j, name in enumerate(face.targets)
    }
    return Scored(_together(p, y, w), _together(shares, y, w), each)


def _of_label(p: Array, y: Array, w: Array | None) -> dict[str, float]:
    return class_scores(np.stack([1 - p, p], axis=1), y.astype(np.int64), w)


def _together(p: Array, y: Array, w: Array | None) -> dict[str, float]:
    """Of all labels: rows with all right, labels that are right, −log p summed over the labels."""
    right = (p > 0.5) == (y > 0.5)
    each = np.clip(np.where(y > 0.5, p, 1 - p), 1e-15, 1)
    return {
        "exact": float(np.average(right.all(axis=1), weights=w)),
        "accuracy": float(np.average(right.mean(axis=1), weights=w)),
        "log_loss": float(np.average(-np.log(each).sum(axis=1), weights=w)),
    }


def _matrix(targets: Table) -> Array:
    """(m, k)"""
    return np.stack([as_truths(column).values for column in targets.columns], axis=1)

"""Loss and metrics on rows that are not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Selection
from glassnet.engine.interface import Session
from glassnet.engine.reference import data_loss
from glassnet.network.specification import Specification

_CHUNK = 16384  # rows of a plain network at a time; of a batch-ensemble as many copies


def evaluate(
    session: Session, spec: Specification, rows: Selection, metrics: Sequence[Any]
) -> dict[str, float]:
    """The loss (without penalties) and each metric, with running statistics and no dropout.

    Of a batch-ensemble they are those of its prediction, the mean of the members' outputs.

    Returns
    -------
    dict
        ``{"loss": …, metric.name: …}``.
    """
    some = max(1, _CHUNK // spec.members)
    scores = [session.forward(rows.x(start, start + some)) for start in range(0, len(rows), some)]
    z: Array | None = None
    if spec.members == 1:
        z = np.concatenate([part.z for part in scores])
    a: Array = np.concatenate([part.a for part in scores])
    y, w = rows.y, rows.w
    w = np.ones(len(rows), a.dtype) if w is None else w
    w = w / w.sum()
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = {"loss": data_loss(spec, z, a, y, w)}
        for metric in metrics:
            found[metric_name(metric)] = float(metric.value(a, y, w))
    return found


def validated(
    session: Session, spec: Specification, held: Selection | None, metrics: Sequence[Any]
) -> dict[str, float]:
    """The columns of validation in a history: of the rows held out, none where there are none."""
    if held is None:
        return {}
    found = evaluate(session, spec, held, metrics)
    return {f"val_{name}": value for name, value in found.items()}


def metric_name(metric: Any) -> str:
    """What a metric's column is called.

    Examples
    --------
    >>> from glassnet.network.metrics import Accuracy
    >>> metric_name(Accuracy())
    'accuracy'
    """
    return str(getattr(metric, "name", type(metric).__name__))

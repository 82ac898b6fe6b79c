"""Loss and metrics on rows that are not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.interface import Session
from glassnet.engine.reference import data_loss
from glassnet.network.specification import Specification

_CHUNK = 16384


def evaluate(
    session: Session, spec: Specification, data: Data, metrics: Sequence[Any]
) -> dict[str, float]:
    """The loss (without penalties) and each metric, with running statistics and no dropout.

    Returns
    -------
    dict
        ``{"loss": …, metric.name: …}``.
    """
    scores = [
        session.forward(data.x[start : start + _CHUNK]) for start in range(0, len(data), _CHUNK)
    ]
    z: Array = np.concatenate([part.z for part in scores])
    a: Array = np.concatenate([part.a for part in scores])
    w = np.ones(len(data), a.dtype) if data.w is None else data.w
    w = w / w.sum()
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = {"loss": data_loss(spec, z, a, data.y, w)}
        for metric in metrics:
            found[metric_name(metric)] = float(metric.value(a, data.y, w))
    return found


def metric_name(metric: Any) -> str:
    """What a metric's column is called.

    Examples
    --------
    >>> from glassnet.network.metrics import Accuracy
    >>> metric_name(Accuracy())
    'accuracy'
    """
    return str(getattr(metric, "name", type(metric).__name__))

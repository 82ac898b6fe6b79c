"""The log-loss that probabilities would have at their best temperature: what calibration keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.estimators.tables.temperature import Temperature
from glassnet.network.contracts import Metric


@dataclass(frozen=True)
class Refinement(Metric):
    """The log-loss at the temperature that suits these rows best.

    A network that has become too sure of itself goes on telling the classes apart better while its
    log-loss rises. Its best epoch is a later one, if a temperature is put right afterwards.

    Parameters
    ----------
    loss : {"cross_entropy", "binary_cross_entropy"}

    Examples
    --------
    >>> p, y = np.array([[0.999], [0.999], [0.999], [0.001]] * 50), np.ones((200, 1))
    >>> w = np.full(200, 1 / 200)
    >>> round(Refinement("binary_cross_entropy").value(p, y, w), 2)  # the log-loss is 1.73
    0.58

    References
    ----------
    Berta, Holzmüller, Jordan & Bach (2025), Rethinking early stopping: refine, then calibrate.
    """

    loss: str

    name = "refinement"
    greater_is_better = False

    def value(self, a: Array, y: Array, w: Array) -> float:
        p, y = np.asarray(a, dtype=np.float64), np.asarray(y, dtype=np.float64)
        return float(w @ Temperature.of(p, y, w, loss=self.loss).log_losses(p, y))

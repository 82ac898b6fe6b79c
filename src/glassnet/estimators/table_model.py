"""A network with the encoders of its table: rows with names and types in, labels or numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.encode import TableEncoder
from glassnet.data.frames import Table
from glassnet.data.targets import TargetEncoder
from glassnet.engine.prediction import predict
from glassnet.network.network import Network


@dataclass(frozen=True, eq=False)
class TableModel:
    """What ``glassnet fit`` makes and ``glassnet predict`` uses.

    Attributes
    ----------
    encoder : TableEncoder
        From columns to a[0].
    target : TargetEncoder
        From outputs to labels, or to the target's own units.
    network : Network
    settings : dict
        How it was trained, as plain data; for reading, never for computing.
    """

    encoder: TableEncoder
    target: TargetEncoder
    network: Network
    settings: Mapping[str, Any]

    def outputs(self, table: Table) -> Array:
        """a[L] of each row.  -> (m, n_L)"""
        return predict(self.network, self.encoder.transform(table))

    def probabilities(self, table: Table) -> Array:
        """The probability of each class, in the order of ``target.classes``.  -> (m, classes)"""
        return class_probabilities(self.target, self.outputs(table))

    def predict(self, table: Table) -> Array:
        """The most probable class, or the number, of each row.  -> (m,)"""
        return decided(self.target, self.outputs(table))


def class_probabilities(target: TargetEncoder, outputs: Array) -> Array:
    """Outputs as one column per class: a binary network has but one output.

    Examples
    --------
    >>> two = TargetEncoder("sold", "binary", ("no", "yes"))
    >>> class_probabilities(two, np.array([[0.25]])).tolist()
    [[0.75, 0.25]]
    """
    return np.hstack([1 - outputs, outputs]) if target.task == "binary" else outputs


def decided(target: TargetEncoder, outputs: Array) -> Array:
    """Outputs as labels, or in the units of the target.  (m, n_L) -> (m,)"""
    if target.task == "regression":
        return target.restored(outputs)
    return target.labels(class_probabilities(target, outputs).argmax(axis=1))

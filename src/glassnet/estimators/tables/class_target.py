"""The target of a classification: its classes, the outputs that it asks for, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.estimators.labels import Kind, Labels
from glassnet.estimators.tables.members import Head
from glassnet.estimators.tables.temperature import Temperature


@dataclass(frozen=True, eq=False)
class ClassTarget:
    """How classes become the targets of a loss, and outputs become probabilities.

    Attributes
    ----------
    labels : Labels
    target_names : tuple of str
        One name; of a multilabel y that of each label.
    temperature : float
        Of the averaged probabilities; 1 leaves them as they are.

    Examples
    --------
    >>> target = ClassTarget.of(np.array(["no", "yes", "no"]))
    >>> target.head, target.encoded(np.array(["yes"])).tolist()
    (Head(units=1, activation='logistic', loss='binary_cross_entropy'), [[1.0]])
    >>> target.answers(np.array([[0.25]])).tolist()
    [[0.75, 0.25]]
    >>> target.decided(target.answers(np.array([[0.25]]))).tolist()
    ['no']
    """

    labels: Labels
    target_names: tuple[str, ...] = ("y",)
    temperature: float = field(default=1.0)

    @classmethod
    def of(cls, y: Array, names: tuple[str, ...] = ("y",)) -> ClassTarget:
        """Of the targets of training, (m,) or (m, labels).

        Raises
        ------
        ValueError
            If they are no classes.
        """
        labels = Labels.of(y)
        if y.ndim == 2 and labels.kind != "multilabel":
            raise InvalidValue(
                "y must hold one class per row, or a column of 0 and 1 for each of several labels; "
                f"got shape {y.shape} with other values. Fit an estimator per column."
            )
        return cls(labels, names)

    @property
    def kind(self) -> Kind:
        """One class, two, more, or several labels."""
        return self.labels.kind

    @property
    def classes(self) -> Array:
        """Sorted; of several labels 0, 1, …"""
        return self.labels.classes

    @property
    def outputs(self) -> int:
        """n_L of each member."""
        return self.labels.outputs

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """What each column of the answers is the probability of."""
        if self.kind == "multilabel":
            return self.target_names
        return tuple(str(label) for label in self.classes.tolist())

    @property
    def head(self) -> Head:
        """The output layer and the loss."""
        loss = "cross_entropy" if self.kind == "multiclass" else "binary_cross_entropy"
        return Head(self.outputs, self.labels.activation, loss)

    def encoded(self, y: Array) -> Array:
        """Targets as the loss takes them.  (m,) or (m, labels) -> (m, n_L)"""
        return self.labels.encode(y)

    def answers(self, outputs: Array) -> Array:
        """P(class) of each row, with a sum of 1.  (m, n_L) -> (m, classes) float64

        Of several labels P(label), each for itself.
        """
        p = np.asarray(outputs, dtype=np.float64)
        if self.kind == "multiclass":
            p = p / p.sum(axis=1, keepdims=True)  # members round to float32
        cooled = Temperature(self.temperature, self.kind == "multiclass").applied(p)
        return self.labels.probabilities(cooled)

    def decided(self, answers: Array) -> Array:
        """The most probable class of each row, or its labels.  -> (m,) or (m, labels)"""
        return self.labels.decode(answers[:, 1:] if self.kind == "binary" else answers)

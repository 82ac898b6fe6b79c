"""Models of a table behind one face: what the command line and the server use of either kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.encode import TableEncoder
from glassnet.data.rules import Encoded
from glassnet.data.tables import Table, as_objects
from glassnet.data.targets import TargetEncoder
from glassnet.engine.prediction import predict
from glassnet.errors import Unsupported
from glassnet.estimators.table_model import TableModel, class_probabilities, decided
from glassnet.estimators.tables.base import TableEstimator
from glassnet.network.network import Network


@dataclass(frozen=True, eq=False)
class Answers:
    """Predictions of m rows.

    Attributes
    ----------
    values : (m,) labels or numbers, or (m, n_L) outputs
    probabilities : (m, classes) float64, or None
    """

    values: Array
    probabilities: Array | None = None

    def part(self, rows: slice) -> Answers:
        """Those of some rows."""
        chances = self.probabilities
        return Answers(self.values[rows], None if chances is None else chances[rows])


@dataclass(frozen=True, eq=False)
class TableFace:
    """A model of a table: of one network, or an estimator of several.

    Columns are found by name, in whatever order they stand.

    Attributes
    ----------
    model : TableModel, TableClassifier or TableRegressor
    first : TableModel
        The model itself, or one of the estimator's first member: where one network is meant.
    members : tuple of Network
        Their outputs are averaged.
    dtype : str
        What encoded rows are kept in.
    answers : callable
        a[L] (m, n_L) -> :class:`Answers`.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.data.frames import as_table
    >>> X, y = [[1.0, "red"], [2.0, "blue"]] * 10, ["yes", "no"] * 10
    >>> face = face_of(gn.TableClassifier("fast", epochs=9, random_state=0).fit(X, y))
    >>> rows = as_table([["red", 1.0], ["blue", 2.0]], ["x1", "x0"])
    >>> face.answers(face.outputs(face.encode(rows).x)).values.tolist()
    ['yes', 'no']
    """

    model: Any
    first: TableModel
    members: tuple[Network, ...]
    dtype: str
    answers: Callable[[Array], Answers]

    @property
    def encoder(self) -> TableEncoder:
        """From columns to a[0]."""
        return self.first.encoder

    @property
    def target(self) -> str:
        """Name of what is predicted."""
        return self.first.target.name

    @property
    def classes(self) -> tuple[Any, ...]:
        """Sorted; none of a regression."""
        return self.first.target.classes

    def encode(self, table: Table) -> Encoded:
        """Rows as the members take them, with counts of what training had not prepared for."""
        return self.encoder.encode(table, self.dtype)

    def outputs(self, x: Array, ask: Callable[[Network, Array], Array] = predict) -> Array:
        """The mean of the members' a[L].  (m, n₀) -> (m, n_L)"""
        if isinstance(self.model, TableModel):
            return ask(self.members[0], x)
        total = ask(self.members[0], x).astype(np.float64)
        for net in self.members[1:]:
            total += ask(net, x)
        return total / len(self.members)


def face_of(model: Any) -> TableFace:
    """The face of a model of a table.

    Raises
    ------
    Unsupported
        If it is none.

    Examples
    --------
    >>> face_of("m.glassnet")
    Traceback (most recent call last):
    glassnet.errors.Unsupported: a model of a table must be here; got a str. Fit one.
    """
    if isinstance(model, TableModel):
        return TableFace(model, model, (model.network,), "float64", _answers_of(model.target))
    if not isinstance(model, TableEstimator):
        raise Unsupported(
            f"a model of a table must be here; got a {type(model).__name__}. Fit one."
        )
    target = _target_of(model)
    first = TableModel(model.encoder_, target, model.network_, _settings(model))
    return TableFace(model, first, tuple(model.members_), "float32", _answers_by(model))


def _answers_of(target: TargetEncoder) -> Callable[[Array], Answers]:
    def answers(outputs: Array) -> Answers:
        values = decided(target, outputs)
        if target.task == "regression":
            return Answers(values)
        return Answers(values, np.asarray(class_probabilities(target, outputs), np.float64))

    return answers


def _answers_by(model: TableEstimator) -> Callable[[Array], Answers]:
    def answers(outputs: Array) -> Answers:
        head = model.head_
        found = head.answers(outputs)
        values = head.decided(found)
        if values.dtype.kind == "U":
            values = as_objects(values.tolist())
        return Answers(values, None if head.classes is None else found)

    return answers


def _target_of(model: TableEstimator) -> TargetEncoder:
    """The target as one member has it, with its name."""
    head: Any = model.head_
    name = head.target_names[0]
    if head.classes is not None:
        classes = tuple(head.classes.tolist())
        return TargetEncoder(name, "multiclass" if len(classes) > 2 else "binary", classes)
    return TargetEncoder(name, "regression", (), float(head.mean[0]), float(head.scale[0]))


def _settings(model: TableEstimator) -> dict[str, Any]:
    return dict(model.parameters_ or {}) | {"preset": model.preset}

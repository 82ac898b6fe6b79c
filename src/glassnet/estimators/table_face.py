"""Models of a table behind one face: what the command line and the server use of either kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import as_text
from glassnet.data.encode import TableEncoder
from glassnet.data.rules import Encoded
from glassnet.data.tables import Table, as_objects
from glassnet.data.targets import TargetEncoder
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue, Unsupported
from glassnet.estimators.table_model import TableModel, class_probabilities, decided
from glassnet.estimators.table_task import as_truths
from glassnet.estimators.tables.base import TableEstimator
from glassnet.estimators.tables.margins import Ends, Margins, within
from glassnet.network.network import Network

Details: TypeAlias = Literal["probabilities", "quantiles", ""]
_BETWEEN = " | "  # classes of a set
_OF = {"probabilities": "probability of {name}", "quantiles": "{name} quantile"}


@dataclass(frozen=True, eq=False)
class Answers:
    """Predictions of m rows.

    Attributes
    ----------
    values : (m,) labels or numbers, or (m, k) of several targets or outputs
    details : (m, names) float64, or None
        Probabilities of the classes, or quantiles.
    within : (m, 2) float64, (m, classes) bool, or None
        Lower and upper ends, or which classes are in the set.
    """

    values: Array
    details: Array | None = None
    within: Array | None = None

    def part(self, rows: slice) -> Answers:
        """Those of some rows."""
        others = (self.details, self.within)
        return Answers(
            self.values[rows], *(None if other is None else other[rows] for other in others)
        )


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
    targets : tuple of str
        Names of what is predicted.
    classes : tuple
        Of a target of classes, sorted.
    details : "probabilities", "quantiles" or ""
        What there is beside the prediction.
    names : tuple of str
        Of the columns of the details.
    dtype : str
        What encoded rows are kept in.
    answers : callable
        a[L] (m, n_L) -> :class:`Answers`.
    margins : Ends, Threshold or None
        What makes intervals or sets with a coverage of the answers.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.data.frames import as_table
    >>> X, y = [[1.0, "red"], [2.0, "blue"]] * 10, ["yes", "no"] * 10
    >>> face = face_of(gn.TableClassifier("fast", epochs=9, random_state=0).fit(X, y))
    >>> rows = as_table([["red", 1.0], ["blue", 2.0]], ["x1", "x0"])
    >>> face.answers(face.outputs(face.encode(rows).x)).values.tolist()
    ['yes', 'no']
    >>> face.answer_names
    ('predicted y', 'probability of no', 'probability of yes')
    """

    model: Any
    first: TableModel
    members: tuple[Network, ...]
    targets: tuple[str, ...]
    classes: tuple[Any, ...]
    details: Details
    names: tuple[str, ...]
    dtype: str
    answers: Callable[[Array], Answers]
    margins: Margins | None = None

    @property
    def encoder(self) -> TableEncoder:
        """From columns to a[0]."""
        return self.first.encoder

    @property
    def known(self) -> tuple[str, ...]:
        """The columns that training had, those among them that it left out."""
        columns = vars(self.model).get("columns_")
        return self.encoder.names if columns is None else columns.names

    @property
    def target(self) -> str:
        """What is predicted, in words."""
        return ", ".join(self.targets)

    @cached_property
    def answer_names(self) -> tuple[str, ...]:
        """Names of the columns that predictions become."""
        predicted = [f"predicted {name}" for name in self.targets]
        if isinstance(self.margins, Ends):
            predicted += [f"{end} {self.target}" for end in ("lower", "upper")]
        elif self.margins is not None:
            predicted.append(f"set of {self.target}")
        return (*predicted, *(_OF[self.details].format(name=name) for name in self.names))

    @property
    def plain(self) -> bool:
        """Whether one column of classes or of numbers is predicted, and nothing but it."""
        return len(self.targets) == 1 and self.details != "quantiles"

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

    def columns(self, answers: Answers) -> Mapping[str, Array]:
        """Predictions as columns, named by :attr:`answer_names`."""
        values = answers.values.reshape(len(answers.values), -1)
        parts = [values] if answers.within is None else [values, self._ends(answers.within)]
        if answers.details is not None:
            parts.append(answers.details)
        each = [np.ascontiguousarray(column) for part in parts for column in part.T]
        return dict(zip(self.answer_names, each, strict=True))

    def _ends(self, found: Array) -> Array:
        """Intervals as they are, sets as texts of their classes.  -> (m, 2) or (m, 1)"""
        if isinstance(self.margins, Ends):
            return found
        texts = (_BETWEEN.join(np.compress(row, self.names).tolist()) for row in found)
        return as_objects(list(texts))[:, None]

    def encoded_target(self, table: Table) -> Array | None:
        """The targets of rows as the networks take them, where all are there.  -> (m, n_L)

        Raises
        ------
        InvalidValue
            If they are not like those of training.
        """
        if not all(name in table for name in self.targets):
            return None
        if self.plain:
            return self.first.target.transform(table[self.targets[0]])
        columns = [as_truths(table[name]) for name in self.targets]
        texts = [column.name for column in columns if column.kind == "categorical"]
        if texts:
            raise InvalidValue(f"the target {texts[0]!r} must hold numbers; it holds text.")
        y = np.stack([column.values for column in columns], axis=1)
        return self.model.head_.encoded(y[:, 0] if len(columns) == 1 else y)


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
        return _of_network(model)
    if isinstance(model, TableEstimator):
        return _of_estimator(model)
    raise Unsupported(f"a model of a table must be here; got a {type(model).__name__}. Fit one.")


def _of_network(model: TableModel) -> TableFace:
    target = model.target
    names = tuple(map(as_text, target.classes))

    def answers(outputs: Array) -> Answers:
        values = decided(target, outputs)
        if target.task == "regression":
            return Answers(values)
        return Answers(values, np.asarray(class_probabilities(target, outputs), np.float64))

    kind: Details = "probabilities" if names else ""
    return TableFace(
        model,
        model,
        (model.network,),
        (target.name,),
        target.classes,
        kind,
        names,
        "float64",
        answers,
    )


def _of_estimator(model: TableEstimator) -> TableFace:
    head: Any = vars(model)["head_"]
    margins: Margins | None = vars(model).get("margins_")
    details, names = _details(head)

    def answers(outputs: Array) -> Answers:
        found = head.answers(outputs)
        values = head.decided(found)
        if values.dtype.kind == "U":
            values = as_objects(values.tolist())
        inside = None if margins is None else within(margins, found, head)
        return Answers(values, found if details else None, inside)

    classes = () if head.classes is None else tuple(head.classes.tolist())
    first = TableModel(model.encoder_, _target_of(head, classes), model.network_, _settings(model))
    return TableFace(
        model,
        first,
        tuple(model.members_),
        tuple(head.target_names),
        classes,
        details,
        names,
        "float32",
        answers,
        margins,
    )


def _details(head: Any) -> tuple[Details, tuple[str, ...]]:
    """What a head says beside its predictions, and of what."""
    if head.kind != "numbers":
        return "probabilities", tuple(head.output_names)
    if not head.ordered:
        return "", ()
    several = len(head.target_names) > 1
    levels = [f"{q:g}" for q in head.quantiles]
    return "quantiles", tuple(
        f"{name} {q}" if several else q for name in head.target_names for q in levels
    )


def _target_of(head: Any, classes: tuple[Any, ...]) -> TargetEncoder:
    """The first target as one network has it, with its name."""
    name = head.target_names[0]
    if head.kind != "numbers":
        return TargetEncoder(name, "multiclass" if head.kind == "multiclass" else "binary", classes)
    return TargetEncoder(name, "regression", (), float(head.mean[0]), float(head.scale[0]))


def _settings(model: TableEstimator) -> dict[str, Any]:
    """How it was trained, as plain data."""
    held: Mapping[str, Any] = vars(model)
    return {"preset": model.preset, "optimizer": "adamw", **(held["parameters_"] or {})}

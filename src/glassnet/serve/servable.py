"""Models of every kind behind one face: columns in, predictions and probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.cells import as_text
from glassnet.data.encode import TableEncoder
from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import Encoded, LevelRule, NumberRule
from glassnet.data.tables import Kind, Table
from glassnet.engine.predictor import predictor
from glassnet.errors import InvalidValue, Unsupported
from glassnet.estimators.labels import Labels
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.estimators.table_face import Answers, Details, TableFace, face_of
from glassnet.estimators.table_model import TableModel
from glassnet.estimators.tables.base import TableEstimator
from glassnet.estimators.tables.margins import Ends
from glassnet.estimators.weights import at_least
from glassnet.network.network import Network

Task: TypeAlias = Literal["classification", "regression", "outputs"]


@dataclass(frozen=True, eq=False)
class Servable:
    """What the server needs of a model.

    Attributes
    ----------
    kinds : mapping of str to Kind
        The columns it reads, in order.
    levels : mapping of str to tuple of str
        The known levels of those that are not numbers.
    target : str
        What it predicts.
    task : "classification", "regression" or "outputs"
        "outputs": a bare network, whose a[L] is the answer.
    classes : tuple
        As labels, of several labels their names; empty unless "classification".
    details : "probabilities", "quantiles" or ""
        What is answered beside the prediction.
    names : tuple of str
        Of the columns of the details.
    encode : callable
        Table -> :class:`~glassnet.data.rules.Encoded`.
    scale : callable
        The same of a matrix of the columns where all are numbers, ten times as fast; None where it
        has something to say about a value, and ``encode`` says it.
    ask : callable
        (m, d) -> a[L] (m, n_L); each row as it would be alone.
    read : callable
        a[L] -> :class:`Answers`.
    work : int
        Multiplications a row takes, about.
    targets : tuple of str
        Names of what it predicts.
    columns : int
        Of a prediction: one for each of several targets or outputs; 0 where it is a value alone.
    within : "interval", "set" or ""
        What is answered with a coverage.
    """

    kinds: Mapping[str, Kind]
    levels: Mapping[str, tuple[str, ...]]
    target: str
    task: Task
    classes: tuple[Any, ...]
    details: Details
    names: tuple[str, ...]
    encode: Callable[[Table], Encoded]
    scale: Callable[[Array], Encoded | None]
    ask: Callable[[Array], Array]
    read: Callable[[Array], Answers]
    work: int
    targets: tuple[str, ...] = ("y",)
    columns: int = 0
    within: Literal["interval", "set", ""] = ""

    @cached_property
    def plain(self) -> bool:
        """Whether all its columns are numbers, so that one matrix is enough."""
        return all(kind == "numeric" for kind in self.kinds.values())


def servable(model: Any) -> Servable:
    """A model as the server takes it.

    Raises
    ------
    Unsupported
        If it is of another kind.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(2, [Dense(1, "identity", init="zeros")])
    >>> face = servable(net)
    >>> face.task, list(face.kinds), face.read(face.ask(np.ones((1, 2)))).values.tolist()
    ('outputs', ['x0', 'x1'], [[0.0]])
    """
    if isinstance(model, TableModel | TableEstimator):
        return _of_table(face_of(model))
    if isinstance(model, Network):
        return _of_network(model)
    if isinstance(model, MLPClassifier | MLPRegressor):
        return _of_estimator(model)
    raise Unsupported(
        f"the server has no way to serve a {type(model).__name__}. Serve a network, an estimator "
        "or a model that glassnet fit wrote."
    )


def _of_table(face: TableFace) -> Servable:
    encoder = face.encoder
    asked = {id(net): _asked(net) for net in face.members}
    several = len(face.targets) if len(face.targets) > 1 else 0
    return Servable(
        encoder.kinds,
        {r.name: r.levels for r in encoder.rules if isinstance(r, LevelRule | OrderRule)},
        face.target,
        "classification" if face.classes else "regression",
        face.names if face.classes and several else face.classes,
        face.details,
        face.names,
        face.encode,
        _scaling(encoder),
        lambda x: face.outputs(x, lambda net, rows: asked[id(net)](rows)),
        face.answers,
        sum(map(_work, face.members)),
        face.targets,
        several,
        "" if face.margins is None else "interval" if isinstance(face.margins, Ends) else "set",
    )


def _of_network(net: Network) -> Servable:
    names = tuple(f"x{j}" for j in range(net.units[0]))
    return Servable(
        dict.fromkeys(names, "numeric"),
        {},
        "y",
        "outputs",
        (),
        "",
        (),
        lambda table: Encoded(matrix(table, names)),
        _as_it_is,
        _asked(net),
        lambda outputs: Answers(np.asarray(outputs, np.float64)),
        _work(net),
        columns=net.units[-1],
    )


def _of_estimator(model: MLPClassifier | MLPRegressor) -> Servable:
    net = at_least(model.network_, np.float64)  # as predict computes rows of float64
    names = getattr(model, "feature_names_in_", [f"x{j}" for j in range(net.units[0])])
    columns = tuple(map(str, names))
    labels = _labels(model) if isinstance(model, MLPClassifier) else None

    def read(outputs: Array) -> Answers:
        if labels is not None:
            return Answers(labels.decode(outputs), labels.probabilities(outputs))
        return Answers(outputs[:, 0] if outputs.shape[1] == 1 else outputs)

    classes = () if labels is None else tuple(labels.classes.tolist())
    several = net.units[-1] if labels is None or labels.kind == "multilabel" else 1
    return Servable(
        dict.fromkeys(columns, "numeric"),
        {},
        "y",
        "regression" if labels is None else "classification",
        classes,
        "probabilities" if classes else "",
        tuple(map(as_text, classes)),
        lambda table: Encoded(matrix(table, columns)),
        _as_it_is,
        _asked(net),
        read,
        _work(net),
        columns=several if several > 1 else 0,
    )


def _labels(model: MLPClassifier) -> Labels:
    """The classes with the way in which the network's outputs are to be read."""
    classes, outputs = model.classes_, model.network_.units[-1]
    kind: Any = {1: "one class", 2: "binary"}.get(len(classes), "multiclass")
    if outputs == len(classes) > 1:
        kind = "multiclass" if model.out_activation_ == "softmax" else "multilabel"
    return Labels(classes, kind)


def matrix(table: Table, names: tuple[str, ...]) -> Array:
    """Columns of numbers as they are.  -> (m, len(names)) float64; InvalidValue where one is nan.

    Examples
    --------
    >>> from glassnet.data.frames import as_table
    >>> matrix(as_table([[1.0, 2.0]], ["a", "b"]), ("b", "a")).tolist()
    [[2.0, 1.0]]
    """
    x = np.column_stack([table[name].values for name in names])
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise InvalidValue(
            f"the column {names[column]!r} must hold finite numbers; row {row + 1} does not. This "
            "model knows no missing values."
        )
    return x


def _as_it_is(x: Array) -> Encoded | None:
    return Encoded(x) if np.isfinite(x).all() else None


def _scaling(encoder: TableEncoder) -> Callable[[Array], Encoded | None]:
    """The encoder's rules on a matrix of numbers, to the bit as it applies them by columns."""
    if any(isinstance(rule, BinnedRule) for rule in encoder.rules):
        return lambda x: None  # bins are computed column by column
    rules = [rule for rule in encoder.rules if isinstance(rule, NumberRule)]
    mean = np.array([rule.mean for rule in rules])
    scale = np.array([rule.scale for rule in rules])
    flags = np.array([rule.indicator for rule in rules], dtype=bool)
    places = np.cumsum(1 + flags) - 1 - flags
    width = len(encoder.feature_names)

    def scaled(x: Array) -> Encoded | None:
        with np.errstate(over="ignore", invalid="ignore"):
            unit = (x - mean) / scale
        if np.isfinite(unit).all():
            if not flags.any():
                return Encoded(unit)
        elif (np.isnan(x).any(axis=0) & ~flags).any() or not np.isfinite(unit[~np.isnan(x)]).all():
            return None
        out = np.zeros((len(x), width))
        absent = np.isnan(x)
        out[:, places] = np.where(absent, 0.0, unit)
        out[:, places[flags] + 1] = absent[:, flags]
        return Encoded(out)

    return scaled


def _asked(net: Network) -> Callable[[Array], Array]:
    ask, dtype = predictor(net), net.state.theta.dtype
    return lambda x: ask(np.ascontiguousarray(x, dtype))


def _work(net: Network) -> int:
    return int(sum(a * b for a, b in zip(net.units, net.units[1:], strict=False)))

"""A model as what answers a row: encoded columns, an average of networks, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import as_text
from glassnet.data.tables import Column, Table
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue
from glassnet.inspection.subjects import subject
from glassnet.network.network import Network

_STEP = 1e-5  # of the differences that follow an answer back to the mean output


@dataclass(frozen=True, eq=False)
class Average:
    """The mean output of some networks on encoded rows, and what the model makes of it.

    Attributes
    ----------
    nets : tuple of Network
    columns : tuple of str
        Names of the raw columns, as the user gives them.
    blocks : tuple of slice
        The encoded columns of each raw one.
    encode : X -> (m, d) float64
        Encoded rows, as the networks take them.
    answers : (m, n_L) -> (m, k) float64
        From the mean output to probabilities, or to numbers in the target's units.
    kind : "one class", "binary", "multiclass", "multilabel" or "numbers"
    names : tuple of str
        What the k answers are.
    classes : tuple or None
        The k classes or labels, where the answers are their probabilities.
    middle : (d,) or None
        The encoded row in the middle of a table: numbers at their median, levels in equal shares,
        nothing missing; None where there is no table.
    units : (k,) float64
        What differences of answers are held against: 1 for probabilities, the standard deviation
        of the target in training for numbers.
    quantiles : tuple of float
        Levels of the answers, where they are quantiles; the answers of a target side by side.
    table : X -> Table or None
        The rows before encoding, where they are a table.

    Examples
    --------
    >>> import glassnet as gn
    >>> Average.of(gn.Network(2, [gn.Dense(1, "identity")])).columns
    ('x₁', 'x₂')
    """

    nets: tuple[Network, ...]
    columns: tuple[str, ...]
    blocks: tuple[slice, ...]
    encode: Callable[[Any], Array]
    answers: Callable[[Array], Array]
    kind: str
    names: tuple[str, ...]
    classes: tuple[Any, ...] | None
    units: Array
    quantiles: tuple[float, ...] = ()
    middle: Array | None = None
    table: Callable[[Any], Table] | None = None

    @classmethod
    def of(cls, model: Any) -> Average:
        """The average behind a model.

        Parameters
        ----------
        model : fitted table estimator, MLPClassifier, MLPRegressor, Network or a Pipeline of
            scalers and one of the last three

        Raises
        ------
        InvalidValue
            If there is no network in it.
        """
        return _of_table_estimator(model) if hasattr(model, "members_") else _of_one(model)

    def mean_output(self, x: Array) -> Array:
        """The mean of the networks' a[L] on encoded rows.  (m, d) -> (m, n_L) float64"""
        total = predict(self.nets[0], x).astype(np.float64)
        for net in self.nets[1:]:
            total += predict(net, x)
        return total / len(self.nets)

    def said(self, x: Array) -> Array:
        """The answers on encoded rows.  (m, d) -> (m, k) float64"""
        return self.answers(self.mean_output(x))

    def slopes(self, a: Array, which: Array) -> Array:
        """∂ answer[which] / ∂ mean output, by central differences.  (m, n_L), (m,) -> (m, n_L)"""
        rows = np.arange(len(a))
        found = np.empty(a.shape)
        for j in range(a.shape[1]):
            step = np.zeros(a.shape[1])
            step[j] = _STEP
            rise = self.answers(a + step)[rows, which] - self.answers(a - step)[rows, which]
            found[:, j] = rise / (2 * _STEP)
        return found

    def usual(self) -> int:
        """The answer that is meant where none is named.

        The number; of quantiles the one nearest to ½; the last class, or label.

        Raises
        ------
        InvalidValue
            If there are several targets.
        """
        if self.kind != "numbers" or len(self.names) == 1:
            return len(self.names) - 1
        if len(self.names) == len(self.quantiles):
            return int(np.argmin(np.abs(np.array(self.quantiles) - 0.5)))
        known = ", ".join(self.names[:12])
        raise InvalidValue(f"of must say which of several answers is meant: one of {known}.")

    def place(self, of: Any) -> int:
        """The number of the answer that is meant: by its class, its name, or its number.

        Raises
        ------
        InvalidValue
        """
        listed: Sequence[Any] = self.classes if self.classes is not None else self.names
        levels = self.quantiles if len(self.quantiles) == len(listed) else ()
        for k, name in enumerate(listed):
            if str(name) == str(of) or (levels and levels[k] == of):
                return k
        if isinstance(of, int) and self.classes is None and 0 <= of < len(listed):
            return of
        known = ", ".join(map(str, listed[:12]))
        raise InvalidValue(f"of must be one of the answers of the model, {known}; got {of!r}.")


def cells_as_text(table: Table, names: Sequence[str]) -> Array:
    """The cells of some columns as text, None where missing.  -> (m, columns) object

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> cells_as_text(Table([as_column([1.0, None], "a")]), ["a"]).tolist()
    [['1'], [None]]
    """
    return np.stack([table[name].texts() for name in names], axis=1)


def _of_table_estimator(est: Any) -> Average:
    encoder, head = est.encoder_, est.head_
    blocks: list[slice] = []
    end = 0
    for rule in encoder.rules:
        begin, end = end, end + len(rule.outputs)
        blocks.append(slice(begin, end))
    names, classes = _names(est)
    scale = np.ones(len(names)) if classes is not None else np.asarray(head.scale, np.float64)
    return Average(
        nets=tuple(est.members_),
        columns=tuple(encoder.names),
        blocks=tuple(blocks),
        encode=lambda X: np.asarray(est.encode(X), dtype=np.float64),
        answers=head.answers,
        kind=head.kind,
        names=names,
        classes=classes,
        units=np.broadcast_to(scale, len(names)),
        quantiles=getattr(head, "quantiles", ()),
        middle=_middle(encoder),
        table=est.columns_.table,
    )


def _middle(encoder: Any) -> Array:
    """The row in the middle of a table.  -> (d,)

    Of numbers, ranks and dates that is what stands where one is missing, without the mark.
    """
    empty = Table([Column(name, "numeric", np.array([np.nan])) for name in encoder.names])
    x, end = encoder.encode(empty).x[0], 0
    for rule in encoder.rules:
        begin, end = end, end + len(rule.outputs)
        present = np.array([name != f"{rule.name} is missing" for name in rule.outputs])
        if rule.kind not in ("categorical", "boolean"):
            x[begin:end] *= present
        elif len(present) == 1:  # −1 and +1 for two levels, or for one and its absence
            x[begin] = 0.0 if present[0] else -1.0
        else:
            x[begin:end] = present / present.sum()
    return x


def _names(est: Any) -> tuple[tuple[str, ...], tuple[Any, ...] | None]:
    head = est.head_
    if head.classes is not None:
        return tuple(f"P({name})" for name in head.output_names), tuple(head.classes.tolist())
    if getattr(head, "quantiles", ()) and len(head.target_names) == 1:
        return tuple(f"{head.target_names[0]} {name}" for name in head.output_names), None
    return head.output_names, None


def _of_one(model: Any) -> Average:
    """A network by itself, an estimator with one, or a pipeline of scalers before it."""
    who = subject(model)
    net, n = who.network, who.network.units[0]
    classes = getattr(model, "classes_", None)
    two = classes is not None and len(classes) == 2 and net.units[net.depth] == 1
    labels = None if classes is None or np.ndim(classes) != 1 else tuple(classes.tolist())
    outputs = net.units[net.depth]
    kind = "binary" if two else "numbers"
    if labels is not None and not two:
        kind = "multiclass" if net.specification.loss.name == "cross_entropy" else "multilabel"

    def encode(X: Any) -> Array:
        rows = np.atleast_2d(np.asarray(X, dtype=np.float64))
        if rows.ndim != 2 or rows.shape[1] != n:
            raise InvalidValue(f"X must have the {n} inputs of the network; got {rows.shape}.")
        return (rows - who.center) / who.scale

    def answers(a: Array) -> Array:
        return np.hstack([1 - a, a]) if two else a * who.target_scale + who.target_mean

    return Average(
        nets=(net,),
        columns=who.features,
        blocks=tuple(slice(j, j + 1) for j in range(n)),
        encode=encode,
        answers=answers,
        kind=kind,
        names=who.outputs if labels is None else tuple(f"P({as_text(c)})" for c in labels),
        classes=labels,
        units=np.full(2 if two else outputs, 1.0 if labels else abs(who.target_scale)),
    )

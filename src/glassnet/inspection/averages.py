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
    names : tuple of str
        What the k answers are.
    classes : tuple or None
        The k classes, where the answers are their probabilities and add up to 1.
    nothing : (d,) or None
        The encoded row of which nothing is known; None where the model takes no gaps.
    unit : float
        What differences of answers are held against: 1 for probabilities, the standard deviation
        of the target in training for numbers.
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
    names: tuple[str, ...]
    classes: tuple[Any, ...] | None
    nothing: Array | None = None
    unit: float = 1.0
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

    def place(self, of: Any) -> int:
        """The number of the answer that is meant: by its class, its name, or its number.

        Raises
        ------
        InvalidValue
        """
        listed: Sequence[Any] = self.classes if self.classes is not None else self.names
        for k, name in enumerate(listed):
            if name == of or str(name) == str(of):
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
    empty = Table([Column(name, "numeric", np.array([np.nan])) for name in encoder.names])
    names, classes = _names(est)
    return Average(
        nets=tuple(est.members_),
        columns=tuple(encoder.names),
        blocks=tuple(blocks),
        encode=lambda X: np.asarray(est.encode(X), dtype=np.float64),
        answers=head.answers,
        names=names,
        classes=classes,
        nothing=encoder.encode(empty).x[0],
        unit=1.0 if classes is not None else float(np.max(getattr(head, "scale", 1.0))),
        table=est.columns_.table,
    )


def _names(est: Any) -> tuple[tuple[str, ...], tuple[Any, ...] | None]:
    classes = getattr(est, "classes_", None)
    if classes is None:
        return tuple(getattr(est.head_, "names", ()) or ("y",)), None
    return tuple(f"P({as_text(label)})" for label in classes), tuple(classes.tolist())


def _of_one(model: Any) -> Average:
    """A network by itself, an estimator with one, or a pipeline of scalers before it."""
    who = subject(model)
    net, n = who.network, who.network.units[0]
    classes = getattr(model, "classes_", None)
    two = classes is not None and len(classes) == 2 and net.units[net.depth] == 1
    labels = None if classes is None or np.ndim(classes) != 1 else tuple(classes.tolist())

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
        names=who.outputs if labels is None else tuple(f"P({as_text(c)})" for c in labels),
        classes=labels,
        unit=1.0 if labels is not None else abs(who.target_scale),
    )

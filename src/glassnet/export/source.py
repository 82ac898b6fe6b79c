"""What prediction does, from columns to answers, as plain numbers: what every exporter reads."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.encode import Rule, TableEncoder
from glassnet.engine.prediction import predict
from glassnet.errors import Unsupported
from glassnet.export.answer import Answer, answer_of, answer_of_head
from glassnet.export.layers import PlainLayer, input_scaling, plain_layers
from glassnet.export.table_estimators import (
    estimator_answers,
    estimator_inputs,
    is_table_estimator,
)
from glassnet.inspection.subjects import Subject, subject
from glassnet.network.network import Network


@dataclass(frozen=True, eq=False)
class Source:
    """A model as an exporter sees it; dropout is gone, batch norm is in the weights.

    Attributes
    ----------
    model : object
        What was given.
    names : tuple of str
        Of the columns: those of the table, or the n₀ of the matrix.
    rules : tuple of Rule, or None
        How the columns of a table become numbers; None where rows are a matrix of numbers.
    scaling : (center, scale) or None
        a[0] = (x − center) / scale of the numbers, (n₀,) float64 each.
    members : tuple of tuple of PlainLayer
        The networks whose outputs are averaged; most models have one.
    answer : Answer
    target : str
        Name of what is predicted.

    Examples
    --------
    >>> import glassnet as gn
    >>> found = source(gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")]))
    >>> found.names, found.inputs, found.outputs, found.answer.kind
    (('x1', 'x2'), 2, 1, 'outputs')
    """

    model: Any
    names: tuple[str, ...]
    rules: tuple[Rule, ...] | None
    scaling: tuple[Array, Array] | None
    members: tuple[tuple[PlainLayer, ...], ...]
    answer: Answer
    target: str

    @property
    def layers(self) -> tuple[PlainLayer, ...]:
        """Those of the first member; all members have as many inputs and outputs."""
        return self.members[0]

    @property
    def encoder(self) -> TableEncoder:
        """The encoder that ``rules`` are of; there is none without them."""
        return _encoder(self.model)

    @property
    def averaged(self) -> bool:
        """Whether exporters are to hold the outputs in float64: a mean, or one behind a table."""
        return is_table_estimator(self.model)

    @property
    def inputs(self) -> int:
        """n₀, the numbers that the first layer takes."""
        return self.layers[0].W.shape[1]

    @property
    def outputs(self) -> int:
        """Numbers in an answer: one per class, label, target or unit of the output layer."""
        units = len(self.layers[-1].b)
        return {"one class": 1, "binary": 2}.get(self.answer.kind, units)

    def answers(self, rows: Any) -> Array:
        """What the model itself answers: probabilities or numbers.  -> (m, outputs) float64"""
        return np.asarray(self._answers(rows), dtype=np.float64).reshape(-1, self.outputs)

    def _answers(self, rows: Any) -> Any:
        of_classes = self.answer.of_classes
        if isinstance(self.model, Network):
            return predict(self.model, rows)
        if is_table_estimator(self.model):
            return estimator_answers(self.model, rows)
        if self.rules is not None:
            return self.model.probabilities(rows) if of_classes else self.model.predict(rows)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            return self.model.predict_proba(rows) if of_classes else self.model.predict(rows)

    def encoded(self, rows: Any) -> Array:
        """Rows as numbers, before any scaling.  -> (m, n₀)"""
        if is_table_estimator(self.model):
            return estimator_inputs(self.model, rows)
        return np.asarray(rows if self.rules is None else self.encoder.transform(rows))

    def first(self, rows: Any) -> Array:
        """a[0] of rows.  -> (m, n₀) float64"""
        a = self.encoded(rows).astype(np.float64)
        if self.scaling is None:
            return a
        center, scale = self.scaling
        return (a - center) / scale

    def answered(self, outputs: Array) -> Array:
        """What the mean of the members' outputs says, by the model's own arithmetic."""
        if is_table_estimator(self.model):
            return self.model.head_.answers(outputs)
        return outputs * self.answer.scale + self.answer.mean


def source(model: Any) -> Source:
    """Read a model: a network, a fitted estimator, a pipeline of scalings, or a table's model.

    Raises
    ------
    InvalidValue
        If there is no fitted network in it, or a parameter is not finite.
    Unsupported
        If it has a part that no other home knows: an activation of a user's own, classes of mixed
        types.
    """
    if isinstance(model, Source):
        return model
    if is_table_estimator(model):
        return _of_table_estimator(model)
    if is_table_estimator(_last(model)):
        raise Unsupported(
            f"steps before a {type(_last(model)).__name__} are not written into exports; it needs "
            "none. Fit it to the table itself, or export it alone and give it transformed rows."
        )
    found = subject(model)
    encoder = _encoder(model)
    rules = None if encoder is None else encoder.rules
    return Source(
        model=model,
        names=_names(model, found) if rules is None else tuple(rule.name for rule in rules),
        rules=rules,
        scaling=_scaling(found, of_table=rules is not None),
        members=(plain_layers(found.network),),
        answer=answer_of(model if isinstance(model, Network) else _last(model)),
        target=str(getattr(getattr(model, "target", None), "name", "y")),
    )


def _of_table_estimator(est: Any) -> Source:
    members: list[tuple[PlainLayer, ...]] = []
    for net in est.members_:
        layers, scaling = plain_layers(subject(net).network), input_scaling(net)
        members.append(layers if scaling is None else _behind(layers, *scaling))
    rules: tuple[Rule, ...] = est.encoder_.rules
    names = tuple(rule.name for rule in rules)
    target = ", ".join(est.head_.target_names)
    return Source(est, names, rules, None, tuple(members), answer_of_head(est.head_), target)


def _behind(layers: tuple[PlainLayer, ...], center: Array, scale: Array) -> tuple[PlainLayer, ...]:
    """Layers with a scaling before them folded into the first: encoded columns are near 0."""
    W = layers[0].W / scale
    return (PlainLayer(W, layers[0].b - W @ center, layers[0].activation), *layers[1:])


def _encoder(model: Any) -> Any:
    return model.encoder_ if is_table_estimator(model) else getattr(model, "encoder", None)


def _names(model: Any, found: Subject) -> tuple[str, ...]:
    """Names of the matrix' columns: the model's own, else x1, x2, … in plain letters."""
    given = getattr(_last(model), "feature_names_in_", None)
    given = getattr(model, "feature_names_in_", given)
    count = found.network.units[0]
    return tuple(map(str, given)) if given is not None else tuple(
        f"x{j}" for j in range(1, count + 1)
    )  # fmt: skip


def _scaling(found: Subject, *, of_table: bool) -> tuple[Array, Array] | None:
    """What stands between the numbers and layer 1; a table's own scaling is in its rules."""
    n = found.network.units[0]
    center, scale = (np.zeros(n), np.ones(n)) if of_table else (found.center, found.scale)
    stage = input_scaling(found.network)
    if stage is not None:
        center, scale = center + scale * stage[0], scale * stage[1]
    plain = not center.any() and bool((scale == 1).all())
    return None if plain else (center, scale)


def _last(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return _last(steps[-1][1]) if isinstance(steps, list) and steps else model

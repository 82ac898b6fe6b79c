"""What prediction does, from columns to answers, as plain numbers: what every exporter reads."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.rules import LevelRule, NumberRule
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue, Unsupported
from glassnet.inspection.folded import folded
from glassnet.inspection.subjects import Subject, subject
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.heads import Head, JointActivation
from glassnet.network.network import Network

Kind: TypeAlias = Literal["outputs", "numbers", "one class", "binary", "multiclass", "multilabel"]


@dataclass(frozen=True, eq=False)
class PlainLayer:
    """a = φ(W a + b): W (n_l, n_{l−1}) and b (n_l,) in float64, batch norm folded in."""

    W: Array
    b: Array
    activation: Any

    def parts(self) -> Iterator[tuple[int, int, Any]]:
        """First unit, end and activation of each head; of all units where there is one."""
        if not isinstance(self.activation, JointActivation):
            yield 0, len(self.b), self.activation
            return
        start = 0
        for head in self.activation.heads:
            yield start, start + head.units, head.activation
            start += head.units


@dataclass(frozen=True)
class Answer:
    """How outputs become what the model answers.

    Attributes
    ----------
    kind : str
        "outputs" of a plain network; "numbers" of a regression; else a task of classes.
    classes : tuple of str, int, float or bool
        Sorted; of a task of classes.
    mean, scale : float
        A number is a[L] · scale + mean.
    clipped : bool
        Whether a logistic output that was rounded to 0 or 1 is answered as the number next to it.
    """

    kind: Kind
    classes: tuple[Any, ...] = ()
    mean: float = 0.0
    scale: float = 1.0
    clipped: bool = False

    @property
    def of_classes(self) -> bool:
        """Whether the answer is a probability per class."""
        return self.kind not in ("outputs", "numbers")

    @property
    def restored(self) -> bool:
        """Whether outputs are put back into the units of the target."""
        return (self.mean, self.scale) != (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Source:
    """A model as an exporter sees it; dropout is gone, batch norm is in the weights.

    Attributes
    ----------
    model : object
        What was given.
    names : tuple of str
        Of the columns: those of the table, or the n₀ of the matrix.
    rules : tuple of NumberRule and LevelRule, or None
        How the columns of a table become numbers; None where rows are a matrix of numbers.
    scaling : (center, scale) or None
        a[0] = (x − center) / scale of the numbers, (n₀,) float64 each.
    layers : tuple of PlainLayer
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
    rules: tuple[NumberRule | LevelRule, ...] | None
    scaling: tuple[Array, Array] | None
    layers: tuple[PlainLayer, ...]
    answer: Answer
    target: str

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
        of_classes = self.answer.of_classes
        if isinstance(self.model, Network):
            found: Any = predict(self.model, rows)
        elif self.rules is not None:
            found = self.model.probabilities(rows) if of_classes else self.model.predict(rows)
        else:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "X does not have valid feature names")
                found = self.model.predict_proba(rows) if of_classes else self.model.predict(rows)
        return np.asarray(found, dtype=np.float64).reshape(-1, self.outputs)

    def first(self, rows: Any) -> Array:
        """a[0] of rows.  -> (m, n₀) float64"""
        x = rows if self.rules is None else self.model.encoder.transform(rows)
        a = np.asarray(x, dtype=np.float64)
        if self.scaling is None:
            return a
        center, scale = self.scaling
        return (a - center) / scale

    def require_float32(self) -> None:
        """Refuse numbers that float32 does not have.

        Raises
        ------
        InvalidValue
        """
        for l, layer in enumerate(self.layers, start=1):
            largest = max(float(np.abs(layer.W).max(initial=0.0)), float(np.abs(layer.b).max()))
            if largest > float(np.finfo(np.float32).max):
                raise InvalidValue(
                    f"the weights of layer {l} must stay within float32; the largest is "
                    f"{largest:.3g}. Train with a smaller learning_rate or a penalty."
                )


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
    if hasattr(_last(model), "encoder_"):
        raise Unsupported(
            f"a {type(_last(model)).__name__} averages members behind an encoder, which no export "
            "writes yet. Export its network_ or another of members_, and give it rows of encode(X)."
        )
    found = subject(model)
    _require_known(found.network)
    rules = _rules(model)
    names = tuple(rule.name for rule in rules) if rules is not None else _names(model, found)
    layers = _plain_layers(found.network)
    return Source(
        model=model,
        names=names,
        rules=rules,
        scaling=_scaling(found, of_table=rules is not None),
        layers=layers,
        answer=_answer(model, found),
        target=str(getattr(getattr(model, "target", None), "name", "y")),
    )


def _plain_layers(net: Network) -> tuple[PlainLayer, ...]:
    """The layers, where a[l] may be a sum: its terms stand side by side, and the next W sums them.

    A κ makes the terms κ φ(z) and (1 − κ) z, a residual layer hands on all terms of a[l−1] too.
    """
    spec, layers = net.specification, list[PlainLayer]()
    sums: Any = None  # a[l−1] = sums × what the layer before gives; None: it is that
    for l in range(1, net.depth + 1):
        weights, b = folded(spec, net.state, l)
        weights = weights if sums is None else weights @ sums
        phi, kappa, n = spec.phi[l], net.kappa[l], spec.units[l]
        own, terms = [(weights, b, phi)], [np.eye(n)]
        if kappa is not None:
            own.append((weights, b, "identity"))
            terms = [np.diag(kappa), np.diag(1 - kappa)]
        if spec.layer(l).residual:
            own.append((np.eye(n) if sums is None else sums, np.zeros(n), "identity"))
            terms.append(np.eye(n))
        if len(own) == 1:
            layers.append(PlainLayer(weights, b, phi))
            sums = None
            continue
        stacked = [np.concatenate([part[k] for part in own]) for k in (0, 1)]
        joint = JointActivation(tuple(Head(n, each) for _, _, each in own))
        layers.append(PlainLayer(stacked[0], stacked[1], joint))
        sums = np.concatenate(terms, axis=1)
    return tuple(layers)


def _require_known(net: Network) -> None:
    spec = net.specification
    for l in range(1, spec.depth + 1):
        phi = spec.phi[l]
        each = [h.activation for h in phi.heads] if isinstance(phi, JointActivation) else [phi]
        for one in each:
            if ACTIVATIONS.get(one.name) is not type(one):
                raise Unsupported(
                    f"only activations of glassnet's own can be exported; layer {l} has "
                    f"{one.name!r}, a user's. Put one of these in its place: "
                    f"{', '.join(sorted(ACTIVATIONS))}."
                )


def _rules(model: Any) -> tuple[NumberRule | LevelRule, ...] | None:
    encoder = getattr(model, "encoder", None)
    return None if encoder is None else encoder.plain_rules


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
    stage: Any = found.network.specification.input_stage
    if stage is not None:
        if not hasattr(stage, "mean"):
            raise Unsupported(
                f"an input stage must be a Scaling to be exported; got {type(stage).__name__}. "
                "Apply it to the rows, and export the network without it."
            )
        center, scale = center + scale * np.array(stage.mean), scale * np.array(stage.scale)
    plain = not center.any() and bool((scale == 1).all())
    return None if plain else (center, scale)


def _last(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return _last(steps[-1][1]) if isinstance(steps, list) and steps else model


def _answer(model: Any, found: Subject) -> Answer:
    if isinstance(model, Network):
        return Answer("outputs")
    target = getattr(model, "target", None)
    if target is not None:
        if target.task == "regression":
            return Answer("numbers", (), target.mean, target.scale)
        return Answer(target.task, _classes(target.classes))
    inner = _last(model)
    if not hasattr(inner, "predict_proba"):
        return Answer("numbers")
    labels = inner._labels
    return Answer(labels.kind, _classes(labels.classes.tolist()), clipped=True)


def _classes(classes: Any) -> tuple[Any, ...]:
    kinds = {type(label) for label in classes}
    if len(kinds) != 1 or not kinds <= {str, int, float, bool}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise Unsupported(
            f"classes must all be text, integers, floats or booleans to be exported; got {names}. "
            "Name the classes in y by texts."
        )
    return tuple(classes)

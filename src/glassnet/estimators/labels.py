"""Classes: from the labels of y to the outputs of a network, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from glassnet.arrays import Array
from glassnet.errors import InvalidValue

Kind = Literal["one class", "binary", "multiclass", "multilabel"]


@dataclass(frozen=True)
class Labels:
    """The sorted classes of a target, and how they are written as outputs.

    One logistic output for two classes (the second is 1), a softmax output per class for more, a
    logistic output per label for a multilabel indicator. One class alone has an output that is 0.

    Examples
    --------
    >>> labels = Labels.of(np.array(["no", "yes", "no"]))
    >>> labels.kind, labels.encode(np.array(["yes"])).tolist()
    ('binary', [[1.0]])
    """

    classes: Array
    kind: Kind

    @classmethod
    def of(cls, y: Any, classes: Any = None) -> Labels:
        """The classes in y, or those given.

        Raises
        ------
        ValueError
            If y is continuous or otherwise no target of classes.
        """
        kind = type_of_target(y, input_name="y")
        if kind != "binary":  # which needs no look for too many classes
            check_classification_targets(y)
        if kind.startswith("multilabel"):
            return cls(unique_labels(y), "multilabel")
        known = np.unique(np.asarray(y if classes is None else classes))
        few: dict[int, Kind] = {1: "one class", 2: "binary"}
        return cls(known, few.get(len(known), "multiclass"))

    @property
    def outputs(self) -> int:
        """Columns of the network's output."""
        return len(self.classes) if self.kind in ("multiclass", "multilabel") else 1

    @property
    def activation(self) -> str:
        """The output activation."""
        return "softmax" if self.kind == "multiclass" else "logistic"

    def encode(self, y: Any) -> Array:
        """Labels as targets.  (m,) or (m, k) -> (m, outputs) float64

        Raises
        ------
        InvalidValue
            If y has a class that is not among the classes.
        """
        if self.kind == "multilabel":
            given = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
            if given.ndim != 2 or given.shape[1] != self.outputs:
                raise InvalidValue(
                    f"`y` must have a column for each of the {self.outputs} labels; "
                    f"got shape {given.shape}."
                )
            return given.astype(np.float64)
        codes = self.codes(y)
        if self.kind == "multiclass":
            return np.eye(self.outputs)[codes]
        return codes[:, None].astype(np.float64)

    def codes(self, y: Any) -> Array:
        """The number of each row's class.  (m,) -> (m,) int64"""
        found = self._places(y) if isinstance(y, np.ndarray) else None
        if found is not None:
            return found
        given = unique_labels(y)
        if type_of_target(y).startswith("multilabel"):
            raise InvalidValue(f"`y` must hold one of the classes {self.classes} per row.")
        unknown = np.setdiff1d(given, self.classes)
        if len(unknown):
            raise InvalidValue(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes}. 'y' has {given}."
            )
        return np.searchsorted(self.classes, np.asarray(y))

    def _places(self, y: Array) -> Array | None:
        """Where plain labels stand among the classes; None where one is none of them."""
        if y.ndim != 1 or y.dtype.kind != self.classes.dtype.kind or y.dtype.kind not in "biuU":
            return None
        places = np.minimum(np.searchsorted(self.classes, y), len(self.classes) - 1)
        return places if (self.classes[places] == y).all() else None

    def decode(self, a: Array) -> Array:
        """The label of each row of outputs."""
        if self.kind == "multilabel":
            return (a > 0.5).astype(np.int64)
        codes = a.argmax(axis=1) if self.kind == "multiclass" else (a[:, 0] > 0.5).astype(np.int64)
        return self.classes[np.minimum(codes, len(self.classes) - 1)]

    def probabilities(self, a: Array) -> Array:
        """P(class) of each row.  (m, outputs) -> (m, classes)

        A logistic output that was rounded to 0 or 1 is the number next to it: no label is certain.
        """
        if self.kind == "one class":
            return np.ones_like(a)
        if self.kind == "multiclass":
            return a
        numbers = np.finfo(a.dtype)
        inside = np.minimum(np.maximum(a, numbers.tiny), 1 - numbers.epsneg)
        return np.concatenate([1 - inside, inside], axis=1) if self.kind == "binary" else inside


def known_classes(before: Any, y: Any, classes: Any) -> Any:
    """The classes for ``partial_fit``: those given, which must be those of ``before``.

    Raises
    ------
    InvalidValue
        If they are others, or none are known yet and none given.
    """
    if before is not None:
        if classes is not None and not np.array_equal(before, np.unique(classes)):
            raise InvalidValue(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                f"{before!r}"
            )
    elif classes is None and not type_of_target(y).startswith("multilabel"):
        raise InvalidValue("classes must be passed on the first call to partial_fit.")
    return classes


def check_same_classes(before: Array, y: Any) -> None:
    """Refuse to go on, after a fit, with rows of other classes.

    Raises
    ------
    InvalidValue
    """
    classes = Labels.of(y).classes
    if set(classes) != set(before):
        raise InvalidValue(
            "warm_start can only be used where `y` has the same classes as in the previous call to "
            f"fit. Previously got {before}, `y` has {classes}"
        )


def class_weights(rule: Any, labels: Labels, y: Array, w: Array) -> Array:
    """The factor of each row: its class's weight, the product over the labels of a multilabel row.

    "balanced" gives class c the weight Σ w / (n classes · Σ_c w), so a weight of 2 is a row twice.

    Parameters
    ----------
    rule : "balanced", dict or list of dicts
    labels : Labels
    y : (m, outputs)
        Encoded targets.
    w : (m,)

    Examples
    --------
    >>> labels, y = Labels.of([0, 0, 0, 1]), np.array([[0.0], [0.0], [0.0], [1.0]])
    >>> class_weights("balanced", labels, y, np.ones(4)).round(2).tolist()
    [0.67, 0.67, 0.67, 2.0]
    """
    if labels.kind == "multilabel":
        rules = rule if isinstance(rule, list) else [rule] * labels.outputs
        if len(rules) != labels.outputs or isinstance(rule, dict):
            raise InvalidValue(
                "class_weight of a multilabel target must be 'balanced' or a list of one dict per "
                f"label, {labels.outputs}; got {rule!r}."
            )
        both = np.array([0, 1])
        columns = [_factors(r, both, y[:, k].astype(int), w) for k, r in enumerate(rules)]
        return np.prod(columns, axis=0)
    if isinstance(rule, list):
        raise InvalidValue("class_weight must be a dict or 'balanced'; a list is for multilabel y.")
    codes = y.argmax(axis=1) if labels.kind == "multiclass" else y[:, 0].astype(int)
    return _factors(rule, labels.classes, codes, w)


def _factors(rule: Any, classes: Array, codes: Array, w: Array) -> Array:
    if isinstance(rule, str):
        sums = np.bincount(codes, weights=w, minlength=len(classes))
        present = np.count_nonzero(sums)
        each = np.divide(w.sum(), present * sums, out=np.ones(len(sums)), where=sums > 0)
        return each[codes]
    return np.array(_each_weight(rule, classes))[codes]


def _each_weight(rule: Mapping[Any, float], classes: Array) -> list[float]:
    known = classes.tolist()
    strange = [key for key in rule if key not in known]
    if strange:
        raise InvalidValue(
            f"class_weight must name classes of y, {known}; got {strange[0]!r}, which is none."
        )
    weights = [float(rule.get(label, 1.0)) for label in known]
    if not all(0 <= weight < np.inf for weight in weights):
        raise InvalidValue(
            f"class_weight must hold finite weights of 0 or above; got {dict(rule)}."
        )
    return weights

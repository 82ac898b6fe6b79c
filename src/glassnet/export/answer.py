"""How outputs become what a model answers, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, Literal, TypeAlias

import numpy as np

from glassnet.errors import Unsupported
from glassnet.network.network import Network

# A temperature works on probabilities that are this far from 0 and 1, as members round them.
LEAST, REST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).epsneg)

Kind: TypeAlias = Literal["outputs", "numbers", "one class", "binary", "multiclass", "multilabel"]


@dataclass(frozen=True)
class Answer:
    """How outputs become what the model answers.

    Attributes
    ----------
    kind : str
        "outputs" of a plain network; "numbers" of a regression; else a task of classes.
    classes : tuple of str, int, float or bool
        Sorted; of a task of classes.
    mean, scale, low, high : tuple of float
        A number is a[L] · scale + mean, held between low and high; one for all outputs, or one for
        each.
    clipped : bool
        Whether a logistic output that was rounded to 0 or 1 is answered as the number next to it.
    temperature : float
        T of P = softmax(log p / T), of a logistic output expit(logit p / T), p held off 0 and 1.
    group : int
        So many neighbouring numbers are sorted: the quantiles of a target. 0 or 1: none are.
    names : tuple of str
        What each of several numbers or labels is; () where there is one.

    Examples
    --------
    >>> Answer("numbers", mean=(5.0,), high=(9.0,)).bounded
    True
    """

    kind: Kind
    classes: tuple[Any, ...] = ()
    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    low: tuple[float, ...] = (-inf,)
    high: tuple[float, ...] = (inf,)
    clipped: bool = False
    temperature: float = 1.0
    group: int = 0
    names: tuple[str, ...] = ()

    @property
    def of_classes(self) -> bool:
        """Whether the answer is a probability per class."""
        return self.kind not in ("outputs", "numbers")

    @property
    def tempered(self) -> bool:
        """Whether probabilities are made sharper or flatter."""
        return self.temperature != 1.0 and self.kind != "one class"

    @property
    def ordered(self) -> bool:
        """Whether neighbouring numbers are sorted."""
        return self.group > 1

    @property
    def bounded(self) -> bool:
        """Whether numbers are held within a range."""
        return any(low > -inf for low in self.low) or any(high < inf for high in self.high)

    @property
    def restored(self) -> bool:
        """Whether outputs are put back into the units of the target, or into its range."""
        moved = any(self.mean) or any(scale != 1.0 for scale in self.scale)
        return moved or self.bounded or self.ordered


def answer_of(model: Any) -> Answer:
    """What a model answers: a network, a table's model, or a fitted estimator.

    Raises
    ------
    Unsupported
        If its classes are of mixed types.
    """
    if isinstance(model, Network):
        return Answer("outputs")
    target = getattr(model, "target", None)
    if target is not None:
        if target.task == "regression":
            return Answer("numbers", (), (target.mean,), (target.scale,))
        return Answer(target.task, _classes(target.classes))
    if hasattr(model, "predict_proba"):
        labels = model._labels
        return Answer(labels.kind, _classes(labels.classes.tolist()), clipped=True)
    return Answer("numbers")


def answer_of_head(head: Any) -> Answer:
    """What the ``head_`` of a table estimator makes of the mean of its members' outputs.

    Raises
    ------
    Unsupported
        If its classes are of mixed types.
    """
    if head.kind == "numbers":
        held = (head.mean, head.scale, head.low, head.high)
        mean, scale, low, high = (tuple(values.tolist()) for values in held)
        names = head.output_names if head.outputs > 1 else ()
        group = len(head.quantiles)
        return Answer("numbers", (), mean, scale, low, high, group=group, names=names)
    names = head.output_names if head.kind == "multilabel" else ()
    classes = _classes(head.classes.tolist())
    return Answer(head.kind, classes, clipped=True, temperature=head.temperature, names=names)


def _classes(classes: Any) -> tuple[Any, ...]:
    kinds = {type(label) for label in classes}
    if len(kinds) != 1 or not kinds <= {str, int, float, bool}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise Unsupported(
            f"classes must all be text, integers, floats or booleans to be exported; got {names}. "
            "Name the classes in y by texts."
        )
    return tuple(classes)

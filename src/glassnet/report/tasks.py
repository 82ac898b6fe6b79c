"""What a network was trained to tell, from its output layer and its loss."""

from __future__ import annotations

from typing import Literal, TypeAlias

from glassnet.network.specification import Specification

Task: TypeAlias = Literal["binary", "multiclass", "multilabel", "regression", "heads"]

WORDS: dict[str, str] = {
    "binary": "classification, two classes",
    "multiclass": "classification, {k} classes",
    "multilabel": "classification, {k} labels that go together",
    "regression": "regression",
    "heads": "several heads",
}


def task_of(spec: Specification) -> Task:
    """The task of a network: its loss tells classes from quantities, its outputs how many.

    ``"heads"`` where several heads have losses of their own.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> task_of(Specification(2, (Dense(3, "softmax"),), "cross_entropy"))
    'multiclass'
    """
    if len(spec.heads) > 1:
        return "heads"
    if spec.loss.name == "cross_entropy":
        return "multiclass"
    if spec.loss.name == "binary_cross_entropy":
        return "binary" if spec.units[spec.depth] == 1 else "multilabel"
    return "regression"

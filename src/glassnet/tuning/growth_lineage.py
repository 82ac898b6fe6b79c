"""From which network a grown one comes, step by step: enough to grow it again on other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.tuning.growth_moves import Move, moved
from glassnet.tuning.rests import arrays, rested
from glassnet.tuning.storage import LINEAGE, NUMBER
from glassnet.tuning.training import estimator
from glassnet.tuning.trials import Material, Order


@dataclass(frozen=True)
class Step:
    """A network between two moves.

    Attributes
    ----------
    layers : mapping
        The parameters of the estimator that say of each layer what it is; all others are the same
        for a whole lineage.
    seed : int
    epochs : int
        That it was trained for before the next move; 0 for the last of a lineage.
    move : Move or None
        That made it of the network before it; None for the first.
    """

    layers: Mapping[str, Any]
    seed: int
    epochs: int = 0
    move: Move | None = None


def told(lineage: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as a study keeps them.

    Examples
    --------
    >>> told([Step({"dropout": 0.1}, 3)])
    [{'layers': {'dropout': 0.1}, 'seed': 3, 'epochs': 0, 'move': None}]
    """
    return [asdict(step) for step in lineage]


def lineage_of(kept: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps that a study keeps.

    Examples
    --------
    >>> steps = (Step({}, 3, 9), Step({}, 4, 0, Move("wider", 1, 8)))
    >>> lineage_of(told(steps)) == steps
    True
    """
    return tuple(
        Step(
            each["layers"],
            each["seed"],
            each["epochs"],
            None if each["move"] is None else Move(**each["move"]),
        )
        for each in kept
    )


@dataclass(frozen=True)
class Grown:
    """Where a grown candidate begins: see :class:`glassnet.tuning.trials.Begin`.

    Attributes
    ----------
    parent : int
        The candidate that it grows out of. Where that does not rest, as when a search goes on in
        another process, it is grown again on the same rows.
    rung : int
        The highest that the parent came to.
    lineage : tuple of Step
        With the new one as the last.
    """

    parent: int
    rung: int
    lineage: tuple[Step, ...]

    def __call__(self, order: Order, material: Material, fold: int) -> Any:
        """The parent's estimator with the last move made."""
        model = rested(material, self.parent, fold, self.rung + 1)
        if model is None:
            x, y = arrays(material.folder)
            rows = material.folds[fold][0]
            before, told = self.lineage[:-1], order.parameters
            model = grown(before, told, x[rows], y[rows], classes=material.classes)
        return _next(model, self.lineage[-1], order.parameters, material.classes)


def grown(
    lineage: Sequence[Step], parameters: Mapping[str, Any], x: Array, y: Array, *, classes: bool
) -> Any:
    """An estimator trained and grown step by step.

    Parameters
    ----------
    lineage : sequence of Step
    parameters : mapping
        The estimator's, where the steps have no other.
    x, y : rows
    classes : bool
        Whether y holds classes.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 40)[:, None]
    >>> first = Step({"hidden_layer_sizes": [2]}, 0, 5)
    >>> then = Step({"hidden_layer_sizes": [4]}, 1, 5, Move("wider", 1, 2))
    >>> grown([first, then], {"schedule": "cosine"}, x, x[:, 0] ** 2, classes=False).network_.units
    (1, 4, 1)
    """
    model: Any = None
    for step in lineage:
        model = _next(model, step, parameters, classes)
        model.set_params(warm_start=True, n_iter_no_change=np.inf, max_iter=step.epochs)
        model.fit(x, y)
    return model


def _next(model: Any, step: Step, parameters: Mapping[str, Any], classes: bool) -> Any:
    told = {**parameters, **step.layers}
    if step.move is None:
        return estimator(classes, told, step.seed)
    return moved(model, step.move, told, step.seed)


def lineage_kept(study: Any, number: int) -> list[dict[str, Any]] | None:
    """The lineage that a study keeps of a candidate; None where it did not grow."""
    for trial in study.get_trials(deepcopy=False):
        attributes = trial.user_attrs
        if attributes.get(NUMBER) == number and attributes.get("outcomes"):
            return attributes.get(LINEAGE)
    return None


def regrown(
    kept: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, Any],
    x: Array,
    y: Array,
    *,
    classes: bool,
) -> Any:
    """The estimator of a candidate, grown on other rows as it grew.

    Parameters
    ----------
    kept : sequence of mapping
        The lineage as the study keeps it.
    parameters : mapping
        Of the estimator, ``max_iter`` being the epochs of the last step.
    x, y : rows
    classes : bool
    """
    steps = lineage_of(kept)
    last = replace(steps[-1], epochs=int(parameters["max_iter"]))
    model = grown((*steps[:-1], last), parameters, x, y, classes=classes)
    return model.set_params(warm_start=False)

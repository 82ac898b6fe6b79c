"""What a fitted network may grow by, what the growth score says first, and the growing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.arrays import Array
from glassnet.estimators.blueprint import per_layer
from glassnet.inspection.deepening import deepen
from glassnet.inspection.growth_score import growth_score
from glassnet.inspection.relays import relay
from glassnet.inspection.widening import widen

WIDER, DEEPER = "wider", "deeper"
_MOST_SCORED = 4096  # rows that say where to grow
_OF_LAYERS = {"dropout": 0.0, "batch_norm": False}  # and what a new layer has


@dataclass(frozen=True)
class Move:
    """What is added to a network.

    Attributes
    ----------
    kind : "wider" or "deeper"
    layer : int
        Which is widened, or behind which the new one stands.
    units : int
        New ones in the layer; all of the new layer.

    Examples
    --------
    >>> print(Move("wider", 1, 8))
    layer 1 wider by 8 units
    """

    kind: str
    layer: int
    units: int

    def __str__(self) -> str:
        """In words."""
        if self.kind == WIDER:
            return f"layer {self.layer} wider by {self.units} units"
        return f"a layer of {self.units} units behind layer {self.layer}"


@dataclass(frozen=True)
class Bounds:
    """How large a network may become: units of a layer, and hidden layers."""

    width: int
    depth: int


def moves(model: Any, x: Array, y: Array, bounds: Bounds) -> list[Move]:
    """One move of each kind that the bounds allow, the one of the larger score first.

    Widening doubles the layer for whose new units J would fall fastest; a new layer stands where J
    would fall fastest by it.

    Parameters
    ----------
    model : MLPClassifier or MLPRegressor
        Fitted.
    x, y : rows
        That it was trained on; of many, some are looked at.
    bounds : Bounds
    """
    net, spec = model.network_, model.network_.specification
    some = slice(None, None, -(-len(x) // _MOST_SCORED))
    targets = model._encoded(y[some], None)
    score = growth_score(net, x[some], targets)
    wider: list[tuple[float, Move]] = []
    deeper: list[tuple[float, Move]] = []
    for l in score.wider:
        units = min(spec.units[l], bounds.width - spec.units[l])
        if units > 0:
            wider.append((score.of(l, units), Move(WIDER, l, units)))
        handed = relay(spec, l, spec.phi[l])
        if handed is not None and spec.depth <= bounds.depth:
            units = len(handed.incoming)
            if units <= bounds.width:
                deeper.append((score.deeper[l], Move(DEEPER, l, units)))
    best = [max(each, key=_fastest) for each in (wider, deeper) if each]
    return [move for _, move in sorted(best, key=_fastest, reverse=True)]


def _fastest(scored: tuple[float, Move]) -> tuple[float, int]:
    score, move = scored
    return score, -move.layer


def moved(model: Any, move: Move, parameters: Mapping[str, Any], seed: int) -> Any:
    """The estimator with its network grown, to be trained on with ``warm_start``.

    Its history begins anew; its optimizer goes on.
    """
    net = model.network_
    if move.kind == WIDER:
        net = widen(net, move.layer, move.units, seed=seed)
    else:
        net = deepen(net, move.layer)
    model.set_params(**parameters)
    model.network_, model._run = net, None
    return model


def parameters_after(move: Move, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The estimator's parameters that say of each layer what it is, after a move.

    A new layer has neither dropout nor batch norm.

    Examples
    --------
    >>> parameters_after(Move("wider", 2, 8), {"hidden_layer_sizes": [8, 8], "dropout": 0.1})
    {'hidden_layer_sizes': [8, 16], 'dropout': 0.1}
    >>> parameters_after(Move("deeper", 1, 8), {"hidden_layer_sizes": [8], "dropout": 0.1})
    {'hidden_layer_sizes': [8, 8], 'dropout': [0.1, 0.0]}
    """
    sizes = list(parameters["hidden_layer_sizes"])
    found = {name: parameters[name] for name in _OF_LAYERS if name in parameters}
    if move.kind == WIDER:
        grown = list(sizes)
        grown[move.layer - 1] += move.units
        return {"hidden_layer_sizes": grown, **found}
    for name, values in found.items():
        if values:
            each = per_layer(values, len(sizes), name)
            found[name] = [*each[: move.layer], _OF_LAYERS[name], *each[move.layer :]]
    grown = [*sizes[: move.layer], move.units, *sizes[move.layer :]]
    return {"hidden_layer_sizes": grown, **found}

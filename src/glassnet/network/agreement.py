"""What must hold of the layers, heads and penalties of a network taken together.

All raise InvalidValue, ShapeMismatch or OutsideDomain.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from glassnet.errors import InvalidValue, OutsideDomain, ShapeMismatch
from glassnet.network.heads import Head
from glassnet.network.layers import Dense
from glassnet.network.penalties import Penalty


def check_layers(inputs: int, layers: Sequence[Dense]) -> None:
    """The number of inputs, and the layers themselves."""
    if isinstance(inputs, bool) or not isinstance(inputs, Integral) or inputs < 1:
        raise InvalidValue(f"inputs of a network must be a positive integer; got {inputs!r}.")
    if not layers or not all(isinstance(layer, Dense) for layer in layers):
        raise InvalidValue(
            "layers of a network must be at least one Dense layer (the output layer is the last); "
            f"got {layers!r}."
        )
    if layers[-1].dropout:
        raise InvalidValue(
            "the output layer must have no dropout: it would drop predictions, not features; "
            f"got dropout={layers[-1].dropout}. Put it on a hidden layer."
        )


def check_last(last: Dense) -> None:
    """What the output layer cannot have."""
    for name, there in (("kappa", last.kappa is not None), ("residual", last.residual)):
        if there:
            raise InvalidValue(
                f"the output layer must have no {name}: its activation belongs to the loss. "
                "Put it on a hidden layer."
            )


def check_connections(inputs: int, layers: Sequence[Dense]) -> None:
    """Residual layers and connections, which must fit what they are given."""
    given = (inputs, *(layer.units for layer in layers))
    for l, layer in enumerate(layers, start=1):
        blocks = layer.connections
        if layer.residual and layer.units != given[l - 1]:
            raise ShapeMismatch(
                f"layer {l} adds to the {given[l - 1]} numbers that it is given (residual), so it "
                f"must have as many units; got {layer.units}."
            )
        if blocks is not None and sum(blocks.inputs) != given[l - 1]:
            raise ShapeMismatch(
                f"the groups of inputs in the connections of layer {l} must sum to the "
                f"{given[l - 1]} numbers that it is given; got {sum(blocks.inputs)}."
            )


def check_members(layers: Sequence[Dense]) -> None:
    """All layers above one with members have as many."""
    k = layers[-1].members
    first = next((l for l, layer in enumerate(layers, start=1) if layer.members > 1), None)
    for l, layer in enumerate(layers, start=1):
        if first is not None and l >= first and layer.members != k:
            raise InvalidValue(
                f"layers above one with members must have as many, up to the output layer: layer "
                f"{l} has {layer.members}, the output layer has {k}."
            )
    if first is not None and layers[first - 1].residual:
        raise InvalidValue(
            f"the first layer with members cannot be residual, since what it is given is not yet "
            f"its members' own; got residual=True in layer {first}. Put it on a layer above."
        )


def check_penalties(penalties: Sequence[Any]) -> None:
    """The terms of the cost made of the weights."""
    for penalty in penalties:
        if not isinstance(penalty, Penalty):
            raise InvalidValue(
                "penalties of a network must be objects such as gn.L2(1e-4); "
                f"got {penalty!r} among them."
            )


def check_head(head: Head, *, strict: bool) -> None:
    """An output activation and its loss, which must go together."""
    phi, loss = head.activation, head.loss
    if phi.name == "softmax" and head.units == 1:
        raise InvalidValue(
            "softmax needs at least 2 output units, since one alone is always 1 and nothing is "
            'learned; got 1. Use "logistic" with "binary_cross_entropy" for two classes.'
        )
    if loss.name == "cross_entropy" and head.units == 1:
        raise InvalidValue(
            "cross_entropy needs an output per class, since with one it never sees the rows whose "
            'y is 0; got 1 output. Use "binary_cross_entropy" with "logistic".'
        )
    if strict and phi.name != loss.partner and not phi.range.within(loss.domain):
        partner = f"the output activation {loss.partner!r}"
        raise OutsideDomain(
            f"the outputs of {phi.name!r} lie in {phi.range} and {loss.name!r} is defined on "
            f"{loss.domain}: the loss could become infinite. Use "
            f"{partner if loss.partner else 'an output activation whose range lies in it'}, or "
            "strict=False to clip the outputs."
        )

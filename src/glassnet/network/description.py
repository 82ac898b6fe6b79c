"""A network's specification as plain data, for files, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.errors import InvalidValue
from glassnet.network.catalogue import describe, rebuild
from glassnet.network.heads import Head, JointActivation
from glassnet.network.layers import Dense, Scaling
from glassnet.network.specification import Specification


def describe_specification(spec: Specification) -> dict[str, Any]:
    """Return plain data from which :func:`rebuild_specification` makes the specification again.

    Raises
    ------
    InvalidValue
        If a part is a user's own: a file holds names, never code.

    Examples
    --------
    >>> spec = Specification(2, (Dense(1, "logistic"),), "binary_cross_entropy")
    >>> rebuild_specification(describe_specification(spec)) == spec
    True
    """
    stage = spec.input_stage
    if stage is not None and not isinstance(stage, Scaling):
        raise InvalidValue(f"a file can hold a Scaling stage only; got {type(stage).__name__}.")
    return {
        "inputs": spec.inputs,
        "layers": [_describe_layer(layer) for layer in spec.layers],
        "heads": [_describe_head(head) for head in spec.heads],
        "penalties": [describe(penalty) for penalty in spec.penalties],
        "max_norm": None if spec.max_norm is None else spec.max_norm.limit,
        "scaling": None if stage is None else {"mean": stage.mean, "scale": stage.scale},
        "strict": spec.strict,
    }


def rebuild_specification(held: Mapping[str, Any]) -> Specification:
    """Return the specification that was described.

    Raises
    ------
    InvalidValue, UnknownName
        If a name or a value is none that glassnet knows.
    KeyError, TypeError
        If a part is missing or of the wrong type; file readers turn these into BadFile.
    """
    heads = [_head(part) for part in held["heads"]]
    joint = JointActivation(tuple(heads)) if len(heads) > 1 else heads[0].activation
    layers = [_layer(part, None) for part in held["layers"][:-1]]
    layers.append(_layer(held["layers"][-1], joint))
    limit, scaling = held["max_norm"], held["scaling"]
    return Specification(
        inputs=held["inputs"],
        layers=tuple(layers),
        loss=heads[0].loss,
        penalties=tuple(rebuild("penalty", part) for part in held["penalties"]),
        max_norm=None
        if limit is None
        else rebuild("max_norm", {"name": "max_norm", "limit": limit}),
        input_stage=None if scaling is None else Scaling(**scaling),
        strict=held["strict"],
    )


def _describe_layer(layer: Dense) -> dict[str, Any]:
    joint = isinstance(layer.activation, JointActivation)
    return {
        "units": layer.units,
        "activation": None if joint else describe(layer.activation),
        "bias": layer.bias,
        "init": describe(layer.init),
        "bias_init": describe(layer.bias_init),
        "dropout": layer.dropout,
        "batch_norm": None if layer.batch_norm is None else describe(layer.batch_norm),
        "frozen": layer.frozen,
    }


def _layer(held: Mapping[str, Any], activation: Any) -> Dense:
    norm = held["batch_norm"]
    return Dense(
        units=held["units"],
        activation=activation or rebuild("activation", held["activation"]),
        bias=held["bias"],
        init=rebuild("initializer", held["init"]),
        bias_init=rebuild("initializer", held["bias_init"]),
        dropout=held["dropout"],
        batch_norm=None if norm is None else rebuild("batch_norm", norm),
        frozen=held["frozen"],
    )


def _describe_head(head: Head) -> dict[str, Any]:
    return {
        "units": head.units,
        "activation": describe(head.activation),
        "loss": describe(head.loss),
        "scale": head.scale,
    }


def _head(held: Mapping[str, Any]) -> Head:
    return Head(
        units=held["units"],
        activation=rebuild("activation", held["activation"]),
        loss=rebuild("loss", held["loss"]),
        scale=held["scale"],
    )

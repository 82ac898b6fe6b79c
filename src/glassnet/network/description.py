"""A network's specification as plain data, for files, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.errors import InvalidValue
from glassnet.files.fields import fields, flag, items, real, whole
from glassnet.network.catalogue import describe, rebuild
from glassnet.network.connections import Blocks
from glassnet.network.heads import Head, JointActivation
from glassnet.network.layers import Dense, Scaling
from glassnet.network.multipliers import Multipliers
from glassnet.network.specification import Specification

# All there is to say of each. A reader that passed over a field it does not know would predict with
# another network than the one that was written.
_NETWORK = ("heads", "inputs", "layers", "max_norm", "penalties", "scaling", "strict")
_LAYER = (
    "activation", "batch_norm", "bias", "bias_init", "dropout", "frozen", "init", "units",
)  # fmt: skip
_MORE = ("multipliers", "connections", "kappa", "residual", "members")
_HEAD = ("activation", "loss", "scale", "units")


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
        "scaling": None
        if stage is None
        else {"mean": list(stage.mean), "scale": list(stage.scale)},
        "strict": spec.strict,
    }


def rebuild_specification(described: Mapping[str, Any]) -> Specification:
    """Return the specification that was described.

    Raises
    ------
    InvalidValue, UnknownName
        If a name or a value is none that glassnet knows.
    KeyError, TypeError, ValueError
        If a part is missing, unknown or of the wrong type; file readers turn these into BadFile.
    """
    held = fields(described, _NETWORK, "a network")
    heads = tuple(_head(part) for part in items(held, "heads"))
    *hidden, last = items(held, "layers")
    layers = [_layer(part, None) for part in hidden]
    layers.append(_layer(last, JointActivation(heads)))
    limit, scaling = held["max_norm"], held["scaling"]
    spec = Specification(
        inputs=whole(held, "inputs", low=1),
        layers=tuple(layers),
        loss=heads[0].loss,
        penalties=tuple(rebuild("penalty", part) for part in items(held, "penalties")),
        max_norm=None
        if limit is None
        else rebuild("max_norm", {"name": "max_norm", "limit": limit}),
        input_stage=None if scaling is None else _scaling(scaling),
        strict=flag(held, "strict"),
    )
    if spec.heads != heads:
        raise InvalidValue("the heads of a network must be those of its last layer.")
    return spec


def _scaling(described: Any) -> Scaling:
    held = fields(described, ("mean", "scale"), "a scaling")
    mean, scale = (tuple(items(held, name)) for name in ("mean", "scale"))
    if not all(type(value) in (int, float) for value in (*mean, *scale)):
        raise InvalidValue("the means and scales of a scaling must be numbers.")
    return Scaling(mean, scale)


def _describe_layer(layer: Dense) -> dict[str, Any]:
    joint = isinstance(layer.activation, JointActivation)
    made: dict[str, Any] = {
        "units": layer.units,
        "activation": None if joint else describe(layer.activation),
        "bias": layer.bias,
        "init": describe(layer.init),
        "bias_init": describe(layer.bias_init),
        "dropout": layer.dropout,
        "batch_norm": None if layer.batch_norm is None else describe(layer.batch_norm),
        "frozen": layer.frozen,
    }
    if layer.multipliers != Multipliers():  # earlier versions can read all other files
        made["multipliers"] = describe(layer.multipliers)
    if layer.kappa is not None:
        made["kappa"] = list(layer.kappa) if isinstance(layer.kappa, tuple) else layer.kappa
    if layer.residual:
        made["residual"] = True
    if layer.members > 1:
        made["members"] = layer.members
    if layer.connections is not None:
        blocks = layer.connections
        made["connections"] = {"inputs": list(blocks.inputs), "units": list(blocks.units)}
    return made


def _layer(described: Mapping[str, Any], joint: JointActivation | None) -> Dense:
    """A layer without an activation of its own is the last one, of several heads."""
    held = fields(described, _LAYER, "a layer", optional=_MORE)
    norm, shared = held["batch_norm"], described["activation"] is None and joint is not None
    return Dense(
        units=whole(held, "units", low=1),
        activation=joint if shared else rebuild("activation", held["activation"]),
        bias=flag(held, "bias"),
        init=rebuild("initializer", held["init"]),
        bias_init=rebuild("initializer", held["bias_init"]),
        dropout=held["dropout"],
        batch_norm=None if norm is None else rebuild("batch_norm", norm),
        frozen=flag(held, "frozen"),
        multipliers=Multipliers()
        if (factors := held.get("multipliers")) is None
        else rebuild("multipliers", factors),
        connections=None if (blocks := held.get("connections")) is None else _blocks(blocks),
        kappa=_kappa(held["kappa"]) if "kappa" in held else None,
        residual=flag(held, "residual") if "residual" in held else False,
        members=_size(held["members"]) if "members" in held else 1,
    )


def _kappa(described: Any) -> Any:
    if not isinstance(described, list):
        return real({"kappa": described}, "kappa")
    each: list[Any] = items({"kappa": described}, "kappa")
    return [real({"kappa": one}, "kappa") for one in each]


def _blocks(described: Any) -> Blocks:
    held = fields(described, ("inputs", "units"), "connections")
    sizes = (items(held, name) for name in ("inputs", "units"))
    return Blocks(*([_size(n) for n in each] for each in sizes))


def _size(value: Any) -> int:
    return whole({"a size": value}, "a size", low=1, high=2**31 - 1)


def _describe_head(head: Head) -> dict[str, Any]:
    return {
        "units": head.units,
        "activation": describe(head.activation),
        "loss": describe(head.loss),
        "scale": head.scale,
    }


def _head(described: Mapping[str, Any]) -> Head:
    held = fields(described, _HEAD, "a head")
    return Head(
        units=whole(held, "units", low=1),
        activation=rebuild("activation", held["activation"]),
        loss=rebuild("loss", held["loss"]),
        scale=held["scale"],
    )

"""A remedy of the doctor as a change of the lab's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, cast

from glassnet.doctor.remedies import Remedy, dropped_column, layer_and_field
from glassnet.errors import GlassnetError
from glassnet.lab.building import Experiment
from glassnet.lab.reading import read
from glassnet.lab.sets import TOYS
from glassnet.network.initializers import INITIALIZERS, Constant, Normal
from glassnet.network.penalties import L2
from glassnet.training.range_test import learning_rate_range

_LOSSES = {
    "identity": "squared_error",
    "logistic": "binary_cross_entropy",
    "softmax": "cross_entropy",
}
_CAREFUL = 1e-3


class _NotHere(Exception):
    """The lab's settings have no word for it."""


def changes_of(remedy: Mapping[str, Any], experiment: Experiment) -> dict[str, Any] | None:
    """The part of the settings that the remedy changes; None where the lab cannot do it.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import Settings
    >>> made = experiment(Settings(), prepared(Settings().data)[0])
    >>> changes_of({"optimizer": "adam", "learning_rate": 0.003}, made)
    {'training': {'optimizer': 'adam', 'learning_rate': 0.003}}
    >>> changes_of({"X": "make anew"}, made) is None
    True
    """
    found: dict[str, Any] = {}
    try:
        told = Remedy(remedy)
        if told.by_hand:
            return None
        for key, value in told.changes.items():
            _carry_out(found, key, value, experiment)
        read(merged(experiment.settings.to_dict(), found))
    except (_NotHere, GlassnetError):
        return None
    return found or None


def merged(whole: Any, changes: Any) -> Any:
    """Settings with some of them changed; lists are replaced as a whole.

    Examples
    --------
    >>> merged({"a": {"b": 1, "c": [2]}}, {"a": {"c": [3]}})
    {'a': {'b': 1, 'c': [3]}}
    """
    if not isinstance(whole, dict) or not isinstance(changes, dict):
        return changes
    kept, new = cast("dict[str, Any]", whole), cast("dict[str, Any]", changes)
    return {**kept, **{key: merged(kept.get(key), value) for key, value in new.items()}}


def _carry_out(found: dict[str, Any], key: str, value: Any, experiment: Experiment) -> None:
    place = layer_and_field(key)
    if place is not None:
        _layer(found, *place, value, experiment)
    elif key in _ACTS:
        _put(found, *_ACTS[key](value, experiment))
    elif key == "head":
        _put(found, "network", {"loss": _LOSSES[value], "output": {"activation": value}})
    elif key == "X" and isinstance(value, str) and dropped_column(value) is not None:
        _put(found, "data", {"inputs": _without(dropped_column(value), experiment)})
    elif key in ("X", "y") and value == "standardise" and not experiment.settings.data.standardise:
        _put(found, "data", {"standardise": True})
    else:
        raise _NotHere


def _put(found: dict[str, Any], section: str, values: Mapping[str, Any]) -> None:
    found[section] = merged(found.get(section, {}), dict(values))


def _layer(found: dict[str, Any], l: int, field: str, value: Any, experiment: Experiment) -> None:
    network = experiment.settings.network
    told = _init(value) if field == "init" else {field: getattr(value, "name", value)}
    if field == "activation":
        told |= {"init": "auto", "init_scale": None}
    if l == len(network.layers) + 1:
        if field not in ("activation", "init"):
            raise _NotHere
        _put(found, "network", {"output": told})
        return
    section = found.setdefault("network", {})
    layers = section.setdefault("layers", [asdict(layer) for layer in network.layers])
    layers[l - 1] |= told


def _init(value: Any) -> dict[str, Any]:
    if isinstance(value, Constant):
        return {"init": "constant", "init_scale": value.value}
    if isinstance(value, Normal):
        return {"init": "normal", "init_scale": value.std}
    name = getattr(value, "name", value)
    if name != "auto" and name not in INITIALIZERS:
        raise _NotHere
    return {"init": name, "init_scale": None}


def _without(column: int | None, experiment: Experiment) -> list[str]:
    data = experiment.settings.data
    if data.set in TOYS or data.inputs is None or column is None:
        raise _NotHere
    name = experiment.rows.names[column].split("=")[0]
    kept = [each for each in data.inputs if each != name]
    if len(kept) == len(data.inputs) or not kept:
        raise _NotHere
    return kept


def _penalty(value: Any, experiment: Experiment) -> tuple[str, dict[str, Any]]:
    strengths = [each.strength for each in value if isinstance(each, L2)]
    if len(strengths) < len(value):
        raise _NotHere
    return "training", {"weight_decay": sum(strengths)}


def _rate(value: Any, experiment: Experiment) -> tuple[str, dict[str, Any]]:
    if value != "range test":
        return "training", {"learning_rate": float(f"{value:.3g}")}
    rows, told = experiment.rows, experiment.arguments()
    try:
        found = learning_rate_range(
            experiment.network(), rows.X[rows.train], experiment.targets[rows.train],
            optimizer=told["optimizer"], batch_size=told["batch_size"],
        )  # fmt: skip
    except GlassnetError:
        return "training", {"learning_rate": _CAREFUL}
    limits = [found.suggestion, None if found.divergence is None else found.divergence / 4]
    rate = min((each for each in limits if each is not None), default=_CAREFUL)
    return "training", {"learning_rate": float(f"{rate:.2g}")}


def _optimizer(value: Any, experiment: Experiment) -> tuple[str, dict[str, Any]]:
    told: dict[str, Any] = {"optimizer": getattr(value, "name", value)}
    if experiment.settings.training.momentum is not None and told["optimizer"] not in (
        "momentum", "nesterov",
    ):  # fmt: skip
        told["momentum"] = None
    if not isinstance(value, str) and hasattr(value, "learning_rate"):
        told["learning_rate"] = value.learning_rate
    return "training", told


_ACTS: dict[str, Callable[[Any, Experiment], tuple[str, dict[str, Any]]]] = {
    "loss": lambda value, _: ("network", {"loss": getattr(value, "name", value)}),
    "batch_size": lambda value, _: ("training", {"batch_size": int(value)}),
    "clip_norm": lambda value, _: ("training", {"clip": value}),
    "penalties": _penalty,
    "learning_rate": _rate,
    "optimizer": _optimizer,
}

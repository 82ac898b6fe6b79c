"""Settings out of JSON that somebody sent: nothing in it is trusted, each fault has its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from glassnet.errors import GlassnetError
from glassnet.lab.sets import NAMES, TOYS, UPLOAD
from glassnet.lab.settings import (
    MOST_EPOCHS,
    MOST_LAYERS,
    MOST_UNITS,
    TOY_ROWS,
    DataSettings,
    Fault,
    Impossible,
    LayerSettings,
    NetworkSettings,
    OutputSettings,
    Settings,
    TrainingSettings,
)
from glassnet.network import catalogue
from glassnet.network.initializers import INITIALIZERS
from glassnet.optim.optimizers import OPTIMIZERS
from glassnet.optim.schedules import SCHEDULES

Check = Callable[[Any], str | None]

_SEEDS = 2**53  # above, JavaScript would change a number


def number(low: float, high: float = math.inf, *, above: bool = False) -> Check:
    """A check for a finite number from ``low`` (or above it) to ``high``.

    Examples
    --------
    >>> number(0, 1)(0.5), number(0, above=True)(0)
    (None, 'it must be a number above 0; got 0.')
    """
    begin = f"above {low:g}" if above else f"from {low:g}"
    end = "" if high == math.inf else f", at most {high:g}" if above else f" to {high:g}"

    def check(value: Any) -> str | None:
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        good = plain and math.isfinite(value) and low <= value <= high
        if good and not (above and value == low):
            return None
        return f"it must be a number {begin}{end}; got {value!r:.40}."

    return check


def whole(low: int, high: int) -> Check:
    """A check for a whole number within bounds.

    Examples
    --------
    >>> whole(1, 8)(9)
    'it must be a whole number from 1 to 8; got 9.'
    """

    def check(value: Any) -> str | None:
        if type(value) is int and low <= value <= high:
            return None
        return f"it must be a whole number from {low:,} to {high:,}; got {value!r:.40}."

    return check


def flag(value: Any) -> str | None:
    """A check for true or false."""
    return None if isinstance(value, bool) else f"it must be true or false; got {value!r:.40}."


def one_of(*known: str) -> Check:
    """A check for one of some names."""

    def check(value: Any) -> str | None:
        if isinstance(value, str) and value in known:
            return None
        return f"it must be one of {', '.join(known)}; got {value!r:.40}."

    return check


def known_to(find: Callable[[str], Any]) -> Check:
    """A check for a name that the package's own catalogue has."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return f"it must be a name; got {value!r:.40}."
        try:
            find(value)
        except GlassnetError as error:
            return str(error)
        return None

    return check


def text(value: Any) -> str | None:
    """A check for a text that may be the name of a column."""
    good = isinstance(value, str) and 0 < len(value) <= 1000
    return None if good else f"it must be a text; got {value!r:.40}."


class Reader:
    """Reads objects with known fields, and keeps every fault.

    Examples
    --------
    >>> reader = Reader()
    >>> reader.fields({"a": 1, "b": 2}, "data", {"a": flag})
    {}
    >>> [fault.where for fault in reader.faults]
    ['data.b', 'data.a']
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fields(self, value: Any, where: str, checks: Mapping[str, Check]) -> dict[str, Any]:
        """The fields that are there and right; the others are faults."""
        if not isinstance(value, dict):
            self.fault(where, f"it must be an object; got {value!r:.40}.")
            return {}
        told = cast("dict[str, Any]", value)
        for name in told:
            if name not in checks:
                known = ", ".join(checks)
                self.fault(_at(where, f"{name:.60}"), f"there is no such setting. Known: {known}.")
        found: dict[str, Any] = {}
        for name, check in checks.items():
            if told.get(name) is None:  # null is what is not set
                continue
            reason = check(told[name])
            if reason is None:
                found[name] = told[name]
            else:
                self.fault(_at(where, name), reason)
        return found

    def fault(self, where: str, message: str) -> None:
        """Keep one."""
        self.faults.append(Fault(where, message))


def read(value: Any) -> Settings:
    """The settings that JSON describes, completed; combinations are judged elsewhere.

    Raises
    ------
    Impossible

    Examples
    --------
    >>> read({"version": 1, "data": {"set": "xor", "rows": 100}}).data.rows
    100
    >>> read({"data": {"sett": "xor"}})
    Traceback (most recent call last):
    glassnet.lab.settings.Impossible: data.sett: there is no such setting. Known: ...
    """
    reader = Reader()
    parts = {"version": whole(1, 1), "data": _anything, "network": _anything, "training": _anything}
    told = reader.fields(value, "", parts)
    data = _data(reader, told.get("data", {}))
    network = _network(reader, told.get("network", {}))
    training = TrainingSettings(**reader.fields(told.get("training", {}), "training", _TRAINING))
    if reader.faults:
        raise Impossible(reader.faults)
    return Settings(data, network, training)


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _names(value: Any) -> str | None:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    if listed and all(text(each) is None for each in listed) and len(set(listed)) == len(listed):
        return None
    return "it must be a list of different column names, at least one."


def _batch(value: Any) -> str | None:
    if value == "all" or whole(1, 100_000)(value) is None:
        return None
    return f'it must be a whole number from 1, or "all"; got {value!r:.40}.'


_DATA: dict[str, Check] = {
    "set": one_of(*NAMES),
    "upload": text,
    "rows": whole(*TOY_ROWS),
    "noise": number(0, 1),
    "test": number(0, 0.9),
    "standardise": flag,
    "inputs": _names,
    "target": text,
    "task": one_of("binary", "multiclass", "regression"),
    "seed": whole(0, _SEEDS),
}
_INIT = one_of("auto", *INITIALIZERS)
_LAYER: dict[str, Check] = {
    "units": whole(1, MOST_UNITS),
    "activation": known_to(catalogue.activation),
    "batch_norm": flag,
    "dropout": number(0, 0.95),
    "init": _INIT,
    "init_scale": number(-100, 100),
}
_OUTPUT: dict[str, Check] = {
    "activation": known_to(catalogue.activation),
    "init": _INIT,
    "init_scale": number(-100, 100),
}
_TRAINING: dict[str, Check] = {
    "optimizer": one_of(*OPTIMIZERS),
    "learning_rate": number(0, 1e6, above=True),
    "momentum": number(0, 1),
    "batch_size": _batch,
    "weight_decay": number(0, 1e6),
    "schedule": one_of(*SCHEDULES),
    "clip": number(0, 1e9, above=True),
    "seed": whole(0, _SEEDS),
    "shuffle": flag,
    "epochs": whole(1, MOST_EPOCHS),
}


def _data(reader: Reader, value: Any) -> DataSettings:
    told = reader.fields(value, "data", _DATA)
    if "inputs" in told:
        told["inputs"] = tuple(told["inputs"])
    found = DataSettings(**told)
    if found.set == UPLOAD and found.upload is None:
        reader.fault("data.upload", "say which upload is meant, as POST /api/uploads named it.")
    if found.set in TOYS and (found.inputs or found.target or found.task):
        place = "inputs" if found.inputs else "target" if found.target else "task"
        reader.fault(
            f"data.{place}", f"{found.set!r} is made by formula: its columns and task are fixed."
        )
    return found


def _anything(value: Any) -> None:
    """Take any value: a part that is read by itself."""


def _network(reader: Reader, value: Any) -> NetworkSettings:
    loss = known_to(catalogue.loss)
    checks = {"layers": _anything, "loss": loss, "output": _anything, "seed": whole(0, _SEEDS)}
    told = reader.fields(value, "network", checks)
    if "layers" in told:
        told["layers"] = _layers(reader, told["layers"])
    output = OutputSettings(**reader.fields(told.pop("output", {}), "network.output", _OUTPUT))
    _scale_fits(reader, "network.output", output)
    return NetworkSettings(**told, output=output)


def _layers(reader: Reader, value: Any) -> tuple[LayerSettings, ...]:
    if not isinstance(value, list):
        reader.fault("network.layers", f"it must be a list of layers; got {value!r:.40}.")
        return ()
    listed = cast("Sequence[Any]", value)
    if len(listed) > MOST_LAYERS:
        reader.fault(
            "network.layers", f"a network may have {MOST_LAYERS} hidden layers; got {len(listed)}."
        )
        return ()
    made: list[LayerSettings] = []
    for number_, each in enumerate(listed):
        where = f"network.layers.{number_}"
        made.append(LayerSettings(**reader.fields(each, where, _LAYER)))
        _scale_fits(reader, where, made[-1])
    return tuple(made)


def _scale_fits(reader: Reader, where: str, layer: LayerSettings | OutputSettings) -> None:
    if layer.init_scale is None:
        return
    if layer.init not in ("constant", "normal"):
        reader.fault(
            f"{where}.init_scale",
            f"init {layer.init!r} scales itself by the layer's size. Leave init_scale out, or "
            'choose "constant" or "normal".',
        )
    elif layer.init == "normal" and layer.init_scale <= 0:
        reader.fault(f"{where}.init_scale", "the deviation of a normal must be above 0.")

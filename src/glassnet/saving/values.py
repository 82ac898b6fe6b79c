"""Parameters as JSON and back: numbers, texts, lists, and glassnet's own definitions by name.

JSON has no tuples, no infinite numbers and no keys but texts. An object of one field stands for
what it cannot say: ``{"tuple": […]}``, ``{"number": "inf"}``, ``{"pairs": [[key, value], …]}``,
``{"array": […], "dtype": …}``, and ``{"object": "schedule/cosine", "fields": {…}}`` for a
definition of the catalogue. A name is looked up in the dictionaries of this package and nowhere
else: a file can name nothing that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from math import isfinite
from typing import Any

import numpy as np

from glassnet.engine.interface import StopRule
from glassnet.errors import InvalidValue
from glassnet.files.fields import fields, items, text, whole
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.initializers import INITIALIZERS
from glassnet.network.losses import LOSSES
from glassnet.network.metrics import METRICS
from glassnet.network.penalties import PENALTIES
from glassnet.optim.optimizers import OPTIMIZERS
from glassnet.optim.schedules import SCHEDULES
from glassnet.training.early_stopping import EarlyStopping

_REGISTRIES: Mapping[str, Mapping[str, Any]] = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "loss": LOSSES,
    "metric": METRICS,
    "optimizer": OPTIMIZERS,
    "penalty": PENALTIES,
    "schedule": SCHEDULES,
}
_CLASSES: dict[str, Any] = {
    **{f"{kind}/{name}": c for kind, known in _REGISTRIES.items() for name, c in known.items()},
    "batch_norm": BatchNorm,
    "early_stopping": EarlyStopping,
    "stop_rule": StopRule,
}
_NAMES = {made: name for name, made in _CLASSES.items()}
_NUMBERS = {"inf": np.inf, "-inf": -np.inf, "nan": np.nan}


def encoded(value: Any) -> Any:
    """A value as JSON.

    Raises
    ------
    InvalidValue
        If it is an object of a user's own: a file holds names and numbers, never code.

    Examples
    --------
    >>> encoded((64, 64)), encoded(float("inf"))
    ({'tuple': [64, 64]}, {'number': 'inf'})
    >>> decoded(encoded({"yes": 2.0}))
    {'yes': 2.0}
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if isfinite(value) else {"number": repr(value)}
    if type(value) is list:
        return [encoded(item) for item in value]
    if type(value) is tuple:
        return {"tuple": [encoded(item) for item in value]}
    if isinstance(value, Mapping):
        return {"pairs": [[encoded(key), encoded(item)] for key, item in value.items()]}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return {"array": encoded(value.tolist()), "dtype": value.dtype.str}
    if isinstance(value, np.random.RandomState):
        return _random_state(value)
    if type(value) in _NAMES:
        part: Any = value
        each = {f.name: encoded(getattr(part, f.name)) for f in dataclass_fields(part)}
        return {"object": _NAMES[type(part)], "fields": each}
    raise InvalidValue(
        f"a file holds names and numbers, never code; got {value!r:.80}, an object of your own."
    )


def decoded(held: Any) -> Any:
    """The value that :func:`encoded` wrote down.

    Raises
    ------
    InvalidValue, KeyError, TypeError, ValueError
        If it is anything else.

    Examples
    --------
    >>> decoded({"object": "schedule/step", "fields": {"epochs": 5}})
    StepDecay(epochs=5, factor=0.5)
    """
    if isinstance(held, list):
        return [decoded(item) for item in held]
    if not isinstance(held, dict):
        return held
    kind = next((name for name in _READERS if name in held), None)
    if kind is None:
        raise ValueError(f"the value {held!r:.60} is of no known kind")
    return _READERS[kind](held)


def _number(held: Mapping[str, Any]) -> float:
    return _NUMBERS[text(fields(held, ["number"], "a number"), "number", _NUMBERS)]


def _tuple(held: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(decoded(item) for item in items(fields(held, ["tuple"], "a tuple"), "tuple"))


def _pairs(held: Mapping[str, Any]) -> dict[Any, Any]:
    pairs = items(fields(held, ["pairs"], "a mapping"), "pairs")
    found = {decoded(key): decoded(value) for key, value in pairs}
    if len(found) < len(pairs):
        raise ValueError("a mapping has a key twice")
    return found


def _array(held: Mapping[str, Any]) -> Any:
    found = fields(held, ("array", "dtype"), "an array")
    dtype = np.dtype(text(found, "dtype"))
    if dtype.kind not in "biuf":
        raise ValueError(f"an array of {dtype} is not one of numbers")
    return np.array(decoded(items(found, "array")), dtype=dtype)


def _object(held: Mapping[str, Any]) -> Any:
    found = fields(held, ("object", "fields"), "a definition")
    made = _CLASSES[text(found, "object", _CLASSES)]
    values = {name: decoded(value) for name, value in found["fields"].items()}
    known = {f.name for f in dataclass_fields(made)}
    if not values.keys() <= known:
        raise ValueError(f"{found['object']} has no parameter {min(values.keys() - known)!r}")
    return made(**values)


def _random_state(state: np.random.RandomState) -> dict[str, Any]:
    drawn: Any = state.get_state(legacy=False)
    if drawn["bit_generator"] != "MT19937":
        raise InvalidValue(
            "a RandomState in a file must be of NumPy's own generator, MT19937; got "
            f"{drawn['bit_generator']}. Use an integer."
        )
    inner = drawn["state"]
    return {
        "random_state": [int(key) for key in inner["key"]],
        "position": int(inner["pos"]),
        "gauss": [int(drawn["has_gauss"]), float(drawn["gauss"])],
    }


def _drawn(held: Mapping[str, Any]) -> np.random.RandomState:
    found = fields(held, ("random_state", "position", "gauss"), "a RandomState")
    state = np.random.RandomState()  # what scikit-learn's random_state may be
    keys: Any = np.array(items(found, "random_state"), dtype=np.uint32)
    has_gauss, gauss = found["gauss"]
    # NumPy trusts the position, and would read beside its keys.
    position = whole(found, "position", high=624)
    state.set_state(("MT19937", keys, position, int(bool(has_gauss)), float(gauss)))
    return state


_READERS: Mapping[str, Any] = {
    "number": _number,
    "tuple": _tuple,
    "pairs": _pairs,
    "array": _array,
    "object": _object,
    "random_state": _drawn,
}

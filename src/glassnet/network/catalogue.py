"""From names to objects: activations, losses, initializers, metrics, and their plain description.

A name never becomes code: it is looked up in the dictionaries of this package and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from glassnet.errors import InvalidValue, UnknownName
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.contracts import Activation, Elementwise, Loss, Metric
from glassnet.network.initializers import INITIALIZERS, Constant, Initializer, automatic
from glassnet.network.losses import LOSSES
from glassnet.network.metrics import METRICS
from glassnet.network.penalties import PENALTIES, MaxNorm


class Foreign(Elementwise):
    """A user's object with ``value(z)`` and ``derivative(z, a)``, and the rest of the contract."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        self.name = str(getattr(wrapped, "name", type(wrapped).__name__))
        self.range = getattr(wrapped, "range", Activation.range)
        self.kinks = tuple(getattr(wrapped, "kinks", ()))

    def value(self, z: Any) -> Any:
        return self.wrapped.value(z)

    def derivative(self, z: Any, a: Any) -> Any:
        return self.wrapped.derivative(z, a)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Foreign) and self.wrapped == other.wrapped

    def __hash__(self) -> int:
        return hash(self.name)


def activation(value: Any) -> Activation:
    """Return the activation a name or an object stands for.

    Raises
    ------
    UnknownName, InvalidValue

    Examples
    --------
    >>> activation("relu")
    ReLU(at_zero=0.0)
    """
    if isinstance(value, str):
        return _named("activation", ACTIVATIONS, value)
    if isinstance(value, Activation):
        return value
    if hasattr(value, "value") and hasattr(value, "derivative"):
        return Foreign(value)
    raise InvalidValue(
        "an activation must be a name or an object with the methods value(z) and derivative(z, a); "
        f"got {value!r}."
    )


def loss(value: Any, *, label_smoothing: float = 0.0) -> Loss:
    """Return the loss a name or an object stands for.

    Examples
    --------
    >>> loss("huber")
    Huber(threshold=1.0)
    """
    if isinstance(value, str):
        made = _named("loss", LOSSES, value)
    elif isinstance(value, Loss):
        made = value
    else:
        raise InvalidValue(f"loss must be a name or a subclass of glassnet.Loss; got {value!r}.")
    if label_smoothing:
        if not 0 <= label_smoothing < 1:
            raise InvalidValue(f"label_smoothing must be in [0, 1); got {label_smoothing}.")
        if not hasattr(made, "label_smoothing"):
            raise InvalidValue(
                f"label_smoothing goes with a cross-entropy; the loss is {made.name!r}."
            )
        made = type(made)(label_smoothing=label_smoothing)  # type: ignore[call-arg]
    return made


def initializer(value: Any, activation_name: str) -> Initializer:
    """Return the initializer a name, a number or an object stands for.

    Examples
    --------
    >>> initializer("auto", "tanh").name, initializer(0.5, "tanh")
    ('glorot_uniform', Constant(value=0.5))
    """
    if isinstance(value, str):
        return (
            automatic(activation_name)
            if value == "auto"
            else _named("initializer", {"auto": Initializer, **INITIALIZERS}, value)
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Constant(float(value))
    if callable(getattr(value, "draw", None)):
        return value
    raise InvalidValue(f"an initializer must be a name, a number or an object; got {value!r}.")


def metric(value: Any) -> Metric:
    """Return the metric a name or an object stands for.

    Examples
    --------
    >>> metric("accuracy").greater_is_better
    True
    """
    if isinstance(value, str):
        return _named("metric", METRICS, value)
    if callable(getattr(value, "value", None)) and hasattr(value, "greater_is_better"):
        return value
    raise InvalidValue(
        "a metric must be a name or an object with value(a, y, w) and greater_is_better; "
        f"got {value!r}."
    )


def _named(kind: str, registry: Mapping[str, Any], name: str) -> Any:
    if name not in registry:
        raise UnknownName(kind, name, registry)
    return registry[name]()


_PARTS: dict[str, Mapping[str, Any]] = {
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "initializer": INITIALIZERS,
    "penalty": PENALTIES,
    "max_norm": {"max_norm": MaxNorm},
    "batch_norm": {"batch_norm": BatchNorm},
}


def describe(part: Any) -> dict[str, Any]:
    """Return a definition's name and hyperparameters as plain data for a file.

    Raises
    ------
    InvalidValue
        If the part is a user's own: a file holds names, never code.

    Examples
    --------
    >>> describe(activation("leaky_relu"))
    {'name': 'leaky_relu', 'slope': 0.01, 'at_zero': 0.0}
    """
    name = "batch_norm" if isinstance(part, BatchNorm) else getattr(part, "name", None)
    known = any(registry.get(str(name)) is type(part) for registry in _PARTS.values())
    if not known or not is_dataclass(part):
        raise InvalidValue(
            f"{part!r} is not one of glassnet's own definitions, so a file cannot name it. "
            "Save the parameters with numpy.savez and rebuild the network in code."
        )
    return {"name": name, **{f.name: getattr(part, f.name) for f in fields(part)}}


def rebuild(kind: str, description: Mapping[str, Any]) -> Any:
    """Return the definition that :func:`describe` described.

    Examples
    --------
    >>> rebuild("loss", {"name": "huber", "threshold": 2.0})
    Huber(threshold=2.0)
    """
    values = dict(description)
    name = values.pop("name", None)
    if name not in _PARTS[kind]:
        raise UnknownName(kind, name, _PARTS[kind])
    made = _PARTS[kind][str(name)]
    unknown = set(values) - {f.name for f in fields(made)}
    if unknown:
        raise InvalidValue(f"{kind} {name!r} has no parameter {sorted(unknown)[0]!r}.")
    return made(**values)

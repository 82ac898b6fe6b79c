"""From names to objects: activations, losses, initializers, metrics, and their plain description.

A name never becomes code: it is looked up in the dictionaries of this package and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from numbers import Real
from typing import Any

from glassnet.errors import InvalidValue, UnknownName
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.contracts import Activation, Loss, Metric
from glassnet.network.foreign import Foreign, ForeignLoss
from glassnet.network.initializers import INITIALIZERS, Constant, Initializer, automatic
from glassnet.network.losses import LOSSES, BinaryCrossEntropy, CrossEntropy
from glassnet.network.metrics import METRICS
from glassnet.network.multipliers import Multipliers
from glassnet.network.penalties import PENALTIES, MaxNorm


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
    _no_class("activation", value)
    if not isinstance(value, Activation):
        if not _offers(value, "value", "derivative"):
            raise InvalidValue(
                "an activation must be a name or an object with the methods value(z) and "
                f"derivative(z, a); got {value!r}."
            )
        value = Foreign(value)
    return _named_apart("activation", ACTIVATIONS, value)


def loss(value: Any, *, label_smoothing: float = 0.0) -> Loss:
    """Return the loss a name or an object stands for.

    Raises
    ------
    UnknownName, InvalidValue

    Examples
    --------
    >>> loss("huber")
    Huber(threshold=1.0)
    """
    if isinstance(value, str):
        made = _named("loss", LOSSES, value)
    else:
        _no_class("loss", value)
        if not isinstance(value, Loss) and not _offers(value, "of_output", "derivative"):
            raise InvalidValue(
                "a loss must be a name or an object with the methods of_output(a, y) and "
                f"derivative(a, y); got {value!r}."
            )
        made = value if isinstance(value, Loss) else ForeignLoss(value)
        made = _named_apart("loss", LOSSES, made)
    if label_smoothing == 0:
        return made
    if not isinstance(made, BinaryCrossEntropy | CrossEntropy):
        raise InvalidValue(
            f"label_smoothing goes with a cross-entropy; the loss is {made.name!r}. Leave it at 0."
        )
    return replace(made, label_smoothing=label_smoothing)


def initializer(value: Any, activation_name: str) -> Initializer:
    """Return the initializer a name, a number or an object stands for.

    Raises
    ------
    UnknownName, InvalidValue

    Examples
    --------
    >>> initializer("auto", "tanh").name, initializer(0.5, "tanh")
    ('glorot_uniform', Constant(value=0.5))
    """
    if isinstance(value, str):
        automatically = {"auto": lambda: automatic(activation_name)}
        return _named("initializer", {**INITIALIZERS, **automatically}, value)
    if isinstance(value, Real) and not isinstance(value, bool):
        return Constant(float(value))
    _no_class("initializer", value)
    if _offers(value, "draw"):
        return value
    raise InvalidValue(
        "an initializer must be a name, a number or an object with draw(rng, n_out, n_in); "
        f"got {value!r}."
    )


def metric(value: Any) -> Metric:
    """Return the metric a name or an object stands for.

    Raises
    ------
    UnknownName, InvalidValue

    Examples
    --------
    >>> metric("accuracy").greater_is_better
    True
    """
    if isinstance(value, str):
        return _named("metric", METRICS, value)
    _no_class("metric", value)
    if _offers(value, "value") and hasattr(value, "greater_is_better"):
        return value
    raise InvalidValue(
        "a metric must be a name or an object with value(a, y, w) and greater_is_better; "
        f"got {value!r}."
    )


# What other libraries and texts call some of them, for the suggestion only.
_ELSEWHERE = {
    "sigmoid": "logistic",
    "swish": "silu",
    "linear": "identity",
    "mse": "squared_error",
    "l2_loss": "squared_error",
    "mae": "absolute_error",
    "l1_loss": "absolute_error",
    "bce": "binary_cross_entropy",
    "log_loss": "cross_entropy",
    "pinball": "quantile",
    "xavier": "glorot_uniform",
    "xavier_uniform": "glorot_uniform",
    "xavier_normal": "glorot_normal",
}


def _named(kind: str, registry: Mapping[str, Any], name: str) -> Any:
    if name not in registry:
        here = _ELSEWHERE.get(name.lower())
        raise UnknownName(kind, name, registry, nearest=here if here in registry else None)
    return registry[name]()


def _no_class(kind: str, value: object) -> None:
    if isinstance(value, type):
        raise InvalidValue(
            f"{kind} must be a name or an object; {value.__name__} is the class of one. "
            f"Make one of it: {value.__name__}()."
        )


def _offers(value: object, *methods: str) -> bool:
    return all(callable(getattr(value, method, None)) for method in methods)


def _named_apart(kind: str, registry: Mapping[str, Any], own: Any) -> Any:
    """The object, unless it is a user's and bears a name that means something else here."""
    name = getattr(own, "name", None)
    if not isinstance(name, str):
        raise InvalidValue(f"a user's {kind} must have a name, a str; {own!r} has {name!r}.")
    if name in registry and type(own) is not registry[name]:
        raise InvalidValue(
            f"{name!r} is the name of glassnet's own {kind}, which {own!r} is not. "
            "Give yours another name."
        )
    return own


_PARTS: dict[str, Mapping[str, Any]] = {
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "initializer": INITIALIZERS,
    "penalty": PENALTIES,
    "max_norm": {"max_norm": MaxNorm},
    "multipliers": {"multipliers": Multipliers},
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

    Parameters
    ----------
    kind : str
        ``"activation"``, ``"loss"``, ``"initializer"``, ``"penalty"``, ``"max_norm"`` or
        ``"batch_norm"``.
    description : mapping
        As it comes from a file: nothing in it is trusted.

    Raises
    ------
    UnknownName, InvalidValue

    Examples
    --------
    >>> rebuild("loss", {"name": "huber", "threshold": 2.0})
    Huber(threshold=2.0)
    """
    values = dict(description)
    name = values.pop("name", None)
    if not isinstance(name, str) or name not in _PARTS[kind]:
        raise UnknownName(kind, name, _PARTS[kind])
    made = _PARTS[kind][name]
    parameters = {f.name: f for f in fields(made)}
    for parameter, value in values.items():
        if parameter not in parameters:
            raise InvalidValue(f"{kind} {name!r} has no parameter {parameter!r}.")
        if isinstance(value, bool) != (parameters[parameter].type == "bool"):
            raise InvalidValue(f"{parameter} of {kind} {name!r} cannot be {value!r}.")
    missing = [f.name for f in fields(made) if f.default is MISSING and f.name not in values]
    if missing:
        raise InvalidValue(f"{kind} {name!r} needs the parameter {missing[0]!r}.")
    return made(**values)

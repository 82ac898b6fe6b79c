"""A user's own activation or loss: an object with the mathematics, and the rest of the contract."""

from __future__ import annotations

from typing import Any

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.network.contracts import Activation, Elementwise, Loss
from glassnet.network.intervals import Interval


class Foreign(Elementwise):
    """An object with ``value(z)`` and ``derivative(z, a)``, as an activation.

    It may also say its ``name``, ``range``, ``kinks``, ``turns`` and ``bends``.

    Examples
    --------
    >>> class Cube:
    ...     def value(self, z):
    ...         return z**3
    ...
    ...     def derivative(self, z, a):
    ...         return 3 * z**2
    >>> Foreign(Cube()).name
    'Cube'
    """

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        vars(self).update(  # the contract has these on the class; here they are the object's
            name=_name(wrapped),
            range=_interval(wrapped, "range", Activation.range),
            kinks=_kinks(wrapped),
            turns=_places(wrapped, "turns"),
            bends=_places(wrapped, "bends"),
        )

    def value(self, z: Array) -> Array:
        return self.wrapped.value(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return self.wrapped.derivative(z, a)

    def __eq__(self, other: object) -> bool:
        """Whether both wrap equal objects."""
        return isinstance(other, Foreign) and self.wrapped == other.wrapped

    def __hash__(self) -> int:
        """Agree with ==, whether or not the object has a hash."""
        return hash(self.name)

    def __repr__(self) -> str:
        """Show the object."""
        return repr(self.wrapped)


class ForeignLoss(Loss):
    """An object with ``of_output(a, y)`` and ``derivative(a, y)``, as a loss.

    It may also say its ``name``, ``domain``, ``targets`` and ``kinks``. It has no partner: it is
    always computed from the outputs.

    Examples
    --------
    >>> class Fourth:
    ...     def of_output(self, a, y):
    ...         return (a - y) ** 4
    ...
    ...     def derivative(self, a, y):
    ...         return 4 * (a - y) ** 3
    >>> ForeignLoss(Fourth()).name
    'Fourth'
    """

    partner = ""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        vars(self).update(
            name=_name(wrapped),
            domain=_interval(wrapped, "domain", Loss.domain),
            targets=_interval(wrapped, "targets", Loss.targets),
            kinks=_kinks(wrapped),
        )

    def of_output(self, a: Array, y: Array) -> Array:
        return self.wrapped.of_output(a, y)

    def derivative(self, a: Array, y: Array) -> Array:
        return self.wrapped.derivative(a, y)

    def __eq__(self, other: object) -> bool:
        """Whether both wrap equal objects."""
        return isinstance(other, ForeignLoss) and self.wrapped == other.wrapped

    def __hash__(self) -> int:
        """Agree with ==, whether or not the object has a hash."""
        return hash(self.name)

    def __repr__(self) -> str:
        """Show the object."""
        return repr(self.wrapped)


def _name(wrapped: Any) -> str:
    return str(getattr(wrapped, "name", type(wrapped).__name__))


def _interval(wrapped: Any, attribute: str, otherwise: Interval) -> Interval:
    value = getattr(wrapped, attribute, otherwise)
    if not isinstance(value, Interval):
        raise InvalidValue(
            f"{attribute} of {_name(wrapped)!r} must be a glassnet Interval; got {value!r}."
        )
    return value


def _kinks(wrapped: Any) -> tuple[float, ...]:
    return tuple(float(kink) for kink in getattr(wrapped, "kinks", ()))


def _places(wrapped: Any, attribute: str) -> tuple[float, ...] | None:
    places = getattr(wrapped, attribute, None)
    return None if places is None else tuple(float(place) for place in places)

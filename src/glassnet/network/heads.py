"""Several outputs with their own activations and losses, as one output layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from glassnet.arrays import Array, xp
from glassnet.errors import InvalidValue
from glassnet.network import catalogue
from glassnet.network.contracts import Activation, Loss
from glassnet.network.hyperparameters import settle, settle_count
from glassnet.network.intervals import Interval
from glassnet.network.layers import Dense


@dataclass(frozen=True)
class Head:
    """``units`` neighbouring outputs with an activation and a loss that counts ``scale`` times.

    Examples
    --------
    >>> Head(3, "softmax", "cross_entropy").loss.name
    'cross_entropy'
    """

    units: int
    activation: Any = "identity"
    loss: Any = "squared_error"
    scale: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", catalogue.activation(self.activation))
        object.__setattr__(self, "loss", catalogue.loss(self.loss))
        settle_count(self, "units")
        settle(self, scale=Interval(0, inf))


@dataclass(frozen=True)
class JointActivation(Activation):
    """Each head's activation on its own columns."""

    heads: tuple[Head, ...]

    name = "joint"

    def value(self, z: Array) -> Array:
        return _columns(self.heads, lambda head, z: head.activation.value(z), z)

    def back(self, z: Array, a: Array, g: Array) -> Array:
        return _columns(self.heads, lambda head, z, a, g: head.activation.back(z, a, g), z, a, g)

    def side(self, z: Array) -> Array:
        return _columns(self.heads, lambda head, z: head.activation.side(z), z)

    def interval(self, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
        def bound(which: int) -> Array:
            return _columns(
                self.heads, lambda head, l, u: head.activation.interval(l, u, rounding)[which],
                lower, upper,
            )  # fmt: skip

        return bound(0), bound(1)

    def back_interval(
        self, lower: Array, upper: Array, g_lower: Array, g_upper: Array
    ) -> tuple[Array, Array]:
        def bound(which: int) -> Array:
            return _columns(
                self.heads, lambda head, *each: head.activation.back_interval(*each)[which],
                lower, upper, g_lower, g_upper,
            )  # fmt: skip

        return bound(0), bound(1)


@dataclass(frozen=True)
class JointLoss(Loss):
    """ℓ = Σₕ scaleₕ ℓₕ, each head by the route that fits its activation."""

    heads: tuple[Head, ...]

    name = "joint"
    partner = "joint"

    def of_output(self, a: Array, y: Array) -> Array:
        raise InvalidValue("the loss of several heads goes with the activations of these heads.")

    def derivative(self, a: Array, y: Array) -> Array:
        raise InvalidValue("the loss of several heads goes with the activations of these heads.")

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        def entries(head: Head, z: Array, a: Array, y: Array) -> Array:
            each = head.loss.value(head.activation, z, a, y)[:, None] * head.scale
            return xp(z).broadcast_to(each / z.shape[1], z.shape)

        return _columns(self.heads, entries, z, a, y)

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        def entries(head: Head, z: Array, a: Array, y: Array) -> Array:
            return head.scale * head.loss.delta(head.activation, z, a, y)

        return _columns(self.heads, entries, z, a, y)

    def side(self, a: Array, y: Array) -> Array:
        return _columns(self.heads, lambda head, a, y: head.loss.side(a, y), a, y)


def _columns(heads: tuple[Head, ...], part: Callable[..., Array], *arrays: Array) -> Array:
    """Call ``part(head, …)`` on each head's columns and put the results side by side."""
    pieces: list[Any] = []
    start = 0
    for head in heads:
        stop = start + head.units
        pieces.append(part(head, *(array[:, start:stop] for array in arrays)))
        start = stop
    return xp(arrays[0]).concat(pieces, axis=1)


def output_layer(
    heads: Sequence[Head], *, init: Any = "auto", bias: bool = True, members: int = 1
) -> Dense:
    """Return the dense output layer of several heads; its loss is the heads' own.

    Raises
    ------
    InvalidValue
        If there is no head.

    Examples
    --------
    >>> layer = output_layer([Head(3, "softmax", "cross_entropy"), Head(1)])
    >>> layer.units
    4
    """
    if not heads:
        raise InvalidValue("several heads must be at least one; got none.")
    joint = JointActivation(tuple(heads))
    units = sum(head.units for head in heads)
    return Dense(units, joint, init=init, bias=bias, members=members)


def losses_of_outputs(heads: Sequence[Head], a: Array, y: Array) -> Array:
    """ℓ of each row from its outputs alone, over all heads.  (m, n), (m, n) -> (m,)

    Examples
    --------
    >>> import numpy as np
    >>> losses_of_outputs([Head(1, scale=2.0)], np.array([[3.0]]), np.array([[1.0]])).tolist()
    [4.0]
    """

    def entries(head: Head, a: Array, y: Array) -> Array:
        return head.scale * head.loss.of_output(a, y)

    each = _columns(tuple(heads), entries, a, y)
    return xp(each).sum(each, axis=1)

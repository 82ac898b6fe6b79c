"""What each member of ``gn.run_many`` is given: one value for all, or one for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.network import Network
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.optimizers import optimizer as named_optimizer
from glassnet.optim.ranges import POSITIVE
from glassnet.training.arguments import checked_observers
from glassnet.training.observers import Observer

# What X and y are converted by, and so must be alike in networks that share them.
_ASKED: dict[str, Callable[[Network], Any]] = {
    "inputs": lambda net: net.specification.inputs,
    "outputs": lambda net: net.units[net.depth],
    "dtype": lambda net: str(net.state.theta.dtype),
    "losses": lambda net: ", ".join(
        f"{head.loss.name} of {head.units}" for head in net.specification.heads
    ),
}


def checked_networks(nets: Any) -> tuple[Network, ...]:
    """The networks: at least one, none of them twice, and all able to take the same X and y.

    Raises
    ------
    InvalidValue, ShapeMismatch
    """
    given = _sequence(nets)
    if given is None or not given or not all(isinstance(net, Network) for net in given):
        raise InvalidValue(f"nets must be a list of at least 1 Network; got {nets!r}.")
    first = cast(Network, given[0])
    for number, net in enumerate(given):
        if any(net is other for other in given[:number]):
            raise InvalidValue(
                "each member must have a network of its own, which it trains in place; "
                f"member {number} has that of another."
            )
        for name, ask in _ASKED.items():
            if ask(net) != ask(first):
                raise ShapeMismatch(
                    f"networks that share X and y must have the same {name}; member 0 has "
                    f"{ask(first)}, member {number} has {ask(net)}."
                )
    return tuple(given)


def for_each(name: str, values: Any, count: int) -> Sequence[Any]:
    """A value for each of ``count`` members, from None or a sequence of as many.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> for_each("rows", None, 2), for_each("rows", [[0, 1], [2]], 2)
    ([None, None], [[0, 1], [2]])
    """
    if values is None:
        return [None] * count
    given = _sequence(values)
    if given is None or len(given) != count:
        came = f"{values!r}" if given is None else f"{len(given)} of them"
        raise InvalidValue(
            f"{name} must be a list with one entry per network, {count}; got {came}."
        )
    return given


def methods(optimizer: Any, learning_rate: Any, count: int) -> list[Optimizer]:
    """The optimizer of each member, with its learning rate.

    Raises
    ------
    InvalidValue, UnknownName

    Examples
    --------
    >>> [method.learning_rate for method in methods("sgd", [0.1, 0.2], 2)]
    [0.1, 0.2]
    """
    several = isinstance(optimizer, list | tuple)
    given = for_each("optimizer", optimizer, count) if several else [optimizer] * count
    found = [named_optimizer(each) for each in given]
    if learning_rate is None:
        return found
    several = _sequence(learning_rate) is not None
    rates = for_each("learning_rate", learning_rate, count) if several else [learning_rate] * count
    return [_at_rate(*pair, number) for number, pair in enumerate(zip(found, rates, strict=True))]


def _at_rate(method: Optimizer, rate: Any, member: int) -> Optimizer:
    plain = POSITIVE.number(rate)
    if plain is None:
        raise InvalidValue(f"learning_rate of member {member} must be above 0; got {rate!r}.")
    if not method.uses_rate:
        raise InvalidValue(
            f"{method.name} has step sizes of its own, so no learning_rate applies; got {rate!r} "
            f"for member {member}. Leave learning_rate out."
        )
    return replace(method, learning_rate=plain)


def watchers(observers: Any, count: int) -> list[tuple[Observer, ...]]:
    """The observers of each member, none of which watches two.

    Raises
    ------
    InvalidValue
    """
    found = [checked_observers(each or ()) for each in for_each("observers", observers, count)]
    everybody = [id(observer) for each in found for observer in each]
    if len(set(everybody)) < len(everybody):
        raise InvalidValue(
            "each member must have observers of its own, since all run at the same time; one "
            "observer is given twice."
        )
    return found


def _sequence(values: Any) -> list[Any] | None:
    """The entries of an iterable; None for what is none, and for a text."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        return None
    return list(cast("Iterable[Any]", values))

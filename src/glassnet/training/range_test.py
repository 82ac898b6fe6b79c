"""The learning-rate range test: one short run through all rates, on a copy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Order
from glassnet.engine.choice import choose
from glassnet.engine.interface import Plan, Program
from glassnet.errors import Diverged, InvalidValue
from glassnet.network.network import Network
from glassnet.optim.optimizers import optimizer as named_optimizer
from glassnet.optim.ranges import POSITIVE
from glassnet.training.arguments import (
    checked_data,
    checked_network,
    positive_integer,
    starting_state,
)
from glassnet.training.settings import Settings

_RISE = 3.0  # times its least size so far: so much must the smoothed cost rise to have blown up
_SHARE = 20  # smoothing reaches over one step in so many to either side
_FEWEST = 10


@dataclass(frozen=True, eq=False)
class RangeTest:
    """What a learning-rate range test found.

    Attributes
    ----------
    rates, costs : (k,) float64
        The learning rate of each step that was finite, rising, and J before it.
    smoothed : (k,) float64
        The costs, averaged with their neighbours under a triangle.
    suggestion : float or None
        The rate at which the smoothed cost falls fastest, per factor of the rate, before it is
        least; None where it never falls.
    divergence : float or None
        The rate from which on the cost rises until it is four times its least, or not finite; None
        where that never happens.

    Examples
    --------
    >>> rates = np.array([0.01, 0.1, 1.0])
    >>> found = RangeTest(rates, np.ones(3), np.ones(3), suggestion=0.1, divergence=1.0)
    >>> min(found.suggestion, found.divergence / 4)
    0.1
    """

    rates: Array
    costs: Array
    smoothed: Array
    suggestion: float | None
    divergence: float | None


def learning_rate_range(
    net: Network,
    X: Any,
    y: Any,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    optimizer: Any = "sgd",
    batch_size: int = 32,
    sample_weight: Any = None,
    engine: Any = "auto",
) -> RangeTest:
    """Train for a few steps with a learning rate that rises from step to step; see where J goes.

    The rate rises by the same factor each step. (Smith's rises by the same amount: his range is one
    decade, this one seven.) The network is left as it is: the steps are taken on a copy.

    Parameters
    ----------
    net : Network
    X : (m, n₀), dense or CSR
    y : (m,) or (m, n_L)
    low, high : float > 0
        First and last rate.
    steps : int ≥ 10
    optimizer : str or Optimizer
        Its own learning rate is not used.
    batch_size : int ≥ 1
    sample_weight : (m,), optional
    engine : "auto", "reference" or an Engine

    Returns
    -------
    RangeTest

    Raises
    ------
    InvalidValue, ShapeMismatch, UnknownName

    References
    ----------
    Smith (2017), Cyclical learning rates for training neural networks, section 3.3.

    Examples
    --------
    J = ½ θ² has curvature 1: gradient descent diverges from a rate of 2 on.

    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", bias=False, init=1.0)])
    >>> found = learning_rate_range(net, [[1.0]], [0.0], low=1e-3, high=100.0, steps=200)
    >>> 1.5 < found.divergence < 2.5
    True
    """
    checked_network(net)
    steps, batch_size = positive_integer("steps", steps), positive_integer("batch_size", batch_size)
    rates = _rates(low, high, steps)
    method = named_optimizer(optimizer)
    if not method.uses_rate:
        raise InvalidValue(
            f'{method.name} has step sizes of its own, so no rate is tested; use "sgd" or "adam".'
        )
    data = checked_data(net, X, y, sample_weight)
    program = Program(net.specification, method)
    state = starting_state(net.state, program, Settings(1, batch_size), keep=False)
    # As in a first step: what earlier training left would hide the rate's own effect.
    session = choose(engine, program).open(program, replace(state, memory={}), data)
    stretch = session.run(_plan(net, len(data), batch_size, rates))
    if stretch.ended == "interrupted":
        raise KeyboardInterrupt
    return _found(rates, stretch.costs)


def _rates(low: float, high: float, steps: int) -> Array:
    limits = POSITIVE.number(low), POSITIVE.number(high)
    if limits[0] is None or limits[1] is None or not limits[0] < limits[1]:
        raise InvalidValue(f"low and high must be 0 < low < high; got {low!r} and {high!r}.")
    if steps < _FEWEST:
        raise InvalidValue(f"steps must be at least {_FEWEST}; got {steps}.")
    return np.geomspace(limits[0], limits[1], steps)


def _plan(net: Network, rows: int, batch_size: int, rates: Array) -> Plan:
    """As many batches as there are rates, of the epochs that come next."""
    norm = any(layer.batch_norm for layer in net.specification.layers)
    order = Order(rows, min(batch_size, rows), net.state.seed, smallest=2 if norm else 1)
    epochs = -(-len(rates) // order.steps)
    drawn = np.concatenate([order.epoch(net.state.epoch + k) for k in range(epochs)])
    starts = [order.offsets()[:-1] + k * rows for k in range(epochs)]
    offsets = np.append(np.concatenate(starts), epochs * rows)
    return Plan(drawn, offsets[: len(rates) + 1], rates)


def _found(rates: Array, costs: Array) -> RangeTest:
    costs = costs[: np.argmin(np.append(np.isfinite(costs), False))]
    if len(costs) == 0:
        raise Diverged(
            "the cost is not finite at the network's own parameters already. Scale the inputs, or "
            "choose a smaller initialisation."
        )
    whole, rates = len(costs) == len(rates), rates[: len(costs)]
    smoothed = _smoothed(costs)
    least = np.minimum.accumulate(smoothed)
    blown_up = np.flatnonzero(smoothed - least > _RISE * np.abs(least))
    bottom = int(np.argmin(smoothed[: blown_up[0]] if len(blown_up) else smoothed))
    return RangeTest(
        rates=rates,
        costs=costs,
        smoothed=smoothed,
        suggestion=_steepest(rates, smoothed, bottom),
        divergence=float(rates[bottom]) if len(blown_up) or not whole else None,
    )


def _steepest(rates: Array, smoothed: Array, bottom: int) -> float | None:
    """The rate before the bottom at which the cost falls fastest; None where it does not fall."""
    if bottom == 0:
        return None
    near = slice(bottom + 2)  # beyond it costs may be as large as a number can be
    slopes = np.gradient(smoothed[near], np.log(rates[near]))
    steepest = int(np.argmin(slopes[:bottom]))
    return float(rates[steepest]) if slopes[steepest] < 0 else None


def _smoothed(costs: Array) -> Array:
    """Each cost averaged with its neighbours, under weights that fall in a line to either side."""
    reach = max(1, len(costs) // _SHARE)
    triangle = 1 - np.abs(np.arange(1 - reach, reach)) / reach
    triangle /= triangle.sum()
    weights = np.convolve(np.ones(len(costs)), triangle, mode="same")
    with np.errstate(over="ignore"):
        return np.convolve(costs, triangle, mode="same") / weights

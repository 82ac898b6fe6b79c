"""Numerical derivatives of one sample's cost, for the end of a derivation."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Batch
from glassnet.engine.differences import numerical_gradient
from glassnet.inspection.looking import as_in_prediction
from glassnet.inspection.wanted import Wanted
from glassnet.network.layers import Dense, Scaling
from glassnet.network.specification import Specification
from glassnet.network.state import State

STEP = 1e-4
MOST = 2000  # derivatives taken numerically; each costs four passes


def numerical_derivatives(
    spec: Specification, state: State, x: Array, y: Array, asked: tuple[Wanted, ...]
) -> dict[str, Array]:
    """The derivatives asked for, by the four-point rule; nan where a step would cross a kink.

    Of more than 2,000 the rest is nan too.

    Examples
    --------
    >>> spec = Specification(1, (Dense(1, "identity"),))
    >>> one = (Wanted("x", 0, (0,)),)
    >>> found = numerical_derivatives(
    ...     spec, State(np.array([2.0, 1.0])), np.ones(1), np.ones(1), one
    ... )
    >>> float(found["x[0]"].round(9))
    4.0
    """
    found: dict[str, Array] = {}
    batch = Batch(x[None], y[None], np.ones(1), 1.0)
    frozen = as_in_prediction(spec)
    left = MOST
    for each in asked:
        if each.name == "x":
            found[str(each)] = _of_input(frozen, state, batch, each)
            continue
        slot = next(s for s in spec.slots if (s.name, s.layer) == (each.name, each.layer))
        count = prod(slot.shape)
        places = np.arange(slot.start, slot.stop)
        if each.index:
            places = places.reshape(slot.shape)[each.index].reshape(1)
        places = places[: max(left, 0)]
        left -= len(places)
        judge = numerical_gradient(
            frozen, state.theta, state.buffers, batch, step=STEP, coordinates=places
        )
        values = np.full(count, np.nan)
        values[places - slot.start] = np.where(judge.skipped, np.nan, judge.g)[places]
        found[str(each)] = values.reshape(slot.shape)[each.index]
    return found


def _of_input(spec: Specification, state: State, batch: Batch, each: Wanted) -> Array:
    """∂J/∂x, as the derivative by a bias that stands in x's place before the first layer."""
    n, stage = spec.inputs, spec.input_stage
    front = [Dense(n, "identity", frozen=True)]
    first = [np.zeros(n * n), batch.x[0]]
    if isinstance(stage, Scaling):
        front.append(Dense(n, "identity", frozen=True))
        scale = np.array(stage.scale)
        first += [np.diag(1 / scale).ravel(), -np.array(stage.mean) / scale]
    longer = replace(spec, layers=(*front, *spec.layers), input_stage=None, penalties=())
    theta = np.concatenate([*first, state.theta])
    shift = len(front)
    buffers: dict[str, Any] = {
        f"{name.partition('[')[0]}[{int(name.partition('[')[2][:-1]) + shift}]": value
        for name, value in state.buffers.items()
    }
    places = np.arange(n)[list(each.index)] + n * n if each.index else np.arange(n) + n * n
    judge = numerical_gradient(longer, theta, buffers, batch, step=STEP, coordinates=places)
    values = np.where(judge.skipped, np.nan, judge.g)[n * n : n * n + n]
    return values[each.index] if each.index else values

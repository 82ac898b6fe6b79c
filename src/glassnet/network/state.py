"""The State of a network in training: every number that changes, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glassnet.arrays import Array


@dataclass(frozen=True)
class State:
    """Parameters and everything that goes on between steps. It moves by value.

    Attributes
    ----------
    theta : (p,) array
        All parameters, in the order of ``Specification.slots``.
    seed : int in [0, 2⁶⁴)
        Key of every random number drawn in training.
    t : int
        Steps taken.
    epoch, position : int
        Epochs finished, and rows of the present epoch's order already used: with the seed they fix
        the sample order.
    memory : dict of arrays and numbers
        The optimizer's, under the letters of its paper; empty before the first step.
    optimizer : str
        Name of the optimizer whose memory it is: a ``v`` means one thing to momentum and another to
        rmsprop.
    buffers : dict of arrays
        Running statistics, as ``"mean[1]"`` and ``"variance[1]"``.
    schedule : dict of numbers
        The schedule's memory.
    """

    theta: Array
    seed: int = 0
    t: int = 0
    epoch: int = 0
    position: int = 0
    memory: Mapping[str, Any] = field(default_factory=dict[str, Any])
    buffers: Mapping[str, Array] = field(default_factory=dict[str, Array])
    schedule: Mapping[str, Any] = field(default_factory=dict[str, Any])
    optimizer: str = ""

"""What a network is, apart from its numbers: layers, loss, penalties, and where θ keeps what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from glassnet.arrays import Array, xp
from glassnet.errors import ShapeMismatch
from glassnet.network import catalogue
from glassnet.network.agreement import (
    check_connections,
    check_head,
    check_last,
    check_layers,
    check_members,
    check_penalties,
)
from glassnet.network.blended import Blended
from glassnet.network.heads import Head, JointActivation, JointLoss
from glassnet.network.initializers import Initializer
from glassnet.network.layers import Dense, InputStage
from glassnet.network.multipliers import Multipliers
from glassnet.network.penalties import MaxNorm, Penalty
from glassnet.network.random_numbers import INITIAL_WEIGHTS, generator
from glassnet.network.state import State


@dataclass(frozen=True)
class Slot:
    """Where one block of parameters lies in θ: ``theta[start:stop]`` reshaped."""

    name: str
    layer: int
    shape: tuple[int, ...]
    start: int

    @property
    def stop(self) -> int:
        """The end of the block in θ."""
        return self.start + prod(self.shape)

    def __str__(self) -> str:
        """Write it as in W[1]."""
        return f"{self.name}[{self.layer}]"


@dataclass(frozen=True)
class Parameters:
    """Blocks of parameters by layer, or the blocks of their gradient. Slot 0 of each list is None.

    ``b[l]`` is None in a layer without bias, ``gamma[l]`` and ``beta[l]`` without batch norm,
    ``kappa[l]`` where the activation has no parameter, ``r[l]`` and ``s[l]`` without members. With
    k members ``b[l]`` is (k, n_l), like ``s[l]``, and ``r[l]`` is (k, n_{l−1}).
    """

    W: list[Array]
    b: list[Array]
    gamma: list[Array]
    beta: list[Array]
    kappa: list[Array]
    r: list[Array]
    s: list[Array]

    @classmethod
    def empty(cls, depth: int) -> Parameters:
        """Lists of ``depth`` + 1 Nones, to be filled in."""
        return cls(*([None] * (depth + 1) for _ in range(7)))

    def block(self, slot: Slot) -> Array:
        """The array of one slot."""
        return getattr(self, slot.name)[slot.layer]


@dataclass(frozen=True)
class Specification:
    """A network without its numbers; frozen, so engines may keep what they derive from it.

    ``strict`` refuses an output that can leave the domain of its loss.

    Examples
    --------
    >>> spec = Specification(2, (Dense(3, "tanh"), Dense(1, "logistic")), "binary_cross_entropy")
    >>> spec.units, spec.parameter_count
    ((2, 3, 1), 13)
    """

    inputs: int
    layers: tuple[Dense, ...]
    loss: Any = "squared_error"
    penalties: tuple[Penalty, ...] = ()
    max_norm: MaxNorm | None = None
    input_stage: InputStage | None = None
    strict: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "penalties", tuple(self.penalties))
        check_layers(self.inputs, self.layers)
        check_connections(self.inputs, self.layers)
        check_members(self.layers)
        check_last(self.layers[-1])
        check_penalties(self.penalties)
        object.__setattr__(self, "inputs", int(self.inputs))
        joint = self.layers[-1].activation
        loss = JointLoss(joint.heads) if isinstance(joint, JointActivation) else self.loss
        object.__setattr__(self, "loss", catalogue.loss(loss))
        if self.input_stage is not None:
            self.input_stage.check(self.inputs)
        for head in self.heads:
            check_head(head, strict=self.strict)

    @property
    def depth(self) -> int:
        """L, the number of layers; the input is not counted."""
        return len(self.layers)

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads; one, unless the output layer joins several."""
        last = self.layers[-1]
        if isinstance(last.activation, JointActivation):
            return last.activation.heads
        return (Head(last.units, last.activation, self.loss),)

    @property
    def members(self) -> int:
        """k, the members of a batch-ensemble; 1 for a plain network."""
        return self.layers[-1].members

    @cached_property
    def first_shared(self) -> int:
        """The first layer with members, which is given k copies of each row; L + 1 without."""
        return 1 + sum(layer.members == 1 for layer in self.layers)

    def copies(self, l: int) -> int:
        """How many rows of layer l's matrices belong to one row of the batch."""
        return self.members if l >= self.first_shared else 1

    @cached_property
    def units(self) -> tuple[int, ...]:
        """(n₀, n₁, …, n_L)."""
        return (self.inputs, *(layer.units for layer in self.layers))

    @cached_property
    def phi(self) -> tuple[Any, ...]:
        """The activations; slot 0 is None."""
        return (None, *(layer.activation for layer in self.layers))

    def fires(self, l: int, blocks: Parameters) -> Any:
        """The activation of layer l with its parameters, where it has any."""
        kappa = blocks.kappa[l]
        return self.phi[l] if kappa is None else Blended(self.phi[l], kappa)

    def layer(self, l: int) -> Dense:
        """Layer l, from 1 to L."""
        return self.layers[l - 1]

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The blocks of θ in order: W, b, gamma, beta, kappa, r, s of layer 1, then of 2, …"""
        found: list[Slot] = []
        start = 0
        for l, layer in enumerate(self.layers, start=1):
            shapes: dict[str, tuple[int, ...]] = {"W": (self.units[l], self.units[l - 1])}
            k = layer.members
            if layer.bias:
                shapes["b"] = (layer.units,) if k == 1 else (k, layer.units)
            if layer.batch_norm:
                shapes["gamma"] = shapes["beta"] = (layer.units,)
            if layer.kappa is not None:
                shapes["kappa"] = (layer.units,)
            if k > 1:
                shapes |= {"r": (k, self.units[l - 1]), "s": (k, layer.units)}
            for name, shape in shapes.items():
                found.append(Slot(name, l, shape, start))
                start = found[-1].stop
        return tuple(found)

    @property
    def parameter_count(self) -> int:
        """Entries of θ: (n₀ + 1) n₁ + (n₁ + 1) n₂ + … where every layer has a bias."""
        return self.slots[-1].stop

    def unpack(self, theta: Array) -> Parameters:
        """The blocks of θ; views of it in NumPy.  (p,) -> Parameters"""
        blocks = Parameters.empty(self.depth)
        for slot in self.slots:
            piece = xp(theta).reshape(theta[slot.start : slot.stop], slot.shape)
            getattr(blocks, slot.name)[slot.layer] = piece
        return blocks

    def pack(self, blocks: Parameters) -> Array:
        """θ of the blocks, or the gradient of its blocks.  Parameters -> (p,)"""
        arrays = [blocks.block(slot) for slot in self.slots]
        return xp(arrays[0]).concat([xp(array).reshape(array, (-1,)) for array in arrays])

    @cached_property
    def is_weight(self) -> Array:
        """1 where θ holds a weight W, 0 elsewhere: what penalties and weight decay act on.  (p,)"""
        return _marked(self, lambda slot: slot.name == "W")

    @cached_property
    def multiplies(self) -> bool:
        """Whether a layer has multipliers other than 1."""
        return any(layer.multipliers != Multipliers() for layer in self.layers)

    @cached_property
    def rate_multipliers(self) -> Array:
        """What the learning rate is multiplied by.  (p,)"""

        def of(slot: Slot) -> float:
            found = self.layer(slot.layer).multipliers
            rates = {"W": found.rate, "kappa": found.kappa_rate}
            return rates.get(slot.name, found.bias_rate)

        return _marked(self, of)

    @cached_property
    def decay_multipliers(self) -> Array:
        """What the weight decay is multiplied by; 0 where it does not act.  (p,)"""

        def of(slot: Slot) -> float:
            return self.layer(slot.layer).multipliers.decay if slot.name == "W" else 0.0

        return _marked(self, of)

    @cached_property
    def is_trainable(self) -> Array:
        """1 where θ may move, 0 in frozen layers.  (p,)"""
        return _marked(self, lambda slot: not self.layer(slot.layer).frozen)

    @cached_property
    def masks(self) -> tuple[Array | None, ...]:
        """Where W[l] is not 0 for good: 1 for each connection; None where all are there."""
        found = (layer.connections for layer in self.layers)
        return (None, *(None if each is None else each.mask() for each in found))

    @cached_property
    def fully_connected(self) -> bool:
        """Whether every unit of every layer sees all of the layer below."""
        return all(layer.connections is None for layer in self.layers)

    @cached_property
    def is_connected(self) -> Array:
        """0 where θ holds a weight that is none, 1 elsewhere.  (p,)"""
        found = np.ones(self.parameter_count)
        for slot in self.slots:
            mask = self.masks[slot.layer]
            if slot.name == "W" and mask is not None:
                found[slot.start : slot.stop] = mask.reshape(-1)
        return found

    def initial_state(self, seed: int, dtype: Any = "float64") -> State:
        """Draw the first State; every layer draws from a generator of its own."""
        blocks = Parameters.empty(self.depth)
        buffers: dict[str, Array] = {}
        for l, layer in enumerate(self.layers, start=1):
            rng = generator(seed, INITIAL_WEIGHTS, l)
            n_out, n_in = self.units[l], self.units[l - 1]
            blocks.W[l], blocks.b[l] = _first(layer, l, rng, (n_out, n_in))
            blocks.gamma[l], blocks.beta[l] = np.ones(n_out), np.zeros(n_out)
            if layer.kappa is not None:
                blocks.kappa[l] = np.broadcast_to(layer.kappa, (n_out,))
            if layer.members > 1:
                _draw_members(layer, l, rng, blocks, signs=l == self.first_shared)
            if layer.batch_norm:
                buffers[f"mean[{l}]"] = np.zeros(n_out, dtype)
                buffers[f"variance[{l}]"] = np.ones(n_out, dtype)
        theta = np.ascontiguousarray(self.pack(blocks), dtype=dtype)
        return State(theta=theta, seed=seed, buffers=buffers)


def _marked(spec: Specification, of: Any) -> Array:
    return np.concatenate([np.full(prod(slot.shape), float(of(slot))) for slot in spec.slots])


def _first(
    layer: Dense, l: int, rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[Array, Array]:
    """The first W and b of a layer, block by block where its connections are."""
    if layer.connections is None:
        drawn = _drawn(layer.init, f"W[{l}]", rng, shape)
        return drawn, _drawn(layer.bias_init, f"b[{l}]", rng, shape)[:, 0]
    W, b = np.zeros(shape), np.zeros(shape[0])
    for inputs, units in layer.connections.pieces():
        block = (units.stop - units.start, inputs.stop - inputs.start)
        W[units, inputs] = _drawn(layer.init, f"a block of W[{l}]", rng, block)
        b[units] = _drawn(layer.bias_init, f"a block of b[{l}]", rng, block)[:, 0]
    return W, b


def _draw_members(
    layer: Dense, l: int, rng: np.random.Generator, blocks: Parameters, *, signs: bool
) -> None:
    """The first b, r and s of a layer with members; ``signs``: r of ±1, which tells them apart."""
    k, (n_out, n_in) = layer.members, blocks.W[l].shape
    each = [_drawn(layer.bias_init, f"b[{l}]", rng, (n_out, n_in))[:, 0] for _ in range(k - 1)]
    blocks.b[l] = np.stack([blocks.b[l], *each])
    blocks.r[l], blocks.s[l] = np.ones((k, n_in)), np.ones((k, n_out))
    if signs:
        blocks.r[l] = 1.0 - 2.0 * rng.integers(2, size=(k, n_in))


def _drawn(init: Initializer, name: str, rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """What an initializer draws; a user's may be of any shape, and θ would hold it rearranged."""
    array = np.asarray(init.draw(rng, *shape))
    if array.shape != shape:
        raise ShapeMismatch(
            f"draw(rng, n_out, n_in) of {init!r} must return {shape} for {name}; "
            f"got shape {array.shape}."
        )
    return array

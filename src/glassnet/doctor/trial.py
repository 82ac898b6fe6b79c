"""A trial: a short run on a copy of the network, and the loss on its way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.doctor.signals.tables import class_recalls
from glassnet.engine.choice import choose
from glassnet.engine.interface import Plan, Program, Session
from glassnet.network.specification import Specification
from glassnet.network.state import State

_SEEN = 512  # rows on which the loss is measured
_RECOGNISED = 0.75


@dataclass(frozen=True)
class Trial:
    """What came of a short run.

    Attributes
    ----------
    updates : int
        As many as were planned for it.
    losses : tuple of float
        Without penalties, on the same rows: before, after each quarter; infinite once not finite.
    recalls : (classes,) or None
        Share of each class's rows that are recognised at the end.

    Examples
    --------
    >>> seen = Trial(40, (1.0, 0.8, 0.6, 0.5, 0.45))
    >>> seen.start, seen.end, seen.falls
    (1.0, 0.45, True)
    """

    updates: int
    losses: tuple[float, ...]
    recalls: Array | None = None

    @property
    def start(self) -> float:
        """The loss before."""
        return self.losses[0]

    @property
    def end(self) -> float:
        """The loss after."""
        return self.losses[-1]

    @property
    def finite(self) -> bool:
        """Whether the loss stayed finite."""
        return bool(np.isfinite(self.losses).all())

    @property
    def falls(self) -> bool:
        """Whether the loss never rose by more than a hundredth from one quarter to the next."""
        losses = np.asarray(self.losses)
        return self.finite and bool((np.diff(losses) <= 0.01 * np.abs(losses[:-1])).all())

    @property
    def recognises(self) -> bool:
        """Whether most rows of most classes are recognised, however high the loss still is."""
        return self.recalls is not None and float(np.nanmean(self.recalls)) > _RECOGNISED


def take(
    spec: Specification, state: State, optimizer: Any, data: Data, size: int, updates: int
) -> Trial:
    """Run some updates with batches of one size; the State is used up, the data are only read.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> from glassnet.optim.optimizers import SGD
    >>> spec = Specification(1, (Dense(1, "identity", init="zeros"),))
    >>> rows = Data(np.array([[-1.0], [1.0]]), np.array([[-2.0], [2.0]]))
    >>> take(spec, spec.initial_state(0), SGD(0.5), rows, 2, 4).losses
    (2.0, 0.5, 0.125, 0.03125, 0.0078125)
    """
    program = Program(spec, optimizer, threads=1)
    session = choose("auto", program).open(program, state, data)
    seen = np.unique(np.linspace(0, len(data) - 1, min(len(data), _SEEN)).astype(np.int64))
    x, y = data.x[seen], data.y[seen]
    order = _order(len(data), size, updates)
    losses = [_loss(session, spec, x, y)]
    for part in np.array_split(np.arange(updates), min(4, updates)):
        if not np.isfinite(losses[-1]):
            break
        offsets = np.arange(len(part) + 1, dtype=np.int64) * size
        rates = np.full(len(part), optimizer.learning_rate)
        ended = session.run(Plan(order[part].ravel(), offsets, rates)).ended
        losses.append(_loss(session, spec, x, y) if ended == "done" else float("inf"))
    recalls = class_recalls(session.forward(x).a, y) if np.isfinite(losses[-1]) else None
    return Trial(updates, tuple(losses), recalls)


def _order(rows: int, size: int, updates: int) -> Array:
    """Batches of one size, each row as often as any other. -> (updates, size)"""
    rng = np.random.default_rng(1)
    orders = [rng.permutation(rows) for _ in range(-(-updates * size // rows))]
    return np.concatenate(orders)[: updates * size].astype(np.int64).reshape(updates, size)


def _loss(session: Session, spec: Specification, x: Array, y: Array) -> float:
    """As in prediction; with batch norm by a batch's own statistics, which follow too slowly."""
    if any(layer.batch_norm for layer in spec.layers):
        return float(session.gradient(None).loss)
    scores = session.forward(x)
    found = float(np.mean(spec.loss.value(spec.phi[spec.depth], scores.z, scores.a, y)))
    return found if np.isfinite(found) else float("inf")


def own_state(state: State, optimizer: str) -> State:
    """A copy of a State, with the memory of that optimizer or none.

    Examples
    --------
    >>> own_state(State(np.zeros(2)), "adam").optimizer
    'adam'
    """
    kept = state.memory if state.optimizer == optimizer else {}
    memory = {name: np.array(value) if isinstance(value, np.ndarray) else value
              for name, value in kept.items()}  # fmt: skip
    buffers = {name: np.array(value) for name, value in state.buffers.items()}
    return replace(
        state, theta=np.array(state.theta), memory=memory, buffers=buffers, optimizer=optimizer
    )

"""Gradients of single rows by brute force: each row passed alone through the reference engine."""

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.engine.interface import Program
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD
from tests.engine.problems import Problem, Variant, problem


def drawn(variant: Variant) -> tuple[Problem, Network]:
    """A problem of that variant, and its network."""
    found = problem(variant)
    state = State(found.theta, seed=found.seed, t=found.t, buffers=found.buffers)
    return found, Network.of(found.spec, state)


def of_each_row(found: Problem) -> tuple[Any, Any]:
    """ℓₙ, (m,), and gₙ, (m, p), of each row on its own, 0 in frozen layers.

    Batch norm stands on its running statistics, nothing is dropped, nothing penalised.
    """
    spec = found.spec
    layers = tuple(
        replace(layer, dropout=0.0, frozen=layer.batch_norm is not None) for layer in spec.layers
    )
    alone = replace(spec, layers=layers, penalties=())
    state = State(found.theta, seed=found.seed, t=found.t, buffers=found.buffers)
    data = replace(found.data, w=None)
    session = ReferenceEngine().open(Program(alone, SGD()), state, data)
    moments = [session.gradient(np.array([n])) for n in range(len(data))]
    trainable = spec.is_trainable
    return np.array([m.J for m in moments]), np.array([m.g * trainable for m in moments])


def by_layer(spec: Any, g: Any) -> Any:
    """‖gₙ‖² by layer, (m, L), of gradients (m, p)."""
    squares = np.zeros((len(g), spec.depth))
    for slot in spec.slots:
        squares[:, slot.layer - 1] += np.square(g[:, slot.start : slot.stop]).sum(axis=1)
    return squares

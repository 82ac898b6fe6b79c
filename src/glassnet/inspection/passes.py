"""One pass of the reference engine over some rows, with all that it can keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.interface import KEEP, Moment, Program
from glassnet.engine.reference import Pass, Training, forward
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.inspection.looking import Looked, as_in_prediction
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD

_FORWARD = ("a", "z", "z_tilde", "x_hat", "mean", "variance", "fired", "mask")
_BACK = ("da", "delta", "dW", "db", "dgamma", "dbeta", "dkappa")


def looked(of: Looked, *, training: bool) -> dict[str, Any]:
    """The fields of a :class:`~glassnet.inspection.trace.Trace`, by name.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.inspection.looking import look_at
    >>> looked(look_at(gn.Network(1, [gn.Dense(1, "identity")]), [[2.0]]), training=False)["a"][0]
    array([[2.]])
    """
    spec, state = of.net.specification, _copied(of.net.state)
    blocks = spec.unpack(state.theta)
    x = of.x.copy()
    m = x.shape[0]
    total = float(m) if of.w is None else float(of.w.sum())
    w = np.full(m, 1 / m, state.theta.dtype) if of.w is None else of.w / of.w.sum()
    found: dict[str, Any] = {
        "specification": spec,
        "t": state.t,
        "training": training,
        "w": w,
        "weight_sum": total,
        "W": blocks.W,
        "b": blocks.b,
        "gamma": blocks.gamma,
        "beta": blocks.beta,
        "kappa": blocks.kappa,
    }
    if of.y is None:
        passed = _forward(spec, state, x, w, training=training)
        return found | {name: getattr(passed, name) for name in _FORWARD}
    moment = gradient(spec, state, Data(x, of.y, of.w), training=training)
    found |= {name: getattr(moment, name) for name in (*_FORWARD, *_BACK, "J", "loss", "penalty")}
    L = spec.depth
    found["losses"] = spec.loss.value(spec.phi[L], found["z_tilde"][L], found["a"][L], of.y)
    if len(spec.heads) > 1:
        found["da"][L] = w[:, None] * _derivative_of_heads(spec, found["a"][L], of.y)
    return found | {"y": of.y}


def _copied(state: State) -> State:
    """A State of its own, so that what a trace keeps is neither written to nor locked."""
    buffers = {name: np.array(array) for name, array in state.buffers.items()}
    return replace(state, theta=np.array(state.theta), buffers=buffers)


def gradient(spec: Specification, state: State, data: Data, *, training: bool) -> Moment:
    """The Moment of all rows, as in training or as in prediction, with everything kept.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(1, (Dense(1, "identity"),))
    >>> one = np.ones((1, 1))
    >>> gradient(spec, State(np.array([3.0, 0.0])), Data(one, one), training=True).J
    2.0
    """
    seen = spec if training else as_in_prediction(spec)
    session = ReferenceEngine().open(Program(seen, SGD()), state, data)
    return session.gradient(None, KEEP - {"theta", "change"})


def _forward(spec: Specification, state: State, x: Array, w: Array, *, training: bool) -> Pass:
    how = Training(w, state.t, state.seed) if training else None
    with np.errstate(over="ignore", invalid="ignore"):
        return forward(spec, state.theta, state.buffers, x, how)


def _derivative_of_heads(spec: Specification, a: Array, y: Array) -> Array:
    """∂ℓ/∂a of the output layer, head by head."""
    parts: list[Array] = []
    start = 0
    for head in spec.heads:
        columns = slice(start, start + head.units)
        parts.append(head.scale * head.loss.derivative(a[:, columns], y[:, columns]))
        start += head.units
    return np.concatenate(parts, axis=1)

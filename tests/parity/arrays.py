"""The reference engine on arrays of another library: from outside an engine like any other."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest

from glassnet.data.batches import Data
from glassnet.engine.interface import Moment, Plan, Program, Scores, Stretch
from glassnet.engine.reference_session import ReferenceEngine, ReferenceSession
from glassnet.network.state import State


def array_api_strict():
    """The standard and not a function more."""
    return pytest.importorskip("array_api_strict")


def torch():
    """PyTorch on the CPU, where it is installed."""
    return pytest.importorskip("torch")


def jax():
    """JAX on the CPU, where it is installed, with its float64 on."""
    library = pytest.importorskip("jax")
    library.config.update("jax_enable_x64", True)
    return library.numpy


@dataclass(frozen=True)
class OnArrays:
    """Takes NumPy, computes on the library's arrays, gives NumPy back."""

    library: Any
    name: str

    def supports(self, program: Program) -> str | None:
        return None

    def open(self, program: Program, state: State, data: Data) -> "OnArraysSession":
        into = self.library().asarray
        w = None if data.w is None else into(data.w)
        rows = Data(into(data.x), into(data.y), w)
        session = ReferenceEngine().open(program, _state(state, into), rows)
        return OnArraysSession(session, into)


@dataclass(frozen=True)
class OnArraysSession:
    """A session of the reference, with its border."""

    session: ReferenceSession
    into: Any

    def run(self, plan: Plan) -> Stretch:
        return self.session.run(plan)

    def look(self, plan: Plan, keep: frozenset[str]) -> Moment:
        return _moment(self.session.look(plan, keep))

    def gradient(self, rows: Any, keep: frozenset[str] = frozenset()) -> Moment:
        return _moment(self.session.gradient(rows, keep))

    def forward(self, x: Any, *, every_layer: bool = False) -> Scores:
        found = self.session.forward(self.into(x), every_layer=every_layer)
        z = None if found.z is None else _numpy(found.z)
        return Scores(z, _numpy(found.a), found.layers)

    def apply(self, g: Any, pace: Any, J: float) -> None:
        self.session.apply(self.into(g), pace, J)

    def state(self) -> State:
        return _state(self.session.state(), _numpy)

    def load(self, state: State) -> None:
        self.session.load(_state(state, self.into))


def _state(state: State, turn: Any) -> State:
    def turned(values: Any) -> dict[str, Any]:
        return {k: turn(v) if hasattr(v, "shape") else v for k, v in values.items()}

    return replace(
        state,
        theta=turn(state.theta),
        memory=turned(state.memory),
        buffers=turned(state.buffers),
    )


def _moment(moment: Moment) -> Moment:
    changed: dict[str, Any] = {}
    for field in fields(moment):
        value = getattr(moment, field.name)
        if isinstance(value, list):
            changed[field.name] = [None if layer is None else _numpy(layer) for layer in value]
        elif hasattr(value, "shape"):
            changed[field.name] = _numpy(value)
    return replace(moment, **changed)


def _numpy(array: Any) -> np.ndarray:
    return np.array(np.asarray(array))  # a copy: what was given out must not move

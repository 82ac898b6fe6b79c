"""The reference engine behind the seam: NumPy (or any array namespace), one step after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array, like
from glassnet.data.batches import Batch, Data
from glassnet.engine.interface import Moment, Plan, Program, Scores, Stretch
from glassnet.engine.reference import (
    Gradients,
    Pass,
    Training,
    backward,
    cost,
    forward,
    moved_buffers,
)
from glassnet.network.state import State


class ReferenceEngine:
    """The textbook in array operators: slower than the native engine, and its judge.

    Examples
    --------
    >>> ReferenceEngine().name
    'reference'
    """

    name = "reference"

    def supports(self, program: Program) -> str | None:
        """None: it runs everything."""
        return None

    def open(self, program: Program, state: State, data: Data) -> ReferenceSession:
        """Return a session on a State and data."""
        return ReferenceSession(program, state, data)


class ReferenceSession:
    """A State that moves by value; see :class:`~glassnet.engine.interface.Session`."""

    def __init__(self, program: Program, state: State, data: Data) -> None:
        self._program, self._data = program, data
        self._spec = program.specification
        self.load(state)
        frozen = any(layer.frozen for layer in self._spec.layers)
        self._trainable = like(self._spec.is_trainable, state.theta) if frozen else None
        self._decays = like(self._spec.is_weight, state.theta)

    def run(self, plan: Plan) -> Stretch:
        """Take the steps of the plan and keep nothing but their costs."""
        costs: list[float] = []
        weights: list[float] = []
        ended: Any = "done"
        memory, ends = plan.stop_memory, set(plan.epoch_ends)
        epoch_start = 0
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                for k in range(plan.steps):
                    J, weight_sum = self._step(plan, k)
                    costs.append(J)
                    weights.append(weight_sum)
                    if not np.isfinite(J):
                        ended = "diverged"
                        break
                    if plan.stop is not None and k + 1 in ends:
                        part = np.array(costs[epoch_start:]), np.array(weights[epoch_start:])
                        memory = plan.stop.told(memory, Stretch(*part, "done").mean_cost)
                        epoch_start = k + 1
                        if plan.stop.says_stop(memory):
                            ended = "stopped"
                            break
        except KeyboardInterrupt:
            ended = "interrupted"
        return Stretch(np.array(costs), np.array(weights[: len(costs)]), ended)

    def look(self, plan: Plan, keep: frozenset[str]) -> Moment:
        """Take the plan's first step and return what ``keep`` names of it."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self._seen(plan, keep)

    def gradient(self, rows: Array | None, keep: frozenset[str] = frozenset()) -> Moment:
        """J and its gradient on these rows (None: all) as in training at step t; no step is taken."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            batch = self._data.take(np.arange(len(self._data)) if rows is None else rows)
            passed, J, parts = self._forward(batch)
            gradients = self._backward(passed, batch, "da" in keep)
            return self._moment(J, parts, batch, passed, gradients, keep | {"g"})

    def forward(self, x: Array, *, every_layer: bool = False) -> Scores:
        """Predict: running statistics, no dropout."""
        with np.errstate(over="ignore", invalid="ignore"):
            passed = forward(self._spec, self._state.theta, self._state.buffers, x)
        L = self._spec.depth
        return Scores(passed.z_tilde[L], passed.a[L], passed if every_layer else None)

    def apply(self, g: Array, rate: float, J: float) -> None:
        """Take the step that a gradient computed elsewhere asks for."""
        self._state, _ = self._after(g, rate, J)

    def state(self) -> State:
        """The canonical State."""
        return self._state

    def load(self, state: State) -> None:
        """Put another State in the place of the present one."""
        memory = state.memory or self._program.optimizer.start(state.theta)
        self._state = replace(state, memory=memory)

    def _step(self, plan: Plan, k: int) -> tuple[float, float]:
        batch = self._data.take(plan.step_rows(k))
        passed, J, _ = self._forward(batch)
        if np.isfinite(J):
            self._finish(passed, batch, J, float(plan.rates[k]))
        return J, batch.weight_sum

    def _seen(self, plan: Plan, keep: frozenset[str]) -> Moment:
        batch = self._data.take(plan.step_rows(0))
        passed, J, parts = self._forward(batch)
        before, rate = self._state, float(plan.rates[0])
        if not np.isfinite(J):
            gradients = self._backward(passed, batch, "da" in keep)
            return self._moment(J, parts, batch, passed, gradients, keep)
        gradients, change = self._finish(passed, batch, J, rate, to_input="da" in keep)
        moment = self._moment(J, parts, batch, passed, gradients, keep)
        more = {"theta": before.theta, "change": change}
        return replace(
            moment, t=before.t, rate=rate, **{name: more[name] for name in keep & set(more)}
        )

    def _forward(self, batch: Batch) -> tuple[Pass, float, tuple[float, float]]:
        training = Training(batch.w, self._state.t, self._state.seed)
        passed = forward(self._spec, self._state.theta, self._state.buffers, batch.x, training)
        parts = cost(self._spec, self._state.theta, passed, batch)
        return passed, parts[0] + parts[1], parts

    def _backward(self, passed: Pass, batch: Batch, to_input: bool) -> Gradients:
        return backward(self._spec, self._state.theta, passed, batch, to_input=to_input)

    def _finish(
        self, passed: Pass, batch: Batch, J: float, rate: float, *, to_input: bool = False
    ) -> tuple[Gradients, Array]:
        """Backward pass, step and running statistics; a batch that weighs nothing moves nothing."""
        gradients = self._backward(passed, batch, to_input)
        if batch.weight_sum <= 0:
            self._state = replace(self._state, t=self._state.t + 1)
            return gradients, self._state.theta * 0
        buffers = moved_buffers(self._spec, self._state.buffers, passed, self._state.t)
        after, change = self._after(self._spec.pack(gradients.blocks), rate, J)
        self._state = replace(after, buffers=buffers)
        return gradients, change

    def _after(self, g: Array, rate: float, J: float) -> tuple[State, Array]:
        """The State after the step that g asks for, and the change of θ."""
        state = self._state
        if self._trainable is not None:
            g = g * self._trainable
        g = self._program.clipping.clip(g)
        change, memory = self._program.optimizer.step(
            state.theta, g, state.memory, rate, J, self._decays
        )
        if self._trainable is not None:
            change = change * self._trainable
        theta = state.theta + change
        if self._spec.max_norm is not None:
            theta = self._projected(theta)
        return replace(state, theta=theta, memory=memory, t=state.t + 1), theta - state.theta

    def _projected(self, theta: Array) -> Array:
        blocks = self._spec.unpack(theta)
        for l, layer in enumerate(self._spec.layers, start=1):
            if self._spec.max_norm is not None and not layer.frozen:
                blocks.W[l] = self._spec.max_norm.project(blocks.W[l])
        return self._spec.pack(blocks)

    def _moment(
        self,
        J: float,
        parts: tuple[float, float],
        batch: Batch,
        passed: Pass,
        gradients: Gradients,
        keep: frozenset[str],
    ) -> Moment:
        blocks = gradients.blocks
        everything: dict[str, Any] = {
            **{name: getattr(passed, name) for name in _OF_PASS},
            "da": gradients.da,
            "delta": gradients.delta,
            "dW": blocks.W,
            "db": blocks.b,
            "dgamma": blocks.gamma,
            "dbeta": blocks.beta,
        }
        kept = {name: everything[name] for name in keep & set(everything)}
        if "g" in keep:
            kept["g"] = self._spec.pack(blocks)
        return Moment(self._state.t, J, parts[0], parts[1], batch.weight_sum, **kept)


_OF_PASS = ("z", "z_tilde", "x_hat", "mean", "variance", "fired", "mask", "a")

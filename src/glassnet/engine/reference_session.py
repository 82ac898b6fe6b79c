"""The reference engine behind the seam: any array namespace, one step after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array, like, xp
from glassnet.data.batches import Batch, Data
from glassnet.engine.interface import Ended, Moment, Pace, Plan, Program, Scores, Share, Stretch
from glassnet.engine.reference import (
    Gradients,
    Pass,
    Training,
    backward,
    cost,
    forward,
    moved_buffers,
    moved_by,
)
from glassnet.engine.reference_clipping import clipped_gradient
from glassnet.network.copies import sums_of_copies
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
        """None, or in one sentence why not: it runs nearly everything in full precision."""
        if program.clipping.per_sample is not None and program.specification.members > 1:
            return "no engine clips single rows of a batch-ensemble."
        if program.precision != "full":
            return "the reference engine computes in the network's dtype alone, not in bfloat16."
        return None

    def arithmetic(self) -> str:
        """Whose arithmetic it is; see :class:`~glassnet.engine.interface.Engine`."""
        return self.name

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
        multiplied = self._spec.multiplies
        self._rates = like(self._spec.rate_multipliers, state.theta) if multiplied else None
        # The optimizer multiplies a decay by the layer's rate; where that is 0, nothing decays.
        rates = self._spec.rate_multipliers
        decays = self._spec.decay_multipliers / np.where(rates == 0, 1.0, rates)
        self._decays = like(decays, state.theta)

    def run(self, plan: Plan) -> Stretch:
        """Take the steps of the plan and keep nothing but their costs."""
        seen: list[tuple[float, float]] = []
        start = self._state.t
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                ended = self._steps(plan, seen)
        except KeyboardInterrupt:
            # A step is noted before the State moves, so that none is taken without its cost.
            ended = "interrupted"
            del seen[self._state.t - start :]
        costs, weights = np.reshape(np.array(seen, dtype=np.float64), (-1, 2)).T
        return Stretch(costs, weights, ended)

    def look(self, plan: Plan, keep: frozenset[str]) -> Moment:
        """Take the plan's first step and return what ``keep`` names of it."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self._seen(plan, keep)

    def gradient(
        self,
        rows: Array | None,
        keep: frozenset[str] = frozenset(),
        *,
        share: Share | None = None,
        dropout: float = 1.0,
    ) -> Moment:
        """J and its gradient on these rows (None: all), as in training at step t. Takes no step."""
        taken = np.arange(len(self._data)) if rows is None else rows
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            batch = self._data.take(taken, None if share is None else share.weight_sum)
            weight_sum = batch.weight_sum
            if share is not None and not share.penalised:
                batch = replace(batch, weight_sum=0.0)  # as where nothing weighs: no penalties
            passed, J, parts = self._forward(batch, Pace(0.0, dropout), share)
            gradients = self._backward(passed, batch, "da" in keep, share)
            moment = self._moment(J, parts, batch, passed, gradients, keep | {"g"})
        return replace(moment, weight_sum=weight_sum)

    def forward(self, x: Array, *, every_layer: bool = False) -> Scores:
        """Predict: running statistics, no dropout."""
        with np.errstate(over="ignore", invalid="ignore"):
            passed = forward(self._spec, self._state.theta, self._state.buffers, x)
        L, k, layers = self._spec.depth, self._spec.members, passed if every_layer else None
        if k > 1:
            return Scores(None, sums_of_copies(passed.a[L], k) / k, layers)
        return Scores(passed.z_tilde[L], passed.a[L], layers)

    def apply(
        self, g: Array, pace: Pace, J: float, statistics: Mapping[str, Array] | None = None
    ) -> bool:
        """Take the step that a gradient computed elsewhere asks for; False: θ is not finite."""
        t = self._state.t
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            self._state, _ = self._after(g, pace, J)
        if statistics is not None:
            buffers = moved_by(self._spec, self._state.buffers, statistics, t)
            self._state = replace(self._state, buffers=buffers)
        return _all_finite(self._state.theta)

    def state(self) -> State:
        """The canonical State."""
        return self._state

    def load(self, state: State) -> None:
        """Put another State in the place of the present one."""
        memory = state.memory or self._program.optimizer.start(state.theta)
        self._state = replace(state, memory=memory)

    def _steps(self, plan: Plan, seen: list[tuple[float, float]]) -> Ended:
        """Take the steps, and note J and the weight sum of each in ``seen``."""
        memory, ends, epoch_start = plan.stop_memory, set(plan.epoch_ends), 0
        for k in range(plan.steps):
            batch, pace = self._data.take(plan.step_rows(k)), plan.pace(k)
            passed, J, _ = self._forward(batch, pace)
            seen.append((J, batch.weight_sum))
            if not np.isfinite(J):
                return "diverged"
            _, after, _ = self._next(passed, batch, J, pace)
            if after is None:
                return "diverged"
            self._state = after
            if plan.stop is not None and k + 1 in ends:
                costs, weights = np.array(seen[epoch_start:]).T
                memory = plan.stop.told(memory, Stretch(costs, weights, "done").mean_cost)
                epoch_start = k + 1
                if plan.stop.says_stop(memory):
                    return "stopped"
        return "done"

    def _seen(self, plan: Plan, keep: frozenset[str]) -> Moment:
        batch, pace = self._data.take(plan.step_rows(0)), plan.pace(0)
        passed, J, parts = self._forward(batch, pace)
        if not np.isfinite(J):
            gradients = self._backward(passed, batch, "da" in keep)
            moment = self._moment(J, parts, batch, passed, gradients, keep)
            return replace(moment, rate=pace.rate)
        gradients, after, change = self._next(passed, batch, J, pace, to_input="da" in keep)
        moment = self._moment(J, parts, batch, passed, gradients, keep)
        if after is not None:
            self._state = after
        more = {"change": change} if "change" in keep else {}
        return replace(moment, finite=after is not None, rate=pace.rate, **more)

    def _forward(
        self, batch: Batch, pace: Pace, share: Share | None = None
    ) -> tuple[Pass, float, tuple[float, float]]:
        training = Training(batch.w, self._state.t, self._state.seed, dropout=pace.dropout)
        if share is not None:
            training = replace(training, first_row=share.first_row, total=share.total)
        passed = forward(self._spec, self._state.theta, self._state.buffers, batch.x, training)
        parts = cost(self._spec, self._state.theta, passed, batch)
        return passed, parts[0] + parts[1], parts

    def _backward(
        self, passed: Pass, batch: Batch, to_input: bool, share: Share | None = None
    ) -> Gradients:
        total = None if share is None else share.total
        theta = self._state.theta
        return backward(self._spec, theta, passed, batch, to_input=to_input, total=total)

    def _next(
        self, passed: Pass, batch: Batch, J: float, pace: Pace, *, to_input: bool = False
    ) -> tuple[Gradients, State | None, Array]:
        """The gradient, the State after its step (None if θ would not be finite), the change of θ.

        A batch that weighs nothing moves nothing, but counts. Noise moves all the same.
        """
        gradients, state = self._backward(passed, batch, to_input), self._state
        clipping = self._program.clipping
        if batch.weight_sum <= 0 and clipping.noise_multiplier is None:
            return gradients, replace(state, t=state.t + 1), xp(state.theta).zeros_like(state.theta)
        if clipping.per_sample is None:
            g = self._spec.pack(gradients.blocks)
        else:
            g = clipped_gradient(self._spec, state, passed, gradients, batch, clipping)
        after, change = self._after(g, pace, J)
        if not _all_finite(after.theta):
            return gradients, None, change
        buffers = moved_buffers(self._spec, state.buffers, passed, state.t)
        return gradients, replace(after, buffers=buffers), change

    def _after(self, g: Array, pace: Pace, J: float) -> tuple[State, Array]:
        """The State after the step that g asks for, and the change of θ."""
        state = self._state
        if self._trainable is not None:
            g = g * self._trainable
        g = self._program.clipping.clip(g)
        rate: Any = pace.rate if self._rates is None else pace.rate * self._rates
        change, memory = self._program.optimizer.step(
            state.theta, g, state.memory, rate, J, self._decays * pace.decay
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
            "theta": self._state.theta,
            "da": gradients.da,
            "delta": gradients.delta,
            "dW": blocks.W,
            "db": blocks.b,
            "dgamma": blocks.gamma,
            "dbeta": blocks.beta,
            "dkappa": blocks.kappa,
            "dr": blocks.r,
            "ds": blocks.s,
        }
        kept = {name: everything[name] for name in keep & set(everything)}
        if "g" in keep:
            kept["g"] = self._spec.pack(blocks)
        finite = bool(np.isfinite(J))
        return Moment(self._state.t, J, parts[0], parts[1], batch.weight_sum, finite, **kept)


def _all_finite(theta: Array) -> bool:
    return bool(xp(theta).all(xp(theta).isfinite(theta)))


_OF_PASS = ("z", "z_tilde", "x_hat", "mean", "variance", "fired", "mask", "a")

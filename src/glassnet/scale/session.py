"""Any engine on several ranks: each takes its share of every batch, and all take the same step.

Three calls of the engine's session make a step: the gradient of the rank's share, the sum of the
gradients over the ranks, and the step that the sum asks for. Since every rank applies the same
bits to the same State, the States stay equal without being sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.interface import (
    Ended,
    Moment,
    Pace,
    Plan,
    Program,
    Scores,
    Session,
    Share,
    Stretch,
    mean_cost,
)
from glassnet.engine.reference import batch_statistics
from glassnet.network.state import State
from glassnet.scale.crew import HEADER, Crew

_EXTRA = 2 + HEADER  # beside the gradient: the loss, the penalty, and what the crew adds
_LOSS, _PENALTY = -_EXTRA, 1 - _EXTRA
_STATISTICS = frozenset({"mean", "variance"})
_BLOCKS = ("dW", "db", "dgamma", "dbeta", "dkappa", "dr", "ds")
_WORTH_SHARING = 1e8  # operations of a pass over rows to predict


class ParallelSession:
    """A session of any engine, one on each rank; see :class:`~glassnet.engine.interface.Session`.

    Every rank has all rows at hand and reads its share of each batch. ``look`` sees the rank's own
    rows, and J, the gradient and the step of the global batch.
    """

    def __init__(
        self, session: Session, crew: Crew, program: Program, data: Data, state: State
    ) -> None:
        self._inner, self._crew, self._data = session, crew, data
        self._place, self._spec = crew.group.place, program.specification
        self._numbers = np.zeros(self._spec.parameter_count + _EXTRA, state.theta.dtype)
        self._normed = any(layer.batch_norm and not layer.frozen for layer in self._spec.layers)
        self._t = state.t
        # Batch norm's sums come before the gradient's, so all must know at once whether one leaves.
        self._first = np.zeros(HEADER, state.theta.dtype) if self._normed else self._numbers
        crew.first = self._first

    def run(self, plan: Plan) -> Stretch:
        """Take the steps of the plan and keep nothing but their costs."""
        start, seen = self._inner.state(), list[tuple[float, float]]()
        ended = self._steps(plan, seen)
        if ended == "diverged" and np.isfinite(seen[-1][0]):
            # The last step spoilt θ: back to the start, and again up to the step before it.
            self.load(start)
            self._steps(plan.part(0, len(seen) - 1), [])
        costs, weights = np.reshape(np.array(seen, dtype=np.float64), (-1, 2)).T
        return Stretch(costs, weights, ended)

    def look(self, plan: Plan, keep: frozenset[str]) -> Moment:
        """Take the plan's first step and return what ``keep`` names of it, of the rank's rows."""
        before, pace = self._inner.state(), plan.pace(0)
        moment = self._joined(plan.step_rows(0), pace, keep)
        if moment is None:
            raise KeyboardInterrupt
        finite = bool(np.isfinite(moment.J))
        if finite and not self._applied(moment, plan.step_rows(0), pace):
            finite = False
            self.load(before)
        kept: dict[str, Any] = {"rate": pace.rate, "finite": finite}
        blocks = self._spec.unpack(np.array(moment.g))
        g = {"g": np.array(moment.g), **{name: getattr(blocks, name[1:]) for name in _BLOCKS}}
        kept |= {name: g.get(name) if name in keep else None for name in g}
        kept |= dict.fromkeys(_STATISTICS - keep)
        if "theta" in keep:
            kept["theta"] = before.theta
        if "change" in keep and finite:
            kept["change"] = self._inner.state().theta - before.theta
        return replace(moment, **kept)

    def gradient(
        self,
        rows: Array | None,
        keep: frozenset[str] = frozenset(),
        *,
        share: Share | None = None,
        dropout: float = 1.0,
    ) -> Moment:
        """J and its gradient on these rows, computed by this rank alone."""
        return self._inner.gradient(rows, keep, share=share, dropout=dropout)

    def forward(self, x: Array, *, every_layer: bool = False) -> Scores:
        """Predict: each rank a share of the rows, where there are many."""
        rows, L = x.shape[0], self._spec.depth
        weights = self._spec.parameter_count * self._spec.members
        many = 2.0 * rows * weights > _WORTH_SHARING
        if every_layer or self._crew.dispersed or self._place.world == 1 or not many:
            return self._inner.forward(x, every_layer=every_layer)
        first, last = self._place.share(rows)
        both = np.zeros((2, rows, self._spec.units[L]), self._numbers.dtype)
        found = self._inner.forward(x[first:last])
        both[1, first:last] = found.a
        if found.z is not None:
            both[0, first:last] = found.z
        self._crew.group.doing = "predicting the validation rows"
        self._crew.group.total(both)
        return Scores(None if found.z is None else both[0], both[1])

    def apply(
        self, g: Array, pace: Pace, J: float, statistics: Mapping[str, Array] | None = None
    ) -> bool:
        """Take the step that a gradient computed elsewhere asks for, on this rank alone."""
        return self._inner.apply(g, pace, J, statistics)

    def state(self) -> State:
        """The canonical State."""
        return self._inner.state()

    def load(self, state: State) -> None:
        """Put another State in the place of the present one."""
        self._inner.load(state)
        self._t = state.t

    def _steps(self, plan: Plan, seen: list[tuple[float, float]]) -> Ended:
        memory, ends, epoch_start = plan.stop_memory, set(plan.epoch_ends), 0
        for k in range(plan.steps):
            rows, pace = plan.step_rows(k), plan.pace(k)
            moment = self._joined(rows, pace)
            if moment is None:
                return "interrupted"
            seen.append((moment.J, moment.weight_sum))
            if not np.isfinite(moment.J) or not self._applied(moment, rows, pace):
                return "diverged"
            if plan.stop is not None and k + 1 in ends:
                memory = plan.stop.told(memory, mean_cost(*zip(*seen[epoch_start:], strict=True)))
                epoch_start = k + 1
                if plan.stop.says_stop(memory):
                    return "stopped"
        return "done"

    def _joined(self, rows: Array, pace: Pace, keep: frozenset[str] = frozenset()) -> Moment | None:
        """J and its gradient on the global batch; None where a rank leaves."""
        crew, numbers, (first, last) = self._crew, self._numbers, self._place.share(len(rows))
        crew.group.doing = f"adding up step {self._t + 1}"
        if self._normed and not crew.join(self._first, _tag(rows, self._t)):
            return None
        weight_sum = self._data.weight_sum(rows)
        total = crew.group.total if self._normed else None
        share = Share(weight_sum, first, self._place.rank == 0, total)
        if last > first or self._normed:
            moment = self._inner.gradient(
                rows[first:last], keep | _STATISTICS, share=share, dropout=pace.dropout
            )
            numbers[:-_EXTRA] = moment.g
            numbers[_LOSS], numbers[_PENALTY] = moment.loss, moment.penalty
        else:  # fewer rows than ranks
            moment = Moment(self._t, 0.0, 0.0, 0.0, weight_sum)
            numbers[:] = 0
        if not self._normed and not crew.join(numbers, _tag(rows, self._t)):
            return None
        if self._normed:
            crew.group.total(numbers)
        loss, penalty = float(numbers[_LOSS]), float(numbers[_PENALTY])
        parts = {"loss": loss, "penalty": penalty, "g": numbers[:-_EXTRA]}
        return replace(moment, J=loss + penalty, weight_sum=weight_sum, **parts)

    def _applied(self, moment: Moment, rows: Array, pace: Pace) -> bool:
        """Take the step; False where θ is not finite after it."""
        if moment.weight_sum > 0:
            spec, statistics = self._spec, None
            if self._normed:
                statistics = batch_statistics(spec, moment.mean, moment.variance)
            finite = self._inner.apply(moment.g, pace, moment.J, statistics)
        else:  # moves nothing, but counts
            one = Plan(rows, np.array([0, len(rows)]), np.array([pace.rate]))
            finite = self._inner.run(one).ended == "done"
        self._t += finite
        return finite


def _tag(rows: Array, t: int) -> float:
    """A small whole number that tells batches apart, whatever the dtype."""
    first = int(rows[0]) if len(rows) else 0
    return float((31 * first + 7 * len(rows) + t) % 1021)

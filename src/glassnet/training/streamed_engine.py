"""Any engine, on rows that lie on disk: a window of them at a time.

A plan of such a run has places in epochs where a plan in memory has row numbers. The session goes
through the windows in which they lie. In each, an ordinary session of the engine, opened on the
State that the one before left, takes the steps. So the numbers are those of the same steps on the
same rows in memory, to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.data.row_windows import Taken, WindowReader
from glassnet.data.shuffled_rows import ShuffledRows
from glassnet.data.streamed_order import Places
from glassnet.engine.choice import arithmetic_of
from glassnet.engine.interface import (
    Ended,
    Engine,
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
from glassnet.errors import Unsupported
from glassnet.network.state import State


class StreamedEngine:
    """An engine, and the reader of the rows that its session is to train on.

    Parameters
    ----------
    engine : Engine
        What computes.
    rows : ShuffledRows
    """

    def __init__(self, engine: Engine, rows: ShuffledRows) -> None:
        self.name = engine.name
        self._engine, self._reader = engine, WindowReader(rows)

    def supports(self, program: Program) -> str | None:
        """None, or in one sentence why it cannot run the program."""
        return self._engine.supports(program)

    def arithmetic(self) -> str:
        """Whose arithmetic it is: that of the engine."""
        return arithmetic_of(self._engine)

    def open(self, program: Program, state: State, data: Data) -> Session:
        """Return a session on a State and the rows."""
        return StreamedSession(self._engine, self._reader, program, state)

    def close(self) -> None:
        """End the thread that reads."""
        self._reader.close()


class StreamedSession:
    """See :class:`~glassnet.engine.interface.Session`; rows are :class:`Places`."""

    def __init__(
        self, engine: Engine, reader: WindowReader, program: Program, state: State
    ) -> None:
        self._engine, self._reader, self._program = engine, reader, program
        self._taken: Taken | None = None
        self._session = self._without_rows(state)

    def run(self, plan: Plan) -> Stretch:
        """Take the steps of the plan, window after window."""
        costs: list[Array] = []
        weights: list[Array] = []
        ended: Ended = "done"
        k, memory, epoch_began = 0, plan.stop_memory, 0
        while k < plan.steps and ended == "done":
            part = self._part(plan, k)
            stretch = self._session.run(part)
            costs.append(stretch.costs)
            weights.append(stretch.weights)
            k, ended = k + part.steps, stretch.ended
            if plan.stop is not None and k in plan.epoch_ends and ended == "done":
                both = [np.concatenate(each)[epoch_began:].tolist() for each in (costs, weights)]
                memory, epoch_began = plan.stop.told(memory, mean_cost(*both)), k
                ended = "stopped" if plan.stop.says_stop(memory) else ended
        return Stretch(np.concatenate(costs), np.concatenate(weights), ended)

    def look(self, plan: Plan, keep: frozenset[str]) -> Moment:
        """Take the plan's first step and return what ``keep`` names of it."""
        part = self._part(plan.part(0, 1), 0)
        return self._session.look(part, keep)

    def gradient(
        self,
        rows: Any,
        keep: frozenset[str] = frozenset(),
        *,
        share: Share | None = None,
        dropout: float = 1.0,
    ) -> Moment:
        """J and its gradient on the rows at these places, which are those of one batch."""
        if not isinstance(rows, Places):
            raise Unsupported("rows on disk have no gradient over all of them at once.")
        one = Plan(rows, np.array([0, len(rows)]), np.zeros(1))
        return self._session.gradient(
            self._part(one, 0).step_rows(0), keep, share=share, dropout=dropout
        )

    def forward(self, x: Array, *, every_layer: bool = False) -> Scores:
        """Predict: running statistics, no dropout."""
        return self._session.forward(x, every_layer=every_layer)

    def apply(
        self, g: Array, pace: Pace, J: float, statistics: Mapping[str, Array] | None = None
    ) -> bool:
        """Take the step that a gradient computed elsewhere asks for; False: θ is not finite."""
        return self._session.apply(g, pace, J, statistics)

    def state(self) -> State:
        """The canonical State."""
        return self._session.state()

    def load(self, state: State) -> None:
        """Put another State in the place of the present one."""
        self._session.load(state)

    def _part(self, plan: Plan, k: int) -> Plan:
        """The steps from ``k`` on that lie in one window, as row numbers in it; it is taken."""
        places = cast(Places, plan.rows)
        first = places[int(plan.offsets[k]) :]
        epoch, number, place = first.window
        taken = self._window(places, epoch, number)
        shift = first.start - place  # of the epoch's beginning among the places
        begin = shift + taken.window.start - places.start
        end = shift + taken.window.stop - places.start
        stop = int(np.searchsorted(plan.offsets, end, side="right")) - 1
        offsets = plan.offsets[k : stop + 1] - begin
        return replace(plan.part(k, stop), rows=taken.rows, offsets=offsets)

    def _window(self, places: Places, epoch: int, number: int) -> Taken:
        there = self._taken
        if there is None or (there.window.epoch, there.window.number) != (epoch, number):
            # The rows of the last window are let go before those of the next are taken.
            self._taken = None
            self._session = self._without_rows(self._session.state())
            there = None
            self._taken = there = self._reader.take(places.order, epoch, number)
            state = self._session.state()
            self._session = self._engine.open(self._program, state, there.data)
        return there

    def _without_rows(self, state: State) -> Session:
        units, dtype = self._program.specification.units, state.theta.dtype
        empty = Data(np.zeros((0, units[0]), dtype), np.zeros((0, units[-1]), dtype))
        return self._engine.open(self._program, state, empty)

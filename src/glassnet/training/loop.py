"""The training loop: epochs of steps, what is learned at their ends, and when to stop.

The loop owns the clock: it draws the order of rows, asks the schedule for the rates, hands the
engine stretches of steps, and between them looks, judges, saves. It never touches a gradient.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.data.batches import PoissonOrder, Selection
from glassnet.engine.interface import Plan, Program, Session, mean_cost
from glassnet.errors import Diverged
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.optim.schedules import Clock
from glassnet.training.checkpoints import Saver
from glassnet.training.divergence import divergence, first_to_grow
from glassnet.training.evaluation import validated
from glassnet.training.interrupts import Interrupts
from glassnet.training.observers import EpochEnd, Observer, UnderWay, due_step, paused
from glassnet.training.settings import Settings, Track, described

_STEPS_PER_CALL = 1024  # epochs of a tiny data set are joined up to this many steps a call


class Loop:
    """One run, from a State to another."""

    def __init__(
        self,
        program: Program,
        session: Session,
        data: Selection,
        validation: Selection | None,
        settings: Settings,
        observers: Sequence[Observer] = (),
        track: Track | None = None,
        saver: Saver | None = None,
        interrupts: Interrupts | None = None,
    ) -> None:
        self.program, self.session = program, session
        self.spec, self.settings = program.specification, settings
        self.interrupts = interrupts or Interrupts()
        self.data, self._validation = data, validation
        self._observers, self._saver = tuple(observers), saver
        self._beginning = state = session.state()
        self.track = track or Track(first_epoch=state.epoch, first_step=state.t)
        self._t, self._epoch, self._position = state.t, state.epoch, state.position
        self._schedule = state.schedule or settings.schedule.start()
        norm = any(layer.batch_norm for layer in self.spec.layers)
        batch_size = min(settings.batch_size, len(data))
        if program.clipping.noise_multiplier:
            self._order = PoissonOrder(len(data), batch_size, state.seed)
        else:
            self._order = data.order(batch_size, state.seed, settings.shuffle, 2 if norm else 1)
        self._offsets = self._order.offsets()
        self._steps = len(self._offsets) - 1
        self.began = time.monotonic() - self.track.seconds
        self.reason = ""

    def go(self, walk: Callable[[Loop], str] | None = None) -> str:
        """Train, step by step or by another ``walk``, and say why it ended (see ``Run.ended``)."""
        begun: list[Observer] = []
        seen = self.data.seen if self._observers else self.data
        made = (self.program, seen, self._validation, self.settings, self.track.history)
        under_way = UnderWay(*made, self.track.first_step, self._steps, self.network)
        ended = "error"
        try:
            for observer in self._observers:
                begun.append(observer)
                with self.interrupts.allowed():
                    observer.prepare(self._described())
                    observer.meet(under_way)
                    observer.begin(self.settings.epochs, self._steps)
            if self._saver is not None:
                self._saver.begin(self)
            ended = self.track.ended or (self._epochs() if walk is None else walk(self))
        except KeyboardInterrupt:
            ended = "interrupted"
        except Diverged:
            ended = "diverged"
            raise
        finally:
            if walk is None:
                # What ends a run may come as a call of the engine returns: its steps were taken,
                # their costs are lost. The engine knows how many steps its State holds.
                self._t = self.session.state().t
            with ExitStack() as everybody:  # all are told, whatever one of them raises
                for observer in reversed(begun):
                    everybody.callback(observer.finish, ended)
        return ended

    def state(self) -> State:
        """The State as it stands, with the clock of the loop."""
        return replace(
            self.session.state(),
            t=self._t,
            epoch=self._epoch,
            position=self._position,
            schedule=self._schedule,
        )

    def result(self) -> State:
        """The State to keep: at its best epoch's parameters where early stopping restores them."""
        state, watch, rule = self.state(), self.track.watch, self.settings.early_stopping
        if rule is None or not rule.restore_best or watch.theta is None:
            return state
        return replace(state, theta=watch.theta, buffers=dict(watch.buffers or {}))

    @property
    def epochs_done(self) -> int:
        """Epochs finished in this run."""
        return self._epoch - self.track.first_epoch

    def iteration(self, J: float) -> str | None:
        """Count a step over all rows that was taken elsewhere; say why to end, or None."""
        self._count([J], [1.0], finite=True)
        return self._epoch_end(self.program.optimizer.learning_rate)

    def _described(self) -> dict[str, Any]:
        return described(self.settings, self.program, self.session.state()) | {
            "epochs_done": self.epochs_done,
            "steps_per_epoch": self._steps,
            "batch_size": self._order.batch_size,
            "rows": len(self.data),
            "validation_rows": 0 if self._validation is None else len(self._validation),
        }

    def _epochs(self) -> str:
        while self.epochs_done < self.settings.epochs:
            ended = self._some_epochs(self._joined_epochs())
            if ended is not None:
                return ended
        return "epochs"

    def _joined_epochs(self) -> int:
        """How many epochs one call of the engine may take: 1 where somebody must act between."""
        watched = self._validation is not None or self.settings.early_stopping is not None
        watched = watched or any(observer.every_epoch for observer in self._observers)
        if watched or self._saver or not self.settings.schedule.open_loop:
            return 1
        left, due = self.settings.epochs - self.epochs_done, due_step(self._observers, self._t)
        if due == self._t and all(observer.between for observer in self._observers):
            due = due_step(self._observers, self._t + 1)  # this one takes no step
        most = _STEPS_PER_CALL if due is None else min(_STEPS_PER_CALL, due - self._t)
        if self.settings.stop is not None:  # a call that is cut short has no stop rule
            most = min(most, self.interrupts.steps)
        return max(1, min(left, most // self._steps))

    def _some_epochs(self, count: int) -> str | None:
        plan = self._plan(count)
        first = int(np.searchsorted(self._offsets, self._position))
        if first:  # goes on in the middle of an epoch
            plan = plan.part(first, plan.steps)
        start, before = self.state(), len(self.track.costs)
        ended = self._advance(plan)
        # Rates of the steps that end an epoch, counted from the end: the plan may begin within one.
        rates = plan.rates[:: -self._steps][::-1]
        if ended == "diverged":
            raise self._diverged(plan, start, len(self.track.costs) - before, rates)
        said = self._whole_epochs(rates)
        return ended if ended in ("interrupted", "observer") else said

    def _whole_epochs(self, rates: Sequence[float]) -> str | None:
        """End the epochs whose steps have all been taken."""
        for rate in rates:
            if len(self.track.costs) < self._steps:
                break
            said = self._epoch_end(float(rate))
            if said is not None:
                return said
        return None

    def _plan(self, count: int) -> Plan:
        places, offsets = self._order.epochs(self._epoch, count)
        clock = Clock(
            step=self._t - len(self.track.costs) - self.track.first_step,
            steps_per_epoch=self._steps,
            total_steps=self._steps * self.settings.epochs,
        )
        base, steps = self.program.optimizer.learning_rate, self._steps * count
        rates = self.settings.schedule.rates(base, self._schedule, clock, steps)
        return Plan(
            rows=self.data.at(places),
            offsets=offsets,
            rates=rates,
            epoch_ends=tuple(self._steps * (k + 1) for k in range(count)),
            stop=self.settings.stop,
            stop_memory=self.track.stop_memory,
            **self.settings.factors(clock, steps),
        )

    def _advance(self, plan: Plan) -> str:
        """Take the plan's steps, in stretches between looks and saves; say how that ended."""
        k = 0
        while k < plan.steps:
            t, due = self._t, due_step(self._observers, self._t)
            if due == t:
                ended = self._look(plan.part(k, k + 1))
                stop = k + self._t - t
            else:
                stop = min(plan.steps, k + self.interrupts.steps)
                stop = stop if due is None else min(stop, k + due - t)
                if self._saver is not None:
                    stop = min(stop, k + self._saver.steps_until_due(self._t))
                ended = self._run(plan if (k, stop) == (0, plan.steps) else plan.part(k, stop))
            if ended != "done":
                return ended
            k = stop
            if self._saver is not None and len(self.track.costs) < self._steps:
                self._saver.step(self, self._t)
        return "done"

    def _run(self, plan: Plan) -> str:
        try:
            with self.interrupts.allowed(plan.steps):
                stretch = self.session.run(plan)
        except KeyboardInterrupt:  # the costs of this call are lost, those of earlier ones are not
            return "interrupted"
        self._count(
            stretch.costs.tolist(), stretch.weights.tolist(), finite=stretch.ended != "diverged"
        )
        return stretch.ended

    def _look(self, step: Plan) -> str:
        watching = [o for o in self._observers if o.next(self._t) == self._t]
        between = [o for o in watching if o.between]
        if between:  # they stand before the step; whoever wants to see it is asked again
            with self.interrupts.allowed():
                wishes = paused(between, self._t, float(step.rates[0]))
            return "observer" if self._wish(wishes) else "done"
        keep = frozenset[str]().union(*(o.needs for o in watching))
        with self.interrupts.allowed():
            moment = self.session.look(step, keep)
        self._count([moment.J], [moment.weight_sum], finite=moment.finite)
        with self.interrupts.allowed():
            wishes = [o.see(moment) for o in watching]  # all of them see it
        if not moment.finite:
            return "diverged"
        return "observer" if self._wish(wishes) else "done"

    def _count(self, costs: list[float], weights: list[float], *, finite: bool) -> None:
        """Note steps. The last of them was not taken if it was not ``finite``."""
        self.track.costs += costs
        self.track.weights += weights
        self._t += len(costs) - (not finite)
        self._position = int(self._offsets[len(self.track.costs) % self._steps])

    def _epoch_end(self, rate: float) -> str | None:
        """Judge one finished epoch; say why to end, or None."""
        row = self._row(rate)
        said = self._close(row)
        if self._wish_to_end(row):
            said = said or "observer"
        if self._saver is not None:
            last = said is not None or self.epochs_done == self.settings.epochs
            self._saver.epoch(self, self._t, last=last)
        return said

    def _row(self, rate: float) -> dict[str, float]:
        """The row of the history for the epoch that has just been taken. Changes nothing."""
        costs, weights, steps = self.track.costs, self.track.weights, self._steps
        row = {
            "epoch": self.epochs_done + 1,
            "step": self._t - len(costs) + steps,
            "J": mean_cost(costs[:steps], weights[:steps]),
            "rate": rate,
        }
        held, metrics = self._validation, self.settings.judged_by
        if held is not None:  # else a Ctrl-C that waits would keep whole epochs out of the books
            with self.interrupts.allowed():
                row |= validated(self.session, self.spec, held, metrics)
        return row | {"seconds": time.monotonic() - self.began}

    def _wish_to_end(self, row: Mapping[str, float]) -> bool:
        """Tell the observers of the epoch's end, and whether one of them wants to stop."""
        told = [observer for observer in self._observers if observer.every_epoch]
        if not told:
            return False
        done, epochs = self.epochs_done, self.settings.epochs
        with self.interrupts.allowed():
            wishes = [
                observer.epoch(EpochEnd(done, epochs, self._steps, dict(row), self.network))
                for observer in told
            ]
        return self._wish(wishes)

    def _wish(self, wishes: Sequence[bool | str | None]) -> bool:
        """Whether somebody wants to end, and why."""
        self.reason = self.reason or next((wish for wish in wishes if isinstance(wish, str)), "")
        return any(wishes)

    def _close(self, row: Mapping[str, float]) -> str | None:
        """Take the epoch into the books; say why a rule of the run ends it, or None."""
        track, settings, J = self.track, self.settings, row["J"]
        del track.costs[: self._steps], track.weights[: self._steps]
        self._epoch += 1
        track.seconds = row["seconds"]
        track.history.append(row)
        watched, said = J, None
        if settings.stop is not None:
            track.stop_memory = settings.stop.told(track.stop_memory, J)
            said = "converged" if settings.stop.says_stop(track.stop_memory) else None
        rule, schedule = settings.early_stopping, settings.schedule
        if rule is not None:
            value = row.get(f"val_{rule.column}", J)
            watched = rule.cost(value)
            track.watch = track.watch.told(
                rule, value, self.epochs_done, self.state, row.get("val_loss", J)
            )
            said = "early stopping" if track.watch.says_stop(rule) else said
        self._schedule = schedule.epoch_end(self._schedule, watched, self.data.total_weight)
        if schedule.exhausted(self.program.optimizer.learning_rate, self._schedule):
            said = "plateau"
        track.ended = said
        return said

    def network(self) -> Network:
        """The network as it stands."""
        return Network.of(self.spec, self.state())

    def _diverged(self, plan: Plan, start: State, taken: int, rates: Sequence[float]) -> Diverged:
        """The error to raise, with the session back at the last epoch that ended well.

        ``taken`` counts the steps of the plan, the failing one too.
        """
        track, step = self.track, self._t + 1
        J = track.costs.pop()
        track.weights.pop()
        whole = (taken - 1) // self._steps * self._steps
        self._whole_epochs(rates)
        track.costs.clear()
        track.weights.clear()
        self.session.load(start)
        try:
            with self.interrupts.allowed():
                where = first_to_grow(self.session, plan, self._beginning)
        finally:
            self.session.load(start)
            if whole:
                self.session.run(plan.part(0, whole))
            self._t, self._position = self.session.state().t, 0 if whole else start.position
        return divergence(J, step, self.epochs_done + 1, float(plan.rates[taken - 1]), where)

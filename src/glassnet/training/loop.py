"""The training loop: epochs of steps, what is learned at their ends, and when to stop.

The loop owns the clock: it draws the order of rows, asks the schedule for the rates, hands the engine
stretches of steps, and between them looks, judges, saves. It never touches a gradient.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.data.batches import Data, Order
from glassnet.engine.interface import Plan, Program, Session, Stretch
from glassnet.errors import Diverged
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.optim.schedules import Clock
from glassnet.training.checkpoints import Saver
from glassnet.training.divergence import first_to_grow
from glassnet.training.evaluation import evaluate
from glassnet.training.observers import EpochEnd, Observer
from glassnet.training.settings import Settings, Track

_STEPS_PER_CALL = 1024  # epochs of a tiny data set are joined up to this many steps a call


class Loop:
    """One run, from a State to another."""

    def __init__(
        self,
        program: Program,
        session: Session,
        data: Data,
        validation: Data | None,
        settings: Settings,
        observers: Sequence[Observer],
        track: Track | None = None,
        saver: Saver | None = None,
    ) -> None:
        self.program, self.session = program, session
        self.spec, self.settings = program.specification, settings
        self._data, self._validation = data, validation
        self._observers, self._saver = tuple(observers), saver
        state = session.state()
        self.track = track or Track(first_epoch=state.epoch, first_step=state.t)
        self._t, self._epoch, self._position = state.t, state.epoch, state.position
        self._schedule = state.schedule or settings.schedule.start()
        norm = any(layer.batch_norm for layer in self.spec.layers)
        self._order = Order(
            rows=len(data),
            batch_size=min(settings.batch_size, len(data)),
            seed=state.seed,
            shuffle=settings.shuffle,
            smallest=2 if norm else 1,
        )
        self._offsets = self._order.offsets()
        self._steps = len(self._offsets) - 1
        self.began = time.monotonic() - self.track.seconds

    def go(self, walk: Callable[[Loop], str] | None = None) -> str:
        """Train, step by step or by another ``walk``, and say why it ended (see ``Run.ended``)."""
        for observer in self._observers:
            observer.begin(self.settings.epochs, self._steps)
        ended = "error"
        try:
            ended = self._epochs() if walk is None else walk(self)
        except KeyboardInterrupt:
            ended = "interrupted"
        finally:
            for observer in self._observers:
                observer.finish(ended)
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
        """The State to keep: with the best epoch's parameters where early stopping restores them."""
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
        self._count(Stretch(np.array([J]), np.array([1.0]), "done"))
        return self._epoch_end(self.program.optimizer.learning_rate)

    def _epochs(self) -> str:
        while self.epochs_done < self.settings.epochs:
            ended = self._some_epochs(self._joined_epochs())
            if ended is not None:
                return ended
        return "epochs"

    def _joined_epochs(self) -> int:
        """How many epochs one call of the engine may take: 1 where somebody wants to know between."""
        watched = self._validation is not None or self.settings.early_stopping is not None
        if watched or self._observers or self._saver or not self.settings.schedule.open_loop:
            return 1
        left = self.settings.epochs - self.epochs_done
        return max(1, min(left, _STEPS_PER_CALL // self._steps))

    def _some_epochs(self, count: int) -> str | None:
        plan, start = self._plan(count), self.state()
        first = int(np.searchsorted(self._offsets, self._position))
        if first:  # goes on in the middle of an epoch
            plan = plan.part(first, plan.steps)
        before = len(self.track.costs)
        ended = self._advance(plan)
        if ended == "diverged":
            raise self._diverged(plan, start, len(self.track.costs) - before)
        said: str | None = None
        while len(self.track.costs) >= self._steps and said is None:
            said = self._epoch_end(float(plan.rates[-1]))
        return {"interrupted": "interrupted", "observer": "observer"}.get(ended, said)

    def _plan(self, count: int) -> Plan:
        orders = [self._order.epoch(self._epoch + k) for k in range(count)]
        shifts = [self._offsets[1:] + k * len(self._data) for k in range(count)]
        clock = Clock(
            step=self._t - len(self.track.costs) - self.track.first_step,
            steps_per_epoch=self._steps,
            total_steps=self._steps * self.settings.epochs,
        )
        rates = self.settings.schedule.rates(
            self.program.optimizer.learning_rate, self._schedule, clock, self._steps * count
        )
        return Plan(
            rows=np.concatenate(orders),
            offsets=np.concatenate([self._offsets[:1], *shifts]),
            rates=rates,
            epoch_ends=tuple(self._steps * (k + 1) for k in range(count)),
            stop=self.settings.stop,
            stop_memory=self.track.stop_memory,
        )

    def _advance(self, plan: Plan) -> str:
        """Take the plan's steps, in stretches between looks and saves."""
        k = 0
        while k < plan.steps:
            due = self._due()
            stop = min(plan.steps, k + due - self._t) if due is not None else plan.steps
            if self._saver is not None:
                stop = min(stop, k + self._saver.steps_until_due(self._t))
            if stop > k:
                whole = k == 0 and stop == plan.steps
                stretch = self.session.run(plan if whole else plan.part(k, stop))
                self._count(stretch)
                if stretch.ended != "done":
                    return stretch.ended
                k = stop
                if self._saver is not None and len(self.track.costs) < self._steps:
                    self._saver.step(self)
            if k < plan.steps and due == self._t:
                ended = self._look(plan.part(k, k + 1))
                if ended != "done":
                    return ended
                k += 1
        return "done"

    def _due(self) -> int | None:
        wanted = [o.next(self._t) for o in self._observers]
        return min((t for t in wanted if t is not None), default=None)

    def _count(self, stretch: Stretch) -> None:
        self.track.costs += stretch.costs.tolist()
        self.track.weights += stretch.weights.tolist()
        taken = len(stretch.costs) - (stretch.ended == "diverged")
        self._t += taken
        done = len(self.track.costs) % self._steps
        self._position = int(self._offsets[done])

    def _look(self, step: Plan) -> str:
        watching = [o for o in self._observers if o.next(self._t) == self._t]
        keep = frozenset[str]().union(*(o.needs for o in watching))
        moment = self.session.look(step, keep)
        ended: Any = "done" if moment.finite else "diverged"
        self._count(Stretch(np.array([moment.J]), np.array([moment.weight_sum]), ended))
        wish = any([o.see(moment) for o in watching])  # a list: all of them see it
        return "observer" if wish and ended == "done" else ended

    def _epoch_end(self, rate: float) -> str | None:
        """Judge one finished epoch; say why to end, or None."""
        track, settings = self.track, self.settings
        part = (np.array(values[: self._steps]) for values in (track.costs, track.weights))
        J = Stretch(*part, "done").mean_cost
        del track.costs[: self._steps], track.weights[: self._steps]
        self._epoch += 1
        number = self.epochs_done
        row = {"epoch": number, "step": self._t - len(track.costs), "J": J, "rate": rate}
        row |= self._validate()
        track.seconds = row["seconds"] = time.monotonic() - self.began
        track.history.append(row)
        said = self._judge(J, row, number)
        end = EpochEnd(number, settings.epochs, self._steps, row, self.network)
        if any([observer.epoch(end) for observer in self._observers]):
            said = said or "observer"
        if self._saver is not None:
            self._saver.epoch(self)
        return said

    def _validate(self) -> dict[str, float]:
        if self._validation is None:
            return {}
        rule = self.settings.early_stopping
        metrics = list(self.settings.metrics)
        if rule is not None and rule.metric != "loss" and rule.metric not in metrics:
            metrics.append(rule.metric)
        found = evaluate(self.session, self.spec, self._validation, metrics)
        return {f"val_{name}": value for name, value in found.items()}

    def _judge(self, J: float, row: Mapping[str, float], number: int) -> str | None:
        track, rule, schedule = self.track, self.settings.early_stopping, self.settings.schedule
        watched, said = J, None
        if rule is not None:
            value = row.get(f"val_{rule.column}", J)
            watched = rule.cost(value)
            track.watch = track.watch.told(rule, value, number, self.state)
            said = "early stopping" if track.watch.says_stop(rule) else None
        elif self.settings.stop is not None:
            track.stop_memory = self.settings.stop.told(track.stop_memory, J)
            said = "converged" if self.settings.stop.says_stop(track.stop_memory) else None
        self._schedule = schedule.epoch_end(self._schedule, watched, len(self._data))
        if schedule.exhausted(self.program.optimizer.learning_rate, self._schedule):
            said = "plateau"
        return said

    def network(self) -> Network:
        """The network as it stands."""
        return Network.of(self.spec, self.state())

    def _diverged(self, plan: Plan, start: State, taken: int) -> Diverged:
        """The error to raise, with the session back at the last epoch that ended well."""
        whole = (taken - 1) // self._steps * self._steps
        self.session.load(start)
        if whole:
            self.session.run(plan.part(0, whole))
        good = self.session.state()
        J, step = self.track.costs[-1], self._t + 1
        where = first_to_grow(self.session, plan.part(whole, plan.steps))
        self.session.load(good)
        while len(self.track.costs) > self._steps:
            self._epoch_end(float(plan.rates[whole - 1]))
        self.track.costs.clear()
        self.track.weights.clear()
        self._t, self._position = good.t, 0
        rate = float(plan.rates[min(taken, plan.steps) - 1])
        return Diverged(
            f"the loss became {J} at step {step} (epoch {self.epochs_done + 1}). "
            f"{where}. Lower learning_rate (now {rate:g}), scale the inputs, or set clip_norm. "
            "The parameters of the last whole epoch were kept."
        )

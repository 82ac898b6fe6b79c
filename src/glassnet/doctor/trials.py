"""Trials: short runs on a copy of the network, each only when a rule asks for it.

A sign says that something may be wrong; a trial shows what comes of it, and whether a change would
help. Each kind of trial is made at most once for a chart, and is bounded in work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.doctor.patient import Patient
from glassnet.doctor.plan import Plan
from glassnet.doctor.signals.tables import class_recalls
from glassnet.engine.choice import choose
from glassnet.engine.interface import Plan as Steps
from glassnet.engine.interface import Program, Session
from glassnet.errors import GlassnetError
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import LBFGS, Adam, Optimizer

UPDATES = 120
_WORK = 1.5e8  # updates × rows × parameters: some tenths of a second in the reference engine
_SEEN = 512  # rows on which the loss is measured
FEW = 16  # rows to be learned by heart
_BY_HEART = 300
_TRIES = 6
_RECOGNISED = 0.75
_MOST, _MOST_SIZED = 10.0, 0.1  # learning rates that are worth a trial
SIZED = ("adam", "adamw", "nadam", "adamax", "rmsprop", "adagrad", "adadelta", "rprop")
"""Optimizers whose steps do not grow with the gradient."""


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
    def recognises(self) -> bool:
        """Whether most rows of most classes are recognised, however high the loss still is."""
        return self.recalls is not None and float(np.nanmean(self.recalls)) > _RECOGNISED

    @property
    def finite(self) -> bool:
        """Whether the loss stayed finite."""
        return bool(np.isfinite(self.losses).all())


class Trials:
    """Short runs of one patient under one plan, remembered by what was asked.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.patient import patient
    >>> from glassnet.doctor.plan import plan_of
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> who = patient(net, [[-1.0], [1.0]], [-2.0, 2.0])
    >>> seen = Trials(who, plan_of(None, gn.SGD(0.1), 10, 2)).run()
    >>> seen.updates, seen.start, seen.end < 0.3
    (10, 2.0, True)
    """

    def __init__(self, who: Patient, plan: Plan) -> None:
        self._who, self._plan = who, plan
        self._rows = np.flatnonzero(who.sound)
        self._known: dict[Any, Any] = {}

    @property
    def whole(self) -> bool:
        """Whether a run is as long as the planned training."""
        planned = self._plan.steps(self._who.rows)
        return planned is not None and planned <= self._updates(self._who.spec)

    def run(self, times: float = 1.0) -> Trial | None:
        """The planned training, or its first updates, at ``times`` its learning rate.

        None where the plan tells no optimizer with a rate, or training refuses rows or pair.
        """
        return self._once(("run", times), lambda: self._planned(times))

    def without_dropout(self) -> Trial | None:
        """The same at the planned rate, with no unit dropped."""
        return self._once("dropout", lambda: self._planned(1.0, _without_dropout(self._who.spec)))

    def longer(self, times: int) -> Trial | None:
        """The planned training, ``times`` as long, as far as the work allows."""
        return self._once(("longer", times), lambda: self._planned(1.0, times=times))

    def by_heart(self, times: int = 1) -> Trial | None:
        """Whether a few rows can be learned by heart, hidden layers ``times`` as wide, by Adam."""
        return self._once(("heart", times), lambda: self._few(times))

    def better_rate(self, times: float) -> float | None:
        """The multiple of the planned rate that ends lowest, of a line times, times², times³, ….

        The line ends where the next is far worse, or J is lost. Between two of it lies the root of
        ``times``, tried beside the best. Of those that end nearly as low the smallest change is
        taken: a rate that is best for a few steps is rarely so for many. None without a run.
        """
        line: dict[float, float] = {}
        sized = self._plan.name.lower() in SIZED
        most = (_MOST_SIZED if sized else _MOST) / (self._plan.learning_rate or 1.0)
        for power in range(1, 2 * _TRIES + 1):
            if times > 1 and times**power > max(most, times):
                break
            line[times**power] = self._end(times**power)
            lowest = min(line.values())
            lost = not np.isfinite(lowest)  # still: a rate far from any that works
            if not lost and not line[times**power] <= 3 * abs(lowest):
                break
            if power >= _TRIES and not lost:
                break
        best = min(line, key=lambda each: line[each])
        for each in (best * times**-0.5, best * times**0.5):
            if each < max(most, times):
                line[each] = self._end(each)
        lowest = min(line.values())
        if not np.isfinite(lowest):
            return None
        near = [each for each, end in line.items() if end <= lowest + 0.2 * abs(lowest)]
        return float(f"{min(near, key=lambda each: abs(np.log(each))):.2g}")

    def _end(self, times: float) -> float:
        seen = self.run(times)
        return float("inf") if seen is None else seen.end

    def _once(self, key: Any, made: Callable[[], Trial | None]) -> Trial | None:
        if key not in self._known:
            try:
                with np.errstate(all="ignore"):
                    self._known[key] = made()
            except (GlassnetError, ArithmeticError, ValueError):  # a rule of its own says why
                self._known[key] = None
        return self._known[key]

    def _updates(self, spec: Specification) -> int:
        size = self._size
        affordable = int(_WORK / max(1, size * spec.parameter_count))
        return max(10, min(2 * UPDATES, affordable))

    @property
    def _size(self) -> int:
        return max(1, min(self._plan.batch_size or 32, len(self._rows)))

    def _planned(
        self, faster: float, spec: Specification | None = None, times: int = 1
    ) -> Trial | None:
        chosen: Any = self._plan.optimizer
        rate, who = self._plan.learning_rate, self._who
        told = isinstance(chosen, Optimizer) and is_dataclass(chosen) and rate
        if not told or isinstance(chosen, LBFGS) or who.y is None or not len(self._rows):
            return None
        spec = who.spec if spec is None else spec
        most = self._plan.steps(who.rows)
        updates = self._updates(spec) if most is None else min(most, self._updates(spec))
        if most is not None and most > updates:
            updates = min(updates, UPDATES)
        if times > 1:
            updates = min(times * updates, 4 * self._updates(spec))
        optimizer = replace(chosen, learning_rate=faster * float(rate or 0.0))
        state = _fresh(who.net.state, chosen.name)
        return self._taken(spec, state, optimizer, self._rows, self._size, updates)

    def _few(self, times: int) -> Trial | None:
        who = self._who
        if who.y is None or not len(self._rows):
            return None
        rows = self._rows[np.unique(np.linspace(0, len(self._rows) - 1, FEW).astype(np.int64))]
        _, first = np.unique(who.x[rows], axis=0, return_index=True)
        rows = rows[np.sort(first)]  # equal rows may contradict each other
        hidden = _without_dropout(who.spec)
        wide = tuple(replace(each, units=times * each.units) for each in hidden.layers[:-1])
        spec = replace(hidden, layers=(*wide, hidden.layers[-1]), penalties=())
        state = Network.of(spec, spec.initial_state(who.net.state.seed)).state
        return self._taken(spec, state, Adam(0.01), rows, len(rows), _BY_HEART)

    def _taken(
        self, spec: Specification, state: State, optimizer: Any, rows: Array, size: int,
        updates: int,
    ) -> Trial:  # fmt: skip
        who, dtype = self._who, state.theta.dtype
        parts: list[Any] = [who.x, who.y, who.w]
        data = Data(*(part[rows].astype(dtype) for part in parts))
        program = Program(spec, optimizer, threads=1)
        session = choose("auto", program).open(program, state, data)
        seen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _SEEN)).astype(np.int64))
        x, y = data.x[seen], data.y[seen]
        order = _order(len(rows), size, updates)
        losses = [_loss(session, spec, x, y)]
        quarters = np.array_split(np.arange(updates), min(4, updates))
        for part in quarters:
            if not np.isfinite(losses[-1]):
                break
            chosen = order[part[0] : part[-1] + 1]
            offsets = np.arange(len(part) + 1, dtype=np.int64) * size
            rates = np.full(len(part), optimizer.learning_rate)
            ended = session.run(Steps(chosen.ravel(), offsets, rates)).ended
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


def _fresh(state: State, optimizer: str) -> State:
    """A State of its own, with the memory of that optimizer or none."""
    kept = state.memory if state.optimizer == optimizer else {}
    memory = {name: np.array(value) if isinstance(value, np.ndarray) else value
              for name, value in kept.items()}  # fmt: skip
    buffers = {name: np.array(value) for name, value in state.buffers.items()}
    return replace(
        state, theta=np.array(state.theta), memory=memory, buffers=buffers, optimizer=optimizer
    )


def _without_dropout(spec: Specification) -> Specification:
    return replace(spec, layers=tuple(replace(each, dropout=0.0) for each in spec.layers))

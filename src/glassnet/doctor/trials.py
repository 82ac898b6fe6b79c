"""Trials: short runs on a copy of the network, each only when a rule asks for it.

A sign says that something may be wrong; a trial shows what comes of it, and whether a change would
help. Each kind of trial is made at most once for a chart, and is bounded in work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.doctor.looks import Look, look
from glassnet.doctor.patient import Patient
from glassnet.doctor.plan import Plan
from glassnet.doctor.trial import Trial, own_state, take
from glassnet.errors import GlassnetError
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.optim.optimizers import LBFGS, Adam, Optimizer

UPDATES = 120
_WORK = 1e8  # updates × rows × parameters: some tenths of a second in the reference engine
FEW = 16  # rows to be learned by heart
_FITTED = 360
_RATE = 0.03
_BATCH = 32
_TRIES = 6
_MOST, _MOST_SIZED = 10.0, 0.1  # learning rates that are worth a trial
WIDER = 4
SIZED = ("adam", "adamw", "nadam", "adamax", "rmsprop", "adagrad", "adadelta", "rprop")
"""Optimizers whose steps do not grow with the gradient."""


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
        return self._once("dropout", lambda: self._planned(1.0, _calm(self._who.spec)))

    def longer(self, times: int) -> Trial | None:
        """The planned training, ``times`` as long, as far as the work allows."""
        return self._once(("longer", times), lambda: self._planned(1.0, times=times))

    def rectified(self) -> Trial | None:
        """The planned training with relu in the hidden layers, drawn anew for it."""
        return self._once("rectified", lambda: self._planned(1.0, _rectified(self._who.spec)))

    def in_batches(self, size: int) -> Trial | None:
        """As many passes over the rows as planned, or fewer, in batches of another size."""
        return self._once(("batches", size), lambda: self._planned(1.0, size=size))

    def fitted(self, change: str = "") -> Trial | None:
        """The network drawn anew and fitted by Adam, hidden layers "wide", "relu" or as they are.

        Columns are standardised for it: what is asked is what the network can do at its best.

        "deep" puts a layer of 16 relu units under a network that has no hidden layer.
        """
        return self._once(("fitted", change), lambda: self._fitted(change, self._rows, _FITTED))

    def by_heart(self, change: str = "") -> Trial | None:
        """The same on a few rows that differ, all in one batch."""
        return self._once(("heart", change), lambda: self._fitted(change, self._few, _FITTED))

    def redrawn(self) -> Look | None:
        """A look at the network as it would be with weights drawn for its activations."""
        return self._once("redrawn", self._redrawn)

    def better_rate(self, times: float) -> float | None:
        """The multiple of the planned rate that ends lowest, of a line times, times², times³, ….

        The line ends where the next is far worse, or J is lost. Between two of it lies the root of
        ``times``, tried beside the best. Of those that end nearly as low the smallest change is
        taken: a rate that is best for a few steps is rarely so for many. None without a run.
        """
        sized = self._plan.name.lower() in SIZED
        most = max(times, (_MOST_SIZED if sized else _MOST) / (self._plan.learning_rate or 1.0))
        line: dict[float, float] = {}
        for power in range(1, 2 * _TRIES + 1):
            if times**power > most:
                break
            line[times**power] = self._end(times**power)
            lowest = min(line.values())
            lost = not np.isfinite(lowest)  # still: a rate far from any that works
            if not lost and (power >= _TRIES or not line[times**power] <= 3 * abs(lowest)):
                break
        best = min(line, key=lambda each: line[each])
        for each in (best * times**-0.5, best * times**0.5):
            if each <= most:
                line[each] = self._end(each)
        lowest = min(line.values())
        if not np.isfinite(lowest):
            return None
        near = [each for each, end in line.items() if end <= lowest + 0.2 * abs(lowest)]
        return min(near, key=lambda each: abs(np.log(each)))

    def _end(self, times: float) -> float:
        seen = self.run(times)
        return float("inf") if seen is None else seen.end

    def _once(self, key: Any, made: Callable[[], Any]) -> Any:
        if key not in self._known:
            try:
                with np.errstate(all="ignore"):
                    self._known[key] = made()
            except (GlassnetError, ArithmeticError, ValueError):  # a rule of its own says why
                self._known[key] = None
        return self._known[key]

    def _updates(self, spec: Specification, size: int | None = None) -> int:
        affordable = int(_WORK / max(1, (size or self._size) * spec.parameter_count))
        return max(10, min(2 * UPDATES, affordable))

    @property
    def _size(self) -> int:
        return max(1, min(self._plan.batch_size or _BATCH, len(self._rows)))

    @property
    def _few(self) -> Array:
        """Rows that differ: equal ones may contradict each other."""
        rows = self._rows[np.unique(np.linspace(0, len(self._rows) - 1, 2 * FEW).astype(np.int64))]
        _, first = np.unique(self._who.x[rows], axis=0, return_index=True)
        return rows[np.sort(first)][:FEW]

    def _planned(
        self, faster: float, spec: Specification | None = None, *, times: int = 1, size: int = 0
    ) -> Trial | None:
        chosen: Any = self._plan.optimizer
        rate, who = self._plan.learning_rate, self._who
        told = isinstance(chosen, Optimizer) and is_dataclass(chosen) and rate
        if not told or isinstance(chosen, LBFGS) or who.y is None or not len(self._rows):
            return None
        drawn = spec is not None
        spec = who.spec if spec is None else spec
        size = min(size, len(self._rows)) or self._size
        planned = replace(self._plan, batch_size=size).steps(who.rows)
        updates = self._updates(spec, size)
        if planned is not None:
            most = 4 * updates if size != self._size else updates
            updates = planned if planned <= most else min(most, UPDATES * most // updates)
        if times > 1:
            updates = min(times * updates, 4 * self._updates(spec, size))
        optimizer = replace(chosen, learning_rate=faster * float(rate or 0.0))
        state = own_state(who.net.state, chosen.name)
        if drawn:
            state = _drawn_where_changed(who.net, spec)
        return take(spec, state, optimizer, self._data(self._rows, state), size, updates)

    def _fitted(self, change: str, rows: Array, updates: int) -> Trial | None:
        who = self._who
        if who.y is None or not len(rows):
            return None
        spec = replace(_fresh(_calm(who.spec), change), penalties=(), max_norm=None)
        affordable = int(_WORK / max(1, _BATCH * spec.parameter_count))
        state = spec.initial_state(who.net.state.seed, who.net.state.theta.dtype)
        size, updates = min(len(rows), _BATCH), max(10, min(updates, affordable))
        return take(spec, state, Adam(_RATE), self._data(rows, state, even=True), size, updates)

    def _redrawn(self) -> Look | None:
        spec = _fresh(self._who.spec, "")
        net = Network.of(spec, spec.initial_state(self._who.net.state.seed))
        return look(replace(self._who, net=net))

    def _data(self, rows: Array, state: Any, *, even: bool = False) -> Data:
        """The rows; with ``even``, columns standardised where no input stage is there to do it."""
        who, dtype = self._who, state.theta.dtype
        x = who.x
        if even and who.spec.input_stage is None:
            deviation = x[rows].std(axis=0)
            x = (x - x[rows].mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
        parts: list[Any] = [x, who.y, who.w]
        return Data(*(part[rows].astype(dtype) for part in parts))


def _calm(spec: Specification) -> Specification:
    """Without dropout."""
    return replace(spec, layers=tuple(replace(each, dropout=0.0) for each in spec.layers))


def _rectified(spec: Specification) -> Specification:
    hidden = [replace(each, activation="relu", init="auto") for each in spec.layers[:-1]]
    return replace(spec, layers=(*hidden, spec.layers[-1]))


def _fresh(spec: Specification, change: str) -> Specification:
    """With weights to be drawn for the activations, and with a change."""
    layers = [replace(each, init="auto", bias_init="zeros") for each in spec.layers]
    last = layers.pop()
    if change == "wide":
        layers = [replace(each, units=max(FEW, WIDER * each.units)) for each in layers]
    elif change == "relu":
        layers = [replace(each, activation="relu", init="auto") for each in layers]
    elif change == "deep" and not layers:
        layers = [Dense(FEW, "relu")]
    return replace(spec, layers=(*layers, last))


def _drawn_where_changed(net: Network, spec: Specification) -> Any:
    """The network's own State where the layers are the same, a new one where they are not."""
    same = all(a.activation == b.activation for a, b in zip(
        net.specification.layers, spec.layers, strict=True))  # fmt: skip
    if same:
        return own_state(net.state, "")
    return spec.initial_state(net.state.seed, net.state.theta.dtype)

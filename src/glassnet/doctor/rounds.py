"""``gn.Doctor``: watches a training, and says what is wrong while there is time to act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.case import Case
from glassnet.doctor.causes import CAUSES, found
from glassnet.doctor.chart import Chart, at_moment, static_chart
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.findings import Finding
from glassnet.doctor.memory import Memory
from glassnet.doctor.patient import Patient, patient_of_run, with_fewer_rows
from glassnet.doctor.plan import plan_of
from glassnet.doctor.signals.held import held_signs
from glassnet.network.ensembles import check_plain
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.optim.optimizers import LBFGS
from glassnet.training.history import History
from glassnet.training.observers import EpochEnd, Observer, UnderWay

_TENTH, _HALF, _FIFTIETH = 0.1, 0.5, 0.02  # of the training
_EARLY = (10, 100)  # steps; the first ten are rehearsed before they are taken
_APART = 2.5  # a round comes no sooner than after so many times the steps of the one before
_EXTRA = 8  # rounds more, at most, when something stirs
_STIRRED = 1.5  # times the lowest J so far
_ROWS = 1024  # of a round; what is said of the data is said of up to 4,096
_MOST_KEPT = 1 << 26  # bytes of networks that wait to be examined


@dataclass(frozen=True, eq=False)
class _Visit:
    """The network at a moment, to be examined now or later: it makes no difference."""

    net: Network
    rate: float
    epochs: int
    last: str = ""


class Doctor(Observer):
    """Watch a training: rounds at step 0, at a few steps of its first tenth, then ever more rarely.

    A round takes the network's State and goes on: nothing is computed until somebody asks for
    ``diagnosis``, or for ``stop``, or 64 MB of networks wait. Each is then examined with up to
    1,024 of the training rows (what concerns the data alone with up to 4,096, once) and with the
    history until then, and what was found is put together: a finding keeps the moment of its first
    sign. Watching changes no bit of the run.

    Parameters
    ----------
    stop : bool
        Examine at once, and end the run where a fault is certain and fatal; ``Run.reason`` then
        says why.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> x = np.linspace(-3, 3, 61)[:, None]
    >>> net = gn.Network(1, [gn.Dense(16, "tanh"), gn.Dense(1, "identity")], seed=0)
    >>> doctor = gn.Doctor(stop=True)
    >>> run = gn.train(net, x, x**2, optimizer=gn.SGD(2.0), epochs=50, observers=[doctor])
    >>> run.ended, doctor.first_alarm, doctor.diagnosis
    ('observer', 0, Diagnosis(LR_HIGH))
    """

    between = True

    def __init__(self, *, stop: bool = False) -> None:
        self.stop = stop
        self.every_epoch = False
        self._forget()

    def _forget(self) -> None:
        self._run: UnderWay | None = None
        self._net: Network | None = None
        self._due: list[int] = []
        self._waiting: list[_Visit] = []
        self._kept = 0
        self._memory = Memory()
        self._who: Patient | None = None
        self._still: Chart | None = None
        self._rows = 0
        self._lowest, self._last, self._extra = float("inf"), 0, _EXTRA
        self._stirred, self._read = False, 0
        self._wish: str | None = None

    def meet(self, run: UnderWay) -> None:
        self._forget()
        self._run, self._read = run, len(run.history)
        self.every_epoch = isinstance(run.program.optimizer, LBFGS)
        total = run.settings.epochs * run.steps
        self._due = [run.first_step + step for step in rounds(total)]

    def begin(self, epochs: int, steps: int) -> None:
        run = self._met()
        net = run.network()
        check_plain(net.specification, "the doctor")
        self._last = net.state.t
        rate = float(getattr(run.program.optimizer, "learning_rate", 0.0))
        self._wish = self._visit(net, rate)

    def next(self, t: int) -> int | None:
        self._listen()
        if self._wish or (self._stirred and t >= self._last + max(1, self._last // 16)):
            return t
        return next((step for step in self._due if step >= t and step > self._last), None)

    def pause(self, t: int, rate: float) -> str | None:
        if self._wish is not None:
            wish, self._wish = self._wish, None
            return wish
        if self._stirred:
            self._extra, self._stirred = self._extra - 1, False
        self._last = t
        return self._visit(self._met().network(), rate)

    def epoch(self, end: EpochEnd) -> str | None:
        return self._visit(end.network(), 0.0) if end.epoch in self._due else None

    def finish(self, ended: str) -> None:
        run = self._met()
        if self._waiting or self._still is not None:  # else it ended before it began
            self._visit(run.network(), self._rate(), ended)
        self._run = replace(run, network=_no_longer)

    @property
    def diagnosis(self) -> Diagnosis:
        """What was found until now, over all rounds.

        Raises
        ------
        AttributeError
            Before the doctor has seen a run.
        """
        self._examine()
        if not self._rows:
            raise AttributeError(
                "the doctor has seen no run. Give it to train: observers=[doctor]."
            )
        findings, consequences, moments = self._memory.summary()
        codes = tuple(cause.code for cause in CAUSES)
        case, seen = self._case(), self._memory.chart
        return Diagnosis(findings, consequences, moments, codes, self._rows, seen, case)

    @property
    def first_alarm(self) -> int | None:
        """The step at which a fault (more than advice) was first seen; None: never."""
        self._examine()
        return self._memory.first_alarm

    @property
    def withdrawn(self) -> dict[str, Finding]:
        """Findings, by code, that the run's good end has proved wrong."""
        self._examine()
        return dict(self._memory.withdrawn)

    @property
    def rounds(self) -> tuple[int, ...]:
        """The steps at which it has examined the network."""
        self._examine()
        return tuple(self._memory.steps)

    def __getstate__(self) -> dict[str, Any]:
        """What was found, without the rows and the networks."""
        self._examine()
        memory = replace(self._memory, chart=None)
        gone = dict.fromkeys(("_run", "_net", "_who", "_still"))
        return {**vars(self), **gone, "_memory": memory}

    def _case(self) -> Case | None:
        run, net = self._run, self._net
        if run is None or net is None or self._still is None:
            return None
        rows, plan = run.rows, self._still.plan
        return Case(net, rows.x(), rows.y, rows.w, plan, run.history)

    def _met(self) -> UnderWay:
        if self._run is None:
            raise AttributeError(
                "the doctor has seen no run. Give it to train: observers=[doctor]."
            )
        return self._run

    def _listen(self) -> None:
        """Whether something stirs in the epochs that have ended since it was last asked."""
        history = self._met().history
        for number in range(self._read, len(history)):
            J = history[number]["J"]
            if not J <= _STIRRED * self._lowest and J > 0:
                self._stirred = self._extra > 0
            self._lowest = min(self._lowest, J)
        self._read = len(history)

    def _rate(self) -> float:
        history = self._met().history
        return float(history[-1]["rate"]) if len(history) else 0.0

    def _visit(self, net: Network, rate: float, last: str = "") -> str | None:
        self._net = net
        self._waiting.append(_Visit(net, rate, len(self._met().history), last))
        self._kept += _size(net.state)
        if not self.stop and self._kept < _MOST_KEPT:
            return None
        self._examine()
        fatal = self._memory.certain_and_fatal if self.stop else None
        return None if fatal is None else f"{fatal.saw} {fatal.change}"

    def _examine(self) -> None:
        waiting, self._waiting, self._kept = self._waiting, [], 0
        for visit in waiting:
            self._examine_one(visit)

    def _examine_one(self, visit: _Visit) -> None:
        run, state = self._met(), visit.net.state
        still, who = self._first_met(visit.net)
        history = _until(run, visit)
        chart = at_moment(still, replace(who, net=visit.net), history, visit.rate or None)
        epochs = (state.t - run.first_step) / run.steps or visit.epochs  # t of L-BFGS stands still
        progress = 1.0 if visit.last else min(1.0, epochs / run.settings.epochs)
        held = held_signs(visit.net, run.held) if visit.last and run.held is not None else None
        ended = {"ended": bool(visit.last), "ended_by": visit.last, "held": held}
        chart = replace(chart, progress=progress, **ended)
        with np.errstate(all="ignore"):
            findings, consequences = found(chart)
        self._memory.note(chart, state.t or state.epoch, findings, consequences)

    def _first_met(self, net: Network) -> tuple[Chart, Patient]:
        """What holds at every round: looked at once."""
        if self._still is None or self._who is None:
            run = self._met()
            settings = run.settings
            plan = plan_of(None, run.program.optimizer, settings.epochs, settings.batch_size)
            who = patient_of_run(net, run.rows)
            self._still = static_chart(who, plan, _inputs(run))
            self._who, self._rows = with_fewer_rows(who, _ROWS), len(who.x)
        return self._still, self._who


def rounds(total: int) -> list[int]:
    """After how many of ``total`` steps the doctor comes round, apart from the start and the end.

    Examples
    --------
    >>> rounds(10_000)
    [10, 200, 1000, 5000]
    >>> rounds(50)
    [1, 5, 25]
    """
    wanted = (_TENTH * total, _HALF * total, _EARLY[0], _FIFTIETH * total, _EARLY[1])
    chosen: list[int] = []
    for step in (int(each) for each in wanted):
        apart = all(max(step, other) >= _APART * min(step, other) for other in chosen)
        if 0 < step < total and apart:
            chosen.append(step)
    return sorted(chosen)


def _no_longer() -> Network:
    raise AttributeError("the run has ended.")


def _size(state: State) -> int:
    arrays: Sequence[Any] = (state.theta, *state.memory.values(), *state.buffers.values())
    return sum(int(getattr(array, "nbytes", 8)) for array in arrays)


def _inputs(run: UnderWay) -> Array | None:
    """The validation rows, as far as they are dense."""
    if run.held is None:
        return None
    x = run.held.x(0, 4096)
    return np.asarray(x.toarray() if hasattr(x, "toarray") else x, np.float64)


def _until(run: UnderWay, visit: _Visit) -> History | None:
    """The history as it stood; where the best epoch's parameters were put back, it ends there."""
    rows = [dict(row) for row in run.history][: visit.epochs]
    rule = run.settings.early_stopping
    if visit.last and rule is not None and rule.restore_best and rows:
        costs = [rule.cost(row.get(f"val_{rule.column}", row["J"])) for row in rows]
        rows = rows[: 1 + min(range(len(rows)), key=costs.__getitem__)]
    if visit.last == "diverged":
        rows.append({"J": float("nan"), "step": float(visit.net.state.t)})
    return History(rows) if rows else None

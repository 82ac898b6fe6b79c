"""The doctor in a search: a look at what does well, the usual rounds where nothing does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from glassnet.data.batches import Selection
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.rounds import Doctor
from glassnet.network.network import Network
from glassnet.training.observers import Observer, UnderWay

_SHARE = 3  # of the epochs, after which a candidate that does badly is examined
_CERTAIN = 0.9
_LEARNED = 0.9  # of the first epoch's cost
_STEPS = 256
_ROWS = 256  # that are looked at; with all of a thousand a look takes twice as long


class Glance(Observer):
    """The doctor's look at the end of a training, or after a third of it where it does badly.

    A round of :class:`~glassnet.doctor.rounds.Doctor` costs some 40 ms whatever the number of rows,
    and the one at the start five times that: together more than a small network's first rung. A
    candidate that predicts better than a constant is therefore looked at once, at its end; one that
    does not is examined from its start, and ended where a fault is certain and fatal.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> x = np.linspace(-3, 3, 61)[:, None]
    >>> net = gn.Network(1, [gn.Dense(16, "tanh"), gn.Dense(1, "identity")], seed=0)
    >>> glance = Glance()
    >>> run = gn.train(net, x, x**2, optimizer=gn.SGD(9.0), epochs=50, observers=[glance])
    >>> run.ended, glance.fatal, len(run.history)
    ('observer', True, 17)
    """

    every_epoch = False
    between = True

    def __init__(self) -> None:
        self._doctor = Doctor(stop=True)
        self._due = -1
        self._examined = False
        self._run: UnderWay | None = None
        self._start: Network | None = None
        self._shown: Network | None = None

    def meet(self, run: UnderWay) -> None:
        self._run = run
        self._doctor.meet(replace(run, rows=_few(run.rows), held=None, network=self._now))
        after = max(1, round(run.settings.epochs / _SHARE))
        self._due = run.first_step + after * run.steps

    def begin(self, epochs: int, steps: int) -> None:
        self._start = self._now()

    def next(self, t: int) -> int | None:
        return self._due if t <= self._due else None

    def pause(self, t: int, rate: float) -> str | None:
        self._due = -1
        return self._examine(t, rate) if self._does_badly() else None

    def finish(self, ended: str) -> None:
        if ended in ("error", "interrupted"):
            return
        if not self._examined and (ended == "diverged" or self._does_badly()):
            self._examine(0, 0.0)
        elif not self._examined:
            self._doctor.pause(0, 0.0)  # it makes no last round where it made no other
            return
        self._doctor.finish(ended)

    @property
    def verdict(self) -> str:
        """What it says; empty where nothing is wrong."""
        diagnosis = self._diagnosis()
        return "" if diagnosis is None or diagnosis.healthy else diagnosis.verdict

    @property
    def fatal(self) -> bool:
        """Whether a finding is certain and fatal."""
        diagnosis = self._diagnosis()
        return diagnosis is not None and any(
            each.severity == "fatal" and each.confidence >= _CERTAIN for each in diagnosis.findings
        )

    def _examine(self, t: int, rate: float) -> str | None:
        """The rounds of the start and of now."""
        assert self._run is not None
        self._examined = True
        self._shown = self._start
        self._doctor.begin(self._run.settings.epochs, self._run.steps)
        self._shown = None
        return self._doctor.pause(t, rate)

    def _does_badly(self) -> bool:
        """Whether it predicts validation rows no better than a constant.

        Where there are none: whether the cost has hardly fallen since the first epoch.
        """
        run = self._run
        if run is None or len(run.history) == 0:
            return True
        row = run.history[-1]
        if "val_r2" in row:
            return not row["val_r2"] > 0
        if "val_accuracy" in row and run.held is not None:
            y = np.asarray(run.held.y)
            share = y.mean(axis=0)
            most = float(share.max()) if y.shape[1] > 1 else max(share[0], 1 - share[0])
            return not row["val_accuracy"] > most
        return not row["J"] < _LEARNED * run.history[0]["J"]

    def _diagnosis(self) -> Diagnosis | None:
        try:
            return self._doctor.diagnosis
        except AttributeError:  # the run ended before there was anything to see
            return None

    def _now(self) -> Network:
        if self._shown is not None:
            return self._shown
        assert self._run is not None
        return self._run.network()


def _few(rows: Selection) -> Selection:
    """Some of the rows, evenly spaced."""
    count = len(rows)
    places = np.unique(np.linspace(0, count - 1, min(count, _ROWS)).astype(np.int64))
    return Selection(rows.data, rows.at(places))


class Halt(Observer):
    """Ends a training when the time is up, or a search is interrupted; asks every 256 steps.

    Parameters
    ----------
    until : float
        As of :func:`time.monotonic`.
    asked : callable, optional
        Whether somebody wants the end.

    Examples
    --------
    >>> Halt(0.0).over, Halt(float("inf")).over
    (True, False)
    """

    every_epoch = False
    between = True

    def __init__(self, until: float, asked: Callable[[], bool] | None = None) -> None:
        self._until, self._asked = until, asked
        self._due = 0
        self.halted = False

    @property
    def over(self) -> bool:
        """Whether it is time to end."""
        asked = self._asked is not None and self._asked()
        return asked or time.monotonic() >= self._until

    def meet(self, run: UnderWay) -> None:
        self._due = run.first_step + _STEPS

    def next(self, t: int) -> int | None:
        return max(self._due, t)

    def pause(self, t: int, rate: float) -> bool:
        self._due = t + _STEPS
        self.halted = self.over
        return self.halted

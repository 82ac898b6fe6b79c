"""What stands within a training and keeps it to the run's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.engine.interface import Moment
from glassnet.network.network import Network
from glassnet.optim.optimizers import LBFGS
from glassnet.training.observers import EpochEnd, Observer, UnderWay

if TYPE_CHECKING:
    from glassnet.lab.lane import Lane


class Left(Exception):
    """The lane was sent home before its first step."""


class Racer(Observer):
    """Looks at the last step before the run's target, and waits there.

    L-BFGS has no steps to look at: there an iteration counts as one.

    Parameters
    ----------
    lane : Lane
    """

    needs = frozenset({"a", "delta", "dW", "change"})
    every_epoch = True

    def __init__(self, lane: Lane) -> None:
        self._lane, self._pace = lane, lane.pace
        self._run: UnderWay | None = None
        self._iterates = False

    def network(self) -> Network:
        """The network as it stands."""
        return self._lane.net if self._run is None else self._run.network()

    def meet(self, run: UnderWay) -> None:
        self._run = run
        self._iterates = isinstance(run.program.optimizer, LBFGS)

    def begin(self, epochs: int, steps: int) -> None:
        lane = self._lane
        lane.steps_per_epoch = 1 if self._iterates else steps
        lane.first_step = lane.now if self._run is None else self._run.first_step
        if self._arrived() is not None:
            raise Left

    def next(self, t: int) -> int | None:
        return max(t, self._pace.target - 1)

    def see(self, moment: Moment) -> str | None:
        lane = self._lane
        lane.moment = moment
        if not moment.finite:
            return None
        lane.now = moment.t + 1
        return None if lane.steps_left_in_epoch == lane.steps_per_epoch else self._arrived()

    def epoch(self, end: EpochEnd) -> str | None:
        lane = self._lane
        lane.record.add(end.row)
        lane.now = lane.now + 1 if self._iterates else int(end.row["step"])
        return self._arrived()

    def finish(self, ended: str) -> None:
        self._run = None

    def _arrived(self) -> str | None:
        lane = self._lane
        if lane.left is None and lane.now >= self._pace.target:
            lane.left = self._pace.arrive(lane)
        return lane.left

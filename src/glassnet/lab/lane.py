"""One network in training, in a thread of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from glassnet.engine.interface import Moment
from glassnet.errors import Diverged, GlassnetError
from glassnet.lab.building import METRIC, Experiment
from glassnet.lab.pace import Pace
from glassnet.lab.racer import Left, Racer
from glassnet.lab.record import Record
from glassnet.lab.settings import Settings
from glassnet.lab.turns import Turns
from glassnet.network.network import Network

_EPOCHS_PER_CALL = 5000  # of a training without end: its history is then taken into the record


@dataclass(frozen=True)
class Stage:
    """A stretch of training under the same settings: so many whole epochs, then up to a step.

    Attributes
    ----------
    settings : Settings
    epochs : int
    until : int or None
        The step at which it was cut off within an epoch, or before the epochs that were planned.
    """

    settings: Settings
    epochs: int = 0
    until: int | None = None


class Lane:
    """A network, its training, and what has come of it.

    Parameters
    ----------
    experiment : Experiment
    pace : Pace
    turns : Turns
    net : Network, optional
        What it goes on with, in place of a new one.
    record : Record, optional
        What has been until then.
    stages : sequence of Stage
        How it came to be.

    Attributes
    ----------
    now : int
        Steps taken (iterations of L-BFGS).
    moment : Moment or None
        The newest step that was looked at.
    ended : str or None
        Why it will not go on.
    """

    def __init__(
        self,
        experiment: Experiment,
        pace: Pace,
        turns: Turns,
        net: Network | None = None,
        record: Record | None = None,
        stages: tuple[Stage, ...] = (),
    ) -> None:
        self.experiment, self.pace, self._turns = experiment, pace, turns
        self.net = experiment.network() if net is None else net
        self.record = record or Record(METRIC[experiment.rows.task])
        self.stages = (*stages, Stage(experiment.settings))
        self.now = self.first_step = pace.target
        self.steps_per_epoch = 1
        self.moment: Moment | None = None
        self.left: str | None = None
        self.ended: str | None = None
        self._racer = Racer(self)
        self._epochs_before = self.record.epochs
        self._thread = threading.Thread(target=self._go, name="glassnet-lab", daemon=True)
        pace.enter(self)

    def start(self) -> None:
        """Begin, which is to wait for the pace."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it is home; the pace must have ended."""
        self._thread.join()

    def network(self) -> Network:
        """The network as it stands; to be asked for while it stands."""
        return self._racer.network()

    @property
    def epochs(self) -> int:
        """Whole epochs of this stage."""
        return self.record.epochs - self._epochs_before

    @property
    def steps_left_in_epoch(self) -> int:
        """Steps to the end of the epoch, a whole epoch's at its end."""
        return self.steps_per_epoch - (self.now - self.first_step) % self.steps_per_epoch

    @property
    def rate(self) -> float:
        """Of the newest step that was looked at, else the one to begin with."""
        if self.moment is not None and self.moment.rate:
            return self.moment.rate
        return self.experiment.settings.training.learning_rate

    def history(self) -> tuple[Stage, ...]:
        """The stages, the last as far as it has come."""
        within = self.steps_left_in_epoch != self.steps_per_epoch
        horizon = self.experiment.settings.training.epochs
        cut = within or (horizon is not None and 0 < self.epochs < horizon)
        last = replace(self.stages[-1], epochs=self.epochs, until=self.now if cut else None)
        return (*self.stages[:-1], last)

    def _go(self) -> None:
        self._turns.take()
        try:
            while self.left is None and self.ended is None:
                self._train()
        except Left:
            pass
        except Diverged as error:
            self.ended = f"diverged: {error}"
        except GlassnetError as error:
            self.ended = str(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours ends this run, and is shown
            self.ended = f"the lab failed: {error!r}"
        if self.left is None:
            self.pace.leave(self)
        else:
            self._turns.give_back()

    def _train(self) -> None:
        horizon = self.experiment.settings.training.epochs
        epochs = _EPOCHS_PER_CALL if horizon is None else max(1, horizon - self.epochs)
        done: Any = self.experiment.train(
            self.net, epochs=epochs, observers=[self._racer], threads=1
        )
        if self.left is None and (done.ended != "epochs" or horizon is not None):
            self.ended = "all epochs are done" if done.ended == "epochs" else done.ended

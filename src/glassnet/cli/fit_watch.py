"""What a fit of several networks shows as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.cli.members_progress import MembersProgress
from glassnet.cli.talk import Talk
from glassnet.cli.understood import columns_screen, understood
from glassnet.doctor.rounds import Doctor
from glassnet.estimators.table_estimate import EstimatePlan
from glassnet.training.observers import Observer


class FitWatch:
    """The columns and the progress on the screen, and the doctor of the first network.

    Parameters
    ----------
    talk : Talk
    plan : EstimatePlan
    show : bool
        Whether progress is shown.

    Attributes
    ----------
    doctor : Doctor
    columns : list of dict
        What became of each column, once they are learned.
    """

    def __init__(self, talk: Talk, plan: EstimatePlan, *, show: bool) -> None:
        self._talk, self._plan, self._show = talk, plan, show
        self._progress: list[MembersProgress] = []
        self.doctor = Doctor()
        self.columns: list[dict[str, Any]] = []

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training."""
        return any(progress.interrupted for progress in self._progress)

    def members(self, model: Any, count: int) -> Sequence[Sequence[Observer]]:
        """Say what became of the columns; give the observers of each network."""
        if not self._progress:
            self.columns = understood(self._plan.table.take(self._plan.learn), model.encoder_)
            self._talk.say("")
            rows, width = len(self._plan.learn), self._talk.width
            self._talk.sheet(columns_screen(self.columns, rows, width))
            self._talk.say("")
        stream = self._talk.stream if self._show else None
        progress = MembersProgress(stream, count)
        self._progress.append(progress)
        watching: list[list[Observer]] = [[observer] for observer in progress.observers]
        if len(self._progress) == 1:
            watching[0].append(self.doctor)
        return watching

    def close(self) -> None:
        """Take the bar away."""
        for progress in self._progress:
            progress.close()

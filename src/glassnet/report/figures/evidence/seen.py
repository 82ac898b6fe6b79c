"""What a picture of a finding is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.chart import Chart
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.findings import Finding
from glassnet.doctor.looks import Look
from glassnet.doctor.patient import Patient, patient
from glassnet.engine.reference import Pass, forward
from glassnet.training.history import History

_MOST_ROWS = 400


@dataclass(frozen=True, eq=False)
class Seen:
    """A finding, with the chart and the case of its diagnosis.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "relu")])
    >>> diagnosis = gn.diagnose(net, [[0.0], [1.0]], [-1.0, 1.0])
    >>> seen = Seen(diagnosis, diagnosis.findings[0])
    >>> seen.chart.rows, seen.rows.x.shape
    (2, (2, 1))
    """

    diagnosis: Diagnosis
    finding: Finding

    @property
    def chart(self) -> Chart | None:
        """The signals; None of a diagnosis that was read from a file."""
        return self.diagnosis.chart

    @property
    def look(self) -> Look | None:
        """The pass at the chart's moment."""
        return None if self.chart is None else self.chart.look

    @property
    def history(self) -> History | None:
        """How the cost went, of one epoch or more."""
        told = None if self.diagnosis.case is None else self.diagnosis.case.history
        told = getattr(told, "history", told)
        return told if isinstance(told, History) and len(told) else None

    @cached_property
    def rows(self) -> Patient | None:
        """The network and its rows as the doctor took them; None where they were not kept."""
        case = self.diagnosis.case
        return None if case is None else patient(case.subject, case.X, case.y, case.weights)

    @cached_property
    def passed(self) -> Pass | None:
        """Every layer on up to 400 sound rows, as in prediction."""
        who = self.rows
        if who is None or not who.sound.any():
            return None
        good = np.flatnonzero(who.sound)
        chosen = np.unique(np.linspace(0, len(good) - 1, min(len(good), _MOST_ROWS)).astype(int))
        theta = np.asarray(who.net.state.theta, np.float64)
        with np.errstate(all="ignore"):
            return forward(who.spec, theta, who.net.state.buffers, who.x[good[chosen]])

    def outputs(self) -> Array | None:
        """a[L], finite ones, in one line."""
        if self.passed is None or self.rows is None:
            return None
        a = np.ravel(self.passed.a[self.rows.spec.depth])
        return a[np.isfinite(a)]

    @property
    def when(self) -> str:
        """The chart's moment in words."""
        if self.look is None:
            return ""
        return "at step 0" if self.look.t == 0 else f"after {self.look.t:,} steps"

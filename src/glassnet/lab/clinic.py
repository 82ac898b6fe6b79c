"""The doctor beside the runs: comes round as they go, proves remedies and carries them out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from glassnet.doctor.causes import TITLES
from glassnet.doctor.diagnosis import diagnose
from glassnet.doctor.findings import Finding
from glassnet.errors import GlassnetError, InvalidValue
from glassnet.lab.building import Experiment
from glassnet.lab.cures import changes_of, merged
from glassnet.lab.plain import number
from glassnet.lab.proofs import replayed
from glassnet.lab.record import Record
from glassnet.lab.run import Run
from glassnet.network.network import Network
from glassnet.training.history import History

_FIRST, _APART = 5, 2.5  # epochs; a round comes after so many times those of the one before
_PAUSE = 1.0  # seconds between two rounds of a run
_PLAN = 200  # epochs that are reckoned with, of a training without end
_MOST_ROWS = 4000  # of the history: the newest


@dataclass
class _Chart:
    """What is known of one run."""

    due: float = 0
    seen: float = 0.0
    busy: bool = False
    over: bool = False
    findings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class Clinic:
    """Looks at runs in a thread of its own; watching changes no number of them.

    Examples
    --------
    >>> clinic = Clinic()
    >>> clinic.close()
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "glassnet-doctor")
        self._charts: WeakKeyDictionary[Run, _Chart] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def come_round(self, run: Run) -> None:
        """Called while a run stands still: see to it, if it is time."""
        with self._lock:
            chart = self._charts.setdefault(run, _Chart())
            lane = run.lane
            over = lane.ended is not None and not chart.over
            ready = time.monotonic() - chart.seen > _PAUSE and lane.record.epochs >= chart.due
            if chart.busy or not (over or ready):
                return
            chart.busy, chart.over = True, over or chart.over
            chart.due = max(_FIRST, _APART * lane.record.epochs)
        part = (lane.experiment, lane.network(), lane.record, lane.record.epochs, over)
        try:
            self._pool.submit(self._round, run, chart, *part)
        except RuntimeError:  # the server stops
            return

    def look(self, run: Run) -> list[dict[str, Any]]:
        """See to a run now.

        Raises
        ------
        TimeoutError
        """
        chart, lane = self._chart(run), run.lane
        net = run.asked(lane.network)
        args = (lane.experiment, net, lane.record, lane.record.epochs, lane.ended is not None)
        return self._pool.submit(self._round, run, chart, *args).result(100.0)

    def findings(self, run: Run) -> list[dict[str, Any]]:
        """What the last round has found."""
        return self._chart(run).findings

    def forget(self, run: Run) -> None:
        """A run is another from here on."""
        with self._lock:
            self._charts[run] = _Chart()
            run.tell("findings", [])

    def prove(self, run: Run, finding: str, made: Callable[[Any], Experiment]) -> None:
        """Replay a finding's remedy; who listens is told what came of it.

        Parameters
        ----------
        run : Run
        finding : str
            Its id.
        made : callable
            Settings in JSON -> Experiment.

        Raises
        ------
        GlassnetError
            If there is no such finding, or it has no remedy that a machine can try.
        """
        settings, code = self.cured(run, finding)
        before = run.experiment

        def work() -> None:
            try:
                told = replayed(before, made(settings), code)
            except (GlassnetError, ArithmeticError, ValueError) as error:
                told = {"error": str(error)}
            if run.experiment.settings == before.settings:  # else it proves nothing any more
                run.tell("proof", {"finding": finding, **told})

        self._pool.submit(work)

    def cured(self, run: Run, finding: str) -> tuple[dict[str, Any], str]:
        """The settings with a finding's remedy in them, and the cause.

        Raises
        ------
        InvalidValue
        """
        found = next((each for each in self.findings(run) if each["id"] == finding), None)
        if found is None:
            raise InvalidValue(f"there is no finding {finding!r:.60} any more. Look again.")
        changes = None if found["remedy"] is None else found["remedy"]["changes"]
        if changes is None:
            raise InvalidValue("this remedy is left to you: no setting of the lab does it.")
        return merged(run.experiment.settings.to_dict(), changes), found["cause"]

    def close(self) -> None:
        """See nobody more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _chart(self, run: Run) -> _Chart:
        with self._lock:
            return self._charts.setdefault(run, _Chart())

    def _round(
        self,
        run: Run,
        chart: _Chart,
        made: Experiment,
        net: Network,
        record: Record,
        epochs: int,
        over: bool,
    ) -> list[dict[str, Any]]:
        try:
            seen = _seen(made, net, _history(record, epochs), over=over)
            told = [_told(each, made) for each in seen]
            with self._lock:  # or it could be told after the run has become another
                if self._charts.get(run) is chart and told != chart.findings:
                    chart.findings = told
                    run.tell("findings", told)
            return told
        finally:
            chart.busy, chart.seen = False, time.monotonic()


def _seen(made: Experiment, net: Network, history: Any, *, over: bool) -> list[Finding]:
    rows, told = made.rows, made.arguments()
    with np.errstate(all="ignore"):
        seen = diagnose(
            net,
            rows.X[rows.train],
            made.targets[rows.train],
            optimizer=told["optimizer"],
            epochs=made.settings.training.epochs or _PLAN,
            batch_size=told["batch_size"],
            history=history,
            validation=rows.X[rows.test] if len(rows.test) else None,
        )
    # A training without end has not had too few steps, it has not had them yet.
    return [each for each in seen.findings if over or each.code != "FEW_STEPS"]


def _history(record: Record, epochs: int) -> History | None:
    """The history up to an epoch, the newest rows of it."""
    columns = {name: values[:epochs][-_MOST_ROWS:] for name, values in record.to_dict().items()}
    newest = {n: values for n, values in columns.items() if values and not np.isnan(values).all()}
    if not newest:
        return None
    kept, names = len(columns["J"]), list(newest)
    return History([{name: newest[name][k] for name in names} for k in range(kept)])


def _told(finding: Finding, made: Experiment) -> dict[str, Any]:
    title = TITLES[finding.code]
    remedy = finding.remedy
    return {
        "id": f"{finding.code}-{finding.layer}",
        "cause": finding.code,
        "title": title[0].upper() + title[1:],
        "layer": finding.layer,
        "units": list(finding.units),
        "severity": finding.severity,
        "confidence": finding.confidence,
        "first": finding.first,
        "evidence": [finding.saw, finding.why],
        "numbers": {name: number(value) for name, value in finding.numbers.items()},
        "remedy": {
            "text": finding.change,
            "changes": changes_of(remedy, made) if remedy else None,
        },
    }

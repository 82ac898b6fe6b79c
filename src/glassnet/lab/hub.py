"""All runs of a server: how many there may be, and which end because nobody watches."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from glassnet.errors import GlassnetError
from glassnet.lab.building import Experiment
from glassnet.lab.run import Run
from glassnet.lab.turns import Turns
from glassnet.network.network import Network


class Full(GlassnetError):
    """There are as many runs as there may be, and each is watched."""


@dataclass(frozen=True)
class Bounds:
    """What the lab may be asked for.

    Attributes
    ----------
    runs, threads : int
        Runs at a time, and how many of them may compute at once.
    idle : float
        Seconds after which a run that nobody watches ends.
    upload, rows, columns : int
        Bytes of a file, as sent and unpacked up to twenty times as many; rows and columns in it.
    uploads : int
        Files kept; the oldest gives way.
    streams : int
        Open streams of events.
    """

    runs: int = 8
    threads: int = 1
    idle: float = 30 * 60.0
    upload: int = 10 * 2**20
    rows: int = 100_000
    columns: int = 1000
    uploads: int = 8
    streams: int = 200


class Hub:
    """Runs by name.

    Parameters
    ----------
    bounds : Bounds
    log : callable
    rounds : callable
        Of every run; see :class:`~glassnet.lab.run.Run`.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import Settings
    >>> hub = Hub(Bounds(runs=1), lambda *_, **__: None)
    >>> one = hub.begin(experiment(Settings(), prepared(Settings().data)[0]))
    >>> hub.find(one.name) is one
    True
    >>> hub.close()
    """

    def __init__(
        self,
        bounds: Bounds,
        log: Callable[..., None],
        rounds: Callable[[Run], None] = lambda run: None,
    ) -> None:
        self.bounds, self._log, self._rounds = bounds, log, rounds
        self.turns = Turns(bounds.threads)
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def begin(self, experiment: Experiment, net: Network | None = None) -> Run:
        """A new run; where there is no room, the one that has been left alone longest ends.

        Raises
        ------
        Full
        """
        with self._lock:
            if len(self._runs) >= self.bounds.runs:
                self._make_room()
            name = secrets.token_urlsafe(9)
            run = self._runs[name] = Run(name, experiment, self.turns, net, self._rounds)
        self._log("run begun", run=name, runs=len(self._runs))
        return run

    def find(self, name: str) -> Run | None:
        """The run of that name, which is so used."""
        run = self._runs.get(name)
        if run is not None:
            run.used = time.monotonic()
        return run

    def end(self, name: str, reason: str) -> bool:
        """End a run; say whether there was one."""
        with self._lock:
            run = self._runs.pop(name, None)
        if run is None:
            return False
        run.end(reason)
        self._log("run ended", run=name, reason=reason)
        return True

    def sweep(self) -> None:
        """End the runs that nobody has watched or asked for long enough."""
        now = time.monotonic()
        idle = [run.name for run in tuple(self._runs.values())
                if not run.watched and now - run.used > self.bounds.idle]  # fmt: skip
        for name in idle:
            self.end(name, "nobody watched")

    def close(self) -> None:
        """End all."""
        for name in tuple(self._runs):
            self.end(name, "the server stops")

    def _make_room(self) -> None:
        alone = [run for run in self._runs.values() if not run.watched]
        if not alone:
            raise Full(
                f"{self.bounds.runs} runs are open, and each is watched. Close a page, or start "
                "the lab with --max-runs."
            )
        oldest = min(alone, key=lambda run: run.used)
        del self._runs[oldest.name]
        oldest.end("another run needed its place")
        self._log("run ended", run=oldest.name, reason="another run needed its place")

"""A race: each engine takes a turn, one after the other, round after round.

Whatever else the machine does then slows all of them alike, and a ratio taken within a round is
worth more than one of two times that lie minutes apart. One process an engine: the idle threads of
one library spin for a while after its turn, which is also why there is a pause between turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from glassnet.bench.ceilings import CEILINGS
from glassnet.bench.contract import Entry
from glassnet.bench.processes import Worker, WorkerFailed, processors

Tell = Callable[[float, str], None]

_FEWEST = 3  # rounds, however little time there is
_ANSWER = 120.0  # seconds that a turn, or making ready, may take
# Seconds between turns. Threads that wait for work spin for up to 0.2 s after a turn.
_PAUSE, _PAUSE_OF_THREADS = 0.01, 0.25


@dataclass(frozen=True)
class Limits:
    """How long a race goes on.

    Attributes
    ----------
    rounds : int
    turn : float
        Seconds of an engine's turn, at least.
    seconds : float
        No round begins after so many, once there are three.
    """

    rounds: int = 9
    turn: float = 0.1
    seconds: float = 120.0


@dataclass(frozen=True)
class Result:
    """Seconds of a step, round by round, and in a line why an engine has none."""

    workload: str
    times: dict[Entry, list[float]] = field(default_factory=dict)
    missing: dict[Entry, str] = field(default_factory=dict)


def race(workload: str, entries: Sequence[Entry], limits: Limits, tell: Tell) -> Result:
    """Time the engines on a workload.

    Parameters
    ----------
    workload : str
        A name of ``WORKLOADS``.
    entries : sequence of Entry
    limits : Limits
    tell : callable
        Is told the share that is done and what is being done.

    Returns
    -------
    Result
        An engine that fails has no times: it is missing.
    """
    result = Result(workload)
    with ExitStack() as workers:
        running: dict[Entry, Worker] = {}
        for entry in entries:
            running[entry] = Worker(entry, processors()[-entry.threads :])
            workers.callback(running[entry].close)
        _make_ready(workload, running, result, tell)
        _rounds(running, limits, result, tell)
    return result


def _make_ready(workload: str, running: dict[Entry, Worker], result: Result, tell: Tell) -> None:
    for worker in running.values():
        worker.ask(prepare=workload)
    for entry, worker in list(running.items()):
        tell(0.0, f"{entry.engine} makes ready")
        try:
            worker.answer(_ANSWER)
        except WorkerFailed as failed:
            _drop(entry, failed, running, result)


def _rounds(running: dict[Entry, Worker], limits: Limits, result: Result, tell: Tell) -> None:
    result.times.update({entry: [] for entry in running})
    began = time.monotonic()
    for number in range(limits.rounds):
        if number >= _FEWEST and time.monotonic() - began > limits.seconds:
            break
        for entry, worker in list(running.items()):
            tell(number / limits.rounds, f"round {number + 1}, {entry.engine}")
            time.sleep(_PAUSE if entry.threads == 1 else _PAUSE_OF_THREADS)
            worker.ask(turn=limits.turn)
            try:
                result.times[entry].append(worker.answer(_ANSWER)["seconds"])
            except WorkerFailed as failed:
                _drop(entry, failed, running, result)
    tell(1.0, "done")


def _drop(entry: Entry, failed: WorkerFailed, running: dict[Entry, Worker], result: Result) -> None:
    running.pop(entry).close()
    result.times.pop(entry, None)
    result.missing[entry] = str(failed)


def ceilings(threads: int, tell: Tell) -> dict[str, float]:
    """The machine's ceilings for so many threads, a process each, all at once.

    Returns
    -------
    dict
        The names of ``CEILINGS``, in operations or bytes a second.

    Raises
    ------
    WorkerFailed
    """
    entry, found = Entry("ceilings", 1, "float32"), dict[str, float]()
    with ExitStack() as stack:
        workers: list[Worker] = []
        for cpu in processors()[-threads:]:
            workers.append(Worker(entry, [cpu]))
            stack.callback(workers[-1].close)
        for number, (name, words) in enumerate(CEILINGS.items()):
            tell(number / len(CEILINGS), words)
            for worker in workers:
                worker.ask(ceiling=name)
            found[name] = sum(worker.answer(_ANSWER)["value"] for worker in workers)
    tell(1.0, "done")
    return found

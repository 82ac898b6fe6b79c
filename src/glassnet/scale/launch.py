"""Ranks on this machine: started together, ended together, started again where one was killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, TypeVar

from glassnet.errors import RankLost
from glassnet.scale.place import Place

T = TypeVar("T")

_POLL = 0.02  # seconds
_GRACE = 10.0  # for the ranks that are left to say what they miss


def rank_main(
    job: Callable[[], T],
    *,
    rank: int,
    world: int,
    address: str,
    port: int,
    local_ranks: int = 1,
    attempt: int = 0,
) -> T:
    """Do a job as one rank of several, in this process: what a cluster's worker calls.

    Parameters
    ----------
    job : callable
        Of no arguments; trains by :func:`glassnet.train_parallel` or :class:`Ranks`.
    rank, world : int
    address, port : str, int
        Where rank 0 waits; see :func:`free_port`.
    local_ranks : int
        How many ranks this machine has.
    attempt : int
        How often the ranks have been started again before: above 0, a training that has a
        checkpoint goes on from it.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> rank_main(lambda: os.environ["RANK"], rank=0, world=1, address="127.0.0.1", port=29500)
    '0'
    """
    place = Place(rank, world, address, port, local_ranks, attempt).environment()
    before = {name: os.environ.get(name) for name in place}
    os.environ.update(place)
    try:
        return job()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def free_port(address: str = "127.0.0.1") -> int:
    """A port of this machine at which nobody listens now.

    Examples
    --------
    >>> 0 < free_port() < 65536
    True
    """
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Ended:
    """How the ranks of an attempt ended.

    Attributes
    ----------
    statuses : tuple of int
        The exit status of each; negative: the signal that killed it.
    words : tuple of str
        What each but the first wrote to stderr last.
    """

    statuses: tuple[int, ...]
    words: tuple[str, ...]

    @property
    def killed(self) -> list[int]:
        """The ranks that a signal ended, and not the launcher."""
        return [rank for rank, status in enumerate(self.statuses) if status < 0]


def launch(
    command: Sequence[str],
    ranks: int,
    *,
    restarts: int = 0,
    say: Callable[[str], None] = lambda line: None,
    started: Callable[[Sequence[int]], None] = lambda numbers: None,
) -> int:
    """Run a command as so many ranks on this machine; return its exit status.

    Rank 0 has this process's stdout and stderr, the others are silent: where one of them fails by
    itself, the last line it wrote is passed on. When a rank was killed the others are ended, and
    all start again, up to ``restarts`` times. Ctrl-C is passed on to every rank; a request to end
    (SIGTERM) ends them all.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments; finds its place in the environment, as under torchrun.
    ranks : int ≥ 1
    restarts : int ≥ 0
    say : callable
        Takes the lines about what happens to the ranks.
    started : callable
        Is given the process numbers of the ranks at each start.

    Raises
    ------
    RankLost
        If ranks were killed more often than ``restarts``.

    Examples
    --------
    >>> import sys
    >>> launch([sys.executable, "-c", "import os; assert os.environ['WORLD_SIZE'] == '2'"], 2)
    0
    """
    attempt = 0
    while (ended := _attempt(command, ranks, attempt, started)).killed:
        what = " and ".join(f"rank {rank}" for rank in ended.killed)
        number = -ended.statuses[ended.killed[0]]
        lost = f"{what} of {ranks} was killed (signal {number})"
        if attempt == restarts:
            tried = f" after {restarts} restarts" if restarts else ""
            raise RankLost(
                f"{lost}{tried}. See that the machine has the memory for {ranks} ranks; with a "
                "checkpoint, the training can go on from the last save."
            )
        attempt += 1
        say(f"{lost}; all ranks start again (restart {attempt} of {restarts}).")
    return _status(ended, say)


def _attempt(
    command: Sequence[str], ranks: int, attempt: int, started: Callable[[Sequence[int]], None]
) -> Ended:
    port = free_port()
    with ExitStack() as held:
        words = [held.enter_context(tempfile.TemporaryFile("w+b")) for _ in range(1, ranks)]
        running: list[subprocess.Popen[bytes]] = []
        held.callback(_end, running)
        for rank in range(ranks):
            place = Place(rank, ranks, "127.0.0.1", port, ranks, attempt)
            environment = {**os.environ, **place.environment(), "LOCAL_RANK": str(rank)}
            silent = rank > 0
            process = subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.DEVNULL if silent else None,
                stderr=words[rank - 1] if silent else None,
                process_group=0,  # or the terminal would send Ctrl-C to them a second time
            )
            running.append(process)
        started([process.pid for process in running])
        with _signals(running):
            statuses = _watched(running)
        return Ended(statuses, ("", *map(_last_line, words)))


def _watched(running: Sequence[subprocess.Popen[bytes]]) -> tuple[int, ...]:
    """Wait for all; once one has failed, for the others no longer than they need to notice."""
    deadline = float("inf")
    while any(process.poll() is None for process in running):
        failed = any(process.poll() not in (None, 0) for process in running)
        if failed and deadline == float("inf"):
            deadline = time.monotonic() + _GRACE
        if time.monotonic() > deadline:
            own = [process.poll() for process in running]
            _end(running)
            return tuple(1 if status is None else status for status in own)
        time.sleep(_POLL)
    return tuple(process.returncode for process in running)


@contextmanager
def _signals(running: Sequence[subprocess.Popen[bytes]]) -> Generator[None]:
    """Pass Ctrl-C on to the ranks, and leave on SIGTERM, which ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python tells no other thread of signals
        return

    def pass_on(*_: object) -> None:
        for process in running:
            process.send_signal(signal.SIGINT)

    def leave(*_: object) -> None:
        sys.exit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGINT, pass_on), signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _status(ended: Ended, say: Callable[[str], None]) -> int:
    """The first rank's status; that of another where the first one ended well."""
    statuses = ended.statuses
    failed = [rank for rank, status in enumerate(statuses) if status]
    if failed and not statuses[0]:
        say(f"rank {failed[0]} failed: {ended.words[failed[0]]}")
        return statuses[failed[0]]
    return statuses[0]


def _last_line(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"

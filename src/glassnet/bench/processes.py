"""The worker processes: started with their own thread settings, asked, and always ended."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from tempfile import TemporaryFile
from typing import Any

from glassnet.bench.contract import Entry
from glassnet.errors import GlassnetError

_PATIENCE = 2.0  # seconds that a worker has to end by itself

_THREAD_SETTINGS = (
    "GLASSNET_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class WorkerFailed(GlassnetError):
    """An engine could not do its turn; the message is its last word."""


class Worker:
    """A process with one engine in it, in a session of its own: Ctrl-C reaches only us.

    Parameters
    ----------
    entry : Entry
    cpus : sequence of int
        The processors it may use, where the system can say so.
    """

    def __init__(self, entry: Entry, cpus: Sequence[int]) -> None:
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._said = TemporaryFile()  # noqa: SIM115 - as long as the worker
        command = [sys.executable, "-m", "glassnet.bench.worker", json.dumps(asdict(entry))]
        with _pinned(cpus):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=environment(entry),
                start_new_session=True,
                text=True,
            )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, **question: Any) -> None:
        """Send a question; :meth:`answer` waits for what comes of it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the answer will say what happened
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()

    def answer(self, seconds: float) -> Mapping[str, float]:
        """The next answer.

        Raises
        ------
        WorkerFailed
            If it ended, or gave none for so many seconds.
        """
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise WorkerFailed(f"it gave no answer for {seconds:.0f} s.") from None
        if not line:
            raise WorkerFailed(self._last_word())
        return json.loads(line)

    def close(self) -> None:
        """End the process and those that it started."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._listener.join(_PATIENCE)
        self._said.close()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(line)
        self._answers.put("")

    def _last_word(self) -> str:
        self._process.wait()
        self._said.seek(0)
        text = self._said.read().decode(errors="replace")
        return reason(text) or f"it ended with status {self._process.returncode}."


def environment(entry: Entry) -> dict[str, str]:
    """The environment of an engine's process: its threads in every library's own words.

    Examples
    --------
    >>> environment(Entry("JAX", 1, "float32"))["XLA_FLAGS"]
    '--xla_cpu_multi_thread_eigen=false'
    """
    made = dict(os.environ) | dict.fromkeys(_THREAD_SETTINGS, str(entry.threads))
    if entry.threads == 1:
        made["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    made["JAX_PLATFORMS"] = "cpu"
    made["JAX_ENABLE_X64"] = str(int(entry.dtype == "float64"))
    made["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # else a pool of processes stays behind and idles
    return made


def reason(traceback: str) -> str:
    r"""The error in one line, from the text of a traceback.

    Examples
    --------
    >>> reason("Traceback:\n  File x\nglassnet.errors.Unsupported: no bf16 here.\n")
    'no bf16 here.'
    >>> reason("Traceback:\n  File x\nZeroDivisionError: division by zero\nNote: so it is\n")
    'ZeroDivisionError: division by zero'
    """
    lines = [line for line in traceback.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception|errors\.\w+)\b", line)]
    last = (errors or lines or [""])[-1]
    return re.sub(r"^glassnet\.\S+: |^(\w+\.)+(?=\w+(:|$))", "", last)


@contextmanager
def _pinned(cpus: Sequence[int]) -> Generator[None]:
    """A process that is started in here uses these processors only."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def processors() -> list[int]:
    """The processors this process may use.

    Examples
    --------
    >>> len(processors()) >= 1
    True
    """
    if sys.platform == "linux":
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))

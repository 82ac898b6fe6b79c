"""The process of one engine: it makes a workload ready and takes turns when it is asked to.

    python -m glassnet.bench.worker '{"engine": "JAX", "threads": 1, "dtype": "float32"}'

A line of JSON in, a line of JSON out: ``{"prepare": "W1"}`` -> ``{}``, ``{"turn": 0.1}`` ->
``{"seconds": …}`` (of one step; a turn lasts that long at least), ``{"ceiling": "dram"}`` ->
``{"value": …}``. A failure ends the process with its traceback. The end of the input ends it at
once, whatever it is doing: no worker outlives the process that asks.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from glassnet.bench.ceilings import measured
from glassnet.bench.contract import Entry, Turn
from glassnet.bench.peers.catalogue import ENGINES
from glassnet.bench.workloads import WORKLOADS, Training

_WARM = 0.05  # seconds of turns before the first that counts


class Stand:
    """One engine, and the workload it is ready for."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._turn: Turn | None = None
        self._steps = 0

    def answer(self, question: Mapping[str, Any]) -> dict[str, float]:
        """Do what is asked."""
        if "prepare" in question:
            self._prepare(question["prepare"])
            return {}
        if "turn" in question:
            return {"seconds": self._seconds(question["turn"])}
        return {"value": measured(question["ceiling"])}

    def _prepare(self, name: str) -> None:
        self._turn = None  # frees the rows of the workload before
        work = WORKLOADS[name]
        peer: Any = import_module(f"glassnet.bench.peers.{ENGINES[self._entry.engine].file}")
        make = peer.train if isinstance(work, Training) else peer.predict
        self._turn, self._steps = cast(Turn, make(work, self._entry)), work.steps
        self._turn()  # compiles, where the engine does
        self._seconds(_WARM)

    def _seconds(self, least: float) -> float:
        assert self._turn is not None
        start = now = time.perf_counter()
        taken = 0
        while taken == 0 or now - start < least:
            self._turn()
            taken += self._steps
            now = time.perf_counter()
        return (now - start) / taken


def main() -> None:
    """Answer until the questions end."""
    # Answers go where standard output went; what libraries print goes to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    stand = Stand(Entry(**json.loads(sys.argv[1])))
    questions: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(questions,), daemon=True).start()
    while True:
        answer = stand.answer(json.loads(questions.get()))
        print(json.dumps(answer), file=answers, flush=True)


def _listen(questions: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        questions.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()

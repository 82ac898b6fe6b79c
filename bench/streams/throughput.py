"""Training on rows from disk beside training in memory: rows per second, and peak memory.

    python bench/streams/make_rows.py FOLDER
    python bench/streams/throughput.py FOLDER [--seconds 120] [--json FILE]

A network of 31-256-256-1 (relu, float32, Adam, batches of 512) goes once through all rows of the
folder, in a fresh process that trains from disk. A second process trains the same network on
1,000,000 of the rows in memory. The two are stopped and let go on in turns of some seconds (SIGSTOP
and SIGCONT), so that both see the same weather on a machine that others use; each reports how many
rows it has trained on and how long it was running. The peak memory is VmHWM of the process that
trains from disk, which the system counts. Linux only.

To reach: peak memory below 600 MB, and 0.7 of the rows per second in memory.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn

HERE = Path(__file__).resolve()
RESULTS = HERE.parent.parent / "results" / "streams.json"
BATCH = 512
IN_MEMORY = 1_000_000
TURN = 4.0  # seconds


class Count(gn.Observer):
    """Writes a line with the rows trained on, a few times a second."""

    every_epoch = False
    between = True

    def __init__(self) -> None:
        self._next = 0

    def next(self, t: int) -> int:
        return max(t, self._next)

    def pause(self, t: int, rate: float) -> None:
        self._next = t + 64
        print(json.dumps({"rows": t * BATCH, "peak": memory("VmHWM")}), flush=True)


def network() -> gn.Network:
    """31-256-256-1 in float32."""
    layers = [gn.Dense(256, "relu"), gn.Dense(256, "relu"), gn.Dense(1, "identity")]
    return gn.Network(31, layers, seed=0, dtype="float32")


def memory(what: str) -> float:
    """VmHWM or VmRSS of this process, in MB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) * 1024 / 1e6


def child(kind: str, folder: str, threads: int) -> None:
    """Train from disk (one epoch), or in memory (until somebody ends it)."""
    how: dict[str, Any] = {"batch_size": BATCH, "observers": [Count()], "threads": threads}
    net = network()
    if kind == "disk":
        run = gn.train(net, gn.Rows(folder, "y"), epochs=1, **how)
        print(json.dumps({"rows": "all", "peak": memory("VmHWM"), "J": run.history[-1]["J"]}))
        return
    opened = gn.Rows(folder, "y").open()
    parts = []
    for block in opened.blocks(opened.columns, lambda _: None):
        parts.append((block.numbers(opened.inputs, "float32"), block.values("y").copy()))
        if sum(len(y) for _, y in parts) >= IN_MEMORY:
            break
    X, y = (np.concatenate(each)[:IN_MEMORY] for each in zip(*parts, strict=True))
    del parts
    gn.train(net, X, y, epochs=10_000, **how)


class Runner:
    """A process that is let run in turns; what it last wrote, and how long it has been running."""

    def __init__(self, kind: str, folder: Path, threads: int) -> None:
        command = [sys.executable, str(HERE), "--child", kind, str(folder), str(threads)]
        self._out = tempfile.NamedTemporaryFile("w", suffix=kind)  # noqa: SIM115 - end() closes it, when the process has written
        self.process = subprocess.Popen(command, stdout=self._out, start_new_session=True)
        self.turns: list[tuple[int, float]] = []  # rows and seconds of each
        self.last: dict[str, Any] = {"rows": 0}

    def turn(self, seconds: float) -> bool:
        """Let it run; whether it goes on after that. A turn counts from one line to another."""
        before, began = self.read(), time.perf_counter()
        self.process.send_signal(signal.SIGCONT)
        while time.perf_counter() - began < seconds and self.process.poll() is None:
            time.sleep(0.05)
        spent = time.perf_counter() - began
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
        after = self.read()
        if "J" not in after:
            self.turns.append((int(after["rows"]) - int(before["rows"]), spent))
        return self.process.poll() is None

    def until_first_line(self) -> None:
        """Wait until it trains, and stop it there."""
        while not self.read()["rows"] and self.process.poll() is None:
            time.sleep(0.05)
        self.process.send_signal(signal.SIGSTOP)

    def end(self) -> None:
        """End the process."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._out.close()

    @property
    def rate(self) -> float:
        """Rows per second of running."""
        return sum(rows for rows, _ in self.turns) / sum(spent for _, spent in self.turns)

    def read(self) -> dict[str, Any]:
        """The last line it has written."""
        lines = Path(self._out.name).read_text("utf-8").splitlines()
        whole = [line for line in lines if line.endswith("}")]
        if whole:
            self.last = json.loads(whole[-1])
        return self.last


def measured(folder: Path, threads: int, seconds: float) -> dict[str, Any]:
    """Let both run in turns, until the epoch from disk or the time is over; then its rest."""
    disk, inside = (Runner(kind, folder, threads) for kind in ("disk", "memory"))
    try:
        disk.until_first_line()
        inside.until_first_line()
        began = time.perf_counter()
        while disk.turn(TURN) and inside.turn(TURN):
            if time.perf_counter() - began > seconds:
                break
        both = min(len(disk.turns), len(inside.turns))
        inside.turns, compared = inside.turns[:both], disk.turns[:both]
        rates = [
            (a[0] / a[1]) / (b[0] / b[1])
            for a, b in zip(compared, inside.turns, strict=True)
            if b[0] and a[0]
        ]
        disk.turns = compared
        found = {
            "turns": both,
            "rows_in_turns": sum(rows for rows, _ in compared),
            "disk_rows_per_second": round(disk.rate),
            "memory_rows_per_second": round(inside.rate),
            "ratio": round(disk.rate / inside.rate, 3),
            "median_ratio_of_turns": round(float(np.median(rates)), 3),
        }
        inside.process.kill()
        disk.process.send_signal(signal.SIGCONT)
        disk.process.wait()
        disk.read()
        return found | {"peak_mb": round(disk.last["peak"], 1), "J": disk.last.get("J")}
    finally:
        disk.end()
        inside.end()


def main() -> None:
    """Measure, print and keep what was found."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=120.0, help="of turns, both together")
    parser.add_argument("--json", type=Path, default=RESULTS, help="file to write")
    options = parser.parse_args()
    opened = gn.Rows(options.folder, "y").open()
    found: dict[str, Any] = {
        "rows": len(opened),
        "bytes": sum(path.stat().st_size for path in options.folder.glob("*.parquet")),
        "batch_size": BATCH,
        "threads": options.threads,
        "window_mb": round(opened.buffer_bytes / 1e6, 1),
    }
    found |= measured(options.folder, options.threads, options.seconds)
    options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

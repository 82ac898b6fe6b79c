"""How long glassnet's presets and pytabkit's networks take on the same rows and cores, in turns.

``default`` and RealMLP-TD, ``best`` and TabM fit the same split one after the other, as often as
``--rounds`` says, on a machine that does nothing else. Small networks can be faster on one thread
than on two: ``--peer-threads 1`` measures the peer so, and of all measurements of a set
``tables.py`` shows the one in which the peer does best.

    python bench/accuracy/tables_times.py --data FOLDER --pair default [--sets kin8nm,adult]
"""

from __future__ import annotations

import platform
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
from harness import arguments, data_folder
from table_peers import PEERS
from table_record import PAIRS, RECORDED, TIMES, TIMES_KEY, Run, put, read_runs, write_runs
from tables import run


def raced(pair: tuple[str, str], name: str, asked: Any) -> dict[str, Any]:
    """Seconds of both in turns, and the ratio of their medians; the peer's fit is recorded too."""
    own, other = pair
    threads = {own: asked.threads, other: asked.peer_threads}
    fits: dict[str, list[Run]] = {own: [], other: []}
    for _ in range(asked.rounds):
        for who in pair:
            options = Namespace(rows=asked.rows, threads=threads[who], untimed=False)
            fits[who].append(run(who, name, 0, options, data_folder(asked)))
    put(RECORDED, fits[other][-1])
    seconds = {who: [fit["seconds"] for fit in fits[who]] for who in pair}
    return {
        "pair": f"{own} / {other}", "set": name, "rows": asked.rows,
        "train_rows": fits[own][0]["train_rows"], "threads": asked.threads,
        "peer_threads": asked.peer_threads, "seconds": seconds,
        "ratio": round(float(np.median(seconds[own]) / np.median(seconds[other])), 4),
        "versions": {who: PEERS[who].version for who in pair}, "machine": platform.machine(),
    }  # fmt: skip


def main() -> None:
    """Measure and write; after each set."""
    options = arguments(
        __doc__,
        pair=("default", "best"),
        sets="credit_g,kin8nm,adult",
        rows=6000,
        rounds=1,
        threads=2,
        peer_threads=2,
    )
    path = Path(options.json) if options.json else TIMES
    pair = next(p for p in PAIRS if p[0].endswith(options.pair))
    if PEERS[pair[1]].version is None:
        print(f"skipped: {PEERS[pair[1]].package} is not installed")
        return
    for name in options.sets.split(","):
        write_runs(path, [*read_runs(path), raced(pair, name, options)], TIMES_KEY)


if __name__ == "__main__":
    main()

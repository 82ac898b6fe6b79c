"""How long glassnet's presets and pytabkit's networks take on the same rows and cores, in turns.

``default`` and RealMLP-TD, ``best`` and TabM fit the same split one after the other, as often as
``--rounds`` says, with ``--threads`` threads each, on a machine that does nothing else. The record
takes a row for each pair and set; ``tables.py`` shows what they come to.

    python bench/accuracy/tables_times.py --data FOLDER --pair default [--sets kin8nm,adult]
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import numpy as np
from harness import arguments, data_folder
from table_peers import PEERS
from table_record import PAIRS, TIMES, TIMES_KEY, read_runs, write_runs
from table_sets import split
from tables import measured


def raced(pair: tuple[str, str], name: str, folder: Path, options: Any) -> dict[str, Any]:
    """Seconds of both in turns, and the ratio of their medians."""
    data = split(name, folder, 0, options.rows)
    seconds: dict[str, list[float]] = {who: [] for who in pair}
    for _ in range(options.rounds):
        for who in pair:
            seconds[who].append(measured(PEERS[who], data, 0, options.threads)["seconds"])
            print(f"{name} {who}: {seconds[who][-1]:.1f} s", flush=True)
    own, other = (float(np.median(seconds[who])) for who in pair)
    return {
        "pair": f"{pair[0]} / {pair[1]}", "set": name, "rows": options.rows,
        "train_rows": len(data.X), "threads": options.threads, "seconds": seconds,
        "ratio": round(own / other, 4), "versions": {who: PEERS[who].version for who in pair},
        "machine": platform.machine(),
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
    )
    path = Path(options.json) if options.json else TIMES
    pair = next(p for p in PAIRS if p[0].endswith(options.pair))
    if PEERS[pair[1]].version is None:
        print(f"skipped: {PEERS[pair[1]].package} is not installed")
        return
    for name in options.sets.split(","):
        run = raced(pair, name, data_folder(options), options)
        write_runs(path, [*read_runs(path), run], TIMES_KEY)


if __name__ == "__main__":
    main()

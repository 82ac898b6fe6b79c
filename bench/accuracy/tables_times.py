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
from table_record import PAIRS, RECORDED, TIMES, TIMES_KEY, Run, put, read_runs, write_runs
from tables import run


def raced(pair: tuple[str, str], name: str, options: Any) -> dict[str, Any]:
    """Seconds of both in turns, and the ratio of their medians; the peer's fit is recorded too."""
    fits: dict[str, list[Run]] = {who: [] for who in pair}
    for _ in range(options.rounds):
        for who in pair:
            fits[who].append(run(who, name, 0, options, data_folder(options)))
        put(RECORDED, fits[pair[1]][-1])
    own, other = (float(np.median([fit["seconds"] for fit in fits[who]])) for who in pair)
    return {
        "pair": f"{pair[0]} / {pair[1]}", "set": name, "rows": options.rows,
        "train_rows": fits[pair[0]][0]["train_rows"], "threads": options.threads,
        "seconds": {who: [fit["seconds"] for fit in fits[who]] for who in pair},
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
    options.untimed = False
    path = Path(options.json) if options.json else TIMES
    pair = next(p for p in PAIRS if p[0].endswith(options.pair))
    if PEERS[pair[1]].version is None:
        print(f"skipped: {PEERS[pair[1]].package} is not installed")
        return
    for name in options.sets.split(","):
        write_runs(path, [*read_runs(path), raced(pair, name, options)], TIMES_KEY)


if __name__ == "__main__":
    main()

"""What each trick of the preset "default" is worth: the preset with one of them off, in turn.

Error and log-loss on the sets of ``tables.py``, with fewer rows of training; then geometric means
over the sets of what a fit has without the trick over what the preset has with it: above 1, the
trick helps. Sets whose kind of target does not use a trick are left out of its row. Fits are
recorded one by one:

    python bench/accuracy/ablation.py                                # what the record comes to
    python bench/accuracy/ablation.py --data FOLDER --off all        # everything again
    python bench/accuracy/ablation.py --data FOLDER --off bins,ensemble --sets adult --splits 3
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from harness import data_folder
from table_peers import Peer
from table_record import KEY, RECORDED, put, ratios, read_runs
from table_sets import SETS, Split, split
from tables import measured

import glassnet as gn

RECORD = RECORDED.parent / "tables_ablation.json"
WHOLE = "default"
OFF: Mapping[str, Mapping[str, Any]] = {
    "other networks than one": {"members": 1, "plain_members": 0},
    "several networks of a recipe": {"members": 1, "plain_members": 1},
    "the plain recipe": {"plain_members": 0},
    "bins": {"bins": 0},
    "bins cut by the target": {"cuts": "quantiles"},
    "steps beside ramps": {"steps": False},
    "robust scaling": {"scaling": "standard"},
    "dropout": {"dropout": 0.0},
    "weight decay": {"weight_decay": 0.0},
    "refinement as the metric": {"metric": "log_loss"},
    "temperature": {"calibrate": None},
}
CLASSES_ONLY = {"refinement as the metric", "temperature"}


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", default=os.environ.get("GLASSNET_DATA"), help="folder of the data"
    )
    parser.add_argument(
        "--off", default="", help=f"all, or names, by commas, of {', '.join((WHOLE, *OFF))}"
    )
    parser.add_argument("--sets", default=",".join(SETS), help="names, by commas")
    parser.add_argument("--splits", type=int, default=1, help="splits 0 to N − 1")
    parser.add_argument("--rows", type=int, default=3000, help="rows of training at most")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, default=RECORD)
    parser.add_argument("--missing", action="store_true", help="only what the record has not")
    return parser.parse_args()


def parameters(trick: str, classes: bool) -> dict[str, Any] | None:
    """Those of the preset without the trick, or None where the preset is without it already."""
    whole = gn.preset_parameters("default", "classification" if classes else "regression")
    found = whole | OFF.get(trick, {})
    without = trick != WHOLE and found == whole
    return None if without or (trick in CLASSES_ONLY and not classes) else found


def run(trick: str, name: str, seed: int, asked: argparse.Namespace) -> dict[str, Any] | None:
    """One row of the record, or None where there is nothing to leave out."""
    given = parameters(trick, SETS[name][1])
    if given is None:
        return None

    def made(data: Split, seed: int, threads: int) -> Any:
        kind = gn.TableClassifier if data.classes else gn.TableRegressor
        return kind(**given, random_state=seed, threads=threads)

    data = split(name, data_folder(asked), seed, asked.rows)
    found = measured(Peer("glassnet", made), data, seed, asked.threads)
    print(
        f"{name} {seed} {trick}: error {found['error']:.5g}, {found['seconds']:.1f} s", flush=True
    )
    return {
        "who": trick, "set": name, "split": seed, "rows": asked.rows, "version": gn.__version__,
        "test_rows": len(data.X_test), **found, "threads": asked.threads,
        "machine": platform.machine(),
    }  # fmt: skip


def show(path: Path, rows: int) -> None:
    """A line for each trick: sets, and how many times the preset's error and log-loss."""
    runs = [r for r in read_runs(path) if r["rows"] == rows]
    if not runs:
        return
    frame = pd.DataFrame(runs).set_index(["set", "split", "who"])
    for trick in (t for t in OFF if t in frame.index.unique("who")):
        found = ratios(frame, trick, WHOLE)
        told = [
            f"{name} × {found[f'geometric mean of {name} ratios']} "
            f"({found[f'sets, splits ({name})'].split(',')[0]} sets)"
            for name in ("error", "log-loss")
            if f"sets, splits ({name})" in found
        ]
        print(f"without {trick}: {', '.join(told)}")


def main() -> None:
    """Measure what was asked for, write it down, and say what the record comes to."""
    asked = options()
    tricks = [WHOLE, *OFF] if asked.off == "all" else [t for t in asked.off.split(",") if t]
    if unknown := sorted({*tricks} - {WHOLE, *OFF}):
        raise SystemExit(f"--off must name some of {', '.join(OFF)}; got {', '.join(unknown)}.")
    have = {tuple(r[k] for k in KEY) for r in read_runs(asked.json)}
    chosen = [
        (trick, name, seed)
        for seed in range(asked.splits)
        for name in asked.sets.split(",")
        for trick in tricks
        if not (asked.missing and (trick, name, seed, asked.rows) in have)
    ]
    for trick, name, seed in chosen:
        if found := run(trick, name, seed, asked):
            put(asked.json, found)
    show(asked.json, asked.rows)


if __name__ == "__main__":
    main()

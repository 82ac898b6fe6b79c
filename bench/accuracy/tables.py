"""Error and log-loss on tables: glassnet's presets beside scikit-learn's MLP, trees and pytabkit.

Each split shuffles the rows by its seed; at most 5,000 of them test, at most ``--rows`` others
train. Everybody gets the same rows; nothing is tuned on test rows. What is measured goes into the
record at once, so that hours of work can be stopped and gone on with, and any of it measured again:

    python bench/accuracy/tables.py                                  # what the record comes to
    python bench/accuracy/tables.py --data FOLDER --who CatBoost     # all sets and splits again
    python bench/accuracy/tables.py --data FOLDER --who RealMLP-TD,TabM --sets adult --splits 1
    python bench/accuracy/tables.py --data FOLDER --who "glassnet default" --record mine.json

With ``--record`` of one's own, ranks and ratios are those of its runs beside the recorded ones.
``--missing`` leaves out what the record has. ``--untimed`` records no seconds, which mean nothing
where the machine had something else to do.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from harness import data_folder
from sklearn.metrics import log_loss
from table_peers import PEERS, Peer
from table_record import (
    KEY,
    RECORDED,
    TIMES,
    Run,
    markdown,
    merged,
    put,
    read_runs,
    show,
    summary,
)
from table_sets import SETS, Split, split


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", default=os.environ.get("GLASSNET_DATA"), help="folder of the data"
    )
    parser.add_argument("--who", default="", help=f"names, by commas, of {', '.join(PEERS)}")
    parser.add_argument("--sets", default=",".join(SETS), help="names, by commas")
    parser.add_argument("--splits", type=int, default=3, help="splits 0 to N − 1")
    parser.add_argument("--rows", type=int, default=6000, help="rows of training at most")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--record", type=Path, default=RECORDED, help="a folder, or a .json file")
    parser.add_argument("--missing", action="store_true", help="only what the record has not")
    parser.add_argument("--untimed", action="store_true", help="record no seconds")
    parser.add_argument("--table", action="store_true", help="all figures, as a table of the docs")
    return parser.parse_args()


def measured(peer: Peer, data: Split, seed: int, threads: int) -> Run:
    """Fit on the rows of training; error (RMSE, or share of wrong classes), log-loss, seconds."""
    known, numbers = np.unique(data.y, return_inverse=True) if data.classes else (None, data.y)
    X, X_test = peer.given(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = peer.made(data, seed, threads)  # what it imports is not the fit's time
        began = time.perf_counter()
        model.fit(X, numbers.copy())
        seconds = round(time.perf_counter() - began, 2)
        if known is None:
            predicted = np.asarray(model.predict(X_test), dtype=np.float64).reshape(-1)
            error = float(np.sqrt(np.mean((predicted - data.y_test) ** 2)))
            return {"error": error, "log_loss": None, "seconds": seconds}
        p = np.asarray(model.predict_proba(X_test), dtype=np.float64)
    return {**judged(p, known, data.y_test), "seconds": seconds}


def judged(p: Any, known: Any, y: Any) -> Run:
    """Share of wrong classes, and log-loss of probabilities; (n, k), (k,), (n,).

    Rows of a class that no row of training had are left out: nobody can know it.
    """
    p = np.clip(p, 1e-15, 1.0)
    p /= p.sum(axis=1, keepdims=True)
    seen = np.isin(y, known)
    codes = np.searchsorted(known, y[seen])
    return {
        "error": float(np.mean(p[seen].argmax(axis=1) != codes)),
        "log_loss": float(log_loss(codes, p[seen], labels=np.arange(len(known)))),
    }


def run(who: str, name: str, seed: int, asked: argparse.Namespace, folder: Path) -> Run:
    """One row of the record."""
    peer, data = PEERS[who], split(name, folder, seed, asked.rows)
    result = measured(peer, data, seed, asked.threads)
    loss = "" if result["log_loss"] is None else f", log-loss {result['log_loss']:.4f}"
    print(
        f"{name} {seed} {who}: error {result['error']:.5g}{loss}, {result['seconds']:.1f} s",
        flush=True,
    )
    return {
        "who": who, "set": name, "split": seed, "rows": asked.rows, "version": peer.version,
        "train_rows": len(data.X), "test_rows": len(data.X_test), **result,
        "seconds": None if asked.untimed else result["seconds"],
        "threads": asked.threads, "machine": platform.machine(),
    }  # fmt: skip


def main() -> None:
    """Measure what was asked for, write it down, and say what the record comes to."""
    asked = options()
    competitors = [who for who in asked.who.split(",") if who]
    if unknown := sorted({*competitors} - {*PEERS}):
        raise SystemExit(f"--who must name some of {', '.join(PEERS)}; got {', '.join(unknown)}.")
    have = {tuple(r[k] for k in KEY) for r in read_runs(asked.record)}
    for who in competitors:
        if PEERS[who].version is None:
            print(f"{who} is left out: {PEERS[who].package} is not installed")
            continue
        for seed in range(asked.splits):
            for name in asked.sets.split(","):
                if not (asked.missing and (who, name, seed, asked.rows) in have):
                    put(asked.record, run(who, name, seed, asked, data_folder(asked)))
    runs = merged([*read_runs(RECORDED), *read_runs(asked.record)])
    if runs := [r for r in runs if r["rows"] == asked.rows]:
        print(markdown(runs, PEERS)) if asked.table else show(summary(runs, read_runs(TIMES)))


if __name__ == "__main__":
    main()

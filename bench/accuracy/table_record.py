"""What was measured on tables, a file for each competitor, and what it comes to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_RESULTS = Path(__file__).resolve().parent.parent / "results"
RECORDED = _RESULTS / "tables"
TIMES = _RESULTS / "tables_times.json"
RIVALS = ("scikit-learn MLP", "LightGBM", "XGBoost", "CatBoost")  # ranks are taken among these
PAIRS = (("glassnet default", "RealMLP-TD"), ("glassnet best", "TabM"))
KEY = ("who", "set", "split", "rows")
TIMES_KEY = ("pair", "set", "rows", "threads", "peer_threads")
_VALUES = (("error", "error"), ("log_loss", "log-loss"))

Run = dict[str, Any]


def read_runs(place: Path) -> list[Run]:
    """The runs of a file, or of all files of a folder; none where there is none."""
    paths = sorted(place.glob("*.json")) if place.is_dir() else [place] if place.exists() else []
    return [run for path in paths for run in json.loads(path.read_text())["runs"]]


def merged(runs: Iterable[Run], key: tuple[str, ...] = KEY) -> list[Run]:
    """A later run stands in the place of an earlier one of the same key."""
    by_key = {tuple(run[k] for k in key): run for run in runs}
    return [by_key[each] for each in sorted(by_key)]


def write_runs(path: Path, runs: Iterable[Run], key: tuple[str, ...] = KEY) -> None:
    """Write the merged runs, a line each; the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ",\n".join(json.dumps(run) for run in merged(runs, key))
    draft = path.with_suffix(".part")
    draft.write_text(f'{{"runs": [\n{text}\n]}}\n')
    os.replace(draft, path)


def put(place: Path, run: Run) -> None:
    """Write a run into a file, or into its competitor's file of a folder."""
    slug = run["who"].lower().replace(" ", "_").replace("-", "_")
    path = place if place.suffix == ".json" else place / f"{slug}.json"
    write_runs(path, [*read_runs(path), run])


def summary(runs: list[Run], times: Iterable[Run] = ()) -> dict[str, Any]:
    """Ranks among the trees and scikit-learn's network, and ratios to the networks of pytabkit."""
    frame = pd.DataFrame(runs).set_index(["set", "split", "who"])
    presets = sorted(w for w in frame.index.unique("who") if w.startswith("glassnet "))
    found = {who: ranks(frame, who) for who in presets}
    for own, other in PAIRS:
        name = f"{own} / {other}"
        found[name] = ratios(frame, own, other) | _time_ratios(
            [t for t in times if t["pair"] == name]
        )
    return {title: values for title, values in found.items() if values}


def ranks(frame: pd.DataFrame, own: str) -> dict[str, Any]:
    """Mean ranks where it and all rivals were measured; sets count alike, whatever their splits."""
    found: dict[str, Any] = {}
    for value, name in _VALUES:
        table = frame[value].unstack("who").reindex(columns=[own, *RIVALS]).dropna()
        if table.empty:
            continue
        means = table.rank(axis=1).groupby("set").mean()
        found[f"sets, splits ({name})"] = f"{len(means)}, {len(table)}"
        found[f"mean rank by {name}"] = means.mean().sort_values().round(3).to_dict()
    return found


def ratios(frame: pd.DataFrame, own: str, other: str) -> dict[str, Any]:
    """Geometric means over sets, where both were measured, of what one has over what the other has.

    Half a wrong row is added to both shares of wrong classes, and half a row's nat to both
    log-losses: on small sets either can be 0.
    """
    found: dict[str, Any] = {}
    for value, name in _VALUES:
        halves = 0.5 / frame["test_rows"]
        values = frame[value] + np.where(frame["log_loss"].notna(), halves, 0.0)
        table = values.unstack("who").reindex(columns=[own, other]).dropna()
        if table.empty:
            continue
        logs = np.log(table[own] / table[other]).groupby("set").mean()
        found[f"sets, splits ({name})"] = f"{len(logs)}, {len(table)}"
        found[f"geometric mean of {name} ratios"] = round(float(np.exp(logs.mean())), 4)
        found[f"{name} ratio of each set"] = np.exp(logs).sort_values().round(3).to_dict()
    return found


def show(found: Mapping[str, Mapping[str, Any]]) -> None:
    """A paragraph for each competitor or pair."""
    for title, values in found.items():
        print(title)
        for name, value in values.items():
            told = value
            if isinstance(value, dict):
                told = ", ".join(f"{who} {number:.3f}" for who, number in value.items())
            print(f"  {name}: {told}")


def markdown(runs: list[Run], order: Iterable[str]) -> str:
    """A row for each set: training rows, and the mean error · log-loss of each competitor.

    A number in brackets says of how many splits, where others have more.
    """
    frame = pd.DataFrame(runs)
    names = [who for who in order if who in set(frame["who"])]
    lines = [
        "| set, training rows | " + " | ".join(names) + " |",
        "| --- " * (len(names) + 1) + "|",
    ]
    for name, rows in frame.groupby("set"):
        splits = rows.groupby("who").size()
        cells = [_cell(rows[rows["who"] == who], int(splits.max())) for who in names]
        lines.append(f"| {name}, {rows['train_rows'].iloc[0]:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(rows: pd.DataFrame, splits: int) -> str:
    if rows.empty:
        return ""
    error = rows["error"].mean()
    told = f"{error:,.0f}" if error >= 1000 else f"{error:.3g}"
    if rows["log_loss"].notna().any():
        told += f" · {rows['log_loss'].mean():.3f}"
    return told if len(rows) == splits else f"{told} ({len(rows)})"


def _time_ratios(times: list[Run]) -> dict[str, Any]:
    if not times:
        return {}
    worst = pd.DataFrame(times).groupby("set")["ratio"].max()  # the peer with its best threads
    return {
        "geometric mean of time ratios": round(float(np.exp(np.log(worst).mean())), 3),
        "time ratio of each set": worst.to_dict(),
    }

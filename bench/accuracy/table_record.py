"""What was measured on tables, a file for each competitor, and what it comes to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RECORDED = Path(__file__).resolve().parent.parent / "results" / "tables"
RIVALS = ("scikit-learn MLP", "LightGBM", "XGBoost", "CatBoost")  # ranks are taken among these
PAIRS = (("glassnet default", "RealMLP-TD"), ("glassnet best", "TabM"))
_KEY = ("who", "set", "split", "rows")

Run = dict[str, Any]


def read(place: Path) -> list[Run]:
    """The runs of a file, or of all files of a folder."""
    paths = sorted(place.glob("*.json")) if place.is_dir() else [place] if place.exists() else []
    return [run for path in paths for run in json.loads(path.read_text())["runs"]]


def merged(*found: Iterable[Run]) -> list[Run]:
    """All runs; a later one stands in the place of an earlier one of the same key."""
    by_key = {tuple(run[k] for k in _KEY): run for runs in found for run in runs}
    return [by_key[key] for key in sorted(by_key)]


def put(place: Path, run: Run) -> None:
    """Write a run into a file, or into its competitor's file of a folder, whole or not at all."""
    path = place
    if place.suffix != ".json":
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{run['who'].lower().replace(' ', '_').replace('-', '_')}.json"
    text = ",\n".join(json.dumps(r) for r in merged(read(path), [run]))
    draft = path.with_suffix(".part")
    draft.write_text(f'{{"runs": [\n{text}\n]}}\n')
    os.replace(draft, path)


def summary(runs: list[Run]) -> dict[str, Any]:
    """Ranks among the trees and scikit-learn's network, and ratios to the networks of pytabkit."""
    frame = pd.DataFrame(runs).set_index(["set", "split", "who"])
    whole = {who: _ranks(frame, who) for who in _named(frame, "glassnet ")}
    pairs = {f"{a} / {b}": _ratios(frame, a, b) for a, b in PAIRS}
    return {**{k: v for k, v in whole.items() if v}, **{k: v for k, v in pairs.items() if v}}


def show(found: Mapping[str, Mapping[str, Any]]) -> None:
    """A paragraph for each competitor or pair."""
    for title, values in found.items():
        print(title)
        for name, value in values.items():
            told = value
            if isinstance(value, dict):
                told = ", ".join(f"{who} {rank:.2f}" for who, rank in value.items())
            print(f"  {name}: {told}")


def _named(frame: pd.DataFrame, start: str) -> list[str]:
    return sorted(w for w in frame.index.unique("who") if w.startswith(start))


def _ranks(frame: pd.DataFrame, own: str) -> dict[str, Any]:
    """Mean ranks where it and all rivals were measured; sets count alike, whatever their splits."""
    found: dict[str, Any] = {}
    for value, name in (("error", "error"), ("log_loss", "log-loss")):
        table = frame[value].unstack("who").reindex(columns=[own, *RIVALS]).dropna()
        if table.empty:
            continue
        ranks = table.rank(axis=1).groupby("set").mean()
        found[f"sets, splits ({name})"] = f"{len(ranks)}, {len(table)}"
        found[f"mean rank by {name}"] = ranks.mean().sort_values().round(3).to_dict()
    return found


def _ratios(frame: pd.DataFrame, own: str, other: str) -> dict[str, Any]:
    """Geometric means over sets, where both were measured, of what one has over what the other has.

    Half a wrong row is added to both shares of wrong classes, and half a row's nat to both
    log-losses: on small sets either can be 0.
    """
    found: dict[str, Any] = {}
    for value, name in (("error", "error"), ("log_loss", "log-loss")):
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

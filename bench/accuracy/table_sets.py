"""Fifteen tables, their targets, and the splits on which everybody is measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits

SETS = {  # target column, and whether it is a class
    "adult": ("income", True),
    "california_housing": ("median_house_value", False),
    "covertype_93k": ("Cover_Type", True),
    "credit_g": ("class", True),
    "titanic": ("survived", True),
    "bike_sharing_hour": ("cnt", False),
    "diamonds": ("price", False),
    "penguins": ("species", True),
    "auto_mpg": ("mpg", False),
    "kin8nm": ("y", False),
    "concrete": ("strength_mpa", False),
    "wine_quality_red": ("quality", False),
    "power_plant": ("PE", False),
    "digits": ("target", True),
    "breast_cancer": ("target", True),
}
_TEST_ROWS = 5_000
_SAMPLE = 15_000  # rows of covertype that are looked at


@dataclass(frozen=True)
class Split:
    """Rows to train on and other rows to test on; ``classes`` says whether the target is one."""

    X: pd.DataFrame
    y: Any
    X_test: pd.DataFrame
    y_test: Any
    classes: bool


def categories(X: pd.DataFrame) -> list[str]:
    """Columns that hold no numbers."""
    return [c for c in X.columns if not pd.api.types.is_numeric_dtype(X[c].dtype)]


@cache
def table(name: str, folder: Path) -> tuple[pd.DataFrame, Any, bool]:
    """The columns, texts as pandas' categories; the target; and whether it is a class."""
    target, classes = SETS[name]
    if name in ("digits", "breast_cancer"):
        frame = (load_digits if name == "digits" else load_breast_cancer)(as_frame=True).frame
    else:
        frame = pd.read_parquet(folder / f"{name}.parquet")
    if name == "covertype_93k":
        frame = frame.sample(_SAMPLE, random_state=0)
    y = frame[target].astype(str) if classes else frame[target].astype(float)
    X = frame.drop(columns=[target, *(c for c in frame.columns if _marks_a_split(c))])
    return X.assign(**{c: X[c].astype("category") for c in categories(X)}), y.to_numpy(), classes


def split(name: str, folder: Path, seed: int, rows: int) -> Split:
    """The set in the order of the seed: the first rows test, at most ``rows`` others train."""
    X, y, classes = table(name, folder)
    order = np.random.default_rng(seed).permutation(len(X))
    held = min(_TEST_ROWS, max(len(X) // 5, len(X) - rows))
    test, train = order[:held], order[held:][:rows]
    return Split(X.iloc[train], y[train], X.iloc[test], y[test], classes)


def _marks_a_split(column: str) -> bool:
    return column == "is_test" or column.startswith("test_")

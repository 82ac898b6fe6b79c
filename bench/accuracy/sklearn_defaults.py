"""glassnet's defaults against scikit-learn's, on the tables that come with scikit-learn.

Accuracy of MLPClassifier() on digits, breast cancer, wine and iris, and R2 of MLPRegressor() on
diabetes: rows as they come (unscaled), the same 5 folds for both, 5 seeds. The mean of the 25
scores of each, and of their differences with its standard error over the 25 pairs.

    python bench/accuracy/sklearn_defaults.py [--seeds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np
import sklearn
from harness import arguments, write_json
from sklearn import neural_network as theirs
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.model_selection import KFold, StratifiedKFold

import glassnet as gn

TABLES: dict[str, tuple[Any, str]] = {
    "digits": (load_digits, "MLPClassifier"),
    "breast cancer": (load_breast_cancer, "MLPClassifier"),
    "wine": (load_wine, "MLPClassifier"),
    "iris": (load_iris, "MLPClassifier"),
    "diabetes": (load_diabetes, "MLPRegressor"),
}
FOLDS = 5


def scores(kind: Any, X: Any, y: Any, folds: list[Any], seeds: int) -> np.ndarray:
    """The score of each seed and fold.  -> (seeds, folds)"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        return np.array(
            [
                [
                    kind(random_state=seed).fit(X[train], y[train]).score(X[test], y[test])
                    for train, test in folds
                ]
                for seed in range(seeds)
            ]
        )


def compared(name: str, seeds: int) -> dict[str, Any]:
    """Both on one table."""
    load, estimator = TABLES[name]
    X, y = load(return_X_y=True)
    splitter = KFold if estimator == "MLPRegressor" else StratifiedKFold
    folds = list(splitter(FOLDS, shuffle=True, random_state=0).split(X, y))
    ours = scores(getattr(gn, estimator), X, y, folds, seeds)
    other = scores(getattr(theirs, estimator), X, y, folds, seeds)
    difference = (ours - other).ravel()
    return {
        "table": name,
        "score": "r2" if estimator == "MLPRegressor" else "accuracy",
        "glassnet": float(ours.mean()),
        "scikit_learn": float(other.mean()),
        "difference": float(difference.mean()),
        "standard_error": float(difference.std(ddof=1) / np.sqrt(len(difference))),
        "glassnet_scores": ours.tolist(),
        "scikit_learn_scores": other.tolist(),
    }


def main(options: argparse.Namespace) -> None:
    """Print a line per table and write the JSON."""
    found = []
    print(f"{'table':14}{'glassnet':>10}{'scikit-learn':>14}{'difference':>12}{'se':>8}")
    for name in TABLES:
        row = compared(name, options.seeds)
        print(
            f"{name:14}{row['glassnet']:10.4f}{row['scikit_learn']:14.4f}"
            f"{row['difference']:+12.4f}{row['standard_error']:8.4f}",
            flush=True,
        )
        found.append(row)
    worse = [row["table"] for row in found if row["difference"] < -row["standard_error"]]
    better = [row["table"] for row in found if row["difference"] > 0]
    print(f"better on {len(better)} of {len(found)}; worse by more than one error: {worse or '-'}")
    summary = {"scikit_learn_version": sklearn.__version__, "worse": worse, "better": better}
    write_json(options, "sklearn_defaults", {**summary, "tables": found})


if __name__ == "__main__":
    main(arguments(__doc__, seeds=5))

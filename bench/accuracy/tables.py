"""Error and log-loss on tables: glassnet's presets beside scikit-learn's MLP and boosted trees.

Each split shuffles the rows by its seed; at most ``--rows`` of them train, at most 10,000 others
test. Everybody gets the same rows. The trees get categories as integers that they are told of, the
MLP one-hot columns and standardised numbers. LightGBM, XGBoost and CatBoost run where they are
installed, with their defaults. Nothing is tuned on test rows.

    python bench/accuracy/tables.py --data FOLDER [--rows 6000] [--splits 3] [--sets a,b]
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from harness import arguments, data_folder, write_json
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import glassnet as gn

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
_TEST_ROWS = 10_000
_SAMPLE = 15_000  # rows of covertype that are looked at


def table(name: str, folder: Path) -> tuple[pd.DataFrame, Any, bool]:
    """The columns, the target, and whether it is a class."""
    target, classes = SETS[name]
    if name in ("digits", "breast_cancer"):
        frame = (load_digits if name == "digits" else load_breast_cancer)(as_frame=True).frame
    else:
        frame = pd.read_parquet(folder / f"{name}.parquet")
    marks = [c for c in frame.columns if c == "is_test" or c.startswith("test_")]
    if name == "covertype_93k":
        frame = frame.sample(_SAMPLE, random_state=0)
    y = frame[target].astype(str) if classes else frame[target].astype(float)
    return frame.drop(columns=[target, *marks]), y.to_numpy(), classes


def categories(X: pd.DataFrame) -> list[str]:
    """Columns that hold no numbers."""
    return [c for c in X.columns if not pd.api.types.is_numeric_dtype(X[c].dtype)]


def as_codes(X: pd.DataFrame) -> pd.DataFrame:
    """Categories as pandas' categories, which the trees take as they are."""
    return X.assign(**{c: X[c].astype("category") for c in categories(X)})


def mlp(X: pd.DataFrame, classes: bool, seed: int) -> Any:
    """scikit-learn's MLP as a careful user would set it."""
    texts = categories(X)
    numbers = [c for c in X.columns if c not in texts]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
    )
    options: Any = {"hidden_layer_sizes": (256, 256), "early_stopping": True, "random_state": seed}
    if classes:
        return make_pipeline(columns, MLPClassifier(**options))
    return TransformedTargetRegressor(
        make_pipeline(columns, MLPRegressor(**options)), transformer=StandardScaler()
    )


def trees(X: pd.DataFrame, classes: bool, seed: int) -> Any:
    made = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return made(categorical_features="from_dtype", random_state=seed)


def lightgbm(X: pd.DataFrame, classes: bool, seed: int) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    return (LGBMClassifier if classes else LGBMRegressor)(random_state=seed, verbose=-1)


def xgboost(X: pd.DataFrame, classes: bool, seed: int) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    return (XGBClassifier if classes else XGBRegressor)(
        random_state=seed, enable_categorical=True, tree_method="hist"
    )


def catboost(X: pd.DataFrame, classes: bool, seed: int) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    return (CatBoostClassifier if classes else CatBoostRegressor)(
        random_state=seed, verbose=False, cat_features=categories(X), allow_writing_files=False
    )


def preset(name: str) -> Callable[[pd.DataFrame, bool, int], Any]:
    """glassnet with all parameters of a preset."""

    def made(X: pd.DataFrame, classes: bool, seed: int) -> Any:
        return (gn.TableClassifier if classes else gn.TableRegressor)(name, random_state=seed)

    return made


ALWAYS = {
    "glassnet default": preset("default"),
    "glassnet fast": preset("fast"),
    "scikit-learn MLP": mlp,
    "HistGradientBoosting": trees,
}
WHERE_INSTALLED = {"lightgbm": lightgbm, "xgboost": xgboost, "catboost": catboost}


def competitors() -> dict[str, Callable[[pd.DataFrame, bool, int], Any]]:
    """Who takes part here."""
    found = {n: made for n, made in WHERE_INSTALLED.items() if importlib.util.find_spec(n)}
    return {**ALWAYS, **found}


def scored(who: str, made: Any, data: tuple[Any, ...], classes: bool, seed: int) -> dict[str, Any]:
    """Fit on the rows of training; error (RMSE, or 1 − accuracy), log-loss and seconds."""
    X, y, X_test, y_test = data
    known, numbers = np.unique(y, return_inverse=True) if classes else (None, y)
    if who == "catboost":
        texts = categories(X)
        X, X_test = (
            x.assign(**{c: x[c].astype(object).fillna("nan") for c in texts}) for x in (X, X_test)
        )
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = made(X, classes, seed).fit(X, numbers)
        fitted = time.perf_counter() - began
        if not classes:
            error = float(np.sqrt(np.mean((model.predict(X_test) - y_test) ** 2)))
            return {"error": error, "seconds": fitted}
        p = np.asarray(model.predict_proba(X_test), dtype=np.float64)
    p = np.clip(p, 1e-15, 1.0)
    p /= p.sum(axis=1, keepdims=True)
    seen = np.isin(y_test, known)  # a class that no row of training had is nobody's fault
    codes = np.searchsorted(known, y_test[seen])
    return {
        "error": float(np.mean(p[seen].argmax(axis=1) != codes)),
        "log_loss": float(log_loss(codes, p[seen], labels=np.arange(len(known)))),
        "seconds": fitted,
    }


def measure(name: str, folder: Path, rows: int, splits: int) -> list[dict[str, Any]]:
    """Everybody on all splits of one set."""
    X, y, classes = table(name, folder)
    X, found = as_codes(X), []
    for seed in range(splits):
        order = np.random.default_rng(seed).permutation(len(X))
        held = min(_TEST_ROWS, max(len(X) // 5, len(X) - rows))
        test, train = order[:held], order[held:][:rows]
        data = (X.iloc[train], y[train], X.iloc[test], y[test])
        for who, made in competitors().items():
            result = scored(who, made, data, classes, seed)
            found.append({"set": name, "split": seed, "who": who, "rows": len(train), **result})
            loss = f", log-loss {result['log_loss']:.4f}" if classes else ""
            print(
                f"{name} {seed} {who}: error {result['error']:.5g}{loss}, "
                f"{result['seconds']:.1f} s",
                flush=True,
            )
    return found


def mean_ranks(results: list[dict[str, Any]], value: str) -> dict[str, float]:
    """The mean over sets and splits of each one's rank by a value, 1 for the least."""
    frame = pd.DataFrame(results)
    if value not in frame:
        return {}
    frame = frame.dropna(subset=[value])
    ranks = frame.groupby(["set", "split"])[value].rank()
    return ranks.groupby(frame["who"]).mean().sort_values().round(2).to_dict()


def main() -> None:
    """Measure and write."""
    options = arguments(__doc__, rows=6000, splits=3, sets="all")
    folder = data_folder(options)
    chosen = list(SETS) if options.sets == "all" else options.sets.split(",")
    results = [row for s in chosen for row in measure(s, folder, options.rows, options.splits)]
    summary = {
        "mean rank by error": mean_ranks(results, "error"),
        "mean rank by log-loss": mean_ranks(results, "log_loss"),
    }
    for title, ranks in summary.items():
        print(f"{title}: {', '.join(f'{who} {rank}' for who, rank in ranks.items())}")
    peers = ["scikit-learn", *(n for n in WHERE_INSTALLED if importlib.util.find_spec(n))]
    versions = {name: version(name) for name in peers}
    record = {"rows": options.rows, "splits": options.splits, "peers": versions}
    write_json(options, "tables", {**record, **summary, "runs": results})


if __name__ == "__main__":
    main()

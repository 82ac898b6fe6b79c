"""Who is measured on tables, each with the defaults of its makers, and what each of them demands.

Trees get categories as categories, and missing values as they are. CatBoost wants texts in the
place of missing categories. pytabkit's networks take categories, missing ones too, and refuse
missing numbers: those get the median and a column that says so. scikit-learn's network is set as a
careful user would set it, since its defaults are no match for anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from table_sets import Split, categories

import glassnet as gn

Made = Callable[[Split, int, int], Any]
"""(split, seed, threads) -> an estimator that has not been fitted."""
Given = Callable[[Split], tuple[pd.DataFrame, pd.DataFrame]]
"""The frames of training and test as it takes them."""


def _as_they_are(split: Split) -> tuple[pd.DataFrame, pd.DataFrame]:
    return split.X, split.X_test


@dataclass(frozen=True)
class Peer:
    """One competitor: the package that it comes in, how it is made, what it is given."""

    package: str
    made: Made
    given: Given = _as_they_are

    @property
    def version(self) -> str | None:
        """Its release, or None where it is not installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None


def _preset(name: str) -> Made:
    def made(split: Split, seed: int, threads: int) -> Any:
        kind = gn.TableClassifier if split.classes else gn.TableRegressor
        return kind(name, random_state=seed, threads=threads)

    return made


def _mlp(split: Split, seed: int, threads: int) -> Any:
    texts = categories(split.X)
    numbers = [c for c in split.X.columns if c not in texts]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
    )
    options: Any = {"hidden_layer_sizes": (256, 256), "early_stopping": True, "random_state": seed}
    if split.classes:
        return make_pipeline(columns, MLPClassifier(**options))
    return TransformedTargetRegressor(
        make_pipeline(columns, MLPRegressor(**options)), transformer=StandardScaler()
    )


def _histogram(split: Split, seed: int, threads: int) -> Any:
    made = HistGradientBoostingClassifier if split.classes else HistGradientBoostingRegressor
    return made(categorical_features="from_dtype", random_state=seed)


def _lightgbm(split: Split, seed: int, threads: int) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    made = LGBMClassifier if split.classes else LGBMRegressor
    return made(random_state=seed, verbose=-1, n_jobs=threads)


def _xgboost(split: Split, seed: int, threads: int) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    made = XGBClassifier if split.classes else XGBRegressor
    return made(random_state=seed, enable_categorical=True, n_jobs=threads)


def _catboost(split: Split, seed: int, threads: int) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    return (CatBoostClassifier if split.classes else CatBoostRegressor)(
        random_state=seed,
        cat_features=categories(split.X),
        thread_count=threads,
        verbose=False,
        allow_writing_files=False,
    )


def _pytabkit(classifier: str, regressor: str) -> Made:
    def made(split: Split, seed: int, threads: int) -> Any:
        import pytabkit

        logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.ERROR)
        kind = getattr(pytabkit, classifier if split.classes else regressor)
        return kind(random_state=seed, n_threads=threads, device="cpu")

    return made


def _texts_without_gaps(split: Split) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Missing categories as a text of their own."""
    texts = categories(split.X)
    first, second = (
        x.assign(
            **{c: x[c].astype(object).where(x[c].notna(), "missing").astype(str) for c in texts}
        )
        for x in (split.X, split.X_test)
    )
    return first, second


def _numbers_without_gaps(split: Split) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Missing numbers as the median of the rows of training, and a column of 0 and 1 beside."""
    texts = categories(split.X)
    first, second = split.X.copy(), split.X_test.copy()
    for column in (c for c in split.X.columns if c not in texts):
        gaps = [x[column].isna() for x in (first, second)]
        if not (gaps[0].any() or gaps[1].any()):
            continue
        median = float(np.nanmedian(first[column]))
        for x, gap in zip((first, second), gaps, strict=True):
            x[column] = x[column].astype(float).fillna(median)
            if gaps[0].any():
                x[f"{column} is missing"] = gap.astype(float)
    return first, second


PEERS: Mapping[str, Peer] = {
    "glassnet fast": Peer("glassnet", _preset("fast")),
    "glassnet default": Peer("glassnet", _preset("default")),
    "glassnet best": Peer("glassnet", _preset("best")),
    "scikit-learn MLP": Peer("scikit-learn", _mlp),
    "HistGradientBoosting": Peer("scikit-learn", _histogram),
    "LightGBM": Peer("lightgbm", _lightgbm),
    "XGBoost": Peer("xgboost-cpu", _xgboost),
    "CatBoost": Peer("catboost", _catboost, _texts_without_gaps),
    "RealMLP-TD": Peer(
        "pytabkit",
        _pytabkit("RealMLP_TD_Classifier", "RealMLP_TD_Regressor"),
        _numbers_without_gaps,
    ),
    "TabM": Peer(
        "pytabkit", _pytabkit("TabM_D_Classifier", "TabM_D_Regressor"), _numbers_without_gaps
    ),
}

"""Models that the server's tests serve, each made once."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd

import glassnet as gn
from glassnet.data.encode import TableEncoder
from glassnet.data.frames import as_column
from glassnet.data.tables import Table
from glassnet.data.targets import TargetEncoder
from glassnet.estimators.table_model import TableModel
from glassnet.serve.measures import Measures
from glassnet.serve.shelf import Shelf

RNG = np.random.default_rng(5)
AGES = [31.0, None, 58.0, 22.5, 40.0, 67.0, 19.0, 35.0]
SHOPS = ["north", "south", "south", "east", "north", "east", "south", "north"]
SOLD = ["yes", "no", "no", "yes", "no", "yes", "no", "yes"]


def columns(n=8):
    """Rows of the mixed table."""
    return Table([as_column(AGES[:n], "age"), as_column(SHOPS[:n], "shop")])


@cache
def mixed():
    """A table model with a number that may be missing and a category."""
    encoder = TableEncoder.fit(columns())
    target = TargetEncoder.fit(as_column(SOLD, "sold"), "binary")
    width = len(encoder.feature_names)
    net = gn.Network(width, [gn.Dense(5, "tanh"), gn.Dense(1, "logistic")],
                     loss="binary_cross_entropy", seed=2)  # fmt: skip
    return TableModel(encoder, target, net, {})


@cache
def numbers():
    """A regression on three plain columns, one of which had missing values."""
    x = RNG.normal(size=(20, 3)) * [1, 10, 100]
    table = Table([
        as_column(np.where(RNG.random(20) < 0.2, np.nan, x[:, j]) if j == 1 else x[:, j], f"c{j}")
        for j in range(3)
    ])  # fmt: skip
    encoder = TableEncoder.fit(table)
    target = TargetEncoder.fit(as_column(x[:, 0] * 7 + 3, "price"), "regression")
    net = gn.Network(len(encoder.feature_names), [gn.Dense(4, "relu"), gn.Dense(1, "identity")],
                     seed=3)  # fmt: skip
    return TableModel(encoder, target, net, {})


@cache
def classifier():
    """An estimator of three classes."""
    X = RNG.normal(size=(90, 4))
    y = np.array(["ant", "bee", "cow"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    return gn.MLPClassifier((8,), max_iter=400, tol=1e-2, random_state=0, dtype="float32").fit(X, y)


@cache
def flats():
    """A frame with columns of every sort, and two targets of it."""
    n = 90
    rng = np.random.default_rng(7)
    X = pd.DataFrame({
        "area": np.where(rng.random(n) < 0.1, np.nan, rng.normal(80, 20, n).round(1)),
        "town": rng.choice(["Ahlen", "Soest", "Werl"], n),
        "grade": rng.choice(["poor", "fair", "good"], n),
        "built": (np.datetime64("2020-01-01") + rng.integers(0, 900, n)).astype(str),
    })  # fmt: skip
    rent = X["area"].fillna(80) * 9 + 50 * (X["grade"] == "good")
    return X, rent.rename("rent"), (rent > 740).map({True: "dear", False: "cheap"}).rename("price")


KINDS = {"grade": ["poor", "fair", "good"]}


@cache
def prices():
    """An average of two networks for classes, calibrated."""
    X, _, price = flats()
    options = {"members": 2, "epochs": 4, "kinds": KINDS, "calibrate": "temperature"}
    return gn.TableClassifier("fast", random_state=0, **options).fit(X, price)


@cache
def rents():
    """A quantile regression."""
    X, rent, _ = flats()
    options = {"epochs": 4, "kinds": KINDS, "loss": "quantile", "quantiles": [0.1, 0.5, 0.9]}
    return gn.TableRegressor("fast", random_state=0, **options).fit(X, rent)


@cache
def areas():
    """A regression on numbers alone."""
    X = pd.DataFrame(np.random.default_rng(8).normal(size=(60, 3)), columns=["a", "b", "c"])
    y = pd.Series(X["a"] * 3 + X["b"], name="area")
    return gn.TableRegressor("fast", members=2, epochs=4, random_state=0).fit(X, y)


@cache
def folder():
    """A folder with all of them as model files."""
    where = Path(mkdtemp(prefix="glassnet-serve-"))
    made = {"mixed": mixed, "numbers": numbers, "insects": classifier}
    made |= {"prices": prices, "rents": rents, "areas": areas}
    for name, model in made.items():
        gn.save(model(), where / f"{name}.glassnet")
    return where


def shelf(*names, log=lambda *_, **__: None, measures=None):
    """A shelf with these models."""
    paths = [folder() / f"{name}.glassnet" for name in names]
    return Shelf(paths, gn.load, measures or Measures(), log)

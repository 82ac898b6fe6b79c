"""Models that the server's tests serve, each made once."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

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
def folder():
    """A folder with all of them as model files."""
    where = Path(mkdtemp(prefix="glassnet-serve-"))
    for name, model in (("mixed", mixed()), ("numbers", numbers()), ("insects", classifier())):
        gn.save(model, where / f"{name}.glassnet")
    return where


def shelf(*names, log=lambda *_, **__: None, measures=None):
    """A shelf with these models."""
    paths = [folder() / f"{name}.glassnet" for name in names]
    return Shelf(paths, gn.load, measures or Measures(), log)

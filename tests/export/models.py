"""Models that the exporters are tried on: one of each kind, trained a little."""

import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.data.frames import as_column
from glassnet.data.tables import Table
from glassnet.estimators.table_fit import fit_table
from glassnet.estimators.table_plan import TableSettings
from glassnet.network.activations import ACTIVATIONS

HIDDEN = sorted(ACTIVATIONS)
STEEP = ("exp", "square")  # two layers of them magnify what float32 rounds away


def mixed(m=120, seed=0):
    """Numbers with gaps, texts of two and more levels, truth values; three targets."""
    rng = np.random.default_rng(seed)
    size = rng.normal(40.0, 9.0, m)
    shop = rng.choice(["b", 'quote " and ??/ \\', "größe", "*/ end"], m)
    sex = rng.choice(["f", "m"], m)
    member = rng.random(m) < 0.5
    number = size / 9 + (sex == "m") - 2 * member + rng.normal(0, 0.2, m)
    classes = np.array(["few", "many", "some"])[np.digitize(number, [3.0, 5.0])]
    gone = rng.random((4, m)) < 0.1

    def with_gaps(values, which):
        pairs = zip(values.tolist(), gone[which], strict=True)
        return [None if lost else value for value, lost in pairs]

    return Table(
        [
            as_column(with_gaps(size, 0), "int"),
            as_column(np.full(m, 7.0), "constant value"),
            as_column(with_gaps(shop, 1), "shop"),
            as_column(sex.tolist(), "sex"),
            as_column(with_gaps(member, 2), "label"),
            as_column(size * 1e6 + 1e9, "far"),
            as_column(1000 + 25 * number, "number"),
            as_column(classes.tolist(), "class"),
            as_column((number > 4).tolist(), "two"),
        ]
    )


TARGETS = ("number", "class", "two")


@cache
def frame(gaps=True, m=240, seed=0):
    """A frame of every kind of column, with gaps or none; three targets by name."""
    rng = np.random.default_rng(seed)
    size, grade = rng.normal(40.0, 9.0, m), rng.integers(0, 4, m)
    town = rng.choice([f"town {k}" for k in range(30)], m, p=_falling(30))
    shop, sex = rng.choice(["b", 'a "?" ??/ \\', "größe"], m), rng.choice(["f", "m"], m)
    member = rng.random(m) < 0.5
    number = size / 9 + (sex == "m") - 2 * member + 0.3 * grade + rng.normal(0, 0.2, m)
    columns = {
        "size": size, "int": rng.integers(0, 3, m).astype(float), "far": size * 1e6 + 1e9,
        "grade": grade.astype(float), "town": town.astype(object), "shop": shop.astype(object),
        "sex": sex.astype(object), "label": member.astype(object), "constant": np.full(m, 7.0),
    }  # fmt: skip
    X = pd.DataFrame(columns)
    if gaps:
        gone = (rng.random(X.shape) < 0.1) & (X.columns != "constant")
        X = X.mask(gone, other=None).astype(dict.fromkeys(("size", "int", "far", "grade"), float))
    classes = np.array(["few", "many", "some"])[np.digitize(number, [3.0, 5.0])]
    return X, {"number": 1000 + 25 * number, "class": classes, "two": number > 4}


def _falling(levels):
    shares = 1 / np.arange(1, levels + 1) ** 2
    return shares / shares.sum()


def strange(X):
    """The frame with cells that training had not: gaps, levels that are new, numbers far away."""
    rows = X.head(60).copy()
    rows.loc[:7, "size"] = [1e308, -1e308, np.nan, 0.0, 1e160, -1e160, 1e9, -5.0]
    rows.loc[:7, "far"] = [np.nan, 0.0, -1.7e308, 1e12, 5e-324, 1e9, 1e9, 1e9]
    rows.loc[3:6, ["town", "shop", "sex"]] = "new"
    rows.loc[8:9, ["town", "shop", "sex", "label", "grade"]] = None
    rows.loc[10:11, "grade"] = [17.0, 2.5]
    return rows


@cache
def table_estimator(target="class", preset="fast", *, gaps=True, members=1, **parameters):
    """A fitted estimator of a frame, and rows to ask it: of training and strange ones."""
    X, targets = frame(gaps)
    kind = gn.TableRegressor if target == "number" else gn.TableClassifier
    chosen = {"hidden_layer_sizes": (12, 8), "epochs": 4, "min_count": 4, "random_state": 0}
    chosen |= {"members": members, "kinds": {"grade": "categorical"}, **parameters}
    return kind(preset, **chosen).fit(X, targets[target]), pd.concat([X.tail(60), strange(X)])


# Every activation once, and every target; the rest of the product is long.
PRODUCT = [
    pytest.param(
        target,
        activation,
        marks=() if target == "class" or activation in ("tanh", "exp") else pytest.mark.long,
    )
    for target in TARGETS
    for activation in HIDDEN
]


@cache
def table_model(target="class", activation="relu", **settings):
    """A table's model and the table it was fitted to."""
    table = mixed()
    rows = table.without(*(name for name in TARGETS if name != target))
    hidden = (8,) if activation in STEEP else (8, 6)
    chosen = TableSettings(hidden=hidden, activation=activation, epochs=8, **settings)
    return fit_table(rows, target, chosen).model, rows


def rows_and_labels(classes=3, m=90):
    """Points about as many centres as there are classes."""
    rng = np.random.default_rng(classes)
    y = np.arange(m) % classes
    X = rng.normal(size=(m, 4)) + 2 * rng.normal(size=(classes, 4))[y]
    return X.astype(np.float32).astype(np.float64), y


@cache
def estimator(kind="multiclass", **parameters):
    """A fitted estimator and rows."""
    chosen = {"hidden_layer_sizes": (7, 5), "max_iter": 15, "random_state": 0, **parameters}
    X, y = rows_and_labels(2 if kind == "binary" else 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "numbers":
            return gn.MLPRegressor(**chosen).fit(X, X[:, 0] - 2 * X[:, 1] + 5), X
        if kind == "several numbers":
            return gn.MLPRegressor(**chosen).fit(X, X[:, :3] * [1, 2, 3]), X
        if kind == "multilabel":
            return gn.MLPClassifier(**chosen).fit(X, (X[:, :3] > 0).astype(int)), X
        if kind == "one class":
            return gn.MLPClassifier(**chosen).fit(X, ["only"] * len(X)), X
        names = {
            "integers": np.array([3, 5, 9]),
            "truths": np.array([False, True]),
            "floats": np.array([1.0, 2.0, 4.0]),
        }
        if kind == "truths":
            y = y % 2
        labels = names.get(kind, np.array(["ä one", "two", "*/three"]))
        return gn.MLPClassifier(**chosen).fit(X, labels[y]), X


KINDS = (
    "binary", "multiclass", "multilabel", "one class", "integers", "truths", "floats", "numbers",
    "several numbers",
)  # fmt: skip


@cache
def pipeline():
    """A scaling before an estimator, on columns far from 0."""
    X, y = rows_and_labels()
    X = (X * [1, 100, 0.01, 5] + [0, 1e4, 1, -50]).astype(np.float32).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(StandardScaler(), gn.MLPClassifier((6,), max_iter=20, random_state=0))
        return model.fit(X, y), X


def embedded():
    """Layers that see their inputs by groups, activations with shares, residual layers."""
    layers = [
        gn.input_scale(4),
        *gn.periodic_embeddings(4, frequencies=3, units=2),
        gn.Dense(6, "selu", kappa=0.5, batch_norm=True),
        gn.Dense(6, "relu", kappa=1.0, residual=True, dropout=0.1),
        gn.Dense(6, "tanh", residual=True, batch_norm=True),
        gn.Dense(3, "softmax"),
    ]
    net = gn.Network(4, layers, loss="cross_entropy", seed=0)
    X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32).astype(np.float64)
    gn.train(net, X, np.arange(60) % 3, optimizer="adam", epochs=5, batch_size=20)
    return net, X


def network(activation="tanh", *, heads=False, dtype="float64", **options):
    """A network with batch norm, dropout and a scaling before it; its statistics have moved."""
    layers = [
        gn.Dense(6, activation, batch_norm=True, dropout=0.2),
        gn.Dense(5, activation, bias=False),
    ]
    if heads:
        each = [gn.Head(3, "softmax", "cross_entropy"), gn.Head(2, "exp", "poisson"), gn.Head(1)]
        layers.append(gn.output_layer(each))
    else:
        layers.append(gn.Dense(2, "identity"))
    stage = gn.Scaling((1.0, -2.0, 0.5, 0.0), (2.0, 1.0, 0.5, 3.0))
    net = gn.Network(4, layers, input_stage=stage, seed=3, dtype=dtype, **options)
    rng = np.random.default_rng(1)
    for name, values in net.state.buffers.items():
        values[:] = rng.uniform(0.5, 1.5, values.shape) if "variance" in name else 0.1
    X = rng.normal(size=(40, 4)).astype(np.float32).astype(np.float64)
    return net, X


def alone(activation, dtype="float32"):
    """A network that is nothing but the activation, and z at which it could go wrong.

    A softmax has two units, z and 0.
    """
    units = 2 if activation == "softmax" else 1
    net = gn.Network(units, [gn.Dense(units, activation, init="zeros")], dtype=dtype)
    net.state.theta[: units * units] = np.eye(units).ravel()
    sizes = [0.0, 1e-30, 1e-6, 0.5, 1.0, 3.0, 9.0, 17.0, 25.0, 35.0, 50.0, 80.0]
    if activation not in ("sin", "cos"):
        sizes += [88.72, 89.0, 104.0, 1e4, 1e18, 1e20, 1e30, 3e38]
    z = np.array([*sizes, *(-size for size in sizes)], dtype=np.float32).astype(np.float64)[:, None]
    return net, np.hstack([z, 0 * z]) if units == 2 else z

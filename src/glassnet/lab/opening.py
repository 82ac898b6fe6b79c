"""What the lab opens with: a file, a model, or an estimator with its rows."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from glassnet.data.frames import as_column, as_table
from glassnet.data.readers import read_table
from glassnet.data.tables import Table
from glassnet.errors import InvalidValue
from glassnet.estimators.blueprint import optimizer, per_layer
from glassnet.files.faults import shown
from glassnet.lab.hub import Bounds
from glassnet.lab.lab import FIRST, Beginning
from glassnet.lab.sets import TOYS, UPLOAD
from glassnet.lab.settings import (
    DataSettings,
    LayerSettings,
    NetworkSettings,
    OutputSettings,
    Settings,
    TrainingSettings,
)
from glassnet.lab.uploads import GIVEN, Upload, described
from glassnet.network.catalogue import activation, loss
from glassnet.network.ensembles import check_plain
from glassnet.network.network import Network
from glassnet.optim.schedules import SCHEDULES
from glassnet.saving.model_file import load

_MODEL = ".glassnet"


def opened(path: str | os.PathLike[str], *, target: str | None = None) -> Beginning:
    """What the lab opens with for a file.

    Raises
    ------
    InvalidValue
        If a table has more rows than the lab takes, or a network more than it can show.
    BadFile, FileFault
    """
    if Path(path).suffix.lower() == _MODEL:
        return of_network(_network_of(load(path)), shown(path))
    table = read_table(path)
    most = Bounds()
    if len(table) > most.rows or len(table.names) > most.columns:
        raise InvalidValue(
            f"the lab takes {most.rows:,} rows and {most.columns:,} columns; {shown(path)} has "
            f"{len(table):,} and {len(table.names):,}. Give it a part."
        )
    return of_table(Upload(Path(path).name, table), target)


def of_table(upload: Upload, target: str | None = None) -> Beginning:
    """The lab's first network on a table.

    Examples
    --------
    >>> table = as_table([[1.0, 0.0], [2.0, 1.0]], ["size", "sold"])
    >>> of_table(Upload("a.csv", table)).settings.data.target
    'sold'
    """
    told = described(GIVEN, upload)["suggested"]
    chosen = told["target"] if target is None else upload.table[target].name
    data = DataSettings(UPLOAD, GIVEN, noise=0.0, target=chosen)
    return Beginning(replace(FIRST, data=data), upload)


def of_network(net: Network, name: str) -> Beginning:
    """A network to look at; where it takes two columns, on a set of two.

    Raises
    ------
    InvalidValue
        If it has parts that the lab does not show.
    """
    network = settings_of(net, name)
    outputs, losses = net.units[net.depth], str(network.loss)
    task = "regression" if loss(losses).partner not in ("logistic", "softmax") else "binary"
    fitting = [key for key, toy in TOYS.items()
               if (len(toy.columns), toy.task) == (net.units[0], task)]  # fmt: skip
    data = DataSettings(fitting[0]) if fitting and outputs == 1 else FIRST.data
    return Beginning(Settings(data, network), None, net)


def of_estimator(estimator: Any, X: Any, y: Any) -> Beginning:
    """An estimator's network, trained or not, with its rows.

    Raises
    ------
    InvalidValue
        If the lab cannot show it.

    Examples
    --------
    >>> import glassnet as gn
    >>> found = of_estimator(gn.MLPClassifier((4,)), [[0.0], [1.0], [2.0]], [0, 1, 0])
    >>> found.settings.network.layers[0].units, found.settings.data.target
    (4, 'y')
    """
    columns = as_table(X).columns
    names = {column.name for column in columns}
    target = next(name for name in ("y", "target", "y of the lab") if name not in names)
    table = Table([*columns, as_column(y, target)])
    data = DataSettings(UPLOAD, GIVEN, noise=0.0, test=0.25, target=target, standardise=False)
    if isinstance(estimator, Network):
        settings = Settings(data, settings_of(estimator, "the network"))
        return Beginning(settings, Upload("rows", table), estimator)
    if not hasattr(estimator, "hidden_layer_sizes"):
        raise InvalidValue(
            "the lab shows a Network, an MLPClassifier or an MLPRegressor; got "
            f"{type(estimator).__name__}."
        )
    net: Network | None = getattr(estimator, "network_", None)
    network = _blueprint(estimator) if net is None else settings_of(net, "the estimator")
    settings = Settings(data, network, _training(estimator, len(table)))
    return Beginning(settings, Upload("rows", table), net)


def settings_of(net: Network, name: str) -> NetworkSettings:
    """A network as the lab's settings say it.

    Raises
    ------
    InvalidValue
        If it has several heads, an input stage, or functions with parameters of their own.

    Examples
    --------
    >>> import glassnet as gn
    >>> settings_of(gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "identity")]), "m").layers
    (LayerSettings(units=3, activation='relu', ...),)
    """
    spec = net.specification
    check_plain(spec, "the lab")
    plain = len(spec.heads) == 1 and spec.input_stage is None and spec.max_norm is None
    plain = plain and all(layer.bias and not layer.frozen for layer in spec.layers)
    for layer in spec.layers:
        plain = plain and layer.connections is None and layer.kappa is None and not layer.residual
    for layer in spec.layers if plain else ():
        plain = plain and layer.activation == activation(layer.activation.name)
    plain = plain and spec.loss == loss(spec.loss.name)
    if not plain:
        raise InvalidValue(
            f"the lab shows networks of dense layers with a bias and one output layer, their "
            f"functions as the catalogue has them; {name} has other parts: {net!r}."
        )
    hidden = tuple(
        LayerSettings(
            layer.units, layer.activation.name, bool(layer.batch_norm), float(layer.dropout)
        )
        for layer in spec.layers[:-1]
    )
    output = OutputSettings(spec.layers[-1].activation.name)
    return NetworkSettings(hidden, spec.loss.name, output, net.state.seed % 2**53)


def _network_of(model: Any) -> Network:
    for name in ("network_", "network"):
        if isinstance(getattr(model, name, None), Network):
            return getattr(model, name)
    return model


def _blueprint(estimator: Any) -> NetworkSettings:
    sizes = estimator.hidden_layer_sizes
    sizes = [sizes] if isinstance(sizes, int) else list(sizes)
    kinds = per_layer(estimator.activation, len(sizes), "activation")
    drops = per_layer(estimator.dropout, len(sizes), "dropout")
    norms = per_layer(estimator.batch_norm, len(sizes), "batch_norm")
    layers = tuple(
        LayerSettings(int(size), activation(kind).name, bool(norm), float(drop))
        for size, kind, norm, drop in zip(sizes, kinds, norms, drops, strict=True)
    )
    state = estimator.random_state
    return NetworkSettings(layers, seed=state if isinstance(state, int) else 0)


def _training(estimator: Any, rows: int) -> TrainingSettings:
    method = optimizer(estimator)
    size = min(200, rows) if estimator.batch_size == "auto" else int(estimator.batch_size)
    state = estimator.random_state
    name = estimator.schedule if estimator.schedule in SCHEDULES else "constant"
    return TrainingSettings(
        optimizer=method.name,
        learning_rate=float(getattr(method, "learning_rate", 1.0)),
        momentum=getattr(method, "momentum", None),
        batch_size="all" if method.name == "lbfgs" else size,
        schedule=name,
        clip=estimator.clip_norm,
        shuffle=bool(estimator.shuffle),
        seed=state if isinstance(state, int) else 0,
        epochs=None if name == "constant" else int(estimator.max_iter),
    )

"""From settings to a network and the arguments of its training; what cannot be, with its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from glassnet.arrays import Array
from glassnet.data.targets import Task
from glassnet.errors import GlassnetError, OutsideDomain
from glassnet.lab.preparing import Prepared
from glassnet.lab.settings import (
    HORIZON,
    Fault,
    Impossible,
    LayerSettings,
    OutputSettings,
    Settings,
)
from glassnet.network import catalogue
from glassnet.network.initializers import Constant, Normal
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.penalties import L2
from glassnet.optim.optimizers import OPTIMIZERS, Optimizer
from glassnet.training.observers import Observer, UnderWay
from glassnet.training.train import train

Made = TypeVar("Made")

FITTING: dict[Task, tuple[str, str]] = {
    "binary": ("binary_cross_entropy", "logistic"),
    "multiclass": ("cross_entropy", "softmax"),
    "regression": ("squared_error", "identity"),
}
METRIC: dict[Task, str] = {"binary": "accuracy", "multiclass": "accuracy", "regression": "r2"}
_PLACES = (
    ("batch_norm", "training.batch_size"),
    ("schedule", "training.schedule"),
    ("clip", "training.clip"),
    ("targets", "network.loss"),
    ("y must", "network.loss"),
)


class _Checked(Exception):
    """All checks have passed, and nothing has begun."""


class _NoStep(Observer):
    """Ends a training before it begins, once its arguments have been checked."""

    def meet(self, run: UnderWay) -> None:
        raise _Checked


@dataclass(frozen=True, eq=False)
class Experiment:
    """Settings carried out as far as the first step.

    Attributes
    ----------
    settings : Settings
        Completed.
    rows : Prepared
    targets : (n, n_L) float64
    """

    settings: Settings
    rows: Prepared
    targets: Array

    def network(self) -> Network:
        """The network as it is before training; a new one each time."""
        return network_of(self.settings, self.rows)

    def arguments(self) -> dict[str, Any]:
        """How ``gn.train`` is to train it, apart from rows and epochs."""
        training, rows = self.settings.training, self.rows
        found: dict[str, Any] = {
            "optimizer": _optimizer(self.settings),
            "batch_size": len(rows.train) if training.batch_size == "all" else training.batch_size,
            "schedule": training.schedule,
            "clip_norm": training.clip,
            "shuffle": training.shuffle,
        }
        if len(rows.test):
            found["validation"] = (rows.X[rows.test], self.targets[rows.test])
            found["metrics"] = [METRIC[rows.task]]
        return found

    def train(self, net: Network, **more: Any) -> Any:
        """``gn.train`` on the training rows."""
        rows = self.rows
        x, y = rows.X[rows.train], self.targets[rows.train]
        return train(net, x, y, **self.arguments(), **more)


def completed(settings: Settings, task: Task) -> Settings:
    """The settings with what is left open filled in by what fits the task.

    Examples
    --------
    >>> completed(Settings(), "binary").network.output.activation
    'logistic'
    """
    network, training = settings.network, settings.training
    usual, partner = FITTING[task]
    loss = network.loss or usual
    activation = network.output.activation
    if activation is None:
        activation = (catalogue.loss(loss).partner if network.loss else partner) or partner
    output = replace(network.output, activation=activation)
    epochs = training.epochs
    if epochs is None and training.schedule != "constant":
        epochs = HORIZON
    return replace(
        settings,
        network=replace(network, loss=loss, output=output),
        training=replace(training, epochs=epochs),
    )


def experiment(settings: Settings, rows: Prepared) -> Experiment:
    """The experiment, every part of which has been tried.

    Raises
    ------
    Impossible

    Examples
    --------
    >>> from glassnet.lab.preparing import prepared
    >>> rows, _ = prepared(Settings().data)
    >>> experiment(Settings(), rows).network()
    Network(2-8-8-1; tanh, tanh, logistic; binary_cross_entropy; 105 parameters)
    """
    whole = completed(settings, rows.task)
    _check_loss(whole, rows.task)
    found = Experiment(whole, rows, rows.targets(str(whole.network.loss)))
    net = found.network()
    try:
        found.train(net, epochs=1, observers=[_NoStep()])
    except _Checked:
        return found
    except Impossible:
        raise
    except GlassnetError as error:
        text = str(error)
        place = next((place for word, place in _PLACES if word in text), "training")
        raise Impossible([Fault(place, text)]) from error
    raise AssertionError("an observer that raises has not ended the training")


def network_of(settings: Settings, rows: Prepared) -> Network:
    """The network that the settings describe, with its first weights.

    Raises
    ------
    Impossible
    """
    network, training = settings.network, settings.training
    layers = [
        _tried(f"network.layers.{k}", lambda layer=layer: _dense(layer))
        for k, layer in enumerate(network.layers)
    ]
    outputs = rows.targets(str(network.loss)).shape[1]
    layers.append(_tried("network.output", lambda: _output(network.output, outputs)))
    penalties = [L2(training.weight_decay)] if training.weight_decay else []
    try:
        net = Network(
            rows.X.shape[1], layers, loss=network.loss, penalties=penalties, seed=network.seed
        )
    except OutsideDomain as error:
        raise Impossible([Fault("network.output.activation", str(error))]) from error
    except GlassnetError as error:
        raise Impossible([Fault("network.loss", str(error))]) from error
    if training.seed != network.seed:
        net.state = replace(net.state, seed=training.seed)
    return net


def initializer(layer: LayerSettings | OutputSettings) -> Any:
    """What ``init`` of a layer means.

    Examples
    --------
    >>> initializer(LayerSettings(init="constant", init_scale=0.5))
    Constant(value=0.5)
    """
    if layer.init_scale is None:
        return layer.init
    return (Constant if layer.init == "constant" else Normal)(layer.init_scale)


def _dense(layer: LayerSettings) -> Dense:
    return Dense(
        layer.units,
        layer.activation,
        init=initializer(layer),
        batch_norm=layer.batch_norm,
        dropout=layer.dropout,
    )


def _output(output: OutputSettings, units: int) -> Dense:
    return Dense(units, output.activation, init=initializer(output))


def _optimizer(settings: Settings) -> Optimizer:
    training = settings.training
    made = OPTIMIZERS[training.optimizer]
    known = {field.name for field in fields(made)}
    told: dict[str, Any] = {"learning_rate": training.learning_rate}
    if training.momentum is not None:
        if "momentum" not in known:
            text = f'{training.optimizer!r} has no momentum. Choose "momentum" or "nesterov".'
            raise Impossible([Fault("training.momentum", text)])
        told["momentum"] = training.momentum
    if "learning_rate" not in known:  # lbfgs searches along a line
        del told["learning_rate"]
    return _tried("training.learning_rate", lambda: made(**told))


def _check_loss(settings: Settings, task: Task) -> None:
    loss = catalogue.loss(settings.network.loss)
    if task == "regression" and not fits(loss, task):
        text = (
            f"{loss.name!r} is made for classes, and the target is a number. Use "
            '"squared_error", or say that the task is "multiclass".'
        )
        raise Impossible([Fault("network.loss", text)])


def fits(loss: Any, task: Task) -> bool:
    """Whether a loss can judge a task: a cross-entropy knows classes only.

    Examples
    --------
    >>> fits(catalogue.loss("cross_entropy"), "regression")
    False
    """
    return task != "regression" or loss.partner not in ("logistic", "softmax")


def _tried(where: str, make: Callable[[], Made]) -> Made:
    try:
        return make()
    except GlassnetError as error:
        raise Impossible([Fault(where, str(error))]) from error

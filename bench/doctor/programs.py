"""A program: a case in glassnet's own terms, with its rows, ready to be trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from bench.doctor import words
from bench.doctor.cases import Recipe, known
from bench.doctor.loss_words import read_loss, understood
from bench.doctor.tables import columns, prepared
from glassnet.arrays import Array
from glassnet.engine.choice import choose
from glassnet.engine.interface import Program as Engineered
from glassnet.network.specification import Specification
from glassnet.optim.contracts import Optimizer

# Longer trainings end there, and are counted in the report: some seconds of either engine.
MOST_STEPS = {"native": 20_000, "reference": 6_000}
_LAYER_KEYS = {
    "units", "act", "activation", "drop", "dropout", "init", "binit", "bias_init", "bias",
    "use_bias", "batch_norm", "bn", "alpha", "frozen", "name",
}  # fmt: skip
_TRAINING_KEYS = {
    "opt", "lr", "epochs", "batch", "loss", "l1", "l2", "momentum", "nesterov",
    "decay", "grad_sign", "grad_scale", "misalign", "shuffle_labels", "clipnorm", "clipvalue",
    "rho", "beta_1", "beta_2", "epsilon", "eps", "weight_decay", "class_weight", "shuffle",
    "validation_split",
}  # fmt: skip
_HELD_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to train on or to judge by.

    Attributes
    ----------
    X : (m, n₀)
    y : (m, n_L)
        As the loss takes it; out of step with X where the program has it so.
    told : (m, k)
        As the program's author has it, before the loss repeats or encodes it.
    aligned : (m, n_L)
        y in step with X.
    answers : (m, k)
        As the file has it: what accuracies are judged by.
    """

    X: Array
    y: Array
    told: Array
    aligned: Array
    answers: Array

    def part(self, rows: Any) -> Rows:
        """Some of the rows."""
        return Rows(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Program:
    """A specification, how it is trained, and its rows.

    ``asked_epochs`` is what the case asks for, ``epochs`` what the bench takes of it; ``options``
    are further arguments of :func:`glassnet.train`. ``read`` brings outputs back to the code and
    the units of y where a remedy has changed them.
    """

    spec: Specification
    optimizer: Optimizer
    schedule: Any
    epochs: int
    asked_epochs: int
    batch_size: int
    rows: Rows
    held: Rows | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    read: Callable[[Array], Array | None] | None = None

    @property
    def steps(self) -> int:
        """Updates in all."""
        return self.epochs * self.steps_per_epoch

    @property
    def steps_per_epoch(self) -> int:
        """Updates in an epoch."""
        return -(-len(self.rows.X) // min(self.batch_size, len(self.rows.X)))

    @property
    def native(self) -> bool:
        """Whether the compiled engine trains it."""
        return _engine(self.spec, self.optimizer) == "native"

    @property
    def judged(self) -> Rows:
        """The rows that the metric is taken on."""
        return self.rows if self.held is None else self.held

    def network(self, seed: int) -> gn.Network:
        """A new network of it."""
        return gn.Network.of(self.spec, self.spec.initial_state(seed, "float64"))

    def arguments(self) -> dict[str, Any]:
        """Keywords of :func:`glassnet.train`, without the number of epochs."""
        # Where a remedy wrote y in another code, that of the held rows is still in the old one.
        use = self.held if self.read is None else None
        held = None if use is None else (use.X, use.y)
        return {
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "batch_size": self.batch_size,
            "validation": held,
            **self.options,
        }


def program(recipe: Recipe, folder: Path, seed: int, success: Mapping[str, Any]) -> Program:
    """A recipe as a program; the seed draws the order of labels that are out of step."""
    training, layers = recipe.training, recipe.network["layers"]
    known(training, _TRAINING_KEYS, "training")
    known(recipe.network, ("n_in", "n_out", "layers", "weight_init", "bias_init"), "network")
    known(recipe.preprocess, ("x", "y"), "preprocess")
    X, raw = columns(folder, recipe.csv)
    answers = columns(folder, recipe.told_csv)[1]
    x = prepared(X, recipe.preprocess.get("x"))
    told = prepared(raw, recipe.preprocess.get("y"))
    phi = words.activation(layers[-1].get("act", layers[-1].get("activation")),
                           int(layers[-1]["units"]))  # fmt: skip
    word = understood(str(training["loss"]), str(training.get("loss_words", "")))
    read = read_loss(word, getattr(phi, "name", phi), int(layers[-1]["units"]), told)
    spec = _specification(recipe, x.shape[1], read.loss, read.cost_factor, read.activation)
    rows = _rows(x, read.y, told, answers, seed if _misaligned(training) else None)
    rows, held = _parts(rows, success, training)
    size = training.get("batch", 32)
    batch = len(rows.X) if size in (None, "full", "all") else int(size)
    asked = int(training["epochs"])
    each = -(-len(rows.X) // min(batch, len(rows.X)))
    optimizer = words.optimizer(training, read.cost_factor)
    return Program(
        spec,
        optimizer,
        words.schedule(training),
        capped(asked, each, most_steps(spec, optimizer)),
        asked,
        batch,
        rows,
        held,
        {
            "sample_weight": _weights(training.get("class_weight"), rows.answers),
            "clip_norm": training.get("clipnorm"),
            "clip_value": training.get("clipvalue"),
            "shuffle": bool(training.get("shuffle", True)),
        },
    )


def most_steps(spec: Specification, optimizer: Optimizer) -> int:
    """How many steps the engine that can run it is given."""
    return MOST_STEPS[_engine(spec, optimizer)]


def _engine(spec: Specification, optimizer: Optimizer) -> str:
    return choose("auto", Engineered(spec, optimizer)).name


def capped(epochs: int, steps: int, most: int) -> int:
    """The epochs that are taken of those asked for, at so many steps each."""
    return max(1, min(epochs, most // steps))


def _specification(
    recipe: Recipe, inputs: int, loss: Any, factor: float, last: str | None
) -> Specification:
    network, training = recipe.network, recipe.training
    layers = [_layer(layer, network) for layer in network["layers"]]
    if last is not None:
        layers[-1] = gn.Dense(layers[-1].units, last, init=layers[-1].init,
                              bias_init=layers[-1].bias_init)  # fmt: skip
    # Keras's l2 is the factor of Σ W², glassnet's strength that of half of it.
    penalties = [
        made(times * factor * float(training[key]))
        for key, made, times in (("l1", gn.L1, 1.0), ("l2", gn.L2, 2.0))
        if training.get(key)
    ]
    return Specification(inputs, tuple(layers), loss, tuple(penalties), strict=False)


def _layer(layer: Mapping[str, Any], network: Mapping[str, Any]) -> gn.Dense:
    known(layer, _LAYER_KEYS, "a layer")
    units = int(layer["units"])
    word = layer.get("act", layer.get("activation"))
    alpha = layer.get("alpha")
    return gn.Dense(
        units,
        words.activation(word if alpha is None else [word, alpha], units),
        bias=bool(layer.get("bias", layer.get("use_bias", True))),
        init=words.initializer(layer.get("init", network.get("weight_init", "glorot_uniform"))),
        bias_init=words.initializer(
            layer.get("binit", layer.get("bias_init", network.get("bias_init", 0.0)))
        ),
        dropout=float(layer.get("drop", layer.get("dropout")) or 0.0),
        batch_norm=bool(layer.get("batch_norm", layer.get("bn", False))),
        frozen=bool(layer.get("frozen", False)),
    )


def _misaligned(training: Mapping[str, Any]) -> bool:
    return bool(training.get("misalign") or training.get("shuffle_labels"))


def _rows(X: Array, y: Array, told: Array, answers: Array, seed: int | None) -> Rows:
    order = np.arange(len(X)) if seed is None else np.random.default_rng(seed).permutation(len(X))
    return Rows(X, y[order], told[order], y, answers)


def _parts(
    rows: Rows, success: Mapping[str, Any], training: Mapping[str, Any]
) -> tuple[Rows, Rows | None]:
    """Rows to train on and, where the case judges by others, the last ones held apart."""
    on = str(success.get("on") or "training rows")
    apart = "train" not in on and any(word in on for word in ("valid", "held", "test"))
    share = float(training.get("validation_split") or (_HELD_SHARE if apart else 0))
    if not share:
        return rows, None
    at = round(len(rows.X) * (1 - share))
    return rows.part(slice(0, at)), rows.part(slice(at, None))


def _weights(asked: Any, answers: Array) -> Array | None:
    if not asked:
        return None
    numbers = answers.argmax(axis=1) if answers.shape[1] > 1 else answers[:, 0].astype(int)
    if asked == "balanced":
        counts = np.bincount(numbers)
        return len(numbers) / (np.count_nonzero(counts) * counts[numbers])
    if isinstance(asked, dict):
        return np.array([float(asked.get(str(k), asked.get(k, 1.0))) for k in numbers.tolist()])
    return np.array([float(asked[k]) for k in numbers.tolist()])

"""The networks behind a table estimator: made alike, held to different rows, trained together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.splits import folds
from glassnet.engine.prediction import predict
from glassnet.estimators.tables.recipes import CUT, Recipe
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.many import run_many
from glassnet.training.observers import EpochEnd, Observer
from glassnet.training.run import Run
from glassnet.training.train import train

_FOLDS = 10
_FEWEST = 10  # rows: with fewer, none can be spared for validation
SPENT = "the time budget is spent"  # why a run ended
_PROBED = 2_000  # rows on which the speed is measured


@dataclass(frozen=True, eq=False)
class Material:
    """What the members learn from.

    Attributes
    ----------
    x : (m, d) float32
    y : (m, outputs) float32
    w : (m,) or None
    codes : (m,) int or None
        The class of each row.
    """

    x: Array
    y: Array
    w: Array | None
    codes: Array | None


@dataclass(frozen=True)
class Head:
    """The output layer and loss that a target asks for; of quantiles both are joint ones."""

    units: int
    activation: Any
    loss: Any


def networks(
    inputs: int,
    head: Head,
    parameters: Mapping[str, Any],
    seeds: Sequence[int],
    recipe: Recipe = CUT,
) -> list[Network]:
    """An untrained network for each seed; batch-ensembles in the first recipe, if they are wanted.

    Examples
    --------
    >>> plain = {"hidden_layer_sizes": (4,), "activation": "relu", "dropout": 0.0}
    >>> networks(2, Head(1, "identity", "squared_error"), plain, [0])
    [Network(2-4-1; relu, identity; squared_error; 17 parameters)]
    """
    p, before = parameters, (inputs, *parameters["hidden_layer_sizes"])
    k = 1 if recipe.plain else max(1, int(p.get("shared_members", 0)))
    hidden = [
        Dense(n, p["activation"], dropout=p["dropout"], members=k, **recipe.layer(fan_in))
        for fan_in, n in zip(before, p["hidden_layer_sizes"], strict=False)
    ]
    last = Dense(head.units, head.activation, members=k, **recipe.layer(before[-1]))
    layers = [*hidden, last]
    return [Network(inputs, layers, loss=head.loss, seed=seed, dtype="float32") for seed in seeds]


def member_rows(
    rows: int, members: int, seed: int, codes: Array | None
) -> list[tuple[Array, Array]]:
    """Rows to train on and to validate on, for each member: a tenth is held out, another each time.

    After ten members the rows are dealt anew. A class of one row is never held out, and fewer than
    10 rows are all trained on.

    Examples
    --------
    >>> [len(held) for _, held in member_rows(20, 2, 0, None)]
    [2, 2]
    """
    if rows < _FEWEST:
        return [(np.arange(rows), np.arange(0))] * members
    deals = -(-members // _FOLDS)
    dealt = [
        pair
        for deal in range(deals)
        for pair in folds(rows, _FOLDS, seed=seed + deal, stratify=codes)
    ]
    alone = np.zeros(rows, dtype=bool)
    if codes is not None:
        alone = np.bincount(codes)[codes] == 1
    return [
        (np.union1d(own, held[alone[held]]), held[~alone[held]]) for own, held in dealt[:members]
    ]


def train_members(
    nets: Sequence[Network],
    material: Material,
    rows: Sequence[tuple[Array, Array]],
    parameters: Mapping[str, Any],
    recipe: Recipe = CUT,
    *,
    metric: Any = "loss",
    last_epoch: int | None = None,
    deadline: float | None = None,
    observers: Sequence[Sequence[Observer]] | None = None,
    engine: Any = "auto",
    workers: int | None = None,
) -> list[Run]:
    """Train the members side by side; the best epoch of each is put back.

    Parameters
    ----------
    metric : str or Metric
        By which the best epoch is chosen, on rows that are held out.
    last_epoch : int, optional
        No epoch begins after it, but the schedules go on as if one did.
    deadline : float, optional
        On ``time.monotonic``: no epoch begins after it.
    observers : sequence with a list of Observer for each network, optional
    """
    judged = all(len(held) > 0 for _, held in rows)
    return run_many(
        nets,
        recipe.seen(material.x),
        material.y,
        rows=[own for own, _ in rows],
        validation_rows=[held for _, held in rows] if judged else None,
        optimizer=recipe.optimizer(parameters),
        epochs=parameters["epochs"],
        batch_size=parameters["batch_size"],
        sample_weight=material.w,
        schedule="cosine",
        **recipe.schedules,
        early_stopping=EarlyStopping(metric, patience=parameters["patience"]) if judged else None,
        observers=[
            [*each, *_ends(deadline, last_epoch)] for each in observers or [[] for _ in nets]
        ],
        engine=engine,
        workers=workers,
    )


def seconds_per_row(net: Network, material: Material, parameters: Mapping[str, Any]) -> float:
    """How long one member trains on one row, measured on a copy of the network."""
    some = min(_PROBED, len(material.x))
    copy = Network.of(net.specification, net.state)
    best = float("inf")
    for _ in range(2):
        began = time.perf_counter()
        train(
            copy,
            material.x[:some],
            material.y[:some],
            optimizer=CUT.optimizer(parameters),
            epochs=1,
            batch_size=min(parameters["batch_size"], some),
            threads=1,
        )
        best = min(best, time.perf_counter() - began)
    return best / some / net.specification.members


def averaged(nets: Sequence[Network], x: Array, engine: Any) -> Array:
    """The mean of the members' outputs.  (m, d) -> (m, n_L) float64"""
    total = predict(nets[0], x, engine=engine).astype(np.float64)
    for net in nets[1:]:
        total += predict(net, x, engine=engine)
    return total / len(nets)


class Deadline(Observer):
    """Ends a run at the end of the first epoch after a moment of ``time.monotonic``.

    Examples
    --------
    >>> Deadline(0.0).epoch(EpochEnd(1, 2, 1, {}, lambda: None))
    'the time budget is spent'
    """

    def __init__(self, moment: float) -> None:
        self.moment = moment

    def epoch(self, end: EpochEnd) -> str | None:
        return SPENT if time.monotonic() >= self.moment else None


class LastEpoch(Observer):
    """Ends a run after so many epochs.

    Examples
    --------
    >>> LastEpoch(3).epoch(EpochEnd(3, 9, 1, {}, lambda: None))
    'as many epochs as were found best'
    """

    def __init__(self, epoch: int) -> None:
        self.last = epoch

    def epoch(self, end: EpochEnd) -> str | None:
        return "as many epochs as were found best" if end.epoch >= self.last else None


def _ends(deadline: float | None, last_epoch: int | None) -> list[Observer]:
    found: list[Observer] = [] if deadline is None else [Deadline(deadline)]
    return found if last_epoch is None else [*found, LastEpoch(last_epoch)]

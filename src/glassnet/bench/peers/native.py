"""glassnet: stretches of steps in one call of the engine, as training makes them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from glassnet.bench.contract import Entry, Turn
from glassnet.bench.workloads import Prediction, Shape, Training, rows, targets
from glassnet.data.batches import Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Plan, Program, Session
from glassnet.engine.prediction import outputs
from glassnet.errors import Unsupported
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification
from glassnet.optim.optimizers import SGD, Adam, Optimizer


def train(work: Training, entry: Entry) -> Turn:
    """A turn of training: rows drawn at random, gathered inside the engine."""
    x, y = rows(work, entry.storage)
    method = Adam(work.rate) if work.optimizer == "adam" else SGD(work.rate)
    data = Data(x, targets(work.shape, y, entry.storage))
    session = _session(work.shape, method, data, entry)
    rng, offsets = np.random.default_rng(1), np.arange(work.steps + 1) * work.batch
    rates = np.full(work.steps, work.rate)

    def turn() -> None:
        drawn = rng.integers(0, work.rows, work.steps * work.batch)
        session.run(Plan(drawn, offsets, rates))

    return turn


def predict(work: Prediction, entry: Entry) -> Turn:
    """A turn of prediction on an open session."""
    x, y = rows(work, entry.storage)
    data = Data(x[:1], targets(work.shape, y[:1], entry.storage))
    session = _session(work.shape, SGD(), data, entry)

    def turn() -> None:
        for _ in range(work.steps):
            outputs(session, x)

    return turn


def _session(shape: Shape, method: Optimizer, data: Data, entry: Entry) -> Session:
    loss = "cross_entropy" if shape.output == "softmax" else "binary_cross_entropy"
    hidden = [Dense(n, shape.hidden) for n in shape.units[1:-1]]
    layers = (*hidden, Dense(shape.units[-1], shape.output))
    spec = Specification(shape.units[0], layers, loss)
    program = Program(spec, method, threads=entry.threads, **_precision(entry))
    state = spec.initial_state(0, entry.storage)
    return choose("auto", program).open(program, state, data)


def _precision(entry: Entry) -> dict[str, Any]:
    if entry.dtype != "bf16":
        return {}
    if "precision" not in {field.name for field in fields(Program)}:
        raise Unsupported("this engine has no bf16 products. Time float32 or float64.")
    return {"precision": "bf16"}

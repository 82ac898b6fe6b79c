"""Frames: what the page shows of a network at a moment."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data, Order, Selection
from glassnet.engine.choice import choose
from glassnet.engine.interface import Moment, Program
from glassnet.lab import marks, views
from glassnet.lab.building import METRIC, Experiment
from glassnet.lab.lane import Lane
from glassnet.lab.plain import number, numbers
from glassnet.lab.views import MOST_HIDDEN, Views
from glassnet.network import catalogue
from glassnet.network.network import Network
from glassnet.network.specification import Parameters
from glassnet.optim.optimizers import SGD
from glassnet.training.evaluation import evaluate
from glassnet.training.observers import norm

MOST_SHOWN = 2000  # rows that are drawn, and that loss and metric of a frame are taken over
_MOST_WEIGHTS = 4096
_BINS = 24


def shown(rows: Any) -> Array:
    """Numbers of the rows that are drawn: all, or 2,000 evenly spaced, training rows first."""
    numbers_ = np.concatenate([rows.train, rows.test])
    if len(numbers_) <= MOST_SHOWN:
        return numbers_
    return numbers_[np.linspace(0, len(numbers_) - 1, MOST_SHOWN).astype(np.int64)]


def next_batch(experiment: Experiment, net: Network) -> Array:
    """The first batch of the epoch that the network stands in.  -> places among training rows"""
    training, m = experiment.settings.training, len(experiment.rows.train)
    size = m if training.batch_size == "all" else min(m, training.batch_size)
    normed = any(layer.batch_norm for layer in net.specification.layers)
    order = Order(m, size, net.state.seed, training.shuffle, 2 if normed else 1)
    return order.epoch(net.state.epoch)[: order.offsets()[1]]


class Painter:
    """Makes the frames of one experiment; by one thread at a time.

    Parameters
    ----------
    experiment : Experiment
    """

    def __init__(self, experiment: Experiment) -> None:
        rows = experiment.rows
        self._experiment, self._rows = experiment, rows
        net = experiment.network()
        self._spec = net.specification
        program = Program(self._spec, SGD(), threads=1)
        self._data = Data(rows.X, experiment.targets)
        self._session = choose("auto", program).open(program, net.state, self._data)
        parts = [part[np.linspace(0, len(part) - 1, min(len(part), MOST_SHOWN)).astype(np.int64)]
                 if len(part) else part for part in (rows.train, rows.test)]  # fmt: skip
        self._train, self._test = (Selection(self._data, part) for part in parts)
        self._metric = catalogue.metric(METRIC[rows.task])
        self._limits = views.ranges(rows.X)
        self._some = rows.X[shown(rows)[:MOST_HIDDEN]]

    def paint(self, lane: Lane, what: Views) -> dict[str, Any]:
        """A frame of a lane that stands still."""
        net = lane.network()
        self._session.load(net.state)
        what = views.fitting(what, self._rows.X.shape[1])
        with np.errstate(all="ignore"):
            frame = self._head(lane, net) | {"plane": what.plane}
            frame["layers"] = self._layers(lane, net, what)
            frame |= self._drawn(what)
        return frame

    def _head(self, lane: Lane, net: Network) -> dict[str, Any]:
        seen = evaluate(self._session, self._spec, self._train, [self._metric])
        held = {"loss": float("nan"), self._metric.name: float("nan")}
        if len(self._test):
            held = evaluate(self._session, self._spec, self._test, [self._metric])
        name = self._metric.name
        lane.record.curve.mark(seen[name])
        if not lane.record.epochs:
            point = (seen["loss"], held["loss"], seen[name], held[name])
            lane.record.curve.begin([lane.now, 0, *point])
        return {
            "step": lane.now,
            "epoch": lane.record.epochs,
            "loss": number(seen["loss"]),
            "test_loss": number(held["loss"]) if len(self._test) else None,
            "metric": number(seen[name]),
            "test_metric": number(held[name]) if len(self._test) else None,
            "metric_name": name,
            "rate": number(lane.rate),
            **({"ended": lane.ended} if lane.ended else {}),
        }

    def _layers(self, lane: Lane, net: Network, what: Views) -> list[dict[str, Any]]:
        moment = lane.moment if lane.moment is not None else self._next_batch(net)
        blocks = net.parameters
        change = None if moment.change is None else self._spec.unpack(moment.change)
        looked = self._session.forward(self._some, every_layer=True).layers
        found: list[dict[str, Any]] = []
        for l in range(1, self._spec.depth + 1):
            told = self._layer(l, moment, blocks, change, what)
            told |= self._marks(l, looked, blocks)
            found.append(told)
        self._looked = looked
        return found

    def _layer(
        self, l: int, moment: Moment, blocks: Parameters, change: Parameters | None, what: Views
    ) -> dict[str, Any]:
        W, dW = blocks.W[l], moment.dW[l]
        told: dict[str, Any] = {"layer": l}
        if "weights" in what.names:
            if W.size <= _MOST_WEIGHTS:
                told["W"] = numbers(W)
            told["b"] = numbers(blocks.b[l])
            told["a"] = numbers(np.abs(moment.a[l]).mean(axis=0))
            told["delta"] = numbers(np.abs(moment.delta[l]).mean(axis=0))
        size = norm(W)
        told["norms"] = {
            "a": number(norm(moment.a[l])),
            "delta": number(norm(moment.delta[l])),
            "dW": number(norm(dW)),
            "W": number(size),
            "ratio": None if change is None or not size else number(norm(change.W[l]) / size),
        }
        if "histogram" in what.names and np.isfinite(W).all() and np.isfinite(dW).all():
            told["histogram"] = _histogram(W, dW)
        return told

    def _marks(self, l: int, looked: Any, blocks: Parameters) -> dict[str, Any]:
        phi, width = self._spec.phi[l], self._spec.units[l]
        if l == self._spec.depth:  # an output may well be sure of itself
            return {"dead": [False] * width, "saturated": [False] * width, "twins": []}
        return {
            "dead": marks.dead(phi, looked.z_tilde[l], looked.a[l]).tolist(),
            "saturated": marks.saturated(phi, looked.a[l]).tolist(),
            "twins": marks.twins(blocks, l),
        }

    def _next_batch(self, net: Network) -> Moment:
        """What the first batch of the epoch looks like, where no step has been seen."""
        rows = self._rows.train[next_batch(self._experiment, net)]
        return self._session.gradient(rows, frozenset({"a", "delta", "dW"}))

    def _drawn(self, what: Views) -> dict[str, Any]:
        found: dict[str, Any] = {}
        inputs = self._rows.X.shape[1]
        if inputs > 1 and what.names & {"units", "boundary"}:
            coarse = views.affordable(what, sum(self._spec.units[1:]))
            a: list[Any] = []
            if "units" in what.names:
                points = views.grid(coarse, self._limits)
                a = self._session.forward(points, every_layer=True).layers.a
                found["units"] = views.units(a, coarse)
            if "boundary" in what.names:
                if not a or coarse != what:
                    a = [self._session.forward(views.grid(what, self._limits)).a]
                found["boundary"] = views.boundary(a[-1], self._rows, what)
        if inputs == 1 and "curve" in what.names:
            found["curve"] = views.curve(self._session, self._limits)
        if inputs == 1 and "units" in what.names:
            x = views.along(self._limits[0], what.resolution)[:, None]
            a = self._session.forward(x, every_layer=True).layers.a
            found["units"] = views.units(a, what)
        if "hidden" in what.names:
            found["hidden"] = views.hidden(self._looked.z_tilde, self._looked.a)
        return found


def _histogram(W: Array, dW: Array) -> dict[str, Any]:
    """Counts of W and of ∂J/∂W, each between its own extremes."""
    low, high = float(W.min()), float(W.max())
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    steep = float(np.abs(dW).max()) or 1.0
    slopes = np.linspace(-steep, steep, _BINS + 1)
    return {
        "edges": numbers(edges),
        "W": np.histogram(W, edges)[0].tolist(),
        "dW_edges": numbers(slopes),
        "dW": np.histogram(dW, slopes)[0].tolist(),
    }

"""Prove it: the same network trained anew beside itself, once with the remedy."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.doctor.diagnosis import diagnose
from glassnet.engine.prediction import predict
from glassnet.errors import Diverged
from glassnet.inspection.numerals import numeral
from glassnet.lab.building import METRIC, Experiment
from glassnet.lab.plain import number
from glassnet.network import catalogue
from glassnet.network.network import Network
from glassnet.training.history import History

_POINTS = 60
_WORK = 2.5e9  # operations of each replay: about a second
_STEP = 60_000  # operations that a step costs beside its arithmetic
_MOST_EPOCHS = 300
_CLEARLY = 0.05  # of accuracy or R²
_NEARLY_ALL = 0.98


def replayed(before: Experiment, after: Experiment, code: str) -> dict[str, Any]:
    """What training is like with and without a remedy, from the first weights on.

    Parameters
    ----------
    before, after : Experiment
        Without and with it.
    code : str
        The cause that it is for.

    Returns
    -------
    dict
        ``without`` and ``with`` (steps, loss, metric), ``cured``, ``sentence``.
    """
    epochs = min(_epochs(before), _epochs(after))
    without, score, _ = _trained(before, epochs)
    with_, better, net = _trained(after, epochs)
    left = net is not None and code in _named(after, net, epochs)
    gains = better - score > _CLEARLY or (better >= _NEARLY_ALL and better >= score)
    cured = bool(net is not None and gains and not left)
    name = {"accuracy": "accuracy", "r2": "R²"}[METRIC[after.rows.task]]
    told = f"{name} {_said(score)} without and {_said(better)} with it, after {epochs:,} epochs"
    verdict = "Cured" if cured else "Better" if gains else "No better"
    rest = "; the cause is still seen" if left else ""
    return {
        "without": without,
        "with": with_,
        "metric": METRIC[after.rows.task],
        "cured": cured,
        "sentence": f"{verdict}: {told}{rest}.",
    }


def _epochs(of: Experiment) -> int:
    spec, rows = of.network().specification, len(of.rows.train)
    size = int(of.arguments()["batch_size"])
    steps = -(-rows // max(1, min(size, rows)))
    work = 6 * rows * spec.parameter_count + steps * _STEP
    return int(min(_MOST_EPOCHS, max(5, _WORK / work)))


def _trained(of: Experiment, epochs: int) -> tuple[dict[str, Any], float, Network | None]:
    """The course of a training, how good it is at its end, and the network unless it diverged."""
    net = of.network()
    history: History
    try:
        with np.errstate(all="ignore"):
            history = of.train(net, epochs=epochs, threads=1).history
        diverged = False
    except Diverged as error:
        history, diverged = error.run.history, True
    rows = [history[k] for k in _thinned(len(history))]
    told: dict[str, Any] = {
        "steps": [int(row["step"]) for row in rows],
        "loss": [number(row["J"]) for row in rows],
    }
    if diverged:
        told["ended"] = "diverged"
        return told, -1.0, None
    return told, _score(of, net), net


def _thinned(count: int) -> list[int]:
    if count <= _POINTS:
        return list(range(count))
    return sorted(set(np.linspace(0, count - 1, _POINTS).astype(int).tolist()))


def _score(of: Experiment, net: Network) -> float:
    rows = of.rows.train
    y = of.targets[rows]
    with np.errstate(all="ignore"):
        a = predict(net, of.rows.X[rows])
        value = catalogue.metric(METRIC[of.rows.task]).value(a, y, np.full(len(y), 1 / len(y)))
    return value if np.isfinite(value) else -1.0


def _named(of: Experiment, net: Network, epochs: int) -> set[str]:
    rows, told = of.rows, of.arguments()
    seen = diagnose(
        net, rows.X[rows.train], of.targets[rows.train],
        optimizer=told["optimizer"], epochs=epochs, batch_size=told["batch_size"],
    )  # fmt: skip
    return {each.code for each in seen.findings if each.severity != "advice"}


def _said(score: float) -> str:
    return "nothing (it diverged)" if score == -1.0 else numeral(score, 3)

"""The table of single edits that an ill network is tried with, beside those of its findings.

One of them cures about half of the faulty networks people ask about, whatever was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log10
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.regimen import Regimen
from glassnet.doctor.remedies import Remedy

_ADAM_RATES = (1e-3, 1e-2)
_WIDER, _WIDEST = 4, 256
_SMALL_BATCH = 16


def canonical(regimen: Regimen) -> list[Remedy]:
    """The single edits that change anything here, the most often right ones first.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.regimen import regimen_of
    >>> net = gn.Network(1, [gn.Dense(1, "logistic")])
    >>> seen = gn.diagnose(net, [[1.0], [2.0], [3.0]], [10.0, 20.0, 30.0], optimizer="adam")
    >>> [remedy.words for remedy in canonical(regimen_of(seen.case))][:2]
    ['identity output with its loss and code of y', 'X standardised']
    """
    found = [*_head(regimen), *_scales(regimen), *_methods(regimen), *_hidden(regimen)]
    return [Remedy(changes) for changes in found]


def _head(regimen: Regimen) -> Iterator[dict[str, Any]]:
    spec, task = regimen.spec, regimen.task
    output = spec.phi[spec.depth].name
    partners = {"identity": "squared_error", "logistic": "binary_cross_entropy",
                "softmax": "cross_entropy"}  # fmt: skip
    right = {task.head, "softmax"} if task.kind == "binary" else {task.head}
    if output not in right or spec.loss.name != partners.get(output) or len(spec.heads) > 1:
        yield {"head": task.head}


def _scales(regimen: Regimen) -> Iterator[dict[str, Any]]:
    plain = not hasattr(regimen.x, "tocsr") and regimen.spec.input_stage is None
    if plain and not _standard(np.asarray(regimen.x, np.float64)):
        yield {"X": "standardise"}
    if regimen.task.kind == "regression":
        reach = regimen.spec.phi[regimen.spec.depth].range
        bounded = bool(np.isfinite(reach.lower) or np.isfinite(reach.upper))
        if bounded or not _standard(regimen.task.y):
            yield {"y": "scale into the range" if bounded else "standardise"}


def _methods(regimen: Regimen) -> Iterator[dict[str, Any]]:
    rate = getattr(regimen.optimizer, "learning_rate", None)
    known = isinstance(rate, float | int) and rate > 0
    adam = getattr(regimen.optimizer, "name", "") == "adam"
    for chosen in _ADAM_RATES:
        if not (adam and known and abs(log10(chosen / float(rate or 1))) < 0.5):
            yield {"optimizer": "adam", "learning_rate": chosen}
    if known and not adam:
        for factor in (10.0, 0.1, 100.0):
            yield {"learning_rate": factor * float(rate or 0)}
    if regimen.batch_size > _SMALL_BATCH and regimen.rows > _SMALL_BATCH:
        yield {"batch_size": max(1, min(regimen.batch_size, regimen.rows) // 8)}


def _hidden(regimen: Regimen) -> Iterator[dict[str, Any]]:
    spec = regimen.spec
    hidden = range(1, spec.depth)
    names = {spec.phi[l].name for l in hidden}
    for name in ("relu", "tanh"):
        if hidden and names != {name}:
            yield {f"layers[{l}].activation": name for l in hidden}
    if any(layer.init != type(layer)(1, layer.activation).init for layer in spec.layers):
        yield {f"layers[{l}].init": "auto" for l in range(1, spec.depth + 1)}
    dropped = {f"layers[{l}].dropout": 0.0 for l in hidden if spec.layer(l).dropout}
    if dropped or spec.penalties:
        yield {**dropped, "penalties": []}
    wider = {f"layers[{l}].units": min(_WIDEST, _WIDER * spec.units[l]) for l in hidden
             if spec.units[l] < _WIDEST}  # fmt: skip
    if wider:
        yield wider


def _standard(x: Array) -> bool:
    """Whether all columns that move have a mean near 0 and a deviation near 1."""
    x = x[np.isfinite(x).all(axis=1)]
    if not len(x):
        return True
    with np.errstate(all="ignore"):
        mean, deviation = x.mean(axis=0), x.std(axis=0)
    moving = deviation > 0
    near = (np.abs(mean) < 0.25) & (np.abs(deviation - 1) < 0.25)
    return bool(near[moving].all())

"""Remedies carried out: a regimen in, the changed regimen out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.scaling import center_and_scale
from glassnet.doctor.regimen import Regimen
from glassnet.doctor.remedies import CODES, Remedy, dropped_column, layer_and_field
from glassnet.doctor.task import task_of
from glassnet.errors import GlassnetError, InvalidValue
from glassnet.network.intervals import REALS
from glassnet.network.layers import Dense, Scaling
from glassnet.optim.optimizers import optimizer as named_optimizer
from glassnet.training.range_test import learning_rate_range

_LOSSES = {
    "identity": "squared_error",
    "logistic": "binary_cross_entropy",
    "softmax": "cross_entropy",
}
_INSIDE = 0.05  # of a bounded range is left free at either end
_UNKNOWN_RATE = 1e-3


def treated(regimen: Regimen, remedy: Remedy) -> Regimen:
    """The regimen with a remedy carried out.

    Raises
    ------
    InvalidValue, ShapeMismatch, OutsideDomain
        If the remedy is left to people, or does not fit this network or these rows.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.regimen import regimen_of
    >>> net = gn.Network(1, [gn.Dense(1, "logistic")])
    >>> before = regimen_of(gn.diagnose(net, [[0.0], [1.0]], [10.0, 20.0]).case)
    >>> treated(before, Remedy({"head": "identity"})).spec.phi[1].name
    'identity'
    """
    if remedy.by_hand:
        raise InvalidValue(f"{remedy.words} is left to people: no argument does it.")
    strict = regimen.spec.strict
    regimen = replace(regimen, spec=replace(regimen.spec, strict=False))  # until all is in place
    for key in sorted(remedy.changes, key=_turn):
        regimen = _carried_out(regimen, key, remedy.changes[key])
    return replace(regimen, spec=replace(regimen.spec, strict=strict))


def _turn(key: str) -> int:
    """Rows first, then the output, and what depends on it last."""
    order = ("X", "head", "optimizer", "loss", "learning_rate", "y")
    return order.index(key) if key in order[:-1] else 3 if layer_and_field(key) else 9


def _carried_out(regimen: Regimen, key: str, value: Any) -> Regimen:
    place = layer_and_field(key)
    if place is not None:
        return _layer(regimen, *place, value)
    act = _ACTS.get(key)
    return replace(regimen, **{key: value}) if act is None else act(regimen, value)


def _layer(regimen: Regimen, l: int, name: str, value: Any) -> Regimen:
    spec = regimen.spec
    if not 1 <= l <= spec.depth:
        raise InvalidValue(f"a remedy names layer {l}; the network has {spec.depth}.")
    changes: dict[str, Any] = {name: value}
    if name == "activation":
        changes["init"] = "auto"
    if name == "init":
        changes["bias_init"] = "zeros"
    layers = list(spec.layers)
    layers[l - 1] = replace(layers[l - 1], **changes)
    return replace(regimen, spec=replace(spec, layers=tuple(layers)))


def _head(regimen: Regimen, output: str) -> Regimen:
    spec, task = regimen.spec, regimen.task
    classes = task.kind in ("binary", "multiclass")
    fits = {"softmax": classes, "logistic": task.kind in ("binary", "multilabel")}
    if not fits.get(output, True):
        raise InvalidValue(f"a {output} output does not fit y, whose task is {task.kind}.")
    units = max(2, task.outputs) if output == "softmax" else task.outputs
    numbers = output == "identity"  # class numbers too are then numbers like others
    last: Any = output
    layers = (*spec.layers[:-1], Dense(task.y.shape[1] if numbers else units, last))
    changed = replace(spec, layers=layers, loss=_LOSSES[output])
    coded = not numbers or task.kind == "regression"
    given = task.y if numbers else regimen.given
    return replace(regimen, spec=changed, given=given, coded=coded, shift=None, scale=None)


def _loss(regimen: Regimen, loss: Any) -> Regimen:
    return replace(regimen, spec=replace(regimen.spec, loss=loss))


def _penalties(regimen: Regimen, penalties: Any) -> Regimen:
    return replace(regimen, spec=replace(regimen.spec, penalties=tuple(penalties)))


def _optimizer(regimen: Regimen, chosen: Any) -> Regimen:
    return replace(regimen, optimizer=named_optimizer(chosen))


def _learning_rate(regimen: Regimen, rate: Any) -> Regimen:
    if rate == "range test":
        rate = _found_rate(regimen)
    method = regimen.optimizer
    if not hasattr(method, "learning_rate"):
        raise InvalidValue(f"{getattr(method, 'name', method)!r} has no learning_rate.")
    if is_dataclass(method):
        made: Any = method
        return replace(regimen, optimizer=replace(made, learning_rate=float(rate)))
    other = copy.copy(method)
    other.learning_rate = float(rate)
    return replace(regimen, optimizer=other)


def _found_rate(regimen: Regimen) -> float:
    try:
        found = learning_rate_range(
            regimen.network(), regimen.x, regimen.targets(),
            optimizer=regimen.optimizer, batch_size=regimen.batch_size,
        )  # fmt: skip
    except GlassnetError:
        return _UNKNOWN_RATE
    limits = [found.suggestion, None if found.divergence is None else found.divergence / 4]
    return min((rate for rate in limits if rate is not None), default=_UNKNOWN_RATE)


def _class_weight(regimen: Regimen, how: Any) -> Regimen:
    if regimen.task.labels is None:
        raise InvalidValue(f"class_weight goes with one class per row; got {how!r}.")
    return replace(regimen, balanced=True)


def _early_stopping(regimen: Regimen, rule: Any) -> Regimen:
    told = {"early_stopping": rule, "validation": 0.1} if rule else {}
    return replace(regimen, options={**regimen.options, **told})


def _clip_norm(regimen: Regimen, limit: Any) -> Regimen:
    return replace(regimen, options={**regimen.options, "clip_norm": limit})


def _rows(regimen: Regimen, how: str) -> Regimen:
    if how == "drop rows that are not finite":
        return _taken(regimen, np.flatnonzero(_finite(regimen)))
    column = dropped_column(how)
    if column is not None:
        return _without(regimen, column)
    if hasattr(regimen.x, "tocsr"):
        raise InvalidValue("sparse rows cannot be standardised: centring fills the matrix.")
    x = np.asarray(regimen.x, np.float64)[_finite(regimen)]
    pairs = [center_and_scale(each) for each in x.T]
    stage = Scaling(tuple(mean for mean, _ in pairs), tuple(scale for _, scale in pairs))
    return replace(regimen, spec=replace(regimen.spec, input_stage=stage))


def _finite(regimen: Regimen) -> Array:
    dense = regimen.x.toarray() if hasattr(regimen.x, "tocsr") else np.asarray(regimen.x)
    y = regimen.given.reshape(len(regimen.given), -1)
    return np.isfinite(dense).all(axis=1) & np.isfinite(y).all(axis=1)


def _taken(regimen: Regimen, rows: Array) -> Regimen:
    if not len(rows):
        raise InvalidValue("no row is finite in all columns of X and y.")
    spec, given = regimen.spec, regimen.given[rows]
    task = task_of(given, spec.loss, spec.phi[spec.depth].name)
    w = None if regimen.w is None else regimen.w[rows]
    return replace(regimen, x=regimen.x[rows], given=given, w=w, task=task)


def _without(regimen: Regimen, column: int) -> Regimen:
    spec, stage = regimen.spec, regimen.spec.input_stage
    if spec.inputs < 2 or column >= spec.inputs:
        raise InvalidValue(f"column {column} cannot be dropped from {spec.inputs}.")
    kept = np.arange(spec.inputs) != column
    if isinstance(stage, Scaling):
        stage = Scaling(
            tuple(np.array(stage.mean)[kept].tolist()), tuple(np.array(stage.scale)[kept].tolist())
        )
    changed = replace(spec, inputs=spec.inputs - 1, input_stage=stage)
    return replace(regimen, spec=changed, x=regimen.x[:, np.flatnonzero(kept)])


def _y(regimen: Regimen, how: str) -> Regimen:
    if how in CODES:
        return replace(regimen, coded=True, shift=None, scale=None)
    if regimen.task.kind != "regression":
        raise InvalidValue(f"only numbers are scaled; y holds classes, task {regimen.task.kind}.")
    y = regimen.task.y[np.isfinite(regimen.task.y).all(axis=1)]
    if how == "standardise":
        pairs = [center_and_scale(column) for column in y.T]
        shift, scale = (np.array(each) for each in zip(*pairs, strict=True))
    else:
        shift, scale = _into_range(regimen, y)
    return replace(regimen, coded=False, shift=shift, scale=scale)


def _into_range(regimen: Regimen, y: Array) -> tuple[Array, Array]:
    reach = regimen.spec.phi[regimen.spec.depth].range
    if reach is REALS or not (np.isfinite(reach.lower) or np.isfinite(reach.upper)):
        raise InvalidValue("the output activation reaches every number; y needs no range.")
    lower = reach.lower if np.isfinite(reach.lower) else reach.upper - 1
    upper = reach.upper if np.isfinite(reach.upper) else lower + 1
    room = _INSIDE * (upper - lower)
    low, high = y.min(axis=0), y.max(axis=0)
    scale = np.where(high > low, (high - low) / (upper - lower - 2 * room), 1.0)
    return low - (lower + room) * scale, scale


_ACTS: dict[str, Callable[[Regimen, Any], Regimen]] = {
    "head": _head,
    "loss": _loss,
    "penalties": _penalties,
    "optimizer": _optimizer,
    "learning_rate": _learning_rate,
    "class_weight": _class_weight,
    "early_stopping": _early_stopping,
    "clip_norm": _clip_norm,
    "X": _rows,
    "y": _y,
}

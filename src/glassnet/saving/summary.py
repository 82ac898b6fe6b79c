"""What a model file holds, as plain data: what it predicts, and from what."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import LevelRule
from glassnet.estimators.mlp import MLPClassifier
from glassnet.estimators.table_model import TableModel
from glassnet.estimators.tables.base import TableEstimator
from glassnet.network.network import Network
from glassnet.network.summaries import activation_name, extras, loss_name
from glassnet.saving.model_file import model_of, network_in
from glassnet.saving.parts import read_parts


def model_summary(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a model file and describe it.

    Returns
    -------
    dict of JSON's kinds of values
        ``file``, ``bytes``, ``model`` ("network", "classifier", "regressor", "table",
        "table_classifier" or "table_regressor"), ``format_version``, ``writer`` (the release that
        wrote it), ``predicts``, ``columns``, ``network`` (the first, where there are several),
        ``members``, ``training``, and ``unknown_parts`` of a later release.

    Raises
    ------
    BadFile, FileFault
        As :func:`glassnet.load` does; the whole file is checked.

    Examples
    --------
    >>> import glassnet as gn
    >>> gn.save(gn.Network(2, [gn.Dense(1, "logistic")], loss="binary_cross_entropy"), "m")
    >>> model_summary("m")["network"]["parameters"]
    3
    """
    file = read_parts(path)
    model = model_of(path, file)
    return {
        "file": os.fspath(path),
        "bytes": os.path.getsize(path),
        "model": file.model,
        "format_version": file.format_version,
        "writer": file.writer,
        "predicts": _predicts(model),
        "columns": _columns(model),
        "network": _network(network_in(model)),
        "members": len(model.members_) if isinstance(model, TableEstimator) else 1,
        "training": _training(model, full="training" in file.parts),
        "unknown_parts": sorted(file.others),
    }


def _predicts(model: Any) -> dict[str, Any]:
    if isinstance(model, TableModel):
        target = model.target
        return {"name": target.name, "task": target.task, "classes": list(target.classes)}
    if isinstance(model, TableEstimator):
        return _of_head(model.head_) | {"within": _within(model)}
    if isinstance(model, MLPClassifier):
        kind = vars(model)["_labels"].kind
        return {"name": None, "task": kind, "classes": [_plain(c) for c in model.classes_]}
    task = "outputs" if isinstance(model, Network) else "regression"
    return {"name": None, "task": task, "classes": []}


def _of_head(head: Any) -> dict[str, Any]:
    """What a table estimator predicts."""
    names = list(head.target_names)
    found = {"name": ", ".join(names), "targets": names, "task": head.kind, "classes": []}
    if head.classes is None:
        return found | {"task": "regression", "quantiles": list(head.quantiles)}
    return found | {"classes": [_plain(label) for label in head.classes]}


def _within(model: Any) -> dict[str, float] | None:
    """The coverage of its intervals or sets, and the numbers that make them."""
    margins = vars(model).get("margins_")
    return None if margins is None else asdict(margins)


def _plain(label: Any) -> Any:
    """A class in JSON's kinds of values; a date as its text."""
    value = label.item() if hasattr(label, "item") else label
    return value if isinstance(value, bool | int | float | str) else str(label)


def _columns(model: Any) -> list[dict[str, Any]]:
    if isinstance(model, TableModel):
        return [_rule(rule) for rule in model.encoder.rules]
    if isinstance(model, TableEstimator):
        return [_rule(rule) for rule in model.encoder_.rules]
    names = vars(model).get("feature_names_in_")
    count = network_in(model).units[0]
    listed = [f"x{j}" for j in range(count)] if names is None else names.tolist()
    return [{"name": name, "kind": "numeric"} for name in listed]


def _rule(rule: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": rule.name, "kind": rule.kind}
    if isinstance(rule, LevelRule):
        return found | {"missing": rule.missing, "levels": list(rule.levels), "rare": rule.rare}
    found["missing"] = rule.indicator
    return found | {"levels": list(rule.levels)} if isinstance(rule, OrderRule) else found


def _network(net: Network) -> dict[str, Any]:
    spec = net.specification
    return {
        "units": list(net.units),
        "layers": [
            {"units": layer.units, "activation": activation_name(layer), "with": extras(layer)}
            for layer in spec.layers
        ],
        "loss": loss_name(spec),
        "scaling": spec.input_stage is not None,
        "parameters": net.parameter_count,
        "dtype": str(net.state.theta.dtype),
    }


def _training(model: Any, *, full: bool) -> dict[str, Any]:
    """How far it came, and whether the file has what it takes to go on to the bit."""
    state = network_in(model).state
    history = getattr(model, "history_", None)
    return {
        "steps": state.t,
        "epochs": state.epoch,
        "cost": history[len(history) - 1]["J"] if history else None,
        "goes_on": full,
        "settings": _settings(model),
    }


def _settings(model: Any) -> dict[str, Any]:
    """How it was trained, as far as the file says."""
    if isinstance(model, TableEstimator):
        settled = vars(model)["parameters_"] or {}
        lists = {name: list(value) for name, value in settled.items() if isinstance(value, tuple)}
        return {"preset": model.preset, **settled, **lists}
    return dict(model.settings) if isinstance(model, TableModel) else {}

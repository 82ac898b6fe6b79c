"""An estimator as parts of a model file: parameters, classes, columns, and what its fit found."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.files.fields import fields, items, whole
from glassnet.files.texts import arrays_of_texts, texts_of_arrays
from glassnet.network.network import Network
from glassnet.saving.labels import labels_of, labels_part
from glassnet.saving.networks import network_of, network_part
from glassnet.saving.parts import Part
from glassnet.saving.training import training_part, with_training
from glassnet.saving.values import decoded, encoded
from glassnet.training.history import History
from glassnet.training.run import Run

CLASSES: Mapping[str, Any] = {"classifier": MLPClassifier, "regressor": MLPRegressor}

# What the fit left in plain numbers. The rest follows from the network and the history.
_FOUND = ("n_iter_", "t_", "loss_", "best_loss_", "best_validation_score_")
# Paths and objects of the machine that trained: a file must not say where a fit writes.
_OF_THE_MACHINE = ("callbacks", "checkpoint")
_FIELDS = ("parameters", "columns", "named", "found", "history", "scores")


def estimator_parts(est: Any, *, training: bool) -> dict[str, Part]:
    """The parts of a fitted MLPClassifier or MLPRegressor.

    Raises
    ------
    InvalidValue
        If it is not fitted, or holds what no file can.
    """
    held: dict[str, Any] = vars(est)
    if "network_" not in held or "n_features_in_" not in held:
        raise InvalidValue(f"a model must be fitted before it is saved; {est!r:.80} is not.")
    names = held.get("feature_names_in_")
    history: History = held.get("history_", History())
    scores = held.get("validation_scores_")
    header = {
        "parameters": parameters_of(est, training=training),
        "columns": int(est.n_features_in_),
        "named": names is not None,
        "found": {name: encoded(held[name]) for name in _FOUND if name in held},
        "history": history.columns,
        "scores": scores is not None,
    }
    arrays = {f"history.{k}": np.array(v) for k, v in enumerate(history.to_dict().values())}
    if names is not None:
        arrays |= arrays_of_texts(names, "names")
    if scores is not None:
        arrays["scores"] = np.array(scores, dtype=np.float64)
    arrays = {name: _float64(array) for name, array in arrays.items()}
    parts = {"network": network_part(est.network_), "estimator": Part(header, arrays)}
    if isinstance(est, MLPClassifier):
        parts["labels"] = labels_part(held["_labels"])
    if training:
        parts["training"] = _training(est)
    return parts


def _float64(array: Array) -> Array:
    return array if array.dtype.kind == "u" else array.astype(np.float64)


def _training(est: Any) -> Part:
    if vars(est).get("_held_out") is not None:
        raise InvalidValue(
            "a model file never holds rows, and partial_fit with early_stopping keeps the rows "
            "that it held out at its first call. Save with training=False, train with fit and "
            "warm_start=True, or keep the object with joblib."
        )
    run: Run | None = vars(est).get("_run")
    return training_part(est.network_, run)


def parameters_of(est: Any, *, training: bool) -> dict[str, Any]:
    """The parameters; those that only training needs may be left out, with a word about it."""
    parameters: dict[str, Any] = {}
    left_out: list[str] = []
    for name, value in est.get_params(deep=False).items():
        if name in _OF_THE_MACHINE or (name == "engine" and not isinstance(value, str)):
            if value is not None:
                left_out.append(name)
            continue
        try:
            parameters[name] = encoded(value)
        except InvalidValue as error:
            if training:
                raise InvalidValue(
                    f"the parameter {name!r} cannot go on in a file: {error}"
                ) from error
            left_out.append(name)
    if left_out:
        warnings.warn(
            f"the model file does not hold {', '.join(left_out)}: objects of your own, and paths "
            "of this machine, stay behind. Set them again after loading to train on with them.",
            stacklevel=5,
        )
    return parameters


def estimator_of(model: str, parts: Mapping[str, Part]) -> Any:
    """The estimator of these parts.

    Raises
    ------
    ValueError, KeyError, TypeError
        If they are not those of one.
    """
    part, net = parts["estimator"], network_of(parts["network"])
    held = fields(part.header, _FIELDS, "the estimator")
    parameters = {name: decoded(value) for name, value in held["parameters"].items()}
    est = CLASSES[model](**parameters)
    est._check()
    est.n_features_in_ = whole(held, "columns", low=1)
    if est.n_features_in_ != net.units[0]:
        raise ValueError("the network does not take the estimator's columns")
    if held["named"]:
        est.feature_names_in_ = np.array(texts_of_arrays(part.arrays, "names"), dtype=object)
        if len(est.feature_names_in_) != est.n_features_in_:
            raise ValueError("there are not as many names as columns")
    if model == "classifier":
        est._labels = labels_of(parts["labels"])
        est.classes_ = est._labels.classes
        if est._labels.outputs != net.units[net.depth]:
            raise ValueError("the network does not have the outputs of the classes")
    est.network_ = net
    est._run = with_training(net, parts["training"]) if "training" in parts else None
    _found(est, net, held, part.arrays)
    return est


def _found(est: Any, net: Network, held: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """The attributes that a fit leaves."""
    est.history_ = history_of(items(held, "history"), arrays)
    est.loss_curve_ = [row["J"] for row in est.history_]
    est.n_layers_, est.n_outputs_ = net.depth + 1, net.units[net.depth]
    est.out_activation_ = net.specification.phi[net.depth].name
    est.validation_scores_ = arrays["scores"].tolist() if held["scores"] else None
    for name, value in held["found"].items():
        if name not in _FOUND or not isinstance(decoded(value), int | float | None):
            raise ValueError(f"a fit leaves no number {name!r}")
        setattr(est, name, decoded(value))


def history_of(columns: list[Any], arrays: Mapping[str, Array], prefix: str = "history") -> History:
    """A history of the arrays that hold its columns, ``prefix.0``, ``prefix.1``, …"""
    values = [arrays[f"{prefix}.{k}"].tolist() for k in range(len(columns))]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
    whole_numbers = [name for name in ("epoch", "step") if name in columns]
    return History([{**row, **{name: int(row[name]) for name in whole_numbers}} for row in rows])

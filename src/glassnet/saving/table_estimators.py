"""A table estimator as parts of a model file: its members, its columns, its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.data.encode import TableEncoder
from glassnet.errors import InvalidValue
from glassnet.estimators.tables.class_target import ClassTarget
from glassnet.estimators.tables.classifier import TableClassifier
from glassnet.estimators.tables.columns import Columns
from glassnet.estimators.tables.regressor import TableRegressor
from glassnet.files.fields import fields, flag, items, real, text, whole
from glassnet.network.network import Network
from glassnet.saving.estimators import history_of, parameters_of
from glassnet.saving.labels import labels_of, labels_part
from glassnet.saving.margins import margins_of, margins_part
from glassnet.saving.networks import network_of, network_part
from glassnet.saving.numeric_targets import numeric_target_of, numeric_target_part
from glassnet.saving.parts import Part
from glassnet.saving.values import decoded, encoded

TABLE_CLASSES: Mapping[str, Any] = {
    "table_classifier": TableClassifier,
    "table_regressor": TableRegressor,
}
_FIELDS = (
    "parameters", "settled", "names", "named", "dropped", "notes", "targets",
    "temperature", "histories",
)  # fmt: skip


def table_estimator_parts(est: Any, *, training: bool) -> dict[str, Part]:
    """The parts of a fitted TableClassifier or TableRegressor.

    Raises
    ------
    InvalidValue
        If it is not fitted, or further training is asked for.
    """
    if "members_" not in vars(est):
        raise InvalidValue(f"a model must be fitted before it is saved; {est!r:.80} is not.")
    if training:
        raise InvalidValue(
            "a table estimator begins anew with each fit, so nothing of its training is kept. "
            "Save with training=False."
        )
    columns: Columns = est.columns_
    header = {
        "parameters": parameters_of(est, training=False),
        "settled": encoded(est.parameters_) if _plain(est.parameters_) else None,
        "names": list(columns.names),
        "named": "feature_names_in_" in vars(est),
        "dropped": list(columns.dropped),
        "notes": list(est.notes_),
        "targets": list(est.target_names_),
        "temperature": est.head_.temperature,
        "histories": [history.columns for history in est.histories_],
    }
    arrays = {
        f"history.{k}.{j}": np.array(values, dtype=np.float64)
        for k, history in enumerate(est.histories_)
        for j, values in enumerate(history.to_dict().values())
    }
    parts = {
        "table": Part(header, arrays),
        "columns": Part(*est.encoder_.to_header()),
        "members": _members_part(est.members_),
    }
    if "margins_" in vars(est):
        parts["margins"] = margins_part(est.margins_)
    if isinstance(est, TableClassifier):
        return parts | {"labels": labels_part(est.head_.labels)}
    return parts | {"target": numeric_target_part(est.head_)}


def table_estimator_of(model: str, parts: Mapping[str, Part]) -> Any:
    """The estimator of these parts.

    Raises
    ------
    ValueError, KeyError, TypeError
        If they are not those of one.
    """
    held = fields(parts["table"].header, _FIELDS, "the estimator")
    made = TABLE_CLASSES[model](
        **{name: decoded(value) for name, value in held["parameters"].items()}
    )
    made.check()
    made.encoder_ = TableEncoder.from_header(parts["columns"].header, parts["columns"].arrays)
    made.columns_ = _columns(held, made.encoder_)
    made.n_features_in_ = len(made.columns_.names)
    if flag(held, "named"):
        made.feature_names_in_ = np.array(made.columns_.names, dtype=object)
    made.members_ = _members(parts["members"])
    made.target_names_ = tuple(text({"name": n}, "name") for n in items(held, "targets"))
    if model == "table_classifier":
        temperature = _temperature(held)
        made.head_ = ClassTarget(labels_of(parts["labels"]), made.target_names_, temperature)
        made.classes_, made.temperature_ = made.head_.classes, temperature
        columns = len(made.classes_) if made.head_.kind == "multilabel" else 1
    else:
        made.head_ = numeric_target_of(parts["target"], made.target_names_)
        columns = len(made.head_.spreads)
    if len(made.target_names_) != columns:
        raise ValueError("there are not as many names of targets as targets")
    if "margins" in parts:
        made.margins_ = margins_of(parts["margins"], made.head_)
    first = len(made.encoder_.feature_names)
    if any(
        (net.units[0], net.units[net.depth]) != (first, made.head_.outputs) for net in made.members_
    ):
        raise ValueError("a member does not fit the columns and the target it stands with")
    made.parameters_ = decoded(held["settled"])
    made.notes_ = tuple(text({"note": note}, "note") for note in items(held, "notes"))
    arrays = parts["table"].arrays
    made.histories_ = [
        history_of(columns, arrays, f"history.{k}")
        for k, columns in enumerate(items(held, "histories"))
    ]
    if len(made.histories_) != len(made.members_):
        raise ValueError("there are not as many histories as members")
    return made


def _plain(parameters: Mapping[str, Any]) -> bool:
    try:
        encoded(parameters)
    except InvalidValue:  # an activation of the user's own
        return False
    return True


def _members_part(nets: list[Network]) -> Part:
    parts = [network_part(net) for net in nets]
    arrays = {f"{k}.{name}": a for k, part in enumerate(parts) for name, a in part.arrays.items()}
    return Part([part.header for part in parts], arrays)


def _members(part: Part) -> list[Network]:
    headers = items({"members": part.header}, "members")
    arrays: list[dict[str, Any]] = [{} for _ in headers]
    for name, array in part.arrays.items():
        number, _, key = name.partition(".")
        arrays[int(number)][key] = array
    if not headers:
        raise ValueError("there is no member")
    return [network_of(Part(header, own)) for header, own in zip(headers, arrays, strict=True)]


def _columns(held: Mapping[str, Any], encoder: TableEncoder) -> Columns:
    names = tuple(text({"name": name}, "name") for name in items(held, "names"))
    dropped = tuple(
        whole({"dropped": j}, "dropped", high=len(names) - 1) for j in items(held, "dropped")
    )
    kept = [name for j, name in enumerate(names) if j not in dropped]
    if len(set(names)) < len(names) or not set(encoder.names) <= set(kept):
        raise ValueError("the encoded columns are not among those of the table")
    return Columns(names, dropped)


def _temperature(held: Mapping[str, Any]) -> float:
    found = real(held, "temperature")
    if not found > 0:
        raise ValueError(f"a temperature is above 0; got {found:g}")
    return found

"""A table model as parts of a model file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.data.encode import TableEncoder
from glassnet.data.targets import TargetEncoder
from glassnet.estimators.table_model import TableModel
from glassnet.saving.networks import network_of, network_part
from glassnet.saving.parts import Part
from glassnet.saving.training import training_part, with_training


def table_parts(model: TableModel, *, training: bool) -> dict[str, Part]:
    """The network, the encoders of columns and target, and how it was trained."""
    columns, arrays = model.encoder.to_header()
    parts = {
        "network": network_part(model.network),
        "columns": Part(columns, arrays),
        "target": Part(model.target.to_header()),
        "settings": Part(dict(model.settings)),
    }
    if training:
        parts["training"] = training_part(model.network)
    return parts


def table_of(parts: Mapping[str, Part]) -> TableModel:
    """The model of these parts.

    Raises
    ------
    ValueError, KeyError, TypeError
        If they are not those of one.
    """
    net = network_of(parts["network"])
    encoder = TableEncoder.from_header(parts["columns"].header, parts["columns"].arrays)
    target = TargetEncoder.from_header(parts["target"].header)
    if net.units[0] != len(encoder.feature_names) or net.units[net.depth] != target.outputs:
        raise ValueError("the network does not fit the columns and the target it stands with")
    _ = encoder.plain_rules  # exporters, the server and the glass box know no others
    settings: Any = parts["settings"].header
    if not isinstance(settings, dict):
        raise ValueError("the settings are no object")
    if "training" in parts:
        with_training(net, parts["training"])
    return TableModel(encoder, target, net, settings)

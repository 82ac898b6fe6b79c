"""A network with the encoders of its table: rows with names and types in, labels or numbers out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.encode import TableEncoder
from glassnet.data.frames import Table
from glassnet.data.targets import TargetEncoder
from glassnet.engine.prediction import predict
from glassnet.errors import BadFile, FileFault, GlassnetError
from glassnet.files.header import read_container, write_container
from glassnet.network.description import describe_specification, rebuild_specification
from glassnet.network.network import Network
from glassnet.network.state import State


@dataclass(frozen=True, eq=False)
class TableModel:
    """What ``glassnet fit`` makes and ``glassnet predict`` uses.

    Attributes
    ----------
    encoder : TableEncoder
        From columns to a[0].
    target : TargetEncoder
        From outputs to labels, or to the target's own units.
    network : Network
    settings : dict
        How it was trained, as plain data; for reading, never for computing.
    """

    encoder: TableEncoder
    target: TargetEncoder
    network: Network
    settings: Mapping[str, Any]

    def outputs(self, table: Table) -> Array:
        """a[L] of each row.  -> (m, n_L)"""
        return predict(self.network, self.encoder.transform(table))

    def probabilities(self, table: Table) -> Array:
        """The probability of each class, in the order of ``target.classes``.  -> (m, classes)"""
        return class_probabilities(self.target, self.outputs(table))

    def predict(self, table: Table) -> Array:
        """The most probable class, or the number, of each row.  -> (m,)"""
        return decided(self.target, self.outputs(table))


def class_probabilities(target: TargetEncoder, outputs: Array) -> Array:
    """Outputs as one column per class: a binary network has but one output.

    Examples
    --------
    >>> two = TargetEncoder("sold", "binary", ("no", "yes"))
    >>> class_probabilities(two, np.array([[0.25]])).tolist()
    [[0.75, 0.25]]
    """
    return np.hstack([1 - outputs, outputs]) if target.task == "binary" else outputs


def decided(target: TargetEncoder, outputs: Array) -> Array:
    """Outputs as labels, or in the units of the target.  (m, n_L) -> (m,)"""
    if target.task == "regression":
        return target.restored(outputs)
    return target.labels(class_probabilities(target, outputs).argmax(axis=1))


def save_table_model(model: TableModel, path: str | os.PathLike[str]) -> None:
    """Write the model file: whole, or not at all; never code, never a row of the training data.

    Raises
    ------
    InvalidValue
        If the network has a part of a user's own.
    FileFault
        If the system refuses.
    """
    columns, column_arrays = model.encoder.to_header()
    state = model.network.state
    header: dict[str, Any] = {
        "network": describe_specification(model.network.specification),
        "columns": columns,
        "target": model.target.to_header(),
        "settings": dict(model.settings),
        "seed": str(state.seed),
        "steps": state.t,
        "epochs": state.epoch,
    }
    arrays = {f"columns.{name}": array for name, array in column_arrays.items()}
    arrays |= {f"buffers.{name}": array for name, array in state.buffers.items()}
    arrays["theta"] = state.theta
    write_container(path, kind="model", header=header, arrays=arrays)


def load_table_model(path: str | os.PathLike[str]) -> TableModel:
    """Read a model file.

    Raises
    ------
    BadFile
        If it is damaged, of another kind, or written by a later version.
    FileFault
        If the system cannot read it.
    """
    held = read_container(path, kind="model")
    try:
        return _model(held.header, held.arrays)
    except FileFault:
        raise
    except (GlassnetError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadFile(
            f"{os.fspath(path)} is no model that this version understands: {error}"
        ) from error


def _model(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> TableModel:
    spec = rebuild_specification(header["network"])
    encoder = TableEncoder.from_header(header["columns"], _group(arrays, "columns."))
    target = TargetEncoder.from_header(header["target"])
    state = State(
        theta=arrays["theta"],
        seed=int(header["seed"]),
        t=header["steps"],
        epoch=header["epochs"],
        buffers=_group(arrays, "buffers."),
    )
    expected = spec.initial_state(0, state.theta.dtype)
    shapes = {name: array.shape for name, array in expected.buffers.items()}
    found = {name: array.shape for name, array in state.buffers.items()}
    if state.theta.shape != expected.theta.shape or found != shapes:
        raise BadFile("the parameters do not fit the network they are to fill.")
    if spec.inputs != len(encoder.feature_names) or spec.units[spec.depth] != target.outputs:
        raise BadFile("the network does not fit the columns and the target it stands with.")
    return TableModel(encoder, target, Network.of(spec, state), header["settings"])


def _group(arrays: Mapping[str, Array], start: str) -> dict[str, Array]:
    return {name[len(start) :]: v for name, v in arrays.items() if name.startswith(start)}

"""A model file as named parts, each a piece of JSON with arrays of its own.

The body of the container has three fields. ``model`` says what the file holds; ``parts`` is an
object of the parts' JSON; ``requires`` names the parts that a reader must understand. An array
belongs to the part before the first full stop of its name.

A reader refuses a file that requires a part it does not know. A part that it does not know and that
is not required it leaves alone, and writes again when the model is saved.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import BadFile
from glassnet.files.faults import shown
from glassnet.files.fields import fields, items, text
from glassnet.files.header import read_container, release, write_container

PARTS = (
    "columns", "estimator", "labels", "margins", "members", "network", "settings", "table",
    "target", "training",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Part:
    """JSON of one part, and its arrays by the names they have within it."""

    header: Any
    arrays: Mapping[str, Array] = field(default_factory=dict[str, Array])


@dataclass(frozen=True, eq=False)
class ModelFile:
    """What a model file holds.

    Attributes
    ----------
    model : str
        "network", "classifier", "regressor", "table", "table_classifier" or "table_regressor".
    parts : dict of str to Part
    requires : tuple of str
        Names of the parts that a reader must understand.
    writer : str
        The release that wrote it.
    format_version : int
    """

    model: str
    parts: Mapping[str, Part]
    requires: tuple[str, ...]
    writer: str = ""
    format_version: int = 0

    @property
    def others(self) -> dict[str, Part]:
        """The parts that this release does not know."""
        return {name: part for name, part in self.parts.items() if name not in PARTS}


def write_parts(path: str | os.PathLike[str], file: ModelFile) -> None:
    """Write a model file, whole or not at all.

    Raises
    ------
    InvalidValue
        If a part holds what no file can.
    FileFault
        If the system refuses.

    Examples
    --------
    >>> parts = {"network": Part({"seed": "0"}, {"theta": np.ones(2)})}
    >>> write_parts("m.glassnet", ModelFile("network", parts, ("network",)))
    >>> read_parts("m.glassnet").parts["network"].arrays["theta"].tolist()
    [1.0, 1.0]
    """
    header = {
        "model": file.model,
        "requires": sorted(file.requires),
        "parts": {name: part.header for name, part in file.parts.items()},
    }
    arrays = {
        f"{name}.{key}": array
        for name, part in file.parts.items()
        for key, array in part.arrays.items()
    }
    write_container(path, kind="model", header=header, arrays=arrays)


def read_parts(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model file's parts, each still as it was written.

    Raises
    ------
    BadFile
        If it is damaged, no model, or needs a reader of a later release.
    FileFault
        If the system cannot read it.
    """
    held = read_container(path, kind="model")
    try:
        body = fields(held.header, ("model", "requires", "parts"), "a model")
        named = fields(body["parts"], body["parts"], "a model")
        requires = tuple(items(body, "requires"))
        model = text(body, "model")
        arrays: dict[str, dict[str, Array]] = {name: {} for name in named}
        for name, array in held.arrays.items():
            part, _, key = name.partition(".")
            arrays[part][key] = array
        if any(name not in named for name in requires):
            raise ValueError("a part that it requires is not there")
    except (KeyError, TypeError, ValueError) as error:
        raise BadFile(
            f"{shown(path)} is no model that this version understands: {error}. "
            "Write it again with save."
        ) from error
    unknown = sorted(set(requires) - set(PARTS))
    if unknown:
        raise BadFile(
            f"{shown(path)} needs a later glassnet than {release()}: it was written by "
            f"{held.writer} and its part {unknown[0]!r} must be understood. Upgrade glassnet."
        )
    parts = {name: Part(header, arrays[name]) for name, header in named.items()}
    return ModelFile(model, parts, requires, held.writer, held.format_version)


@dataclass(frozen=True, eq=False)
class _Kept:
    """Parts of a later release, and the parameters that they were written with."""

    parts: Mapping[str, Part]
    theta: str


def keep_others(model: Any, parts: Mapping[str, Part], theta: Array) -> None:
    """Remember with a loaded model what its file held beside the parts that are known."""
    if parts:
        vars(model)["_other_parts"] = _Kept(parts, _digest(theta))


def others_of(model: Any, theta: Array) -> Mapping[str, Part]:
    """What to write again beside the known parts; nothing once the parameters have changed.

    What another release said of the model may no longer hold then.
    """
    kept: _Kept | None = vars(model).get("_other_parts")
    return {} if kept is None or kept.theta != _digest(theta) else kept.parts


def _digest(theta: Array) -> str:
    return hashlib.sha256(np.ascontiguousarray(theta).data).hexdigest()

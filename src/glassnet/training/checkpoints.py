"""Checkpoints: a run on disk, complete enough to go on to the bit.

A checkpoint holds θ, the optimizer's memory, running statistics, the schedule's memory, the clock, the
history, and what early stopping remembers. The order of rows and dropout's masks need no place in it:
they follow from the seed and the clock. It is written whole or not at all.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.interface import Program
from glassnet.errors import BadFile, InvalidValue
from glassnet.files.header import read_container, write_container
from glassnet.network.state import State
from glassnet.training.early_stopping import Watch
from glassnet.training.history import History
from glassnet.training.settings import Settings, Track

if TYPE_CHECKING:
    from glassnet.training.loop import Loop

_NEVER = 2**62


@dataclass(frozen=True)
class Checkpoint:
    """Where and how often a run is saved.

    Parameters
    ----------
    path : str
        The file; each save takes the place of the one before.
    every_epochs : int ≥ 1
    every_steps : int ≥ 1, optional
        Save within epochs too, every so many steps.

    Examples
    --------
    >>> Checkpoint("run.checkpoint", every_steps=1000).every_epochs
    1
    """

    path: str
    every_epochs: int = 1
    every_steps: int | None = None

    def __post_init__(self) -> None:
        for name in ("every_epochs", "every_steps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InvalidValue(f"{name} of a Checkpoint must be at least 1; got {value}.")


class Saver:
    """Writes the checkpoints of one run, and reads one to go on from."""

    def __init__(self, checkpoint: Checkpoint, fingerprint: Mapping[str, str]) -> None:
        self._checkpoint, self._fingerprint = checkpoint, dict(fingerprint)

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint | str,
        program: Program,
        settings: Settings,
        data: Data,
        validation: Data | None,
    ) -> Saver:
        """Return the saver of a run that is made of these."""
        if not isinstance(checkpoint, Checkpoint):
            checkpoint = Checkpoint(str(checkpoint))
        parts = {
            "network": program.specification,
            "optimizer": (program.optimizer, program.clipping),
            "settings": replace(settings, epochs=1),
        }
        fingerprint = {name: _digest(_text(part)) for name, part in parts.items()}
        fingerprint["rows"] = _data_digest(data)
        fingerprint["validation rows"] = "" if validation is None else _data_digest(validation)
        return cls(checkpoint, fingerprint)

    def steps_until_due(self, t: int) -> int:
        """How many steps may be taken before the next save within an epoch."""
        every = self._checkpoint.every_steps
        return _NEVER if every is None else every - t % every

    def step(self, loop: Loop) -> None:
        """Save in the middle of an epoch, where that was asked for and is due."""
        state = loop.state()
        every = self._checkpoint.every_steps
        if every is not None and state.t % every == 0:
            self._write(loop, state)

    def epoch(self, loop: Loop) -> None:
        """Save at the end of an epoch, where it is due."""
        if loop.epochs_done % self._checkpoint.every_epochs == 0:
            self._write(loop, loop.state())

    def restore(self, state: State) -> tuple[State, Track | None]:
        """The State and Track saved last, or the State given where no file is there yet.

        Raises
        ------
        BadFile
            If the file is damaged, or is of another run.
        """
        if not Path(self._checkpoint.path).exists():
            return state, None
        held = read_container(self._checkpoint.path, kind="checkpoint")
        for name, digest in self._fingerprint.items():
            if held.header["fingerprint"].get(name) != digest:
                raise BadFile(
                    f"{self._checkpoint.path} is the checkpoint of another run: its {name} differ"
                    f"{'s' if name in ('network', 'optimizer') else ''}. "
                    "Resume with the same settings and data, or choose another file."
                )
        return _state_from(held.arrays), _track_from(held.arrays, held.header)

    def _write(self, loop: Loop, state: State) -> None:
        track = loop.track
        track.seconds = time.monotonic() - loop.began
        arrays = {**_state_arrays(state), **_track_arrays(track)}
        header = {"fingerprint": self._fingerprint, "columns": track.history.columns}
        write_container(self._checkpoint.path, kind="checkpoint", header=header, arrays=arrays)


def _text(part: Any) -> bytes:
    """A definition's repr, without the addresses in those of a user's own objects."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(part)).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _data_digest(data: Data) -> str:
    total = hashlib.sha256()
    arrays = [data.y, data.w]
    arrays += [data.x.data, data.x.indices, data.x.indptr] if hasattr(data.x, "tocsr") else [data.x]
    for array in arrays:
        if array is not None:
            total.update(f"{array.dtype}{array.shape}".encode())
            total.update(memoryview(np.ascontiguousarray(array)).cast("B"))
    return total.hexdigest()


def _number(value: Any) -> Array:
    """An array as it is; a number as an array of no dimension that keeps every bit of it."""
    if isinstance(value, bool | int):
        return np.asarray(value, dtype=np.int64)
    return np.asarray(value, dtype=np.float64) if isinstance(value, float) else np.asarray(value)


def _plain(array: Array) -> Any:
    return array.item() if array.ndim == 0 else array


def _state_arrays(state: State) -> dict[str, Array]:
    arrays = {"theta": state.theta, "seed": np.asarray(state.seed, dtype=np.uint64)}
    arrays |= {name: _number(getattr(state, name)) for name in ("t", "epoch", "position")}
    for group in ("memory", "buffers", "schedule"):
        arrays |= {f"{group}.{name}": _number(v) for name, v in getattr(state, group).items()}
    return arrays


def _group(arrays: Mapping[str, Array], group: str) -> dict[str, Any]:
    start = f"{group}."
    return {name[len(start) :]: _plain(v) for name, v in arrays.items() if name.startswith(start)}


def _state_from(arrays: Mapping[str, Array]) -> State:
    numbers = {name: int(arrays[name]) for name in ("seed", "t", "epoch", "position")}
    groups = {group: _group(arrays, group) for group in ("memory", "buffers", "schedule")}
    return State(theta=arrays["theta"], **numbers, **groups)


def _track_arrays(track: Track) -> dict[str, Array]:
    watch = track.watch
    arrays = {
        "track.first_epoch": _number(track.first_epoch),
        "track.first_step": _number(track.first_step),
        "track.seconds": _number(track.seconds),
        "track.costs": np.array(track.costs, dtype=np.float64),
        "track.weights": np.array(track.weights, dtype=np.float64),
        "watch.best": _number(float(watch.best)),
        "watch.stale": _number(watch.stale),
        "watch.best_epoch": _number(watch.best_epoch),
    }
    arrays |= {f"stop.{name}": _number(float(v)) for name, v in track.stop_memory.items()}
    arrays |= {f"history.{k}": track.history.column(c) for k, c in enumerate(track.history.columns)}
    if watch.theta is not None:
        arrays["best.theta"] = watch.theta
        arrays |= {f"best_buffers.{name}": v for name, v in (watch.buffers or {}).items()}
    return arrays


def _track_from(arrays: Mapping[str, Array], header: Mapping[str, Any]) -> Track:
    kept, watch = _group(arrays, "track"), _group(arrays, "watch")
    if "best.theta" in arrays:
        watch |= {"theta": arrays["best.theta"], "buffers": _group(arrays, "best_buffers")}
    columns = [arrays[f"history.{k}"].tolist() for k in range(len(header["columns"]))]
    rows = [
        {name: v for name, v in zip(header["columns"], values, strict=True) if v == v}
        for values in zip(*columns, strict=True)
    ]
    return Track(
        first_epoch=kept["first_epoch"],
        first_step=kept["first_step"],
        seconds=kept["seconds"],
        costs=arrays["track.costs"].tolist(),
        weights=arrays["track.weights"].tolist(),
        history=History(rows),
        stop_memory=_group(arrays, "stop"),
        watch=Watch(**watch),
    )

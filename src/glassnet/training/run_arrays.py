"""A run as arrays and a little JSON, and back: what a checkpoint file holds.

Names of arrays: ``theta``, ``seed``, ``t``, ``epoch``, ``position``; ``memory.…``, ``buffers.…``,
``schedule.…`` of the State; ``track.…``, ``watch.…``, ``stop.…``, ``best_buffers.…`` and
``history.0``, ``history.1``, … of the Track.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.network.state import State
from glassnet.training.early_stopping import Watch
from glassnet.training.history import History
from glassnet.training.settings import Track

_COUNTS = ("epoch", "step")  # columns of the history that hold whole numbers
_CLOCK = ("t", "epoch", "position")
_GROUPS = ("memory", "buffers", "schedule")


def arrays_of_run(state: State, track: Track) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays of a run, and what goes into the header beside them.

    Examples
    --------
    >>> arrays, header = arrays_of_run(State(np.ones(2), seed=5, t=3), Track(0, 0))
    >>> state, track = run_of_arrays(arrays, header)
    >>> state.theta.tolist(), state.seed, state.t
    ([1.0, 1.0], 5, 3)
    """
    header = {
        "columns": track.history.columns,
        "ended": track.ended,
        "optimizer": state.optimizer,
    }
    return {**state_arrays(state), **_track_arrays(track)}, header


def run_of_arrays(arrays: Mapping[str, Array], header: Mapping[str, Any]) -> tuple[State, Track]:
    """The State and the Track that :func:`arrays_of_run` wrote down."""
    return state_of_arrays(arrays, str(header["optimizer"])), _track(arrays, header)


def state_arrays(state: State) -> dict[str, Array]:
    """The arrays of a State; the name of its optimizer is no array.

    Examples
    --------
    >>> sorted(state_arrays(State(np.ones(2), memory={"v": np.zeros(2)})))
    ['epoch', 'memory.v', 'position', 'seed', 't', 'theta']
    """
    arrays = {"theta": state.theta, "seed": np.asarray(state.seed, dtype=np.uint64)}
    arrays |= {name: _number(getattr(state, name)) for name in _CLOCK}
    for group in _GROUPS:
        arrays |= {f"{group}.{name}": _number(v) for name, v in getattr(state, group).items()}
    return arrays


def state_of_arrays(arrays: Mapping[str, Array], optimizer: str) -> State:
    """The State that :func:`state_arrays` wrote down.

    Examples
    --------
    >>> state_of_arrays(state_arrays(State(np.ones(2), t=3)), "adam").t
    3
    """
    return State(
        theta=arrays["theta"],
        seed=int(arrays["seed"]),
        t=int(arrays["t"]),
        epoch=int(arrays["epoch"]),
        position=int(arrays["position"]),
        memory=_group(arrays, "memory"),
        buffers=_group(arrays, "buffers"),
        schedule=_group(arrays, "schedule"),
        optimizer=optimizer,
    )


def _number(value: Any) -> Array:
    """An array as it is; a number as an array of no dimension that keeps every bit of it."""
    if isinstance(value, bool | int):
        return np.asarray(value, dtype=np.int64)
    return np.asarray(value, dtype=np.float64) if isinstance(value, float) else np.asarray(value)


def _plain(array: Array) -> Any:
    return array.item() if array.ndim == 0 else array


def _group(arrays: Mapping[str, Array], group: str) -> dict[str, Any]:
    start = f"{group}."
    return {name[len(start) :]: _plain(v) for name, v in arrays.items() if name.startswith(start)}


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
        "watch.loss": _number(float(watch.loss)),
    }
    arrays |= {f"stop.{name}": _number(v) for name, v in track.stop_memory.items()}
    for k, values in enumerate(track.history.to_dict().values()):
        arrays[f"history.{k}"] = np.array(values, dtype=np.float64)
    if watch.theta is not None:
        arrays["watch.theta"] = watch.theta
        arrays |= {f"best_buffers.{name}": v for name, v in (watch.buffers or {}).items()}
    return arrays


def _track(arrays: Mapping[str, Array], header: Mapping[str, Any]) -> Track:
    kept, watch = _group(arrays, "track"), _group(arrays, "watch")
    buffers = None if "theta" not in watch else _group(arrays, "best_buffers")
    return Track(
        first_epoch=kept["first_epoch"],
        first_step=kept["first_step"],
        seconds=kept["seconds"],
        costs=kept["costs"].tolist(),
        weights=kept["weights"].tolist(),
        history=_history(arrays, header["columns"]),
        stop_memory=_group(arrays, "stop"),
        watch=Watch(**watch, buffers=buffers),
        ended=header["ended"],
    )


def _history(arrays: Mapping[str, Array], names: list[str]) -> History:
    columns = [arrays[f"history.{k}"].tolist() for k in range(len(names))]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    counts = [name for name in _COUNTS if name in names]
    return History([{**row, **{name: int(row[name]) for name in counts}} for row in rows])

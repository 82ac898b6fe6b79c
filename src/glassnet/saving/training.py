"""What further training needs, as a part of a model file: memories, clocks, the run that ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.files.fields import fields, items, text, whole
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.optim.optimizers import OPTIMIZERS
from glassnet.optim.schedules import ConstantRate
from glassnet.saving.networks import require_buffers, require_parameters
from glassnet.saving.parts import Part
from glassnet.saving.values import decoded, encoded
from glassnet.training.continuation import Left
from glassnet.training.history import History
from glassnet.training.noisy_steps import NoisySteps
from glassnet.training.run import Run
from glassnet.training.run_arrays import (
    arrays_of_run,
    run_of_arrays,
    state_arrays,
    state_of_arrays,
)
from glassnet.training.settings import Settings

# Written where they say something: without them, earlier versions can read the file.
_FADING = ("dropout_schedule", "decay_schedule")
_SETTINGS = tuple(f.name for f in dataclass_fields(Settings) if f.name not in _FADING)
_NOISE = tuple(field.name for field in dataclass_fields(NoisySteps))


def training_part(net: Network, run: Run | None = None) -> Part:
    """The optimizer's and the schedule's memory of a network, and the run to go on from.

    An array of the run that is the same as the network's own is not written twice.

    Raises
    ------
    InvalidValue
        If the run was made with an object of a user's own, as a metric.
    """
    now = state_arrays(net.state)
    header: dict[str, Any] = {"optimizer": net.state.optimizer, "run": None}
    arrays = {f"now.{name}": array for name, array in now.items() if not _in_network(name)}
    if run is None or run.left is None:
        return Part(header, arrays)
    left = run.left
    then, columns = arrays_of_run(left.state, left.track)
    header["run"] = {
        **columns,
        "arrays": sorted(then),
        "settings": {name: encoded(getattr(left.settings, name)) for name in _told(left.settings)},
        "why": run.ended,
        "reason": run.reason,
        "best_epoch": run.best_epoch,
        "noise": [[encoded(getattr(part, name)) for name in _NOISE] for part in run.noise],
    }
    new = {name: array for name, array in then.items() if not _same(now.get(name), array)}
    return Part(header, {**arrays, **{f"then.{name}": array for name, array in new.items()}})


def _in_network(name: str) -> bool:
    return name in ("theta", "seed", "t", "epoch") or name.startswith("buffers.")


def _same(one: Array | None, other: Array) -> bool:
    """Equal in every bit."""
    return (
        one is not None
        and one.dtype == other.dtype
        and one.shape == other.shape
        and one.tobytes() == other.tobytes()
    )


def with_training(net: Network, part: Part) -> Run | None:
    """Give the network back its memories; return the run to go on from, where there is one.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the part does not fit the network.
    """
    held = fields(part.header, ("optimizer", "run"), "the training")
    known = {name for name in state_arrays(net.state) if _in_network(name)}
    now = {name: array for name, array in state_arrays(net.state).items() if name in known}
    now |= _group(part.arrays, "now.")
    net.state = _checked(net, state_of_arrays(now, text(held, "optimizer")))
    return None if held["run"] is None else _run(net, held["run"], {**now}, part.arrays)


def _told(settings: Settings) -> tuple[str, ...]:
    return _SETTINGS + tuple(n for n in _FADING if getattr(settings, n) != ConstantRate())


def _run(net: Network, header: Any, now: dict[str, Array], arrays: Mapping[str, Array]) -> Run:
    names = (
        "columns", "ended", "optimizer", "arrays", "settings", "why", "reason", "best_epoch",
        "noise",
    )  # fmt: skip
    held = fields(header, names, "the run")
    now |= _group(arrays, "then.")
    state, track = run_of_arrays({name: now[name] for name in items(held, "arrays")}, held)
    watch = track.watch
    if watch.theta is not None:
        require_parameters(net.specification, watch.theta)
        require_buffers(net.specification, watch.buffers or {}, watch.theta)
    settings = fields(held["settings"], _SETTINGS, "the settings", optional=_FADING)
    chosen = Settings(**{name: decoded(value) for name, value in settings.items()})
    noise = tuple(NoisySteps(*map(decoded, values)) for values in items(held, "noise"))
    return Run(
        network=net,
        history=History(list(track.history)),
        ended=text(held, "why"),
        best_epoch=whole(held, "best_epoch"),
        reason=text(held, "reason"),
        left=Left(_checked(net, state), track, chosen),
        noise=noise,
    )


def _group(arrays: Mapping[str, Array], start: str) -> dict[str, Array]:
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}


def _checked(net: Network, state: State) -> State:
    """The State, if an engine may trust it.

    Raises
    ------
    ValueError
    """
    require_parameters(net.specification, state.theta)
    require_buffers(net.specification, state.buffers, state.theta)
    if state.theta.dtype != net.state.theta.dtype or min(state.t, state.epoch, state.position) < 0:
        raise ValueError("the State of the training does not fit the network")
    known = OPTIMIZERS.get(state.optimizer)
    if known is None or not state.memory:
        return state
    wanted = known().start(state.theta)  # pyright: ignore[reportCallIssue] # all have defaults
    kinds = {name: _kind(value) for name, value in wanted.items()}
    if {name: _kind(value) for name, value in state.memory.items()} != kinds:
        raise ValueError(f"the memory of {state.optimizer!r} does not fit the network")
    return state


def _kind(value: Any) -> Any:
    return (value.dtype, value.shape) if isinstance(value, np.ndarray) else type(value)

"""How a run is to go, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glassnet.engine.interface import StopRule
from glassnet.optim.schedules import ConstantRate, Schedule
from glassnet.training.early_stopping import EarlyStopping, Watch
from glassnet.training.history import History


@dataclass(frozen=True)
class Settings:
    """How to train, apart from the program and the data; :func:`glassnet.train` documents each."""

    epochs: int
    batch_size: int
    shuffle: bool = True
    schedule: Schedule = field(default_factory=ConstantRate)
    metrics: tuple[Any, ...] = ()
    early_stopping: EarlyStopping | None = None
    stop: StopRule | None = None


@dataclass
class Track:
    """Where a run stands, beside the State: everything else that a checkpoint must hold.

    ``costs`` and ``weights`` are those of the steps of the unfinished epoch.
    """

    first_epoch: int
    first_step: int
    history: History = field(default_factory=History)
    stop_memory: Mapping[str, float] = field(default_factory=StopRule.start)
    watch: Watch = field(default_factory=Watch)
    costs: list[float] = field(default_factory=list[float])
    weights: list[float] = field(default_factory=list[float])
    seconds: float = 0.0

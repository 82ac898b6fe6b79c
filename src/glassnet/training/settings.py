"""How a run is to go, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glassnet.arrays import Array
from glassnet.engine.interface import Program, StopRule
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.optim.contracts import Clock
from glassnet.optim.schedules import ConstantRate, Schedule
from glassnet.training.early_stopping import EarlyStopping, Watch
from glassnet.training.evaluation import metric_name
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
    dropout_schedule: Schedule = field(default_factory=ConstantRate)
    decay_schedule: Schedule = field(default_factory=ConstantRate)

    def factors(self, clock: Clock, steps: int) -> dict[str, Array | None]:
        """What dropout and weight decay are multiplied by in the next steps; None for 1."""
        schedules = {"dropout": self.dropout_schedule, "decay": self.decay_schedule}
        return {
            name: None if isinstance(chosen, ConstantRate) else chosen.rates(1.0, {}, clock, steps)
            for name, chosen in schedules.items()
        }

    @property
    def judged_by(self) -> list[Any]:
        """The metrics, and that of early stopping."""
        rule, metrics = self.early_stopping, list(self.metrics)
        if rule is not None and not rule.watches_loss and rule.metric not in metrics:
            metrics.append(rule.metric)
        return metrics


@dataclass
class Track:
    """Where a run stands, beside the State: everything else that a checkpoint must hold.

    ``costs`` and ``weights`` are those of the steps of the unfinished epoch. ``ended`` is what a
    rule of the run gave as the reason to end, once one has.
    """

    first_epoch: int
    first_step: int
    history: History = field(default_factory=History)
    stop_memory: Mapping[str, float] = field(default_factory=StopRule.start)
    watch: Watch = field(default_factory=Watch)
    costs: list[float] = field(default_factory=list[float])
    weights: list[float] = field(default_factory=list[float])
    seconds: float = 0.0
    ended: str | None = None


def described(settings: Settings, program: Program, state: State) -> dict[str, Any]:
    """How a run is set up, in JSON's kinds of values: for logs and for observers."""
    rule, stop = settings.early_stopping, settings.stop
    return {
        "network": repr(Network.of(program.specification, state)),
        "dtype": str(state.theta.dtype),
        "seed": state.seed,
        "optimizer": repr(program.optimizer),
        "precision": program.precision,
        "clip_norm": program.clipping.norm,
        "clip_value": program.clipping.value,
        "clip_per_sample": program.clipping.per_sample,
        "noise_multiplier": program.clipping.noise_multiplier,
        "schedule": repr(settings.schedule),
        "dropout_schedule": repr(settings.dropout_schedule),
        "decay_schedule": repr(settings.decay_schedule),
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "shuffle": settings.shuffle,
        "metrics": [metric_name(metric) for metric in settings.metrics],
        "early_stopping": None if rule is None else repr(rule),
        "stop": None if stop is None else repr(stop),
    }

"""What is given to ``gn.train``, checked once, and as the loop takes it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data, Selection
from glassnet.engine.interface import Program, StopRule
from glassnet.engine.prediction import checked_rows
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network import catalogue
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.network.targets import encode_targets
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import LBFGS, Optimizer
from glassnet.optim.schedules import Schedule
from glassnet.optim.schedules import schedule as named_schedule
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.evaluation import metric_name
from glassnet.training.observers import Observer
from glassnet.training.settings import Settings


def checked_network(net: object) -> Network:
    """The network, which must be one."""
    if not isinstance(net, Network):
        raise InvalidValue(f"net must be a Network; got {type(net).__name__}.")
    return net


def checked_data(net: Network, X: Any, y: Any, weight: Any, which: str = "") -> Data:
    """Rows, targets and weights as an engine takes them; ``which`` stands before their names.

    Raises
    ------
    InvalidValue, ShapeMismatch
    """
    spec, dtype = net.specification, net.state.theta.dtype
    x = checked_rows(spec, X, dtype)
    if x.shape[0] == 0:
        raise InvalidValue(f"{which}X must have at least 1 row; got shape {tuple(x.shape)}.")
    targets = encode_targets(spec, y, dtype)
    if targets.shape[0] != x.shape[0]:
        raise ShapeMismatch(
            f"{which}X and {which}y must have as many rows; "
            f"got {x.shape[0]} and {targets.shape[0]}."
        )
    return Data(x, targets, None if weight is None else _weights(weight, x.shape[0], dtype, which))


def _weights(weight: Any, rows: int, dtype: Any, which: str) -> Array:
    given = np.asarray(weight)
    if given.dtype.kind not in "biuf":
        raise InvalidValue(f"{which}sample_weight must hold numbers; got dtype {given.dtype}.")
    if given.shape != (rows,):
        raise ShapeMismatch(
            f"{which}sample_weight must be ({rows},), one per row; got shape {given.shape}."
        )
    with np.errstate(over="ignore"):
        w = given.astype(dtype)
        total = w.sum()
    if not np.isfinite(total) or (w < 0).any() or not total > 0:
        raise InvalidValue(
            f"{which}sample_weight must be finite and not negative, with a sum that is finite and "
            f"above 0; got values from {w.min():g} to {w.max():g} in {np.dtype(dtype)}."
        )
    return w


def named_metrics(metrics: object) -> tuple[Any, ...]:
    """The metrics as objects, each with a column of its own."""
    if isinstance(metrics, str) or not isinstance(metrics, Iterable):
        raise InvalidValue(
            f'metrics must be a list of names or objects, as in ["accuracy"]; got {metrics!r}.'
        )
    found = tuple(catalogue.metric(metric) for metric in cast("Iterable[Any]", metrics))
    names = ["loss", *(metric_name(metric) for metric in found)]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InvalidValue(
            f'each of the metrics must have a name of its own, and not "loss", whose column is '
            f"always there; got {twice[0]!r} twice."
        )
    return found


def checked_early_stopping(rule: object) -> EarlyStopping | None:
    """The rule; True stands for the usual one."""
    if rule is True:
        return EarlyStopping()
    if rule is False or rule is None:
        return None
    if not isinstance(rule, EarlyStopping):
        raise InvalidValue(
            f"early_stopping must be an EarlyStopping, True, False or None; got {rule!r}."
        )
    return rule


def checked_stop(stop: object) -> StopRule | None:
    """The stop rule."""
    if stop is not None and not isinstance(stop, StopRule):
        raise InvalidValue(f"stop must be a StopRule or None; got {stop!r}.")
    return stop


def checked_clipping(
    norm: Any, value: Any, per_sample: Any, noise_multiplier: Any, batch_size: Any, rows: int
) -> Clipping:
    """Limits on the gradient, and noise for batches of ``batch_size`` out of ``rows`` rows."""
    size = None
    if noise_multiplier is not None:
        size = min(positive_integer("batch_size", batch_size), rows)
    return Clipping(norm, value, per_sample, noise_multiplier, size)


def checked_settings(
    method: Optimizer,
    rows: int,
    *,
    epochs: Any,
    batch_size: Any,
    shuffle: Any,
    schedule: Any,
    dropout_schedule: Any,
    decay_schedule: Any,
    metrics: Any,
    early_stopping: Any,
    stop: Any,
) -> Settings:
    """How to train ``rows`` rows, each part checked."""
    batch_size = positive_integer("batch_size", batch_size)
    return Settings(
        epochs=positive_integer("epochs", epochs),
        batch_size=rows if isinstance(method, LBFGS) else batch_size,
        shuffle=bool(shuffle),
        schedule=named_schedule(schedule),
        dropout_schedule=_by_the_clock("dropout_schedule", dropout_schedule),
        decay_schedule=_by_the_clock("decay_schedule", decay_schedule),
        metrics=named_metrics(metrics),
        early_stopping=checked_early_stopping(early_stopping),
        stop=checked_stop(stop),
    )


def _by_the_clock(name: str, value: Any) -> Schedule:
    chosen = named_schedule(value)
    if not chosen.open_loop:
        raise InvalidValue(
            f"{name} must follow the clock alone; {chosen.name!r} follows what happens. "
            'Use "cosine" or "flat_cosine", say.'
        )
    return chosen


def checked_observers(observers: object) -> tuple[Observer, ...]:
    """The observers, in a tuple."""
    given: tuple[Any, ...] = (observers,)
    if isinstance(observers, Iterable):
        given = tuple(cast("Iterable[Any]", observers))
    if isinstance(observers, Observer) or not all(isinstance(o, Observer) for o in given):
        raise InvalidValue(f"observers must be a list of Observer objects; got {observers!r}.")
    return given


def checked_checkpoint(checkpoint: object, *, resume: bool) -> Checkpoint | None:
    """Where to save; a path stands for a save after every epoch."""
    if checkpoint is None:
        if resume:
            raise InvalidValue(
                "resume=True needs the checkpoint to go on from; got checkpoint=None."
            )
        return None
    if isinstance(checkpoint, Checkpoint):
        return checkpoint
    if isinstance(checkpoint, str | os.PathLike):
        return Checkpoint(cast("str | os.PathLike[str]", checkpoint))
    raise InvalidValue(f"checkpoint must be a path or a Checkpoint; got {checkpoint!r}.")


def positive_integer(name: str, value: Any) -> int:
    """``value`` as an int of at least 1."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < 1:
        raise InvalidValue(f"{name} must be a positive integer; got {value!r}.")
    return int(value)


def check_together(
    settings: Settings,
    program: Program,
    data: Selection,
    held: Selection | None,
    saved: Checkpoint | None = None,
) -> None:
    """Refuse arguments that are each right and do not go together."""
    rule, spec, method = settings.early_stopping, program.specification, program.optimizer
    if rule is not None and held is None and not rule.watches_loss:
        raise InvalidValue(
            f"early stopping on {rule.column!r} needs validation rows; got validation=None. "
            "Give validation=0.1, or (X, y), or watch the loss."
        )
    if settings.metrics and held is None:
        raise InvalidValue(
            "metrics are computed on validation rows; got validation=None. "
            "Give validation=0.1, or (X, y)."
        )
    if isinstance(method, LBFGS):
        _check_whole_batches(program, saved)
    if not method.uses_rate and settings.schedule.name != "constant":
        raise InvalidValue(
            f"{method.name} has step sizes of its own, so no schedule applies; "
            f'got {settings.schedule.name!r}. Use schedule="constant".'
        )
    if not method.uses_rate and program.specification.multiplies:
        raise InvalidValue(
            f"{method.name} has step sizes of its own, so no multipliers of a layer apply. "
            'Leave them out, or use "adam".'
        )
    decays = getattr(method, "weight_decay", 0) > 0
    if not decays and settings.decay_schedule.name != "constant":
        raise InvalidValue(
            f"decay_schedule needs an optimizer that decays weights; {method.name} does not. Use "
            "gn.AdamW(), or give it a weight_decay."
        )
    normed = any(layer.batch_norm and not layer.frozen for layer in spec.layers)
    if normed and settings.batch_size == 1 and len(data) > 1:
        raise InvalidValue(
            "batch_norm takes its statistics over the rows of a batch, so batch_size must be at "
            "least 2; got 1."
        )


def _check_whole_batches(program: Program, saved: Checkpoint | None) -> None:
    limits = (program.clipping.norm, program.clipping.value, program.specification.max_norm)
    if any(limit is not None for limit in limits):
        raise InvalidValue(
            "lbfgs takes no clip_norm, clip_value or max_norm, which would break its line "
            'search. Use "adam", or leave them out.'
        )
    if saved is not None:
        raise InvalidValue(
            'lbfgs cannot be checkpointed: SciPy holds its memory. Use "adam" or "sgd".'
        )


def starting_state(state: State, program: Program, settings: Settings, *, keep: bool) -> State:
    """The State a run begins with: at the start of an epoch, with memories that fit.

    ``keep``: the schedule keeps its memory of an earlier run, if it is of the same kind.
    """
    method, schedule = program.optimizer, settings.schedule
    if state.optimizer != method.name:
        state = replace(state, memory={}, optimizer=method.name)
    if not keep or set(state.schedule) != set(schedule.start()):
        state = replace(state, schedule={})
    return replace(state, position=0)


def checked_precision(precision: object) -> Literal["full", "bf16"]:
    """``precision``, if it is one.

    Raises
    ------
    InvalidValue
    """
    if precision == "full":
        return "full"
    if precision == "bf16":
        return "bf16"
    raise InvalidValue(f'precision must be "full" or "bf16"; got {precision!r}.')

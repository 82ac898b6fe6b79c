"""``gn.train``: from a network, rows and settings to a trained network and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.data.splits import hold_out
from glassnet.engine.choice import choose
from glassnet.engine.interface import Program, StopRule
from glassnet.engine.prediction import checked_rows
from glassnet.errors import Diverged, InvalidValue, ShapeMismatch
from glassnet.network import catalogue
from glassnet.network.network import Network
from glassnet.network.targets import encode_targets
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import LBFGS, optimizer as named_optimizer
from glassnet.optim.schedules import schedule as named_schedule
from glassnet.training.checkpoints import Checkpoint, Saver
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.history import History
from glassnet.training.loop import Loop
from glassnet.training.observers import Observer
from glassnet.training.settings import Settings
from glassnet.training.whole_batch import walk


@dataclass(frozen=True)
class Run:
    """What a training gave.

    Attributes
    ----------
    network : Network
        The network that was trained (the one given to :func:`train`).
    history : History
        A row per epoch.
    ended : str
        "epochs" (all done), "converged", "early stopping", "plateau", "observer" or "interrupted".
    best_epoch : int
        The epoch whose parameters early stopping judged best, from 1; 0 without early stopping.
    """

    network: Network
    history: History
    ended: str
    best_epoch: int = 0


def train(
    net: Network,
    X: Any,
    y: Any,
    *,
    optimizer: Any = "adam",
    epochs: int = 50,
    batch_size: int = 32,
    sample_weight: Any = None,
    validation: Any = None,
    metrics: Sequence[Any] = (),
    early_stopping: EarlyStopping | bool | None = None,
    schedule: Any = "constant",
    clip_norm: float | None = None,
    clip_value: float | None = None,
    shuffle: bool = True,
    stop: StopRule | None = None,
    observers: Sequence[Observer] = (),
    checkpoint: Checkpoint | str | None = None,
    resume: bool = False,
    continue_schedule: bool = False,
    engine: Any = "auto",
    threads: int | None = None,
) -> Run:
    """Train a network in place by backpropagation.

    Training goes on from the network's State: a second call continues with the optimizer's memory, the
    step count and the sample order where the first left them.

    Parameters
    ----------
    net : Network
    X : (m, n₀), dense or CSR, finite
    y : (m,) or (m, n_L)
        Class numbers or one-hot rows for cross_entropy, numbers otherwise.
    optimizer : str or Optimizer
        ``"adam"``, ``gn.Adam(learning_rate=1e-2)``, ``gn.LBFGS()`` (whole batches by SciPy), …
    epochs : int ≥ 1
        Passes over the rows, at most; iterations for L-BFGS.
    batch_size : int ≥ 1
        Rows per step; more than m means m. L-BFGS takes all rows whatever is asked.
    sample_weight : (m,), optional
        Weights ≥ 0 of the rows, not all 0.
    validation : float in (0, 1) or (X, y) or (X, y, weight), optional
        A share of the rows to hold out, drawn by the network's seed, or rows of your own.
    metrics : sequence of str or Metric
        Computed on the validation rows at the end of each epoch.
    early_stopping : EarlyStopping or bool, optional
        True stands for ``EarlyStopping()``.
    schedule : str or Schedule
    clip_norm, clip_value : float > 0, optional
        Limit of ‖g‖₂, and of each entry of g.
    shuffle : bool
        A new order of rows each epoch, by the network's seed.
    stop : StopRule, optional
        End when the mean cost of the epochs has stopped falling.
    observers : sequence of Observer
        They watch, and may ask for the end.
    checkpoint : str or Checkpoint, optional
        A file to which the run is saved as it goes.
    resume : bool
        Go on from the checkpoint where there is one; the result is the same to the bit as that of a
        run that was never cut off.
    continue_schedule : bool
        Keep the schedule's memory of an earlier call.
    engine : "auto", "reference" or an Engine
    threads : int, optional
        Most threads the engine may use; its own choice by default.

    Returns
    -------
    Run

    Raises
    ------
    InvalidValue, ShapeMismatch, UnknownName
        If an argument is not what it must be; nothing was changed then.
    Diverged
        If the cost became nan or infinite; the network then holds the State of the last whole epoch.

    Examples
    --------
    >>> import glassnet as gn
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> y = np.array([0, 1, 1, 0])
    >>> net = gn.Network(
    ...     2, [gn.Dense(8, "tanh"), gn.Dense(1, "logistic")], loss="binary_cross_entropy", seed=0
    ... )
    >>> run = gn.train(net, X, y, optimizer=gn.Adam(learning_rate=0.1), epochs=100)
    >>> (gn.predict(net, X)[:, 0] > 0.5).astype(int).tolist()
    [0, 1, 1, 0]
    """
    _positive_integer("epochs", epochs)
    _positive_integer("batch_size", batch_size)
    spec, dtype = net.specification, net.state.theta.dtype
    data = _data(net, X, y, sample_weight, "")
    data, held = _validation(net, data, validation)
    method = named_optimizer(optimizer)
    program = Program(spec, method, Clipping(clip_norm, clip_value), threads)
    if early_stopping is True:
        early_stopping = EarlyStopping()
    settings = Settings(
        epochs=int(epochs),
        batch_size=len(data) if isinstance(method, LBFGS) else int(batch_size),
        shuffle=shuffle,
        schedule=named_schedule(schedule),
        metrics=tuple(catalogue.metric(metric) for metric in metrics),
        early_stopping=early_stopping or None,
        stop=stop,
    )
    _check(settings, program, held, checkpoint)
    state = net.state if continue_schedule else replace(net.state, schedule={})
    if set(state.memory) != set(method.start(state.theta[:1])):
        state = replace(state, memory={})  # another optimizer's
    track, saver = None, None
    if checkpoint is not None:
        saver = Saver.of(checkpoint, program, settings, data, held)
        state, track = saver.restore(state) if resume else (state, None)
    session = choose(engine, program).open(program, state, data)
    loop = Loop(program, session, data, held, settings, observers, track, saver)
    try:
        ended = loop.go(walk if isinstance(method, LBFGS) else None)
    except Diverged:
        net.state = replace(loop.result(), position=0)
        raise
    net.state = _canonical(loop.result(), dtype)
    return Run(net, loop.track.history, ended, loop.track.watch.best_epoch)


def _canonical(state: Any, dtype: Any) -> Any:
    return replace(state, theta=np.ascontiguousarray(state.theta, dtype=dtype), position=0)


def _data(net: Network, X: Any, y: Any, weight: Any, which: str) -> Data:
    spec, dtype = net.specification, net.state.theta.dtype
    x = checked_rows(spec, X, dtype)
    if x.shape[0] == 0:
        raise InvalidValue(f"{which}X must have at least 1 row; got shape {tuple(x.shape)}.")
    targets = encode_targets(spec, y, dtype)
    w = None if weight is None else _weights(weight, x.shape[0], dtype, which)
    if targets.shape[0] != x.shape[0]:
        raise ShapeMismatch(
            f"{which}X and {which}y must have as many rows; got {x.shape[0]} and {targets.shape[0]}."
        )
    return Data(x, targets, w)


def _weights(weight: Any, rows: int, dtype: Any, which: str) -> Array:
    w = np.asarray(weight, dtype=dtype)
    if w.shape != (rows,):
        raise ShapeMismatch(
            f"{which}sample_weight must be ({rows},), one per row; got shape {w.shape}."
        )
    if not np.isfinite(w).all() or (w < 0).any() or not (w > 0).any():
        raise InvalidValue(
            f"{which}sample_weight must be finite and not negative, and not all 0; "
            f"got values from {w.min():g} to {w.max():g}."
        )
    return w


def _validation(net: Network, data: Data, validation: Any) -> tuple[Data, Data | None]:
    if validation is None:
        return data, None
    if isinstance(validation, float):
        kept, held = hold_out(len(data), validation, seed=net.state.seed)
        return _part(data, kept), _part(data, held)
    if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
        raise InvalidValue(
            "validation must be a share in (0, 1), (X, y) or (X, y, sample_weight); "
            f"got {type(validation).__name__}."
        )
    x, y, *weight = validation
    return data, _data(net, x, y, weight[0] if weight else None, "validation ")


def _part(data: Data, rows: Array) -> Data:
    return Data(data.x[rows], data.y[rows], None if data.w is None else data.w[rows])


def _check(settings: Settings, program: Program, held: Data | None, checkpoint: Any) -> None:
    rule = settings.early_stopping
    if rule is not None and held is None and rule.metric != "loss":
        raise InvalidValue(
            f"early stopping on {rule.column!r} needs validation rows; got validation=None. "
            "Give validation=0.1, or (X, y), or watch the loss."
        )
    if settings.metrics and held is None:
        raise InvalidValue("metrics are computed on validation rows; got validation=None.")
    if isinstance(program.optimizer, LBFGS):
        limits = (program.clipping.norm, program.clipping.value, program.specification.max_norm)
        if any(limit is not None for limit in limits):
            raise InvalidValue(
                "lbfgs takes no clip_norm, clip_value or max_norm, which would break its line "
                'search. Use "adam", or leave them out.'
            )
        if checkpoint is not None:
            raise InvalidValue(
                "lbfgs cannot be checkpointed: SciPy holds its memory. Use adam or sgd."
            )
    if not program.optimizer.uses_rate and settings.schedule.name != "constant":
        raise InvalidValue(
            f"{program.optimizer.name} has step sizes of its own, so no schedule applies; "
            f"got {settings.schedule.name!r}."
        )


def _positive_integer(name: str, value: object) -> None:
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < 1:  # type: ignore[call-overload]
        raise InvalidValue(f"{name} must be a positive integer; got {value!r}.")

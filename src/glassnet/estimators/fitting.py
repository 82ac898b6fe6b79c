"""A fit from checked rows to fitted attributes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.arrays import Array
from glassnet.data.shuffled_rows import ShuffledRows
from glassnet.data.streamed_statistics import moments_of
from glassnet.doctor.rounds import Doctor
from glassnet.errors import Diverged, InvalidValue, Unsupported
from glassnet.estimators import blueprint
from glassnet.estimators.callbacks import OneEpoch, Printed, sorted_out, told_of
from glassnet.estimators.outcome import after_divergence, remember, warn
from glassnet.estimators.rows import Rows, held_apart, with_factors
from glassnet.estimators.weights import blocks, overwrite
from glassnet.network.network import Network
from glassnet.optim.schedules import Schedule
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.observers import Observer
from glassnet.training.train import Run, train
from glassnet.training.units import in_units_of, in_units_of_moments


@dataclass(frozen=True)
class Task:
    """What the targets ask of the network.

    Attributes
    ----------
    outputs : int
    activation : str
        Of the output layer.
    loss : Loss
    metric : Metric
        What the estimator's ``score`` is.
    stratify : bool
        Whether held-out rows take their share of each class.
    factors : callable, optional
        (targets, weights) -> factors of the rows, from ``class_weight``.
    """

    outputs: int
    activation: str
    loss: Any
    metric: Any
    stratify: bool = False
    factors: Any = None


def whole(est: Any, task: Task, rows: Rows, held: Rows | None, *, first: bool) -> None:
    """``fit``: up to ``max_iter`` epochs, on from an earlier fit where ``first`` is false."""
    _check_checkpoint(est)
    net, earlier = _start(est, task, rows, first=first)
    rows = _weighted(task, rows)
    chosen = blueprint.schedule(est)
    rule = blueprint.early_stopping(est, chosen, task.metric)
    if held is None and rule is not None and not watches_training(est, rule):
        rows, held = _held_apart(est, net, task, rows)
    if first:
        _first_parameters(est, net, rows)
    epochs = _epochs(earlier) + int(est.max_iter)
    with told_of(est, rows.x, rows.labels, rows.w) as observers:
        _go(est, net, earlier, task, rows, held, chosen, rule, observers, epochs=epochs)
        est.__dict__.pop("_held_out", None)
    warn(est, chosen)


def partial(est: Any, task: Task, rows: Rows, *, first: bool) -> None:
    """``partial_fit``: one epoch.

    With early stopping the first call holds out rows for good: they judge every call, and a row of
    a later call that equals one of them is not trained on.
    """
    if est.checkpoint is not None:
        raise InvalidValue("checkpoint goes with fit, whose epochs it saves; leave it None.")
    net, earlier = _start(est, task, rows, first=first)
    rows = _weighted(task, rows)
    chosen = blueprint.schedule(est)
    rule = blueprint.early_stopping(est, chosen, task.metric)
    held: Rows | None = est.__dict__.get("_held_out") if rule is not None else None
    if held is not None:
        rows = rows.without(held)
    elif rule is not None and not watches_training(est, rule):
        rows, held = _held_apart(est, net, task, rows)
    if len(rows) == 0:
        est.n_iter_ = 0
        return
    if first:
        _first_parameters(est, net, rows)
    epochs = max(int(est.max_iter), _epochs(earlier) + 1)
    observers = [*sorted_out(est.callbacks, type(est).__name__)[0], OneEpoch()]
    _go(est, net, earlier, task, rows, held, chosen, rule, observers, epochs=epochs)
    if held is not None:
        est._held_out = held


def _check_checkpoint(est: Any) -> None:
    if est.checkpoint is None:
        return
    if est.warm_start:
        raise InvalidValue(
            "checkpoint goes with warm_start=False: a file holds one run from its start; got "
            "warm_start=True."
        )
    if est.random_state is None or isinstance(est.random_state, np.random.RandomState):
        raise InvalidValue(
            "checkpoint needs random_state to be an integer, so that a fit that goes on from the "
            f"file draws the same rows and weights; got {est.random_state!r}."
        )


def _start(est: Any, task: Task, rows: Rows, *, first: bool) -> tuple[Network, Run | None]:
    """The network to train, new or with the present State, and the run to go on from."""
    new = _new_network(est, task, rows, first=first)
    if first:
        return new, None
    old: Network = est.network_
    if new.specification.slots != old.specification.slots:
        raise InvalidValue(
            f"to go on, layers and columns must be those of the fitted network, {old.units} units; "
            f"the parameters and rows ask for {new.units}. Fit anew with warm_start=False."
        )
    return Network.of(new.specification, old.state), est._run


def _new_network(est: Any, task: Task, rows: Rows, *, first: bool) -> Network:
    random = check_random_state(est.random_state)
    seed = int(random.randint(2**63 - 1, dtype=np.int64)) if first else 0
    dtype = "float32" if rows.x.dtype == np.float32 else "float64"
    return blueprint.network(
        est, int(rows.x.shape[1]), task.outputs, task.activation, task.loss, seed, dtype
    )


def _first_parameters(est: Any, net: Network, rows: Rows) -> None:
    """Parameters given before the fit, or those drawn, in units of the data."""
    given = est.__dict__.pop("_given", None)
    if given is not None:
        for name, values in given.items():
            overwrite(blocks(net, name), values)
    elif isinstance(est.init, str) and est.init == "auto" and est.bias_init == "auto":
        spread = est.solver != "sgd"
        if isinstance(rows.x, ShuffledRows):
            x, y = moments_of(rows.x)
            both = (x.mean, x.spread), (y.mean, y.spread)
            in_units_of_moments(net, *both, len(rows), spread=spread)
        else:
            in_units_of(net, rows.x, rows.y, rows.w, spread=spread)


def _weighted(task: Task, rows: Rows) -> Rows:
    if task.factors is not None:
        w = np.ones(len(rows)) if rows.w is None else rows.w
        rows = with_factors(rows, task.factors(rows.y, w))
    return rows.that_count()


def watches_training(est: Any, rule: EarlyStopping) -> bool:
    """Whether early stopping is to watch the cost of training itself."""
    return rule.watches_loss and est.validation_fraction == 0


def _held_apart(est: Any, net: Network, task: Task, rows: Rows) -> tuple[Rows, Rows]:
    codes: Array | None = None
    if task.stratify:
        codes = rows.y.argmax(axis=1) if task.outputs > 1 else rows.y[:, 0]
    share = float(est.validation_fraction)
    return held_apart(rows, share, seed=net.state.seed, stratify=codes)


def _epochs(run: Run | None) -> int:
    """The epochs it took, whole ones."""
    return 0 if run is None or run.left is None else len(run.left.track.history)


def _batch_size(est: Any, rows: int) -> int:
    if est.batch_size == "auto":
        return min(200, rows)
    if est.batch_size > rows and est.solver != "lbfgs":
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=4,
        )
    return min(int(est.batch_size), rows)


def _go(
    est: Any,
    net: Network,
    earlier: Run | None,
    task: Task,
    rows: Rows,
    held: Rows | None,
    chosen: Schedule,
    rule: EarlyStopping | None,
    observers: list[Observer],
    *,
    epochs: int,
) -> None:
    """Train, and set the fitted attributes; nothing is set where an argument is refused."""
    validation = None if held is None else (held.x, held.y, held.w)
    doctor = Doctor(stop=est.doctor == "stop") if est.doctor else None
    observers = observers if doctor is None else [*observers, doctor]
    if est.verbose:
        observers = [*observers, Printed(None if rule is None else f"val_{rule.column}")]
    try:
        run = train(
            net,
            rows.x,
            rows.y,
            optimizer=blueprint.optimizer(est),
            epochs=epochs,
            batch_size=_batch_size(est, len(rows)),
            sample_weight=rows.w,
            validation=validation,
            metrics=() if held is None else (task.metric,),
            early_stopping=rule,
            schedule=chosen,
            clip_norm=est.clip_norm,
            clip_value=est.clip_value,
            clip_per_sample=est.clip_per_sample,
            shuffle=bool(est.shuffle),
            stop=blueprint.stop_rule(est, chosen),
            observers=observers,
            checkpoint=est.checkpoint,
            resume=est.checkpoint is not None,
            after=earlier,
            engine=est.engine,
            threads=est.threads,
            precision=est.precision,
        )
    except (InvalidValue, Unsupported):
        raise
    except Diverged as error:
        est.network_, est._doctor = net, doctor
        run = after_divergence(error, rule)
    except BaseException:
        est.network_, est._run = net, None
        raise
    est.network_, est._doctor = net, doctor
    remember(est, run, rows, rule, earlier)

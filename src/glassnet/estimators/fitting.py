"""A fit from checked rows to fitted attributes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from glassnet.arrays import Array
from glassnet.errors import Diverged, InvalidValue
from glassnet.estimators import blueprint
from glassnet.estimators.callbacks import OneEpoch, Printed, Tasks, sorted_out
from glassnet.estimators.rows import Rows, held_apart, with_factors
from glassnet.estimators.weights import overwrite
from glassnet.network.network import Network
from glassnet.optim.schedules import Schedule
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.history import History
from glassnet.training.observers import Observer
from glassnet.training.train import Run, train
from glassnet.training.units import in_units_of


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


class FitDiverged(Diverged, ValueError):
    """The cost of a fit became nan or infinite."""


def whole(est: Any, task: Task, rows: Rows, held: Rows | None, *, first: bool) -> None:
    """``fit``: up to ``max_iter`` epochs, on from an earlier fit where ``first`` is false."""
    _check_checkpoint(est, held)
    _network(est, task, rows, first=first)
    est.__dict__.pop("_held_out", None)
    rows = _weighted(task, rows)
    chosen = blueprint.schedule(est)
    rule = blueprint.early_stopping(est, chosen, task.metric)
    if held is None and rule is not None and not _watches_training(est, rule):
        rows, held = _held_apart(est, task, rows)
    if first:
        _first_parameters(est, rows)
    done = 0 if first else _epochs_done(est)
    observers, others = sorted_out(est.callbacks, type(est).__name__)
    kept = est.__dict__.get("_skl_callbacks")
    if others:
        est._skl_callbacks = [*(kept or []), *others]
    try:
        observers += _tasks(est, rows)
        _go(est, task, rows, held, chosen, rule, observers, epochs=done + int(est.max_iter))
        _end_of_tasks(est, rows)
    finally:
        if others:
            _put_back(est, kept)
    _warn(est, chosen)


def partial(est: Any, task: Task, rows: Rows, *, first: bool) -> None:
    """``partial_fit``: one epoch. With early stopping, the first call's held-out rows judge all."""
    if est.checkpoint is not None:
        raise InvalidValue("checkpoint goes with fit, whose epochs it saves; leave it None.")
    _network(est, task, rows, first=first)
    rows = _weighted(task, rows)
    chosen = blueprint.schedule(est)
    rule = blueprint.early_stopping(est, chosen, task.metric)
    held = est.__dict__.get("_held_out")
    if rule is not None and held is None and not _watches_training(est, rule):
        rows, held = _held_apart(est, task, rows)
        est._held_out = held
    if first:
        _first_parameters(est, rows)
    epochs = max(int(est.max_iter), _epochs_done(est) + 1)
    observers, _ = sorted_out(est.callbacks, type(est).__name__)
    held = held if rule is not None else None
    _go(est, task, rows, held, chosen, rule, [*observers, OneEpoch()], epochs=epochs)


def _check_checkpoint(est: Any, held: Rows | None) -> None:
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


def _network(est: Any, task: Task, rows: Rows, *, first: bool) -> None:
    """``network_`` for the parameters: new, or the present State under them."""
    new = _new_network(est, task, rows, first=first)
    if first:
        est.network_ = new
        est._run, est.t_ = None, 0
        return
    old: Network = est.network_
    if new.specification.slots != old.specification.slots:
        raise InvalidValue(
            f"to go on, layers and columns must be those of the fitted network, {old.units} units; "
            f"the parameters and rows ask for {new.units}. Fit anew with warm_start=False."
        )
    est.network_ = Network.of(new.specification, old.state)


def _new_network(est: Any, task: Task, rows: Rows, *, first: bool) -> Network:
    seed = int(check_random_state(est.random_state).randint(2**31 - 1)) if first else 0
    dtype = "float32" if rows.x.dtype == np.float32 else "float64"
    return blueprint.network(
        est, int(rows.x.shape[1]), task.outputs, task.activation, task.loss, seed, dtype
    )


def _first_parameters(est: Any, rows: Rows) -> None:
    """Parameters given before the fit, or those drawn, in units of the data."""
    given = est.__dict__.pop("_given", None)
    if given is not None:
        for name, values in given.items():
            overwrite(name, getattr(est, name), values)
    elif isinstance(est.init, str) and est.init == "auto" and est.bias_init == "auto":
        in_units_of(est.network_, rows.x, rows.y, rows.w)


def _weighted(task: Task, rows: Rows) -> Rows:
    if task.factors is not None:
        w = np.ones(len(rows)) if rows.w is None else rows.w
        rows = with_factors(rows, task.factors(rows.y, w))
    return rows.that_count()


def _watches_training(est: Any, rule: EarlyStopping) -> bool:
    return rule.watches_loss and est.validation_fraction == 0


def _held_apart(est: Any, task: Task, rows: Rows) -> tuple[Rows, Rows]:
    codes: Array | None = None
    if task.stratify:
        codes = rows.y.argmax(axis=1) if task.outputs > 1 else rows.y[:, 0]
    share = float(est.validation_fraction)
    return held_apart(rows, share, seed=est.network_.state.seed, stratify=codes)


def _epochs_done(est: Any) -> int:
    run: Run | None = est._run
    return 0 if run is None else len(run.history)


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
    task: Task,
    rows: Rows,
    held: Rows | None,
    chosen: Schedule,
    rule: EarlyStopping | None,
    observers: list[Observer],
    *,
    epochs: int,
) -> None:
    before = _epochs_done(est)
    validation = None if held is None else (held.x, held.y, held.w)
    if est.verbose:
        observers = [*observers, Printed(None if rule is None else f"val_{rule.column}")]
    try:
        run = train(
            est.network_,
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
            shuffle=bool(est.shuffle),
            stop=blueprint.stop_rule(est, chosen),
            observers=observers,
            checkpoint=est.checkpoint,
            resume=est.checkpoint is not None,
            after=est._run,
            engine=est.engine,
            threads=est.threads,
        )
    except Diverged as error:
        run = _after_divergence(est, error, rule)
    _remember(est, run, rows, rule, before)


def _after_divergence(est: Any, error: Diverged, rule: EarlyStopping | None) -> Run:
    """The run until then, where early stopping has parameters to put back; else the error."""
    run: Run | None = error.run
    if rule is None or run is None or run.best_epoch == 0:
        raise FitDiverged(
            "Solver produced non-finite parameter weights. The input data may contain large values "
            f"and need to be preprocessed. In full: {error}"
        ) from error
    warnings.warn(
        f"{error} Early stopping put the best of them back, those of epoch {run.best_epoch}.",
        ConvergenceWarning,
        stacklevel=5,
    )
    nan = float("nan")
    row = {**run.history[-1], "J": nan, "epoch": len(run.history) + 1.0}
    row |= {name: nan for name in row if name.startswith("val_")}
    return replace(run, history=History([*run.history, row]))


def _remember(est: Any, run: Run, rows: Rows, rule: EarlyStopping | None, before: int) -> None:
    """The fitted attributes."""
    history, net = run.history, est.network_
    est._run, est.history_ = run, history
    est.n_iter_ = len(history) - before
    est.t_ += est.n_iter_ * len(rows)
    est.n_layers_, est.n_outputs_ = net.depth + 1, net.units[net.depth]
    est.out_activation_ = net.specification.phi[net.depth].name
    costs = [row["J"] for row in history]
    est.loss_curve_, est.loss_ = costs, costs[-1] if costs else float("nan")
    column = None if rule is None else f"val_{rule.column}"
    scores = [row[column] for row in history if column in row]
    est.validation_scores_ = scores if rule is not None and scores else None
    est.best_loss_ = min(costs, default=None) if rule is None else None
    est.best_validation_score_ = None
    if rule is not None and scores:
        finite = [score for score in scores if score == score]
        best = max if rule.greater_is_better else min
        est.best_validation_score_ = best(finite, default=float("nan"))


def _tasks(est: Any, rows: Rows) -> list[Observer]:
    """The observer that tells scikit-learn's callbacks, where the estimator has any."""
    if not hasattr(est, "_init_callback_context"):
        return []
    context = est._init_callback_context(max_subtasks=int(est.max_iter))
    if not est.__dict__.get("_skl_callbacks"):
        return []
    told = _told(rows)
    context.call_on_fit_task_begin(estimator=est, **told)
    return [Tasks(est, context, told)]


def _told(rows: Rows) -> dict[str, Any]:
    metadata = None if rows.w is None else {"sample_weight": rows.w}
    return {"X": rows.x, "y": rows.labels, "metadata": metadata}


def _end_of_tasks(est: Any, rows: Rows) -> None:
    if est.__dict__.get("_skl_callbacks"):
        est._callback_fit_ctx.call_on_fit_task_end(
            estimator=est, **_told(rows), reconstruction_attributes={}
        )


def _put_back(est: Any, callbacks: Any) -> None:
    if callbacks is None:
        est.__dict__.pop("_skl_callbacks", None)
    else:
        est._skl_callbacks = callbacks


def _warn(est: Any, chosen: Schedule) -> None:
    """Say so where the fit did not come to its end by itself."""
    ended = est._run.ended
    if ended == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=4)
    elif est.solver == "lbfgs" and ended in ("epochs", "line search", "evaluations"):
        what = {
            "epochs": f"it reached max_iter={est.max_iter}",
            "evaluations": f"it reached max_fun={est.max_fun}",
            "line search": "no step downhill was found",
        }[ended]
        warnings.warn(
            f"lbfgs failed to converge after {est.n_iter_} iteration(s): {what}. Increase the "
            "limit, or scale the columns of X.",
            ConvergenceWarning,
            stacklevel=4,
        )
    elif ended == "epochs" and not blueprint.plans_the_whole_run(chosen):
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({est.max_iter}) reached and the "
            "optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=4,
        )

"""What comes of a fit: its attributes, its warnings, and what is left when it diverges."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from glassnet.errors import Diverged
from glassnet.estimators import blueprint
from glassnet.estimators.rows import Rows
from glassnet.optim.schedules import Schedule
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.history import History
from glassnet.training.train import Run


class FitDiverged(Diverged, ValueError):
    """The cost of a fit became nan or infinite."""


def after_divergence(error: Diverged, rule: EarlyStopping | None) -> Run:
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


def remember(
    est: Any, run: Run, rows: Rows, rule: EarlyStopping | None, earlier: Run | None
) -> None:
    """The fitted attributes."""
    history, net = run.history, est.network_
    est._run, est.history_ = run, history
    done = 0 if earlier is None or earlier.left is None else len(earlier.left.track.history)
    est.n_iter_ = len(history) - done
    est.t_ = (0 if earlier is None else est.t_) + est.n_iter_ * len(rows)
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


def warn(est: Any, chosen: Schedule) -> None:
    """Say so where the fit did not come to its end by itself."""
    ended = est._run.ended
    if ended == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=4)
    elif ended == "observer" and est._run.reason:
        warnings.warn(
            f"The fit was ended after {est.n_iter_} epoch(s): {est._run.reason}",
            ConvergenceWarning,
            stacklevel=4,
        )
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

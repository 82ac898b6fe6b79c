"""The peer: Optuna's TPE over scikit-learn's MLP, in processes of joblib that share a study.

It is given what the search has: the same folds, the same ranges as far as scikit-learn has the
options, epochs counted one by one with ``partial_fit`` and the best of them taken, a training that
ends when a third of its epochs brought nothing better, and Optuna's own asynchronous halving
(``SuccessiveHalvingPruner``) at the same epochs as the rungs.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from joblib import Parallel, delayed
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.neural_network import MLPClassifier, MLPRegressor

Folds = tuple[tuple[Any, Any], ...]


def peer(
    x: Any, y: Any, test: tuple[Any, Any], folds: Folds, space: dict[str, Any],
    rungs: tuple[int, ...], *, classes: bool, seconds: float, workers: int, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """Search for so long, counted from when all processes have imported what they need."""
    with tempfile.TemporaryDirectory() as folder, Parallel(n_jobs=workers) as pool:
        file = str(Path(folder) / "study.log")
        pool(delayed(_study)(file, rungs, seed) for _ in range(workers))
        arguments = (file, x, y, folds, space, rungs, classes, seconds)
        used = pool(delayed(_optimize)(*arguments, seed + k) for k in range(workers))
        study = _study(file, rungs, seed)
        trials = [trial for trial in study.trials if trial.user_attrs.get("epochs")]
    best = max(trials, key=lambda trial: trial.user_attrs["best"])
    model = _model(best.params, classes, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(best.user_attrs["best_epoch"]):
            _epoch(model, x, y, classes)
    return {
        "best": best.user_attrs["best"],
        "test": float(model.score(*test)),
        "trials": len(trials),
        "epochs": sum(trial.user_attrs["epochs"] for trial in trials),
        "cpu_seconds": round(sum(used), 1),
        "parameters": {**best.params, "max_iter": best.user_attrs["best_epoch"]},
    }


def _study(file: str, rungs: tuple[int, ...], seed: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=JournalStorage(JournalFileBackend(file)),
        study_name="peer",
        sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True),
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=rungs[0], reduction_factor=3),
        direction="maximize",
        load_if_exists=True,
    )


def _optimize(
    file: str, x: Any, y: Any, folds: Folds, space: dict[str, Any], rungs: tuple[int, ...],
    classes: bool, seconds: float, seed: int,
) -> float:  # fmt: skip
    until, used = time.monotonic() + seconds, time.process_time()
    study = _study(file, rungs, seed)

    def objective(trial: optuna.Trial) -> float:
        return _trained(trial, x, y, folds, space, rungs, classes, until, seed)

    study.optimize(objective, timeout=seconds, catch=(ValueError,))
    return time.process_time() - used


def _trained(
    trial: optuna.Trial, x: Any, y: Any, folds: Folds, space: dict[str, Any],
    rungs: tuple[int, ...], classes: bool, until: float, seed: int,
) -> float:  # fmt: skip
    suggested = {
        "depth": trial.suggest_int("depth", int(space["depth"].low), int(space["depth"].high)),
        "width": trial.suggest_int(
            "width", int(space["width"].low), int(space["width"].high), log=True
        ),
        "shape": trial.suggest_categorical("shape", space["shape"]),
        "activation": trial.suggest_categorical("activation", ("relu", "tanh")),
        "learning_rate_init": trial.suggest_float(
            "learning_rate_init", space["learning_rate_init"].low,
            space["learning_rate_init"].high, log=True,
        ),
        "alpha": trial.suggest_float("alpha", 1e-7, 1e-1, log=True),
        "batch_size": trial.suggest_categorical("batch_size", space["batch_size"]),
    }  # fmt: skip
    models = [_model(suggested, classes, seed + trial.number) for _ in folds]
    best, best_epoch = -np.inf, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for epoch in range(1, rungs[-1] + 1):
            scores: list[float] = []
            for model, (train, held) in zip(models, folds, strict=True):
                _epoch(model, x[train], y[train], classes)
                scores.append(float(model.score(x[held], y[held])))
            if np.mean(scores) > best:
                best, best_epoch = float(np.mean(scores)), epoch
            if epoch in rungs:
                trial.report(best, epoch)
            late = time.monotonic() >= until
            if late or epoch in rungs or epoch == rungs[-1]:
                trial.set_user_attr("epochs", epoch)
                trial.set_user_attr("best", best)
                trial.set_user_attr("best_epoch", best_epoch)
            if epoch in rungs and trial.should_prune():
                raise optuna.TrialPruned
            if late or epoch - best_epoch > max(9, rungs[-1] // 3):
                trial.set_user_attr("epochs", epoch)
                break
    trial.set_user_attr("best", best)
    trial.set_user_attr("best_epoch", best_epoch)
    return best


def _model(suggested: dict[str, Any], classes: bool, seed: int) -> Any:
    halves = suggested["shape"] == "funnel"
    width = suggested["width"]
    sizes = [max(2, width >> k if halves else width) for k in range(suggested["depth"])]
    made: Any = MLPClassifier if classes else MLPRegressor
    return made(
        hidden_layer_sizes=tuple(sizes),
        activation=suggested["activation"],
        learning_rate_init=suggested["learning_rate_init"],
        alpha=suggested["alpha"],
        batch_size=suggested["batch_size"],
        random_state=seed,
    )


def _epoch(model: Any, x: Any, y: Any, classes: bool) -> None:
    model.partial_fit(x, y, classes=np.unique(y)) if classes else model.partial_fit(x, y)

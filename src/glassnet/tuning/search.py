"""``gn.search``: which architecture?"""

from __future__ import annotations

import hashlib
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_X_y

from glassnet.arrays import Array
from glassnet.data.splits import folds as make_folds
from glassnet.data.splits import hold_out
from glassnet.errors import InvalidValue, UnknownName, Unsupported
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.estimators.parameters import CLASSIFIER_LOSS, REGRESSOR_LOSS, check_parameters
from glassnet.tuning.rates import rate_range
from glassnet.tuning.refit import refitted
from glassnet.tuning.rests import resting
from glassnet.tuning.result import SearchResult, best_of, parameters_to_fit
from glassnet.tuning.space import checked_space, default_epochs, default_space, ends, parameters_of
from glassnet.tuning.trials import Material, Outcome
from glassnet.tuning.usual import usual_candidates
from glassnet.tuning.workers import crew


def search(
    X: Any,
    y: Any,
    space: Mapping[str, Any] | None = None,
    *,
    task: str = "auto",
    method: str = "halving",
    trials: int = 50,
    epochs: int | None = None,
    time_budget: float | None = None,
    workers: int = 1,
    backend: str = "auto",
    ray: str | None = None,
    folds: int | None = None,
    test_size: float = 0.2,
    scoring: str | None = None,
    storage: str | Path | None = None,
    seed: int = 0,
    on_outcome: Callable[[Outcome], object] | None = None,
) -> SearchResult:
    """Find depth, width and the other settings of a network by trying them on equal terms.

    Each candidate is trained on the same folds. "halving" takes candidates from Optuna's TPE and
    trains all of a bracket (3, 9, then more) for a few epochs, the best third for three times as
    many, and so on, going on from where they rested; "tpe" and "random" train each to the end.
    The doctor looks at each, and one with a certain and fatal fault is not trained further.
    Validation rows choose the candidate; the estimate comes from rows that the search never saw.

    Parameters
    ----------
    X : (m, n₀)
    y : (m,)
    space : mapping, optional
        See :func:`glassnet.tuning.space.checked_space`; the default fits the number of rows, and
        its learning rates are what a range test says of them.
    task : "auto", "classification" or "regression"
        "auto": numbers that are not all whole are quantities, all else classes.
    method : "halving", "growth", "tpe" or "random"
    trials : int ≥ 1
        Candidates, those of an earlier run of the same storage included.
    epochs : int ≥ 1, optional
        Of the longest training; earlier rungs have a third, a ninth, … of it. By default 243 with
        fewer than 5,000 rows, 81 with fewer than 50,000, else 27.
    time_budget : float > 0, optional
        Seconds after which no more training is begun.
    workers : int ≥ 1
        What is found does not depend on it, unless time runs out.
    backend : "auto", "threads" or "processes"
        What workers are. "auto": threads of this process, since the native engine computes without
        the interpreter's lock; processes with the reference engine. A process that is killed takes
        nothing with it but what it was doing, which is done again.
    ray : "auto" or an address, optional
        Of a Ray cluster whose nodes compute in place of processes here.
    folds : int ≥ 1, optional
        1: one hold-out of a fifth. By default 3 with fewer than 5,000 rows, else 1.
    test_size : float in [0, 1)
        Share of the rows kept for the estimate.
    scoring : str, optional
        A scorer of scikit-learn's; "accuracy" or "r2".
    storage : path, optional
        A file that keeps every trial; the same search goes on from it. In memory without one.
    seed : int
    on_outcome : callable, optional
        Told each training of a candidate as it ends.

    Returns
    -------
    SearchResult

    Raises
    ------
    InvalidValue, UnknownName
        For arguments that cannot be, a target of one class, rows that are not finite numbers, a
        storage that another search wrote, or where no candidate could be trained.

    References
    ----------
    Jamieson & Talwalkar (2016), Non-stochastic best arm identification; Watanabe (2023),
    Tree-structured Parzen estimator.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> space = {"width": [4, 32], "learning_rate_init": [0.001, 0.03]}
    >>> found = search(X, y, space, trials=4, epochs=9)
    >>> found.best_parameters["learning_rate_init"], found.test_score > 0.8
    (0.03, True)
    """
    try:
        from glassnet.tuning import methods
        from glassnet.tuning.driver import Driver, records
        from glassnet.tuning.growth_lineage import lineage_kept, regrown
        from glassnet.tuning.storage import open_study
    except ModuleNotFoundError as error:
        raise Unsupported(
            f"a search needs {error.name}, which is not installed. Install glassnet[search]."
        ) from error
    begun = time.monotonic()
    way = methods.method(method)
    _check(trials, epochs, time_budget, workers, folds, test_size)
    x, targets = _rows(X, y)
    classes = _is_classes(targets, task)
    metric = _scoring(scoring, classes)
    learn, test = _apart(len(x), test_size, seed, targets if classes else None)
    by_default = space is None
    if space is None:
        rates = rate_range(x[learn], targets[learn], classes=classes, seed=seed)
        space = default_space(len(x), rates)
    chosen_space = _space(space, classes)
    usual = usual_candidates(chosen_space) if by_default and method != "random" else []
    parts = _folds(folds, len(learn), seed, targets[learn] if classes else None)
    rungs = rungs_of(default_epochs(len(x)) if epochs is None else epochs)
    told = {
        "rows": f"{len(x)} x {x.shape[1]}, {_digest(x, targets)}",
        "space": repr(sorted(chosen_space.items())),
        "method": method,
        "scoring": metric,
        "folds": len(parts),
        "test_size": test_size,
        "rungs": list(rungs),
        "seed": seed,
    }
    until = np.inf if time_budget is None else begun + time_budget
    heard = on_outcome or (lambda outcome: None)
    with (
        ExitStack() as held,
        closing(crew(workers, ray, backend)) as workforce,
        tempfile.TemporaryDirectory(prefix="glassnet-search-") as folder,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        study = open_study(storage, told)
        if usual and not study.get_trials(deepcopy=False):
            for candidate in usual:
                study.enqueue_trial(candidate)
        np.save(Path(folder) / "X.npy", x[learn])
        np.save(Path(folder) / "y.npy", targets[learn])
        held.enter_context(resting(folder))
        material = Material(folder, parts, classes, metric, until, shared=workforce.shared)
        driver = Driver(
            study,
            partial(methods.sampler, method),
            chosen_space,
            material,
            workforce,
            rungs,
            seed,
            until,
            heard,
        )
        interrupted = way(driver).run(trials)
    found = records(study)
    best = best_of(found)
    parameters = parameters_to_fit(best, chosen_space)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept = lineage_kept(study, best.number)
        model = (
            refitted(
                x[learn],
                targets[learn],
                parameters,
                rungs,
                classes=classes,
                seed=seed + best.number,
            )
            if kept is None
            else regrown(kept, parameters, x[learn], targets[learn], classes=classes)
        )
        score = get_scorer(metric)(model, x[test], targets[test]) if len(test) else np.nan
    return SearchResult(
        model,
        parameters,
        best.last.score,
        float(score),
        metric,
        found,
        time.monotonic() - begun,
        interrupted,
        study,
    )


def rungs_of(epochs: int) -> tuple[int, ...]:
    """Epochs in all at each rung: at most four, a third of the next each, whole and above 0.

    Examples
    --------
    >>> rungs_of(81), rungs_of(5), rungs_of(1)
    ((3, 9, 27, 81), (1, 2, 5), (1,))
    """
    return tuple(sorted({max(1, round(epochs / third)) for third in (27, 9, 3, 1)}))


def _check(
    trials: int,
    epochs: int | None,
    time_budget: float | None,
    workers: int,
    folds: int | None,
    test_size: float,
) -> None:
    epochs = 1 if epochs is None else epochs
    whole = {"trials": trials, "epochs": epochs, "workers": workers, "folds": folds or 1}
    for name, value in whole.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InvalidValue(f"{name} must be a whole number of at least 1; got {value!r}.")
    if time_budget is not None and not time_budget > 0:
        raise InvalidValue(f"time_budget must be above 0 s; got {time_budget!r}.")
    if not 0 <= test_size < 1:
        raise InvalidValue(f"test_size must be in [0, 1); got {test_size!r}.")


def _rows(X: Any, y: Any) -> tuple[Array, Array]:
    try:
        checked: Any = check_X_y
        x, targets = checked(X, y, dtype=(np.float64, np.float32))
    except ValueError as error:
        raise InvalidValue(f"X and y must be rows of finite numbers with a target each: {error}")\
            from error  # fmt: skip
    if len(x) < 20:
        raise InvalidValue(f"a search must have at least 20 rows to part; got {len(x)}.")
    return x, targets


def _is_classes(targets: Array, task: str) -> bool:
    if task not in ("auto", "classification", "regression"):
        raise UnknownName("task", task, ("auto", "classification", "regression"))
    classes = type_of_target(targets) in ("binary", "multiclass")
    if task == "classification" and not classes:
        raise InvalidValue("y must hold classes; it holds numbers that are not all whole.")
    if task != "auto":
        classes = task == "classification"
    if classes and len(np.unique(targets)) < 2:
        raise InvalidValue("y must have at least two classes; it has one.")
    if not classes and np.ptp(targets) == 0:
        raise InvalidValue("y must vary; all its numbers are the same.")
    return classes


def _space(space: Mapping[str, Any], classes: bool) -> dict[str, Any]:
    made: Any = MLPClassifier if classes else MLPRegressor
    loss = CLASSIFIER_LOSS if classes else REGRESSOR_LOSS
    found = checked_space(space, made().get_params())
    for name, domain in found.items():
        for value in ends(domain):
            told = parameters_of({name: value})
            check_parameters(told, made.__name__, loss)
    return found


def _scoring(scoring: str | None, classes: bool) -> str:
    if scoring is None:
        return "accuracy" if classes else "r2"
    if scoring not in get_scorer_names():
        raise UnknownName("scorer", scoring, get_scorer_names())
    return scoring


def _apart(rows: int, test_size: float, seed: int, stratify: Array | None) -> tuple[Array, Array]:
    if test_size == 0:
        return np.arange(rows), np.arange(0)
    return hold_out(rows, test_size, seed=seed, stratify=stratify)


def _folds(
    count: int | None, rows: int, seed: int, stratify: Array | None
) -> tuple[tuple[Array, Array], ...]:
    wanted = count or (3 if rows < 5000 else 1)
    if wanted == 1:
        return (hold_out(rows, 0.2, seed=seed + 1, stratify=stratify),)
    return tuple(make_folds(rows, wanted, seed=seed + 1, stratify=stratify))


def _digest(x: Array, y: Array) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(x).tobytes())
    digest.update(repr(y.tolist()).encode())
    return digest.hexdigest()[:16]

"""One candidate trained for a while on a fold: what a worker computes."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer

from glassnet.arrays import Array
from glassnet.errors import Diverged, GlassnetError
from glassnet.estimators import blueprint
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.saving.model_file import load, save
from glassnet.training.early_stopping import EarlyStopping
from glassnet.tuning.curves import mean_curve, thinned, watched
from glassnet.tuning.trials import Material, Order, Outcome
from glassnet.tuning.verdicts import Glance, Halt

_PATIENCE = 3  # a training ends when a third of its epochs brought nothing better
_FEWEST = 9  # epochs, of that third


@dataclass(frozen=True)
class Part:
    """What came of an order on one fold.

    Attributes
    ----------
    first : int
        The first epoch of the curve.
    curve : tuple of float
        The score on the validation rows after each epoch; the last one's alone where a history
        has no such score, or only the last one counts.
    halted : bool
        Whether time ran out.
    """

    first: int = 1
    curve: tuple[float, ...] = ()
    seconds: float = 0.0
    parameters: int = 0
    verdict: str = ""
    failed: str = ""
    fatal: bool = False
    halted: bool = False


def compute(order: Order, material: Material) -> Outcome:
    """Do what an order says. The same order gives the same outcome wherever it is computed."""
    parts: list[Part] = []
    for fold in range(len(material.folds)):
        parts.append(part(order, material, fold))
        if parts[-1].failed or parts[-1].fatal:
            break
    return combined(order, parts)


def part(
    order: Order, material: Material, fold: int, asked: Callable[[], bool] | None = None
) -> Part:
    """Do what an order says on one fold.

    Parameters
    ----------
    order : Order
    material : Material
    fold : int
    asked : callable, optional
        Whether somebody wants the end.
    """
    begun = time.perf_counter()
    glance = Glance() if fold == 0 else None
    try:
        found = _trained(order, material, fold, Halt(material.until, asked), glance)
    except Diverged as error:
        found = Part(failed=f"diverged: {error}")
    except (GlassnetError, ValueError, ArithmeticError, MemoryError) as error:
        found = Part(failed=f"{type(error).__name__}: {error}")
    verdict, fatal = ("", False) if glance is None else (glance.verdict, glance.fatal)
    failed = " ".join(found.failed.split())[:300]
    return Part(
        found.first, found.curve, time.perf_counter() - begun, found.parameters, verdict, failed,
        fatal, found.halted,
    )  # fmt: skip


def combined(order: Order, parts: Sequence[Part]) -> Outcome:
    """What the folds say together; ``parts`` in the order of the folds."""
    first = parts[0]
    shared = Outcome(
        order.number,
        order.rung,
        seconds=sum(each.seconds for each in parts),
        parameters=first.parameters,
        verdict=first.verdict,
        fatal=first.fatal,
    )
    failed = next((each.failed for each in parts if each.failed), "")
    if failed:
        return replace(shared, failed=failed)
    curves = [each.curve for each in parts]
    halted = any(each.halted for each in parts)
    mean = mean_curve(curves, cut=halted)
    known = np.flatnonzero(np.isfinite(mean))
    if len(known) == 0:
        return replace(shared, failed="" if halted else "its score is not a finite number")
    best = int(known[np.argmax(mean[known])])
    return replace(
        shared,
        scores=tuple(curve[min(best, len(curve) - 1)] for curve in curves),
        curve=thinned(mean.tolist(), first.first),
        epoch=first.first + best,
        epochs=first.first + len(mean) - 1,
    )


def estimator(classes: bool, parameters: Mapping[str, Any], seed: int) -> Any:
    """An estimator of the kind, unfitted."""
    made: Any = MLPClassifier if classes else MLPRegressor
    return made(random_state=seed, **parameters)


def _trained(
    order: Order, material: Material, fold: int, halt: Halt, glance: Glance | None
) -> Part:
    x, y = arrays(material.folder)
    rows, held = material.folds[fold]
    model = rested(material, order.number, fold, order.rung)
    new = model is None
    if model is None and order.begin is not None:
        model = order.begin(order, material, fold)
    if model is None:
        model = estimator(material.classes, order.parameters, order.seed)
    whole = blueprint.plans_the_whole_run(blueprint.schedule(model))
    watching = [halt] if glance is None or not new else [halt, glance]
    model.set_params(
        warm_start=True,
        max_iter=order.epochs,
        n_iter_no_change=np.inf,
        callbacks=watching,
        threads=material.threads,
        early_stopping=False if whole else _patient(material.scoring, order, model),
    )
    model.fit(x[rows], y[rows], X_val=x[held], y_val=y[held])
    model.set_params(callbacks=None)
    rest(material, order.number, fold, order.rung, model)
    return _seen(model, material, held, whole, halt.halted)


def _seen(model: Any, material: Material, held: Array, whole: bool, halted: bool) -> Part:
    """The curve of a fit: every epoch may be the last, but of a schedule only its end."""
    x, y = arrays(material.folder)
    done, size = int(model.n_iter_), int(model.network_.parameter_count)
    total = len(model.history_)
    curve = watched(model.history_, material.scoring, done)
    if not curve and done:
        curve = (float(get_scorer(material.scoring)(model, x[held], y[held])),)
    if whole:
        curve = () if halted else curve[-1:]
    return Part(total - len(curve) + 1, curve, 0.0, size, halted=halted)


def _patient(scoring: str, order: Order, model: Any) -> Any:
    """Early stopping for a candidate; its own where it has one."""
    if "early_stopping" in order.parameters:
        return order.parameters["early_stopping"]
    if scoring not in ("accuracy", "r2") or model.solver == "lbfgs":
        return False
    patience = max(_FEWEST, order.epochs // _PATIENCE)
    return EarlyStopping(scoring, patience=patience, restore_best=False)


def rest(material: Material, number: int, fold: int, rung: int, model: Any) -> None:
    """Keep a candidate with its training as it came to a rung."""
    save(model, _place(material, number, fold, rung), training=True)


def rested(material: Material, number: int, fold: int, below: int = 99) -> Any:
    """The candidate as it came to the highest rung below one; None where it was never trained.

    The rest of the rung itself is no place to start: an order that is computed again would go on
    from what it had done before its worker was killed.
    """
    for rung in reversed(range(below)):
        place = _place(material, number, fold, rung)
        if place.exists():
            return load(place)
    return None


def forget(material: Material, number: int) -> None:
    """Delete what is kept of a candidate."""
    for place in Path(material.folder).glob(f"{number}-*.glassnet"):
        place.unlink(missing_ok=True)


def _place(material: Material, number: int, fold: int, rung: int) -> Path:
    return Path(material.folder) / f"{number}-{fold}-{rung}.glassnet"


_LENT: dict[str, tuple[Array, Array]] = {}


@contextmanager
def lend(folder: str, x: Array, y: Array) -> Generator[None]:
    """Have rows that lie in memory already stand for the files of a folder, for a while."""
    _LENT[folder] = (x, y)
    try:
        yield
    finally:
        del _LENT[folder]


def arrays(folder: str) -> tuple[Array, Array]:
    """X and y of a folder."""
    return _LENT[folder] if folder in _LENT else _read(folder)


@lru_cache(maxsize=2)
def _read(folder: str) -> tuple[Array, Array]:
    where = Path(folder)
    return np.load(where / "X.npy", mmap_mode="r"), np.load(where / "y.npy")

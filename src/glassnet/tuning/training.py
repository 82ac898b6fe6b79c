"""One candidate trained for a while on a fold: what a worker computes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer

from glassnet.arrays import Array
from glassnet.errors import Diverged, GlassnetError
from glassnet.estimators import blueprint
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.observers import Observer
from glassnet.tuning.curves import mean_curve, thinned, watched
from glassnet.tuning.rests import arrays, rest, rested
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
    glance, halt = Glance() if fold == 0 else None, Halt(material.until, asked)
    if halt.over:
        return Part(halted=True)
    try:
        found = _part(order, material, fold, halt, glance)
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


def trained(order: Order, material: Material, fold: int, watching: Sequence[Observer] = ()) -> Any:
    """The estimator that an order makes of a fold's rows.

    Parameters
    ----------
    order : Order
    material : Material
    fold : int
    watching : sequence of Observer
        A :class:`Glance` among them looks at new candidates only.
    """
    x, y = arrays(material.folder)
    rows, held = material.folds[fold]
    model = rested(material, order.number, fold, order.rung)
    if model is not None:
        watching = [each for each in watching if not isinstance(each, Glance)]
    elif order.begin is not None:
        model = order.begin(order, material, fold)
    if model is None:
        model = estimator(material.classes, order.parameters, order.seed)
    model.set_params(
        warm_start=True,
        max_iter=order.epochs,
        n_iter_no_change=np.inf,
        callbacks=list(watching),
        threads=material.threads,
        early_stopping=_patient(material.scoring, order, model),
    )
    judged = {"X_val": x[held], "y_val": y[held]} if _by_epoch(material.scoring, model) else {}
    model.fit(x[rows], y[rows], **judged)
    return model.set_params(callbacks=None)


def _part(order: Order, material: Material, fold: int, halt: Halt, glance: Glance | None) -> Part:
    model = trained(order, material, fold, [halt] if glance is None else [halt, glance])
    rest(material, order.number, fold, order.rung, model)
    return _seen(model, material, material.folds[fold][1], halt.halted)


def _seen(model: Any, material: Material, held: Array, halted: bool) -> Part:
    """The curve of a fit: every epoch may be the last, but of a schedule only its end."""
    x, y = arrays(material.folder)
    done, size = int(model.n_iter_), int(model.network_.parameter_count)
    total = len(model.history_)
    if _by_epoch(material.scoring, model):
        curve = watched(model.history_, material.scoring, done)
    elif done and not (halted and _planned(model)):
        curve = (float(get_scorer(material.scoring)(model, x[held], y[held])),)
    else:
        curve = ()
    return Part(total - len(curve) + 1, curve, 0.0, size, halted=halted)


def _patient(scoring: str, order: Order, model: Any) -> Any:
    """Early stopping for a candidate; its own where it has one."""
    if "early_stopping" in order.parameters:
        return order.parameters["early_stopping"]
    if model.solver == "lbfgs" or not _by_epoch(scoring, model):
        return False
    patience = max(_FEWEST, order.epochs // _PATIENCE)
    return EarlyStopping(scoring, patience=patience, restore_best=False)


def _by_epoch(scoring: str, model: Any) -> bool:
    """Whether it is judged after every epoch."""
    return scoring in ("accuracy", "r2") and not _planned(model)


def _planned(model: Any) -> bool:
    """Whether its schedule plans the whole run, so that only its end counts."""
    return blueprint.plans_the_whole_run(blueprint.schedule(model))

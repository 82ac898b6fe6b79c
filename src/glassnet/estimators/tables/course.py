"""The course of a fit: how many epochs, the members' training, and once more on all rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.arrays import Array
from glassnet.engine.threads import thread_count
from glassnet.errors import Diverged, InvalidValue
from glassnet.estimators.tables import members as ensemble
from glassnet.estimators.tables.members import SPENT, Head, Material
from glassnet.estimators.tables.presets import enough_epochs, settled_batch_size
from glassnet.network.network import Network
from glassnet.training.history import History
from glassnet.training.run import Run


@dataclass(frozen=True, eq=False)
class Trained:
    """What came of a fit.

    Attributes
    ----------
    members : list of Network
    histories : list of History
    judged : list of (Network, rows)
        The networks that held rows out, with those rows: other networks than the members where
        these were trained again on all rows.
    notes : list of str
    """

    members: list[Network]
    histories: list[History]
    judged: list[tuple[Network, Array]]
    notes: list[str]


def train_ensemble(
    est: Any, material: Material, head: Head, p: dict[str, Any], *, metric: Any, began: float
) -> Trained:
    """Train the members of an estimator, and again on all rows where it says ``refit``.

    Parameters
    ----------
    est : TableEstimator
        Whose parameters say how; what follows from the rows is written into ``p``. Its
        ``_watching``, if somebody gave it one, makes observers: ``_watching(est, members)`` is
        asked before each training for a list per member.
    metric : "loss" or a metric
        By which the best epoch is chosen.
    began : float
        When the fit began, on ``time.monotonic``.

    Raises
    ------
    InvalidValue
        If every member diverged.
    KeyboardInterrupt
        If there was one before any member had done an epoch.
    """
    random = check_random_state(est.random_state)
    seeds = [int(n) for n in random.randint(2**31 - 1, size=int(p["members"]) + 1)]
    course = _Course(est, material, head, p, seeds[1:], began)
    m = len(material.x)
    rows = ensemble.member_rows(m, len(course.seeds), seeds[0], material.codes)
    own, again = len(rows[0][0]), m if est.refit and len(rows[0][1]) else 0
    notes = settle_epochs(est, p, material, course.networks(), own=own, again=again, began=began)
    nets, runs = course.trained(rows, own / (own + again), metric=metric)
    kept = _kept(runs, notes, p["epochs"])
    judged = [(nets[k], rows[k][1]) for k in kept]
    if again and not _interrupted(runs):
        last = _epochs_found([runs[k] for k in kept])
        every = [(np.arange(m), np.arange(0))] * len(rows)
        once_more, later = course.trained(every, 1.0, last_epoch=last)
        if _interrupted(later):
            notes.append("interrupted: not trained again on all rows.")
        else:
            notes.append(f"refit: {last} epochs on all {m:,} rows.")
            nets, runs, kept = once_more, later, _kept(later, notes, last)
    return Trained([nets[k] for k in kept], [runs[k].history for k in kept], judged, notes)


@dataclass(frozen=True, eq=False)
class _Course:
    """What the trainings of a fit have in common."""

    est: Any
    material: Material
    head: Head
    p: dict[str, Any]
    seeds: list[int]
    began: float

    def networks(self) -> list[Network]:
        """Untrained members, the same each time."""
        return ensemble.networks(self.material.x.shape[1], self.head, self.p, self.seeds)

    def trained(
        self, rows: Sequence[tuple[Array, Array]], share: float, **more: Any
    ) -> tuple[list[Network], list[Run]]:
        """Members trained on these rows until this share of the time budget is spent."""
        est, nets = self.est, self.networks()
        budget, watching = est.time_budget, getattr(est, "_watching", None)
        runs = ensemble.train_members(
            nets,
            self.material,
            rows,
            self.p,
            deadline=None if budget is None else self.began + share * float(budget),
            observers=None if watching is None else watching(est, len(nets)),
            engine=est.engine,
            workers=est.threads,
            **more,
        )
        return nets, runs


def settle_epochs(
    est: Any,
    p: dict[str, Any],
    material: Material,
    nets: Sequence[Network],
    *,
    own: int,
    again: int,
    began: float,
) -> list[str]:
    """Batch size and epochs as plain numbers, within the cap of row visits and the time budget.

    Parameters
    ----------
    own, again : int
        Rows that a member is trained on, and those that it is trained on again.

    Returns
    -------
    list of str
        What a reader should know of it.
    """
    p["batch_size"] = settled_batch_size(p["batch_size"], own)
    if est.epochs is None:
        p["epochs"] = enough_epochs(p["epochs"], own, p["batch_size"])
    if est.patience is None:
        p["patience"] = max(p["patience"], p["epochs"] // 4)
    notes: list[str] = []
    visits = (own + again) * len(nets)
    most = max(1, int(est.max_row_visits) // visits)
    if most < p["epochs"]:
        notes.append(
            f"max_row_visits={int(est.max_row_visits):,}: {most} epochs in the place of "
            f"{p['epochs']}."
        )
        p["epochs"] = most
    if est.time_budget is not None:
        each = ensemble.seconds_per_row(nets[0], material, p)
        side_by_side = min(len(nets), est.threads or thread_count())
        left = float(est.time_budget) - (time.monotonic() - began)
        most = max(1, floor(left * side_by_side / (each * visits)))
        if most < p["epochs"]:
            notes.append(
                f"time_budget={float(est.time_budget):g}: about {most} epochs fit in, in the "
                f"place of {p['epochs']}."
            )
            p["epochs"] = most
    return notes


def _kept(runs: Sequence[Run], notes: list[str], epochs: int) -> list[int]:
    """The members that can be used; what happened to the others is noted."""
    done = [k for k, run in enumerate(runs) if len(run.history)]
    kept = [k for k in done if runs[k].error is None or runs[k].best_epoch]
    if not kept and _interrupted(runs):
        raise KeyboardInterrupt
    if not kept:
        raise _diverged(next(run.error for run in runs if run.error is not None))
    lost = sum(run.error is not None and not run.best_epoch for run in runs)
    if lost:
        notes.append(f"{lost} of {len(runs)} members diverged and are not used.")
    fewest = min(len(runs[k].history) for k in kept)
    if _interrupted(runs):
        notes.append(
            f"interrupted: {len(kept)} of {len(runs)} members, after {fewest} of {epochs} epochs."
        )
    elif runs[kept[0]].reason == SPENT:
        notes.append(f"time_budget: ended after {fewest} of {epochs} epochs.")
    return kept


def _interrupted(runs: Sequence[Run]) -> bool:
    return any(run.ended == "interrupted" for run in runs)


def _epochs_found(runs: Sequence[Run]) -> int:
    """The median of the best epochs, halves upwards."""
    return floor(float(np.median([run.best_epoch for run in runs])) + 0.5)


def _diverged(error: Diverged) -> InvalidValue:
    return InvalidValue(f"every member diverged; lower learning_rate. The first said: {error}")

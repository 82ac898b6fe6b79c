"""The course of a fit: how many epochs, the members' training, and once more on all rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.arrays import Array
from glassnet.engine.threads import thread_count
from glassnet.estimators.tables import members as ensemble
from glassnet.estimators.tables.groups import Group, helpful, usable
from glassnet.estimators.tables.members import Head, Material
from glassnet.estimators.tables.presets import (
    Effort,
    enough_epochs,
    settle_members,
    settled_batch_size,
)
from glassnet.estimators.tables.recipes import CUT, Recipe
from glassnet.network.ensembles import member_networks
from glassnet.network.network import Network
from glassnet.training.history import History


@dataclass(frozen=True, eq=False)
class Trained:
    """What came of a fit.

    Attributes
    ----------
    members : list of Network
        Plain ones; those of a batch-ensemble have its history.
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
    est: Any,
    material: Material,
    head: Head,
    p: dict[str, Any],
    *,
    plain: Array,
    metric: Any,
    began: float,
) -> Trained:
    """Train the members of an estimator, and again on all rows where it says ``refit``.

    Parameters
    ----------
    est : TableEstimator
        Whose parameters say how; what follows from the rows is written into ``p``. Its
        ``_watching``, if somebody gave it one, makes observers: ``_watching(est, members)`` is
        asked before each training for a list per member.
    plain : (k,) int
        The encoded columns that ``plain_members`` see.
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
    effort = Effort.of(est._goal, material.y.shape[1])
    settle_members(p, len(material.x), effort)
    first = 1 if p["shared_members"] else int(p["members"])
    last = first + int(p["plain_members"])
    seeds = [int(n) for n in random.randint(2**31 - 1, size=last + 1)]
    m, codes = len(material.x), material.codes
    own = len(ensemble.member_rows(m, 1, seeds[0], codes)[0][0])
    again = m if est.refit and own < m else 0
    course = _Course(est, material, head, p, began)
    todo = [
        course.untrained(recipe, some, ensemble.member_rows(m, len(some), seeds[0], codes))
        for recipe, some in ((CUT, seeds[1 : first + 1]), (Recipe(plain), seeds[first + 1 :]))
        if some
    ]
    notes = settle_epochs(
        est,
        p,
        material,
        todo[0].nets[0],
        effort=effort,
        members=sum(group.members for group in todo),
        own=own,
        again=again,
        began=began,
    )
    groups = course.trained(todo, own / (own + again), metric=metric)
    interrupted = any(group.interrupted for group in groups)
    groups = helpful(usable(groups, notes, p["epochs"]), material, head, notes, est.engine)
    judged = [pair for group in groups for pair in group.judged]
    if again and not interrupted:
        groups = _again(course, groups, notes)
    return Trained(
        [member for group in groups for net in group.nets for member in member_networks(net)],
        [
            run.history
            for group in groups
            for net, run in zip(group.nets, group.runs, strict=True)
            for _ in range(net.specification.members)
        ],
        judged,
        notes,
    )


def _again(course: _Course, groups: list[Group], notes: list[str]) -> list[Group]:
    """The same recipes on all rows, for the epochs that were found best."""
    m = len(course.material.x)
    every = (np.arange(m), np.arange(0))
    todo = [course.untrained(group.recipe, group.seeds, [every] * len(group.seeds))
            for group in groups]  # fmt: skip
    found = [group.epochs_found for group in groups]
    later = course.trained(todo, 1.0, last_epochs=found)
    if any(group.interrupted for group in later):
        notes.append("interrupted: not trained again on all rows.")
        return groups
    notes.append(f"refit: {' and '.join(map(str, found))} epochs on all {m:,} rows.")
    return usable(later, notes, max(found))


@dataclass(frozen=True, eq=False)
class _Course:
    """What the trainings of a fit have in common."""

    est: Any
    material: Material
    head: Head
    p: dict[str, Any]
    began: float

    def untrained(
        self, recipe: Recipe, seeds: list[int], rows: Sequence[tuple[Array, Array]]
    ) -> Group:
        """Members of a recipe with their first weights, which are the same each time."""
        inputs = recipe.seen(self.material.x[:1]).shape[1]
        nets = ensemble.networks(inputs, self.head, self.p, seeds, recipe)
        return Group(recipe, seeds, nets, [], rows)

    def trained(
        self,
        groups: Sequence[Group],
        share: float,
        *,
        metric: Any = "loss",
        last_epochs: Sequence[int] | None = None,
    ) -> list[Group]:
        """The groups after training, until this share of the time budget is spent."""
        est, done = self.est, list[Group]()
        budget, watching = est.time_budget, getattr(est, "_watching", None)
        count, total = 0, sum(len(group.nets) for group in groups)
        spent, all_members = 0, sum(group.members for group in groups)
        watched = None if watching is None else watching(est, total)
        for k, group in enumerate(groups):
            begin, count, spent = count, count + len(group.nets), spent + group.members
            until = None if budget is None else float(budget) * share * spent / all_members
            runs = ensemble.train_members(
                group.nets,
                self.material,
                group.rows,
                self.p,
                group.recipe,
                metric=metric,
                last_epoch=None if last_epochs is None else last_epochs[k],
                deadline=None if until is None else self.began + until,
                observers=None if watched is None else watched[begin:count],
                engine=est.engine,
                workers=est.threads,
            )
            inputs = self.material.x.shape[1]
            nets = [group.recipe.whole(net, inputs) for net in group.nets]
            done.append(replace(group, nets=nets, runs=runs))
            if done[-1].interrupted:
                break
        return done


def settle_epochs(
    est: Any,
    p: dict[str, Any],
    material: Material,
    net: Network,
    *,
    effort: Effort,
    members: int,
    own: int,
    again: int,
    began: float,
) -> list[str]:
    """Batch size and epochs as plain numbers, within the cap of row visits and the time budget.

    Parameters
    ----------
    net : Network
        Whose speed counts for all.
    own, again : int
        Rows that a member is trained on, and those that it is trained on again.

    Returns
    -------
    list of str
        What a reader should know of it.
    """
    p["batch_size"] = settled_batch_size(p["batch_size"], own, est._goal)
    if est.epochs in (None, "auto"):
        p["epochs"] = enough_epochs(p["epochs"], own, p["batch_size"], effort.steps)
    if est.patience is None:
        p["patience"] = max(p["patience"], p["epochs"] // 4)
    notes: list[str] = []
    visits = (own + again) * members
    most = max(1, int(est.max_row_visits) // visits)
    if most < p["epochs"]:
        notes.append(
            f"max_row_visits={int(est.max_row_visits):,}: {most} epochs in the place of "
            f"{p['epochs']}."
        )
        p["epochs"] = most
    if est.time_budget is not None:
        each = ensemble.seconds_per_row(net, material, p)
        side_by_side = min(members, est.threads or thread_count())
        left = float(est.time_budget) - (time.monotonic() - began)
        most = max(1, floor(left * side_by_side / (each * visits)))
        if most < p["epochs"]:
            notes.append(
                f"time_budget={float(est.time_budget):g}: about {most} epochs fit in, in the "
                f"place of {p['epochs']}."
            )
            p["epochs"] = most
    return notes

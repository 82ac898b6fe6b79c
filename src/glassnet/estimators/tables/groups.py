"""Members of one recipe after their training, and how many of each are good for the mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import floor

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import Diverged, InvalidValue
from glassnet.estimators.tables.held_out import held_out_outputs
from glassnet.estimators.tables.members import SPENT, Head, Material
from glassnet.estimators.tables.recipes import Recipe
from glassnet.estimators.tables.temperature import Temperature
from glassnet.network import catalogue
from glassnet.network.network import Network
from glassnet.training.run import Run

_PREFERENCE = 0.005  # by so much others must be better than all together


@dataclass(frozen=True, eq=False)
class Group:
    """Members of one recipe.

    Attributes
    ----------
    recipe : Recipe
    seeds : list of int
    nets : list of Network
        On all encoded columns; a batch-ensemble is one of them.
    runs : list of Run
    rows : list of (own, held)
        The numbers of the rows that each was trained on, and of those that it held out.
    """

    recipe: Recipe
    seeds: list[int]
    nets: list[Network]
    runs: list[Run]
    rows: Sequence[tuple[Array, Array]]

    @property
    def judged(self) -> list[tuple[Network, Array]]:
        """The networks with the rows that they held out."""
        return [(net, held) for net, (_, held) in zip(self.nets, self.rows, strict=True)]

    @property
    def interrupted(self) -> bool:
        """Whether somebody wanted it to end."""
        return any(run.ended == "interrupted" for run in self.runs)

    @property
    def epochs_found(self) -> int:
        """The median of the best epochs, halves upwards."""
        return floor(float(np.median([run.best_epoch for run in self.runs])) + 0.5)

    @property
    def members(self) -> int:
        """How many networks the mean is taken of: all members of a batch-ensemble are some."""
        return self.counts[-1]

    @property
    def counts(self) -> list[int]:
        """How many members the first 0, 1, … networks have."""
        return [0, *accumulate(net.specification.members for net in self.nets)]

    def first(self, members: int) -> Group:
        """As many networks as have so many members."""
        return self.only(range(self.counts.index(members)))

    def only(self, kept: Sequence[int]) -> Group:
        """Some of its members."""
        nets, runs, rows = ([each[k] for k in kept] for each in (self.nets, self.runs, self.rows))
        return replace(self, nets=nets, runs=runs, rows=rows)


def usable(groups: Sequence[Group], notes: list[str], epochs: int) -> list[Group]:
    """The members that learned; what happened to the others is noted.

    Raises
    ------
    InvalidValue
        If every member diverged.
    KeyboardInterrupt
        If there was one before any member had done an epoch.
    """
    found = [group.only([k for k, run in enumerate(group.runs) if _learned(run)])
             for group in groups]  # fmt: skip
    found = [group for group in found if group.nets]
    runs = [run for group in groups for run in group.runs]
    interrupted = any(group.interrupted for group in groups)
    if not found and interrupted:
        raise KeyboardInterrupt
    if not found:
        raise _diverged(next(run.error for run in runs if run.error is not None))
    lost = sum(run.error is not None and not run.best_epoch for run in runs)
    if lost:
        notes.append(f"{lost} of {len(runs)} members diverged and are not used.")
    kept = [run for group in found for run in group.runs]
    fewest = min(len(run.history) for run in kept)
    if interrupted:
        notes.append(
            f"interrupted: {len(kept)} of {len(runs)} members, after {fewest} of {epochs} epochs."
        )
    elif any(run.reason == SPENT for run in kept):
        notes.append(f"time_budget: ended after {fewest} of {epochs} epochs.")
    return found


def helpful(
    groups: Sequence[Group], material: Material, head: Head, notes: list[str], engine: object
) -> list[Group]:
    """Of two groups the members whose mean is best on rows that were held out.

    One group keeps all of its members, the other as many as are good for the mean, judged by the
    weight that they give it. Probabilities are judged by their log-loss at the best temperature.
    All are kept where they are worse by less than half a hundredth, or by less than the standard
    error of the difference (the rule of Breiman et al., 1984, Classification and regression trees,
    section 3.4.3).
    """
    told = [held_out_outputs(group.judged, material.x, engine) for group in groups]
    if len(groups) != 2 or any(len(rows) == 0 for rows, _ in told):
        return list(groups)
    common = np.intersect1d(told[0][0], told[1][0])
    first, second = (a[np.searchsorted(rows, common)] for rows, a in told)
    w = np.ones(len(common)) if material.w is None else material.w[common]
    y, w = material.y[common], w / w.sum()

    def costs(counts: tuple[int, int]) -> Array:
        share = counts[0] / sum(counts)
        return _costs(share * first + (1 - share) * second, y, w, head)

    def cost(counts: tuple[int, int]) -> float:
        return float(w @ costs(counts))

    j, k = (group.members for group in groups)
    choices = [
        *((j, some) for some in groups[1].counts),
        *((some, k) for some in groups[0].counts[:-1]),
    ]
    best = min(choices, key=cost)
    gain = costs((j, k)) - costs(best)
    mean = float(w @ gain)
    error = float(np.sqrt(w**2 @ (gain - mean) ** 2))
    if mean <= max(error, _PREFERENCE * cost((j, k))):
        return list(groups)
    notes.append(
        f"{best[0]} of {j} members on bins and {best[1]} of {k} on plain columns are kept: on "
        f"held-out rows their loss is {cost(best):.4g}, that of all {cost((j, k)):.4g}."
    )
    return [group.first(count) for group, count in zip(groups, best, strict=True) if count]


def _costs(a: Array, y: Array, w: Array, head: Head) -> Array:
    """The loss of each row.  (m, n_L), (m, n_L), (m,) -> (m,)"""
    if head.loss in ("cross_entropy", "binary_cross_entropy"):
        return Temperature.of(a, y, w, loss=head.loss).log_losses(a, y)
    loss = catalogue.loss(head.loss)
    several = not isinstance(head.loss, str)  # quantiles, whose activation is the identity: a = z
    each = loss.of_score(a, a, y) if several else loss.of_output(a, y)
    return each.sum(axis=1)


def _learned(run: Run) -> bool:
    return len(run.history) > 0 and (run.error is None or run.best_epoch > 0)


def _diverged(error: Diverged | None) -> InvalidValue:
    return InvalidValue(f"every member diverged; lower learning_rate. The first said: {error}")

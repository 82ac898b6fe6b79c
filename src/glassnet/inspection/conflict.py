"""How groups of rows pull at the parameters: together, or against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import ShapeMismatch
from glassnet.inspection.row_passes import RowPasses, classes_of


@dataclass(frozen=True, eq=False)
class Conflict:
    """Mean gradients of k groups of rows, compared; :meth:`Ledger.conflict` makes it.

    Attributes
    ----------
    groups : (k,)
        Their names, sorted: the classes, by default.
    counts : (k,) int64
        Rows of each.
    lengths : (k,) float64
        ‖ḡ_c‖, ḡ_c being the mean of the group's gradients under the rows' weights.
    cosines : (k, k) float64
        cos(ḡ_c, ḡ_d): below 0 a step that serves one group hurts the other. nan where a mean
        gradient is 0.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "logistic", init="zeros")], loss="binary_cross_entropy")
    >>> found = gn.ledger(net, [[1.0], [1.0], [2.0]], [0, 0, 1]).conflict()
    >>> found.groups.tolist(), found.cosines.round(3).tolist()
    ([0, 1], [[1.0, -0.949], [-0.949, 1.0]])
    >>> found.pairs()
    [(0, 1, -0.948...)]
    """

    groups: Array
    counts: Array
    lengths: Array
    cosines: Array

    def pairs(self) -> list[tuple[Any, Any, float]]:
        """Every two groups and their cosine, the strongest conflict first."""
        above = [(c, d) for c in range(len(self.groups)) for d in range(c + 1, len(self.groups))]
        above.sort(key=lambda pair: np.nan_to_num(self.cosines[pair], nan=np.inf))
        names = self.groups.tolist()
        return [(names[c], names[d], float(self.cosines[c, d])) for c, d in above]


def conflict_of(passes: RowPasses, weights: Array | None, groups: Any) -> Conflict:
    """Pass the rows group by group, add up each group's gradient, and compare the k sums.

    It takes k · p numbers of the network's dtype, p being the number of parameters.

    Raises
    ------
    InvalidValue, ShapeMismatch
        If no groups are given and the targets are not classes, or the groups do not fit the rows.
    """
    labels = classes_of(passes) if groups is None else np.asarray(groups)
    if labels.shape != (len(passes),):
        raise ShapeMismatch(f"groups must be ({len(passes)},), one per row; got {labels.shape}.")
    names, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.empty((len(names), passes.spec.parameter_count), passes.state.theta.dtype)
    for c in range(len(names)):
        means[c] = mean_gradient(passes, weights, np.flatnonzero(codes == c))
    gram = (means @ means.T).astype(np.float64)
    lengths = np.sqrt(np.diag(gram))
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = gram / np.outer(lengths, lengths)
    return Conflict(names, counts.astype(np.int64), lengths, np.clip(cosines, -1, 1))


def mean_gradient(passes: RowPasses, weights: Array | None, rows: Array | None = None) -> Array:
    """Σ wₙ gₙ / Σ wₙ over rows (None: all); 0 where they weigh nothing.  -> (p,) float64"""
    total, weight = np.zeros(passes.spec.parameter_count), 0.0
    for numbers, chunk in passes.chunks(rows):
        factors = None if weights is None else weights[numbers]
        total += chunk.summed(factors)
        weight += len(chunk) if factors is None else float(factors.sum())
    return total / weight if weight > 0 else total

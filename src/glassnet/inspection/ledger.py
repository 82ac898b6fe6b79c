"""The ledger of rows: what each of them costs, and how hard it pulls at the parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection.conflict import Conflict, conflict_of
from glassnet.inspection.looking import network_of
from glassnet.inspection.noise_scale import NoiseScale, noise_scale_of
from glassnet.inspection.ranking import ranked
from glassnet.inspection.row_passes import RowPasses


@dataclass(frozen=True, eq=False)
class Ledger:
    """Losses and gradient lengths of single rows; made by :func:`ledger`, which explains them.

    gₙ = ∂ℓₙ/∂θ is the gradient of row n's own loss: no weight, no penalty, frozen layers left out.

    Attributes
    ----------
    losses : (m,) float64
        ℓₙ.
    squared_norms : (m, L) float64
        ‖gₙ‖² by layer: column l − 1 is of layer l's parameters. 0 in frozen layers.
    outputs : (m, n_L)
        a[L] of each row.
    weights : (m,) float64
        They sum to 1.
    mean_gradient : (p,) float64
        Σₙ wₙ gₙ, in the order of θ.
    statistics : "running" or None
        Whether batch norm stood on its running statistics.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])  # ℓ = ½ (0 − y)²
    >>> book = ledger(net, [[1.0], [2.0], [3.0]], [1.0, 0.0, -4.0])
    >>> book.losses.tolist(), (book.norms**2).round(9).tolist()
    ([0.5, 0.0, 8.0], [2.0, 0.0, 160.0])
    >>> book.hardest(2).tolist(), book.inner(0, 2)
    ([2, 0], -16.0)
    """

    losses: Array
    squared_norms: Array
    outputs: Array
    weights: Array
    mean_gradient: Array
    statistics: str | None = None
    passes: RowPasses | None = field(default=None, repr=False)

    @property
    def norms(self) -> Array:
        """‖gₙ‖ over all layers.  -> (m,)"""
        return np.sqrt(self.squared_norms.sum(axis=1))

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.losses)

    def __repr__(self) -> str:
        """Say how many rows it has, and its middle and largest loss."""
        return (
            f"Ledger({len(self)} rows; loss {np.median(self.losses):.3g} median, "
            f"{self.losses.max():.3g} largest)"
        )

    def hardest(self, k: int = 10) -> Array:
        """The k rows of the largest loss, the largest first.  -> (k,) int64"""
        return ranked(self.losses, k)

    def suspects(self, k: int = 10) -> Array:
        """The k rows of the longest gradient, the longest first: look at their labels.

        ‖gₙ‖² is a row's influence on its own loss (Pruthi et al., 2020, section 4.1): where it is
        large, the row is fitted against what the others say. A network that was trained long on
        these same rows has learned its wrong labels by heart; :func:`glassnet.suspects` judges each
        row by networks that have not seen it, and finds more.
        """
        return ranked(self.norms, k)

    def inner(self, i: Any, j: Any) -> Any:
        """⟨gᵢ, gⱼ⟩: above 0 where a step for row i lowers the loss of row j.

        Row numbers give a float, arrays of r and s row numbers an (r, s) array.
        """
        source = self._source()
        rows, others = source.rows(i), source.rows(j)
        found = np.empty((len(rows), len(others)))
        size = source.chunk_rows
        for p, (_, left) in enumerate(source.chunks(rows)):
            for q, (_, right) in enumerate(source.chunks(others)):
                place = slice(p * size, (p + 1) * size), slice(q * size, (q + 1) * size)
                found[place] = left.products(right)
        return float(found[0, 0]) if np.ndim(i) == np.ndim(j) == 0 else found

    def conflict(self, groups: Any = None) -> Conflict:
        """How the mean gradients of groups of rows stand to each other; groups are y's classes."""
        return conflict_of(self._source(), self.weights, groups)

    def noise_scale(self) -> NoiseScale:
        """How much the rows' gradients differ, and the batch size that suits it."""
        return noise_scale_of(self.norms**2, self.weights, self.mean_gradient)

    def to_dict(self) -> dict[str, Array]:
        """The rows as columns, as ``pandas.DataFrame`` and ``polars.DataFrame`` take them."""
        columns = {"loss": self.losses, "norm": self.norms, "weight": self.weights}
        layers = np.sqrt(self.squared_norms.T)
        return columns | {f"norm[{l}]": layer for l, layer in enumerate(layers, start=1)}

    def _source(self) -> RowPasses:
        if self.passes is None:
            raise InvalidValue(
                "this Ledger must have its rows to compute anew; it was made without them. "
                "Make it with gn.ledger."
            )
        return self.passes


def ledger(
    net: Any,
    X: Any,
    y: Any,
    weights: Any = None,
    *,
    statistics: str | None = None,
    engine: Any = "auto",
) -> Ledger:
    """Look at each row by itself: its loss, and the length of its gradient.

    For a row n the backward pass leaves aₙ[l−1] and δₙ[l], and these two vectors are the gradient:

        ‖gₙ‖² = Σ_l (‖aₙ[l−1]‖² + 1) ‖δₙ[l]‖²

    without the 1 in a layer without bias, with the terms of γ and β in one with batch norm. In a
    batch-ensemble a row's loss is the mean of its members', and the terms of a layer go over pairs
    of them. No
    row's gradient is ever made, so the ledger costs one forward and backward pass over the rows,
    and memory for a chunk of them. Dropout is left out, and so are penalties, which are no row's.

    Parameters
    ----------
    net : Network or fitted estimator
        As it stands; the ledger keeps a copy of its State, and is not changed by training. An
        estimator turns labels into targets, and class weights into weights, as in its fit.
    X : (m, n₀), dense or CSR
        It is read in chunks and never copied whole, whatever its dtype; memory maps are welcome.
        :meth:`Ledger.inner` and :meth:`Ledger.conflict` read it again.
    y : (m,) or (m, n_L)
    weights : (m,), optional
        Weights ≥ 0 of the rows in means; the rows' own numbers are without them.
    statistics : "running", optional
        With batch norm a row's gradient depends on the other rows of its batch. "running" holds
        the running statistics constant, as in prediction; then rows are on their own.
    engine : "auto", a name or an Engine

    Returns
    -------
    Ledger

    Raises
    ------
    InvalidValue, ShapeMismatch
        If the arguments do not fit, or batch norm couples the rows and ``statistics`` is None.

    References
    ----------
    Goodfellow (2015), Efficient per-example gradient computations.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.data.datasets import two_moons
    >>> X, y = two_moons(200)
    >>> layers = [gn.Dense(8, "tanh"), gn.Dense(1, "logistic")]
    >>> net = gn.Network(2, layers, loss="binary_cross_entropy")
    >>> _ = gn.train(net, X, y, epochs=20)
    >>> book = ledger(net, X, y)
    >>> book
    Ledger(200 rows; loss ...
    >>> book.squared_norms.shape, book.mean_gradient.shape
    ((200, 2), (33,))
    """
    if hasattr(net, "__glassnet_rows__"):
        rows = net.__glassnet_rows__(X, y, weights)
        return ledger(network_of(net), *rows, statistics=statistics, engine=engine)
    passes = RowPasses.of(net, X, y, statistics=statistics, engine=engine)
    m, spec = len(passes), passes.spec
    w = _checked_weights(weights, m)
    losses, squares = np.empty(m), np.empty((m, spec.depth))
    outputs = np.empty((m, spec.units[-1]), passes.state.theta.dtype)
    total = np.zeros(spec.parameter_count)
    for rows, chunk in passes.chunks():
        losses[rows], outputs[rows], squares[rows] = chunk.losses, chunk.outputs, chunk.squares()
        total += chunk.summed(None if w is None else w[rows])
        del chunk  # before the next is made
    mean = total / m if w is None else total
    w = np.full(m, 1 / m) if w is None else w
    return Ledger(losses, squares, outputs, w, mean, statistics, passes)


def _checked_weights(weights: Any, m: int) -> Array | None:
    """The weights, divided by their sum."""
    if weights is None:
        return None
    given = np.asarray(weights)
    if given.dtype.kind not in "biuf" or given.shape != (m,):
        raise ShapeMismatch(
            f"weights must be ({m},) numbers, one per row; got shape {given.shape} of "
            f"{given.dtype}."
        )
    w = given.astype(np.float64)
    total = w.sum()
    if not np.isfinite(total) or (w < 0).any() or not total > 0:
        raise InvalidValue(
            "weights must be finite and not negative, with a sum above 0; got values from "
            f"{w.min():g} to {w.max():g}."
        )
    return w / total

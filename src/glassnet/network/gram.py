"""Gradients of single rows, kept as the factors they are made of.

The loss of row n acts on a dense layer through zₙ alone, so ∂ℓₙ/∂W = δₙ aₙᵀ: an outer product. Its
length and its inner products follow from the factors::

    ‖∂ℓₙ/∂W‖² + ‖∂ℓₙ/∂b‖² = (‖aₙ‖² + 1) ‖δₙ‖²                                (1)
    ⟨∂ℓₙ/∂W, ∂ℓₖ/∂W⟩ + ⟨∂ℓₙ/∂b, ∂ℓₖ/∂b⟩ = (aₙ·aₖ + 1) (δₙ·δₖ)                (2)

without the 1 where there is no bias; where units see their inputs by groups, W's part is the sum of
such terms over the groups. Goodfellow (2015), Efficient per-example gradient
computations, has (1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array, like, xp
from glassnet.network.connections import Blocks


@dataclass(frozen=True)
class RowGradients:
    """∂ℓₙ/∂(W, b, γ, β, κ) of one layer for each of m rows, in m (n_in + n_out) numbers.

    Parameters
    ----------
    a : (m, n_in), dense or CSR
        What the layer is given.
    delta : (m, n_out)
        ∂ℓₙ/∂zₙ, each row's of its own loss.
    bias : bool
    into, x_hat : (m, n_out), optional
        ∂ℓₙ/∂z̃ₙ and x̂ₙ of a layer with batch norm on constant statistics, whose γ and β then have
        the gradients ∂ℓₙ/∂z̃ₙ ⊙ x̂ₙ and ∂ℓₙ/∂z̃ₙ.

    connections : Blocks, optional
        Which inputs each unit sees, if not all.
    of_kappa : (m, n_out), optional
        ∂ℓₙ/∂κ.

    Examples
    --------
    >>> import numpy as np
    >>> rows = RowGradients(np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[3.0], [1.0]]))
    >>> rows.squares().tolist(), rows.products(rows).tolist()
    ([54.0, 2.0], [[54.0, 9.0], [9.0, 2.0]])
    """

    a: Any
    delta: Array
    bias: bool = True
    into: Array | None = None
    x_hat: Array | None = None
    connections: Blocks | None = None
    of_kappa: Array | None = None

    def squares(self) -> Array:
        """‖∂ℓₙ/∂(W, b, γ, β, κ)‖² of each row, (1).  -> (m,)"""
        if self.connections is None:
            found = (_squares(self.a) + float(self.bias)) * _squares(self.delta)
        else:
            found = float(self.bias) * _squares(self.delta)
            for a, delta in self._groups():
                found = found + _squares(a) * _squares(delta)
        if self.into is not None:
            found = found + _squares(self.into * self.x_hat) + _squares(self.into)
        if self.of_kappa is not None:
            found = found + _squares(self.of_kappa)
        return found

    def sums(self, factors: Array) -> dict[str, Array]:
        """Σₙ fₙ ∂ℓₙ/∂W = (f ⊙ δ)ᵀ a, and those of b, γ, β and κ, where the layer has them."""

        def total(each: Array) -> Array:
            return xp(each).sum(each, axis=0)

        weighted = factors[:, None] * self.delta
        found = {"W": outer(weighted, self.a)}
        if self.connections is not None:
            found["W"] = found["W"] * like(self.connections.mask(), weighted)
        if self.bias:
            found["b"] = total(weighted)
        if self.into is not None:
            into = factors[:, None] * self.into
            found |= {"gamma": total(into * self.x_hat), "beta": total(into)}
        if self.of_kappa is not None:
            found["kappa"] = total(factors[:, None] * self.of_kappa)
        return found

    def products(self, others: RowGradients) -> Array:
        """⟨·, ·⟩ of each row with each of k others of the same layer, (2).  -> (m, k)"""
        of_deltas = _products(self.delta, others.delta)
        if self.connections is None:
            found = (_products(self.a, others.a) + float(self.bias)) * of_deltas
        else:
            found = float(self.bias) * of_deltas
            for (a, delta), (u, epsilon) in zip(self._groups(), others._groups(), strict=True):
                found = found + _products(a, u) * _products(delta, epsilon)
        if self.into is not None and others.into is not None:
            found = found + _products(self.into * self.x_hat, others.into * others.x_hat)
            found = found + _products(self.into, others.into)
        if self.of_kappa is not None and others.of_kappa is not None:
            found = found + _products(self.of_kappa, others.of_kappa)
        return found

    def _groups(self) -> list[tuple[Any, Array]]:
        """a and δ of each group of inputs and units."""
        pieces = () if self.connections is None else self.connections.pieces()
        return [(self.a[:, inputs], self.delta[:, units]) for inputs, units in pieces]


def lengths(layers: Sequence[RowGradients]) -> Array:
    """‖gₙ‖ of each row over several layers, at least one; no square overflows.  -> (m,)

    Examples
    --------
    >>> huge = RowGradients(np.zeros((1, 1)), np.array([[3e200, 4e200]]))
    >>> lengths([huge, huge]).tolist()
    [7.07...e+200]
    """
    sizes = [xp(layer.delta).max(xp(layer.delta).abs(layer.delta), axis=1) for layer in layers]
    largest = sizes[0]
    for size in sizes[1:]:
        largest = xp(size).where(size > largest, size, largest)
    divisor = xp(largest).where(largest > 0, largest, 1.0)
    squares = [replace(layer, delta=layer.delta / divisor[:, None]).squares() for layer in layers]
    return largest * xp(largest).sqrt(sum(squares[1:], start=squares[0]))


def dense(a: Any) -> Array:
    """The rows as an array, where they are sparse.

    Examples
    --------
    >>> dense(np.array([[1.0]]))
    array([[1.]])
    """
    return a.toarray() if hasattr(a, "tocsr") else a


def outer(delta: Array, a: Any) -> Array:
    """δᵀ a; a sparse a goes first, which SciPy multiplies into a dense result.

    Examples
    --------
    >>> outer(np.array([[1.0], [2.0]]), np.array([[3.0, 4.0], [0.0, 1.0]])).tolist()
    [[3.0, 6.0]]
    """
    return (a.T @ delta).T if hasattr(a, "tocsr") else delta.T @ a


def _squares(v: Any) -> Array:
    if hasattr(v, "tocsr"):
        return np.asarray(v.multiply(v).sum(axis=1)).ravel()
    return xp(v).vecdot(v, v)


def _products(v: Any, u: Any) -> Array:
    if hasattr(v, "tocsr"):
        return (v @ u.T).toarray() if hasattr(u, "tocsr") else v @ u.T
    return (u @ v.T).T if hasattr(u, "tocsr") else v @ u.T

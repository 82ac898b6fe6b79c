"""Rows of a batch-ensemble: each row once for every one of k members, one after the other.

Row n·k + i of such an array belongs to row n and member i. Copies let all products with the
shared W be plain ones, and the mean of the losses of m·k rows is the mean of the members' losses.
A layer with members makes of them, with r, s and b of each row's own member::

    u = r ∘ a,   p = u Wᵀ,   z = s ∘ p + b
    ∂J/∂p = s ∘ δ,   ∂J/∂u = ∂J/∂p W,   ∂J/∂a = r ∘ ∂J/∂u
    ∂J/∂W = (∂J/∂p)ᵀ u,   ∂J/∂r = Σ ∂J/∂u ∘ a,   ∂J/∂s = Σ δ ∘ p,   ∂J/∂b = Σ δ

where the last three sums go over each member's rows.

Wen, Tran & Ba (2020), BatchEnsemble; Gorishniy, Kotelnikov & Babenko (2024), TabM.
"""

from __future__ import annotations

from typing import Any

from glassnet.arrays import Array, xp
from glassnet.network.gram import dense


def copied(rows: Any, k: int) -> Array:
    """Each row k times in a row; sparse ones become dense.  (m, …) -> (m·k, …)

    Examples
    --------
    >>> import numpy as np
    >>> copied(np.array([[1.0], [2.0]]), 2).ravel().tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    found = dense(rows)
    shape = (found.shape[0], k, *found.shape[1:])
    return xp(found).reshape(xp(found).broadcast_to(found[:, None, ...], shape), (-1, *shape[2:]))


def times_members(rows: Array, numbers: Array) -> Array:
    """Each copy of a row times the numbers of its member.  (m·k, n), (k, n) -> (m·k, n)

    Examples
    --------
    >>> import numpy as np
    >>> times_members(np.ones((4, 1)), np.array([[2.0], [3.0]])).ravel().tolist()
    [2.0, 3.0, 2.0, 3.0]
    """
    return xp(rows).reshape(_by_members(rows, numbers.shape[0]) * numbers, rows.shape)


def sums_of_members(rows: Array, k: int) -> Array:
    """The sum over each member's rows.  (m·k, n) -> (k, n)

    Examples
    --------
    >>> import numpy as np
    >>> sums_of_members(np.arange(4.0)[:, None], 2).ravel().tolist()
    [2.0, 4.0]
    """
    return xp(rows).sum(_by_members(rows, k), axis=0)


def sums_of_copies(rows: Array, k: int) -> Array:
    """The sum over the copies of each row.  (m·k, n) -> (m, n)

    Examples
    --------
    >>> import numpy as np
    >>> sums_of_copies(np.arange(4.0)[:, None], 2).ravel().tolist()
    [1.0, 5.0]
    """
    return xp(rows).sum(_by_members(rows, k), axis=1)


def shared_forward(
    a: Array, W: Array, r: Array, s: Array, b: Array | None
) -> tuple[Array, Array, Array]:
    """u, p and z of a layer with members.

    (m·k, n_in), (n, n_in), (k, n_in), (k, n), (k, n) -> (m·k, n_in), (m·k, n), (m·k, n)

    Examples
    --------
    >>> import numpy as np
    >>> one, r = np.ones((1, 1)), np.array([[1.0], [-1.0]])
    >>> u, p, z = shared_forward(np.full((2, 1), 3.0), 2 * one, r, np.ones((2, 1)), None)
    >>> z.ravel().tolist()
    [6.0, -6.0]
    """
    u = times_members(a, r)
    p = u @ W.T
    z = times_members(p, s)
    return u, p, z if b is None else xp(z).reshape(_by_members(z, b.shape[0]) + b, z.shape)


def shared_back(
    delta: Array, a: Array, u: Array, p: Array, W: Array, r: Array, s: Array
) -> tuple[Array, Array, Array, Array]:
    """∂J/∂W, ∂J/∂r, ∂J/∂s and ∂J/∂a of such a layer, given δ.

    Examples
    --------
    >>> import numpy as np
    >>> one, r = np.ones((1, 1)), np.array([[1.0], [-1.0]])
    >>> a, s, delta = np.full((2, 1), 3.0), np.ones((2, 1)), np.array([[1.0], [2.0]])
    >>> u, p, _ = shared_forward(a, 2 * one, r, s, None)
    >>> [found.ravel().tolist() for found in shared_back(delta, a, u, p, 2 * one, r, s)]
    [[-3.0], [6.0, 12.0], [6.0, -12.0], [2.0, -4.0]]
    """
    k = r.shape[0]
    of_p = times_members(delta, s)
    of_u = of_p @ W
    of_r, of_s = sums_of_members(of_u * a, k), sums_of_members(delta * p, k)
    return of_p.T @ u, of_r, of_s, times_members(of_u, r)


def _by_members(rows: Array, k: int) -> Array:
    return xp(rows).reshape(rows, (rows.shape[0] // k, k, *rows.shape[1:]))

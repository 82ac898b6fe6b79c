"""Gradients of single rows in layers whose W is shared by members, kept as factors.

The loss of row n is the mean of its k copies' losses, each of which gives W an outer product. With
u, p and the derivatives of :mod:`glassnet.network.copies`, all of row n's own loss::

    ∂ℓₙ/∂W = Σᵢ ∂ℓₙ/∂pᵢ uᵢᵀ,   ‖∂ℓₙ/∂W‖² = Σᵢⱼ (uᵢ·uⱼ) (∂ℓₙ/∂pᵢ·∂ℓₙ/∂pⱼ)            (1)

with sums over the copies of the row; r, s and b of member i have what copy i gives them alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.arrays import Array
from glassnet.network.copies import (
    copied,
    shared_forward,
    sums_of_copies,
    sums_of_members,
    times_members,
)


@dataclass(frozen=True)
class SharedRowGradients:
    """∂ℓₙ/∂(W, b, r, s, κ) of one layer for each of m rows, whose copies are m·k rows.

    Parameters
    ----------
    u : (m·k, n_in)
    of_p : (m·k, n_out)
        ∂ℓₙ/∂p.
    own : dict of (m·k, ·)
        What each copy gives the numbers of its member: ``"r"``, ``"s"`` and, with biases, ``"b"``.
    members : int
        k.
    of_kappa : (m, n_out), optional
        ∂ℓₙ/∂κ.

    Examples
    --------
    >>> import numpy as np
    >>> u, of_p = np.array([[1.0], [2.0]]), np.array([[3.0], [1.0]])  # one row of two copies
    >>> rows = SharedRowGradients(u, of_p, {"b": np.array([[1.0], [1.0]])}, 2)
    >>> rows.squares().tolist(), rows.products(rows).tolist()
    ([27.0], [[27.0]])
    """

    u: Array
    of_p: Array
    own: dict[str, Array]
    members: int
    of_kappa: Array | None = None

    @classmethod
    def of(
        cls,
        a: Array,
        delta: Array,
        blocks: tuple[Array, Array, Array],
        *,
        bias: bool,
        of_kappa: Array | None = None,
    ) -> SharedRowGradients:
        """From what the layer's copies are given and their δ, with W, r and s.

        Examples
        --------
        >>> import numpy as np
        >>> one, r = np.ones((1, 1)), np.array([[1.0], [-1.0]])
        >>> a, delta = np.full((2, 1), 3.0), np.array([[1.0], [2.0]])
        >>> found = SharedRowGradients.of(a, delta, (one, r, np.ones((2, 1))), bias=False)
        >>> {name: each.ravel().tolist() for name, each in found.own.items()}
        {'r': [3.0, 6.0], 's': [3.0, -6.0]}
        """
        W, r, s = blocks
        u, p, _ = shared_forward(a, W, r, s, None)
        of_p = times_members(delta, s)
        own = {"r": (of_p @ W) * a, "s": delta * p}
        if bias:
            own["b"] = delta
        return cls(u, of_p, own, r.shape[0], of_kappa)

    def squares(self) -> Array:
        """The square of the length of each row's gradient, (1).  -> (m,)"""
        u, of_p = self._grouped(self.u), self._grouped(self.of_p)
        each = (u @ u.transpose(0, 2, 1)) * (of_p @ of_p.transpose(0, 2, 1))
        found = each.sum(axis=(1, 2))
        for values in self.own.values():
            found = found + sums_of_copies((values * values).sum(axis=1), self.members)
        if self.of_kappa is not None:
            found = found + (self.of_kappa * self.of_kappa).sum(axis=1)
        return found

    def sums(self, factors: Array) -> dict[str, Array]:
        """Σₙ fₙ gₙ of each block.  (m,) -> dict of arrays in the blocks' shapes"""
        f = copied(factors, self.members)[:, None]
        found = {"W": (f * self.of_p).T @ self.u}
        found |= {
            name: sums_of_members(f * values, self.members) for name, values in self.own.items()
        }
        if self.of_kappa is not None:
            found["kappa"] = (factors[:, None] * self.of_kappa).sum(axis=0)
        return found

    def products(self, others: SharedRowGradients) -> Array:
        """⟨·, ·⟩ of each row with each of others of the same layer.  -> (m, others)"""
        k = self.members
        each = (self.u @ others.u.T) * (self.of_p @ others.of_p.T)
        found = each.reshape(len(self.u) // k, k, -1, k).sum(axis=(1, 3))
        for name, values in self.own.items():
            found = found + _flat(values, k) @ _flat(others.own[name], k).T
        if self.of_kappa is not None and others.of_kappa is not None:
            found = found + self.of_kappa @ others.of_kappa.T
        return found

    def _grouped(self, values: Array) -> Array:
        return values.reshape(-1, self.members, values.shape[1])


def _flat(values: Array, k: int) -> Array:
    return values.reshape(len(values) // k, -1)

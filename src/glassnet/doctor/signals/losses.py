"""Signals of a loss and an output activation by themselves: what they do to chosen numbers.

A loss or an activation may be the user's own, of which nothing but its values is known. So each is
asked with a few numbers, and the answers are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.arrays import Array

Logarithm = Literal["", "of one", "of both"]
_ROWS = 32
_STEP = 1e-5


@dataclass(frozen=True)
class LossSigns:
    """How a loss answers; nan where it could not be asked.

    Attributes
    ----------
    logarithm : "", "of one" or "of both"
        Whether ℓ grows as −log a for a → 0 where y = 1 (a cross-entropy), and as −log(1 − a) for
        a → 1 where y = 0 too (a binary one).
    blind : bool
        Whether one output of any size costs the same: a loss that divides by the sum of one.
    constant : bool
        Whether the output activation gives the same for every z.
    coupled : float ≥ 0
        By what part of itself a row's loss changes when the targets of other rows change places.
    repeated : float
        A row's loss in a batch twice as long, over that in the batch: 1, or 2 of a sum over rows.
    slope_error : float ≥ 0
        ‖ℓ′ − numerical ℓ′‖ / ‖numerical ℓ′‖ at the outputs of some rows.
    missed : float in [0, 1]
        Share of the rows that would cost less at another output than at their own target.
    exact : float
        The cost of a = y over that of a = mean of y.
    """

    logarithm: Logarithm = ""
    blind: bool = False
    constant: bool = False
    coupled: float = 0.0
    repeated: float = 1.0
    slope_error: float = 0.0
    missed: float = 0.0
    exact: float = 0.0


def loss_signs(loss: Any, phi: Any, z: Array, y: Array) -> LossSigns:
    """Ask a loss at the outputs φ(z) of some rows and at numbers of its own.  (m, n), (m, n)

    Examples
    --------
    >>> from glassnet.network.activations import Identity
    >>> from glassnet.network.losses import BinaryCrossEntropy, SquaredError
    >>> z, y = np.array([[-1.0], [0.5], [2.0]]), np.array([[0.0], [1.0], [1.0]])
    >>> loss_signs(SquaredError(), Identity(), z, y)
    LossSigns(logarithm='', blind=False, constant=False, coupled=0.0, repeated=1.0, \
slope_error=0.0, missed=0.0, exact=0.0)
    >>> loss_signs(BinaryCrossEntropy(), Identity(), z, y).logarithm
    'of both'
    """
    chosen = np.unique(np.linspace(0, len(z) - 1, min(len(z), _ROWS)).astype(np.int64))
    z, y = np.asarray(z[chosen], np.float64), np.asarray(y[chosen], np.float64)
    try:
        with np.errstate(all="ignore"):
            a = phi.value(z)
            return LossSigns(
                logarithm=_logarithm(loss, y.shape[1]),
                blind=_blind(loss, y),
                constant=_constant(phi, z),
                coupled=_coupled(loss, a, y),
                repeated=_repeated(loss, a, y),
                slope_error=_slope_error(loss, a, y),
                missed=_missed(loss, phi, y),
                exact=_exact(loss, y),
            )
    except Exception:  # noqa: BLE001 - a user's own object may raise whatever it likes
        return LossSigns()


def _of_rows(loss: Any, a: Array, y: Array) -> Array:
    """ℓ per row from outputs, by the route that every loss has.  -> (m,)"""
    return np.asarray(loss.of_output(a, y), np.float64).reshape(len(a), -1).sum(axis=1)


def _row(p: float, n: int) -> Array:
    """Outputs with p first and the rest shared: a distribution where n > 1.  -> (1, n)"""
    return np.array([[p] + [(1 - p) / max(n - 1, 1)] * (n - 1)])


def _logarithm(loss: Any, n: int) -> Logarithm:
    one = np.eye(1, n)
    costs = [float(_of_rows(loss, _row(p, n), one)[0]) for p in (1e-4, 1e-3, 1e-2)]
    far, near = costs[0] - costs[1], costs[1] - costs[2]
    # Equal steps for equal factors, and no cost of being above 1: a Poisson loss has one.
    above = [float(_of_rows(loss, np.full((1, n), v), one)[0]) for v in (1.0, 4.0)]
    flat = above[1] - above[0] < 0.1 * far
    if not (far > 0 and abs(near / far - 1) < 0.02 and flat):
        return ""
    none = np.zeros((1, n))
    rest = [float(_of_rows(loss, np.full((1, n), 1 - p), none)[0]) for p in (1e-4, 1e-2)]
    return "of both" if rest[0] - rest[1] > far else "of one"


def _blind(loss: Any, y: Array) -> bool:
    if y.shape[1] > 1:
        return False
    costs = [_of_rows(loss, np.full(y.shape, v), y) for v in (0.05, 0.5, 0.95)]
    same = all(np.allclose(costs[0], other, rtol=1e-9, atol=1e-12) for other in costs[1:])
    return bool(same and np.isfinite(costs[0]).all())


def _constant(phi: Any, z: Array) -> bool:
    asked = [phi.value(np.full_like(z[:1], v)) for v in (-3.0, -0.5, 0.5, 3.0)]
    mixed = phi.value(np.linspace(-2, 3, z[:1].size).reshape(z[:1].shape))
    return bool(all(np.array_equal(asked[0], other) for other in [*asked[1:], mixed]))


def _coupled(loss: Any, a: Array, y: Array) -> float:
    """Row 0 keeps its target, and the others are turned round among themselves."""
    if len(a) < 3 or not np.ptp(y[1:], axis=0).any():
        return 0.0
    moved = y.copy()
    moved[1:] = np.roll(y[1:], 1, axis=0)
    halved = y.copy()
    halved[1:] = y[1]
    size = np.abs(_of_rows(loss, a, y)).mean()
    changes = [abs(_of_rows(loss, a, other)[0] - _of_rows(loss, a, y)[0])
               for other in (moved, halved)]  # fmt: skip
    return _part(max(changes), size)


def _repeated(loss: Any, a: Array, y: Array) -> float:
    once, twice = _of_rows(loss, a, y), _of_rows(loss, np.r_[a, a], np.r_[y, y])[: len(a)]
    size = np.abs(once).sum()
    return float(np.abs(twice).sum() / size) if 0 < size < np.inf else 1.0


def _slope_error(loss: Any, a: Array, y: Array) -> float:
    """Each column is moved by itself; entries where the two half steps disagree lie at a kink.

    All rows move at once, so that of a loss that couples rows J is differentiated, not one ℓ.
    """
    told = np.asarray(loss.derivative(a, y), np.float64)
    step = _STEP * (1 + np.abs(a))
    found, smooth = np.zeros_like(a), np.zeros(a.shape, bool)
    here = _of_rows(loss, a, y)
    for k in range(a.shape[1]):
        up, down = a.copy(), a.copy()
        up[:, k] += step[:, k]
        down[:, k] -= step[:, k]
        ahead = (_of_rows(loss, up, y) - here) / step[:, k]
        behind = (here - _of_rows(loss, down, y)) / step[:, k]
        found[:, k] = (ahead + behind) / 2
        smooth[:, k] = np.abs(ahead - behind) <= 1e-2 * (np.abs(ahead) + np.abs(behind))
    size = float(np.linalg.norm(found[smooth]))
    error = float(np.linalg.norm((told - found)[smooth]))
    known = 0 < size < np.inf and smooth.mean() > 0.5
    return round(error / size, 6) if known else 0.0


def _missed(loss: Any, phi: Any, y: Array) -> float:
    """Of targets that are numbers and within the range of φ, as outputs of which they are asked."""
    low, high = phi.range.lower, phi.range.upper
    labels = len(np.unique(y)) <= 2 or (y.shape[1] > 1 and np.allclose(y.sum(axis=1), 1))
    if labels or y.min() < low or y.max() > high:
        return 0.0
    there = _of_rows(loss, y, y)
    sizes = np.array([-3, -1, -0.5, -0.2, 0.2, 0.5, 1, 3]) * max(float(y.std()), 1e-300)
    others = np.array([_of_rows(loss, np.clip(y + s, low, high), y) for s in sizes])
    gain = there - others.min(axis=0)
    return float(np.mean(gain > 0.05 * (others.max(axis=0) - others.min(axis=0)) + 1e-12))


def _exact(loss: Any, y: Array) -> float:
    mean = np.broadcast_to(y.mean(axis=0), y.shape)
    return _part(_of_rows(loss, y, y).sum(), _of_rows(loss, mean, y).sum())


def _part(change: Any, size: Any) -> float:
    return float(change / size) if 0 < size < np.inf and np.isfinite(change) else 0.0

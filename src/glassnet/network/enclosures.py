"""Interval arithmetic: a lower and an upper bound in the place of each number.

Everything here is float64 NumPy. ``rounding`` is ``numpy.finfo`` of the dtype in which a network
computes: where it is an argument, the bounds hold for the mathematics and for what is computed in
that dtype, underflow flushed or not.
"""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np

from glassnet.arrays import Array

# Units of rounding by which a function of one number may be off, its argument or its value: the
# catalogue's own are within 4 in both engines (tests of parity), so this leaves room.
_ULPS = 16
_DOUBLE = np.finfo(np.float64)
_FAR = float(_DOUBLE.max) / 4
_HUGE = 1e300  # a slope this large was stopped below the largest number
_BESIDE = 1e-300  # how near to a kink the slopes on its two sides are taken


def outward(lower: Array, upper: Array, slack: Array | float) -> tuple[Array, Array]:
    """Bounds moved apart by ``slack``; nan, as of ∞ − ∞, is no bound at all.

    Examples
    --------
    >>> [bound.tolist() for bound in outward(np.ones(1), np.array([np.nan]), 0.5)]
    [[0.5], [inf]]
    """
    low, high = lower - slack, upper + slack
    return np.where(np.isnan(low), -inf, low), np.where(np.isnan(high), inf, high)


def largest_size(lower: Array, upper: Array) -> Array:
    """The largest |x| between the bounds.

    Examples
    --------
    >>> largest_size(np.array([-3.0]), np.array([2.0])).tolist()
    [3.0]
    """
    return np.maximum(np.abs(lower), np.abs(upper))


def product(
    lower: Array, upper: Array, other_lower: Array, other_upper: Array
) -> tuple[Array, Array]:
    """Bounds of the product of two numbers; 0 times anything is 0.

    Examples
    --------
    >>> low, high = product(np.array([-1.0]), np.array([2.0]), np.array([3.0]), np.array([4.0]))
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([-4.0], [8.0])
    """
    with np.errstate(invalid="ignore", over="ignore"):
        corners = np.stack([x * y for x in (lower, upper) for y in (other_lower, other_upper)])
    corners = np.where(np.isnan(corners), 0.0, corners)  # 0 · ∞: the 0 is exact, ∞ only "no bound"
    low, high = corners.min(axis=0), corners.max(axis=0)
    return low - _DOUBLE.eps * np.abs(low), high + _DOUBLE.eps * np.abs(high)


def linear(lower: Array, upper: Array, W: Array) -> tuple[Array, Array]:
    """Bounds of x Wᵀ as float64 sums in any order could round them.  (m, n), (k, n) -> (m, k)

    Examples
    --------
    >>> low, high = linear(np.array([[0.0, 0.0]]), np.array([[1.0, 2.0]]), np.array([[1.0, -1.0]]))
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([[-2.0]], [[1.0]])
    """
    up, down = np.maximum(W, 0).T, np.minimum(W, 0).T
    bounds: list[Array] = []
    with np.errstate(invalid="ignore", over="ignore"):
        for near, far, side in ((lower, upper, -1), (upper, lower, 1)):
            total = near @ up + far @ down
            # Of the terms that make this very sum, so that a sum of zeros stays exactly 0.
            size = np.abs(near) @ up - np.abs(far) @ down
            bounds.append(total + side * sum_error(2 * W.shape[1], _DOUBLE) * size)
    return outward(bounds[0], bounds[1], 0.0)


def sum_error(terms: int, rounding: Any) -> float:
    """γ: |computed − exact| ≤ γ Σ|terms| for a sum of so many products, in any order.

    Higham (2002), Accuracy and stability of numerical algorithms, eq. 3.5, doubled: once for the
    network's own sum and once for that of its bound.

    Examples
    --------
    >>> sum_error(1, np.finfo(np.float64)) < 1e-14
    True
    """
    share = (terms + 8) * float(rounding.eps)
    return 2 * share / (1 - share) if share < 0.5 else inf


def enclosed_values(phi: Any, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
    """Bounds of φ(z) for an elementwise φ that says where it turns."""
    l, u = _rounded(lower, upper, rounding)
    candidates = [_value(phi, l), _value(phi, u)]
    for turn in phi.turns:
        inside = (l <= turn) & (turn <= u)
        at = float(_value(phi, np.full((1, 1), turn))[0, 0]) if np.isfinite(turn) else 0.0
        candidates.append(np.where(inside, at, candidates[0]))
    found = np.stack(candidates)
    low, high = _rounded(found.min(axis=0), found.max(axis=0), rounding)
    return within_range(phi, *_representable(low, high, rounding), rounding)


def enclosed_slopes(phi: Any, lower: Array, upper: Array) -> tuple[Array, Array]:
    """Bounds of φ′(z) for an elementwise φ that says where it bends; at a kink, of both sides."""
    l, u = _rounded(lower, upper, _DOUBLE)
    low, high = np.full(l.shape, inf), np.full(l.shape, -inf)
    for z in _points(phi, l, u):
        a = _value(phi, z)
        with np.errstate(invalid="ignore", over="ignore"):
            slope = phi.derivative(z, a)
        low, high = np.fmin(low, slope), np.fmax(high, slope)
    low, high = np.where(low < -_HUGE, -inf, low), np.where(high > _HUGE, inf, high)
    # 1 − a² and its like lose digits in the difference: the error is one of 1, not of the slope.
    low, high = outward(low, high, _ULPS * _DOUBLE.eps * np.maximum(1.0, largest_size(low, high)))
    return _signed(phi, l, u, low, high)


def sine(lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
    """Bounds of sin z.

    Examples
    --------
    >>> low, high = sine(np.array([0.0]), np.array([2.0]), np.finfo(np.float64))
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([0.0], [1.0])
    """
    l, u = _rounded(lower, upper, rounding)
    known = np.isfinite(l) & np.isfinite(u) & (largest_size(l, u) < 1e8)
    l, u = np.where(known, l, 0.0), np.where(known, u, 2 * pi)
    ends = np.stack([np.sin(l), np.sin(u)])
    low, high = _rounded(ends.min(axis=0), ends.max(axis=0), rounding)
    slack = _ULPS * _DOUBLE.eps * (1 + largest_size(l, u))  # of π k itself
    low = np.where(_holds(l - slack, u + slack, -pi / 2), -1.0, low)
    high = np.where(_holds(l - slack, u + slack, pi / 2), 1.0, high)
    slack = _ULPS * float(rounding.eps)
    return np.maximum(low, -1 - slack), np.minimum(high, 1 + slack)


def softmax(lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
    """Bounds of the softmax of each row, the best there are.  (m, n) -> (m, n)

    aⱼ is least where zⱼ is least and every other score largest.

    Examples
    --------
    >>> z = np.array([[0.0, 0.0]])
    >>> low, high = softmax(z, z + np.log(3), np.finfo(np.float64))
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([[0.25, 0.25]], [[0.75, 0.75]])
    """
    eps, n = float(rounding.eps), lower.shape[1]
    size = largest_size(lower, upper).max(axis=1, keepdims=True)
    l, u = outward(lower, upper, _ULPS * eps * size)
    low, high = _share(l, u), _share(u, l)
    slack = (n + _ULPS) * eps
    return np.maximum(low * (1 - slack) - float(rounding.tiny), 0.0), np.minimum(
        high * (1 + slack) + float(rounding.tiny), 1 + _ULPS * eps
    )


def softmax_back(lower: Array, upper: Array, g_lower: Array, g_upper: Array) -> tuple[Array, Array]:
    """Bounds of aⱼ Σₖ aₖ (gⱼ − gₖ) for one row of scores and k rows of g.  (1, n), (k, n) -> (k, n)

    Equal to a ⊙ (g − Σₖ gₖ aₖ), and tighter: what is the same in gⱼ and gₖ falls out.
    """
    a_low, a_high = softmax(lower, upper, _DOUBLE)
    found = [_softmax_row(a_low, a_high, l, u) for l, u in zip(g_lower, g_upper, strict=True)]
    return np.stack([low for low, _ in found]), np.stack([high for _, high in found])


def within_range(phi: Any, low: Array, high: Array, rounding: Any) -> tuple[Array, Array]:
    """Bounds no wider than the range of φ, and what rounding may add to its ends."""
    slack = _ULPS * float(rounding.eps)
    bottom, top = phi.range.lower, phi.range.upper
    bottom = bottom - slack * abs(bottom) if np.isfinite(bottom) else bottom
    top = top + slack * abs(top) if np.isfinite(top) else top
    return np.maximum(low, bottom), np.minimum(high, top)


def _rounded(lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
    """Moved apart by what a function may be off, in its argument or its value; 0 stays 0."""
    share = _ULPS * float(rounding.eps)
    tiny_low = np.where(lower == 0, 0.0, float(rounding.tiny))
    tiny_high = np.where(upper == 0, 0.0, float(rounding.tiny))
    with np.errstate(over="ignore"):
        low = lower - share * np.abs(lower) - tiny_low
        high = upper + share * np.abs(upper) + tiny_high
    return low, high


def _representable(low: Array, high: Array, rounding: Any) -> tuple[Array, Array]:
    """Where φ leaves the dtype it is stopped near the largest number: bounds that hold for both."""
    top = 0.99 * float(rounding.max)
    high = np.where(high > top, inf, np.maximum(high, -top))
    low = np.where(low < -top, -inf, np.minimum(low, top))
    return low, high


def _value(phi: Any, z: Array) -> Array:
    """φ(z), at ±∞ as far as float64 goes."""
    with np.errstate(over="ignore", invalid="ignore"):
        return phi.value(np.clip(z, -_FAR, _FAR))


def _points(phi: Any, l: Array, u: Array) -> list[Array]:
    """Where φ′ may be least or largest: the ends, each bend, and both sides of each kink."""
    points = [np.clip(z, -_FAR, _FAR) for z in (l, u)]
    for kink in phi.kinks:
        points = [np.where(z == kink, z + _BESIDE, z) for z in points]
    first = points[0]
    for place in (*phi.bends, *(k + side for k in phi.kinks for side in (-_BESIDE, _BESIDE))):
        inside = (l <= place + _BESIDE) & (place - _BESIDE <= u)
        points.append(np.where(inside, place, first))
    return points


def _signed(phi: Any, l: Array, u: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """No lower than 0 where φ rises all the way, no higher where it falls."""
    if phi.turns is None:
        return low, high
    turns = np.array(phi.turns)
    above_l = (turns >= l[..., None]).sum(axis=-1)
    above_u = (turns > u[..., None]).sum(axis=-1)
    same, rises = above_l == above_u, above_u % 2 == 0
    low = np.where(same & rises, np.maximum(low, 0.0), low)
    high = np.where(same & ~rises, np.minimum(high, 0.0), high)
    return low, high


def _holds(l: Array, u: Array, peak: float) -> Array:
    """Whether some peak + 2πk lies between l and u."""
    return peak + 2 * pi * np.ceil((l - peak) / (2 * pi)) <= u


def _share(own: Array, others: Array) -> Array:
    """exp zⱼ / (exp zⱼ + Σ exp of the others), the others' scores from another array."""
    with np.errstate(over="ignore", invalid="ignore"):
        ahead = others[:, None, :] - own[:, :, None]
    ahead = np.where(np.isnan(ahead), inf, ahead)
    n = own.shape[1]
    ahead[:, np.arange(n), np.arange(n)] = 0.0
    with np.errstate(over="ignore"):
        return 1 / np.exp(ahead).sum(axis=2)


def _softmax_row(a_low: Array, a_high: Array, l: Array, u: Array) -> tuple[Array, Array]:
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = l[:, None] - u[None, :], u[:, None] - l[None, :]  # of gⱼ − gₖ
    np.fill_diagonal(low, 0.0)
    np.fill_diagonal(high, 0.0)
    low, high = product(a_low, a_high, *outward(low, high, 0.0))
    slack = sum_error(len(l), _DOUBLE)
    low = low.sum(axis=1) - slack * np.abs(low).sum(axis=1)
    high = high.sum(axis=1) + slack * np.abs(high).sum(axis=1)
    return product(a_low[0], a_high[0], *outward(low, high, 0.0))

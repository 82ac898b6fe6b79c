"""The complementary error function on any array namespace (the array API standard has none)."""

from __future__ import annotations

from glassnet.arrays import Array, xp
from glassnet.network.limits import between, not_above, not_below

# Cody's tables for |x| <= 0.46875, 0.46875 <= x <= 4 and x >= 4: numerator and denominator,
# highest power first, the leading coefficient of each denominator being 1.
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
     1.23033935480374942e3),
)  # fmt: skip
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip
_ONE_OVER_ROOT_PI = 0.56418958354775628695


def _ratio(table: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    """Evaluate both polynomials by Horner's rule and divide."""
    numerator, denominator = table
    above, below = numerator[0] * x + numerator[1], denominator[0] * x + denominator[1]
    for p, q in zip(numerator[2:], denominator[2:], strict=True):
        above, below = above * x + p, below * x + q
    return above / below


def erfc(x: Array) -> Array:
    """1 − erf(x) = 2/√π ∫ₓ^∞ exp(−t²) dt, to a few units in the last place, for any finite x.

    Parameters
    ----------
    x : array of float32 or float64

    Returns
    -------
    array of the same shape, in [0, 2]; 0 where exp(−x²) underflows, from x = 27.3 on in float64.

    References
    ----------
    Cody (1969), Rational Chebyshev approximations for the error function, Math. Comp. 23, 631-637.

    Examples
    --------
    >>> import numpy as np
    >>> float(erfc(np.asarray(0.0)))
    1.0
    """
    ns = xp(x)
    size = not_above(ns.abs(x), 40.0)
    near = not_above(size, 0.46875)
    middle = between(size, 0.46875, 4.0)
    far = not_below(size, 4.0)

    # exp(−s²) with the square split in two, or its rounding error would grow with s².
    grid = ns.trunc(size * 16) / 16
    bell = ns.exp(-grid * grid) * ns.exp(-(size - grid) * (size + grid))

    inverse = 1 / (far * far)
    tail = bell * (_ONE_OVER_ROOT_PI - inverse * _ratio(_FAR, inverse)) / far
    upper = ns.where(size <= 4.0, bell * _ratio(_MIDDLE, middle), tail)
    upper = ns.where(size <= 0.46875, 1 - near * _ratio(_NEAR, near * near), upper)
    return ns.where(x < 0, 2 - upper, upper)

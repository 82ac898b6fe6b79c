"""The array namespace of a value, and the rules for dtypes.

Mathematics in :mod:`glassnet.network`, :mod:`glassnet.optim` and :mod:`glassnet.engine` is written
once, with operators and the functions of the Python array API standard, and so runs on NumPy,
array-api-strict, PyTorch and JAX arrays alike.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import array_api_compat
import array_api_compat.numpy as compat_numpy
import numpy as np

# An array of any library that follows the standard. No static type describes them all.
Array: TypeAlias = Any


def xp(array: Array) -> Any:
    """Return the namespace whose functions take this array.

    Examples
    --------
    >>> import numpy as np
    >>> float(xp(np.ones(3)).sum(np.ones(3)))
    3.0
    """
    if isinstance(array, np.ndarray):  # the common case, 20 times cheaper than asking
        return compat_numpy
    return array_api_compat.array_namespace(array)


def largest(array: Array) -> float:
    """Return the largest finite number of the array's dtype.

    Examples
    --------
    >>> largest(np.ones(1, "float64"))
    1.7976931348623157e+308
    """
    return float(xp(array).finfo(array.dtype).max)


def smallest(array: Array) -> float:
    """Return the smallest normal number of the array's dtype.

    Examples
    --------
    >>> smallest(np.ones(1, "float64"))
    2.2250738585072014e-308
    """
    return float(xp(array).finfo(array.dtype).smallest_normal)


def like(values: Any, reference: Array) -> Array:
    """Return ``values`` (NumPy) as an array of the reference's library, dtype and device.

    Examples
    --------
    >>> like([1, 2], np.zeros(1, "float32")).dtype
    dtype('float32')
    """
    if isinstance(reference, np.ndarray):
        return np.asarray(values, dtype=reference.dtype)
    device = array_api_compat.device(reference)
    return xp(reference).asarray(values, dtype=reference.dtype, device=device)


def to_numpy(array: Array) -> Any:
    """Return the array as a NumPy array, copying only where another library holds it.

    Examples
    --------
    >>> to_numpy(np.ones(2)).sum()
    np.float64(2.0)
    """
    if isinstance(array, np.ndarray):
        return array
    if hasattr(array, "detach"):
        array = array.detach().cpu()
    return np.asarray(array)

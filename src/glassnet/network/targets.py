"""Targets as the loss takes them: (m, n_L), one-hot where the classes are numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.specification import Specification


def encode_targets(spec: Specification, y: Any, dtype: Any = "float64") -> Array:
    """Return y as (m, n_L): a column stands up, class numbers become one-hot rows.

    Parameters
    ----------
    spec : Specification
    y : (m,) or (m, n_L)
        For cross_entropy, (m,) holds class numbers 0 … n_L − 1.

    Raises
    ------
    ShapeMismatch, InvalidValue
        If the shape does not fit the output layer, or a value is not finite or outside the targets
        that the loss takes.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(4, (Dense(3, "softmax"),), "cross_entropy")
    >>> encode_targets(spec, [2, 0]).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    try:
        values = np.asarray(y)
    except ValueError as error:
        raise ShapeMismatch(f"the rows of y must be of one length; {error}.") from error
    n = spec.units[spec.depth]
    if values.dtype.kind not in "biuf":
        raise InvalidValue(
            f"y must hold numbers; got dtype {values.dtype}. Encode class names as 0, 1, … first, "
            "or use MLPClassifier, which does."
        )
    if values.ndim == 1 and spec.loss.name == "cross_entropy":
        return _one_hot(values, n).astype(dtype)
    if values.ndim == 1 and n == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] != n:
        raise ShapeMismatch(f"y must be (m, {n}) for {n} outputs; got shape {values.shape}.")
    with np.errstate(over="ignore"):  # 1e300 is infinite in float32, and said to be below
        values = values.astype(dtype)
    if not np.isfinite(values).all():
        raise InvalidValue(
            f"y must be finite in {values.dtype}; got nan or infinite values. "
            "Drop, repair or rescale those rows."
        )
    start = 0
    for head in spec.heads:
        _check_range(values[:, start : start + head.units], head.loss)
        start += head.units
    return values


def _one_hot(classes: Array, n: int) -> Array:
    if not np.isfinite(classes).all() or (classes != np.floor(classes)).any():
        raise InvalidValue("y must hold class numbers 0, 1, …; got values that are not integers.")
    low, high = (int(classes.min()), int(classes.max())) if classes.size else (0, 0)
    if low < 0 or high >= n:
        raise InvalidValue(
            f"y must hold class numbers from 0 to {n - 1} for {n} outputs; got {low} to {high}."
        )
    return np.eye(n)[classes.astype(np.int64)]


def _check_range(values: Array, loss: Any) -> None:
    allowed = loss.targets
    if values.size and not (allowed.holds(values.min()) and allowed.holds(values.max())):
        raise InvalidValue(
            f"y must lie in {allowed} for {loss.name!r}; got {values.min():g} to {values.max():g}."
        )

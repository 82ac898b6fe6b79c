"""Which rows are trained on and which are held out, checked once: numbers, not copies."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data, Selection
from glassnet.data.splits import hold_out
from glassnet.errors import InvalidValue
from glassnet.network.network import Network
from glassnet.training.arguments import checked_data


def validation_data(net: Network, validation: Any) -> Data | float | None:
    """Rows of the caller's own to validate on, a share of the training rows, or None.

    Raises
    ------
    InvalidValue, ShapeMismatch
    """
    if validation is None:
        return None
    if isinstance(validation, Real) and not isinstance(validation, bool):
        share = float(validation)
        if not 0 < share < 1:
            raise InvalidValue(f"validation must be a share in (0, 1), or rows; got {validation}.")
        return share
    if not isinstance(validation, tuple | list):
        raise InvalidValue(
            "validation must be a share in (0, 1), (X, y) or (X, y, sample_weight); "
            f"got {type(validation).__name__}."
        )
    parts = list(cast("Iterable[Any]", validation))
    if len(parts) not in (2, 3):
        raise InvalidValue(
            f"validation must be (X, y) or (X, y, sample_weight); got {len(parts)} parts."
        )
    x, y, weight = (*parts, None)[:3]
    return checked_data(net, x, y, weight, "validation ")


def selected(
    data: Data,
    rows: Any,
    validation: Data | float | None,
    validation_rows: Any,
    *,
    seed: int,
    which: str = "",
) -> tuple[Selection, Selection | None]:
    """The rows to train on and those to validate on; None where none are asked for.

    Parameters
    ----------
    data : Data
    rows, validation_rows : (k,) row numbers of ``data``, or None
    validation : Data or share, optional
    seed : int
        What the share is drawn by: places among ``rows``, as of the same rows copied out.
    which : str
        Stands before the names in messages.

    Raises
    ------
    InvalidValue, ShapeMismatch
    """
    numbers = _numbers(data, rows, f"{which}rows")
    if validation_rows is not None:
        if validation is not None:
            raise InvalidValue(
                f"{which}validation_rows are rows of X, and validation is a share or rows of its "
                "own; give one of them."
            )
        held = _numbers(data, validation_rows, f"{which}validation_rows")
        return Selection(data, numbers), Selection(data, held)
    if validation is None or isinstance(validation, Data):
        return Selection(data, numbers), None if validation is None else Selection(validation)
    count = len(data) if numbers is None else len(numbers)
    kept, held = hold_out(count, validation, seed=seed)
    if numbers is not None:
        kept, held = numbers[kept], numbers[held]
    return _drawn(data, kept, "to train on"), _drawn(data, held, "held out for validation")


def _numbers(data: Data, rows: Any, name: str) -> Array | None:
    """Row numbers as int64, or None where none are given."""
    if rows is None:
        return None
    found = np.asarray(rows)
    if found.size == 0:
        raise InvalidValue(f"{name} must name at least 1 row; got none.")
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise InvalidValue(
            f"{name} must be row numbers, whole and in one dimension; got dtype {found.dtype} and "
            f"shape {found.shape}. Of a mask, give numpy.flatnonzero(mask)."
        )
    low, high = int(found.min()), int(found.max())
    if low < 0 or high >= len(data):
        raise InvalidValue(
            f"{name} must be row numbers from 0 to {len(data) - 1}; got {low} to {high}."
        )
    chosen = found.astype(np.int64)  # a copy: the caller may change theirs while members train
    if data.w is not None and not (data.w[chosen] > 0).any():
        raise InvalidValue(
            f"{name} must name a row with sample_weight above 0; all of them have 0."
        )
    return chosen


def _drawn(data: Data, rows: Array, what: str) -> Selection:
    if data.w is not None and not (data.w[rows] > 0).any():
        raise InvalidValue(
            f"the rows {what} must not all have sample_weight 0; the {len(rows)} drawn do. "
            "Give validation rows of your own."
        )
    return Selection(data, rows)

"""The order of a category's levels, where a frame says that there is one."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from glassnet.data.cells import as_text


def order_of(series: nw.Series[Any]) -> tuple[str, ...]:
    """Levels from low to high: of pandas' ordered category, polars' Enum, Arrow's dictionary.

    Returns
    -------
    tuple of str
        Empty where there is no order.

    Examples
    --------
    >>> import polars as pl
    >>> grades = pl.Series(["good", "poor"], dtype=pl.Enum(["poor", "good"]))
    >>> order_of(nw.from_native(grades, series_only=True))
    ('poor', 'good')
    """
    kind = series.dtype
    if isinstance(kind, nw.Enum):
        return tuple(map(as_text, kind.categories))
    if not isinstance(kind, nw.Categorical):
        return ()
    native = series.to_native()
    arrow: Any = getattr(getattr(native, "dtype", None), "pyarrow_dtype", None)
    told = arrow if arrow is not None else getattr(native, "type", None)
    if not getattr(told, "ordered", False):
        return ()
    values: Any = native if arrow is None else native.array.__arrow_array__()
    chunks = values.chunks if hasattr(values, "chunks") else [values]
    found = list({tuple(chunk.dictionary.to_pylist()) for chunk in chunks})
    return tuple(map(as_text, found[0])) if len(found) == 1 else ()

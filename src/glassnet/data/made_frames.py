"""Columns that glassnet made, as a frame of the library that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import narwhals.stable.v2 as nw

from glassnet.errors import Unsupported

_LIBRARIES: tuple[Any, ...] = ("pandas", "polars", "pyarrow")


def frame_of(columns: Mapping[str, Any]) -> Any:
    """Return columns of equal length as a pandas frame, or polars or Arrow where pandas is absent.

    Raises
    ------
    Unsupported
        If none of the three is installed.

    Examples
    --------
    >>> frame_of({"layer": [1, 2], "value": [0.5, 0.25]}).shape
    (2, 2)
    """
    library = next((name for name in _LIBRARIES if find_spec(name) is not None), None)
    if library is None:
        raise Unsupported(
            "a frame needs pandas, polars or pyarrow, and none is installed. "
            "pip install pandas, or take the columns with to_dict()."
        )
    return nw.from_dict(dict(columns), backend=library).to_native()

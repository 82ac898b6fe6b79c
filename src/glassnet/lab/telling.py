"""A run and its rows as the page is told of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.lab.painter import shown
from glassnet.lab.plain import numbers
from glassnet.lab.preparing import Prepared
from glassnet.lab.views import ranges


def data(rows: Prepared) -> dict[str, Any]:
    """The rows that are drawn, as the network sees them.

    Examples
    --------
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import DataSettings
    >>> told = data(prepared(DataSettings("sine", rows=20, test=0.25))[0])
    >>> told["task"], told["names"], len(told["x"]), sum(told["test"])
    ('regression', ['x'], 20, 5)
    """
    chosen = shown(rows)
    place = np.full(len(rows.X), -1, np.int64)
    place[rows.train] = np.arange(len(rows.train))
    inside = place[chosen]
    return {
        "task": rows.task,
        "names": [str(name) for name in rows.names],
        "target": str(rows.target),
        "classes": [str(each) for each in rows.classes],
        "x": numbers(rows.X[chosen]),
        "y": numbers(rows.y[chosen]),
        "test": (inside < 0).tolist(),
        "rows": [None if k < 0 else k for k in inside.tolist()],
        "train_rows": len(rows.train),
        "test_rows": len(rows.test),
        "range": numbers(ranges(rows.X)),
        "plane": [0, min(1, rows.X.shape[1] - 1)],
    }

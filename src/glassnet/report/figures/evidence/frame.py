"""What the pictures of findings share: names along an axis, and room on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes


def named_bars(ax: Axes, names: Sequence[str], values: Sequence[float], colours: Any) -> None:
    """Horizontal bars from the top down, each with its name."""
    at = np.arange(len(names))
    ax.barh(at, values, 0.56, color=colours)
    ax.set_yticks(at, list(names))
    ax.set_ylim(len(names) - 0.4, -0.6)


def with_room(ax: Axes, *values: float) -> None:
    """Widen the vertical axis so that these values do not lie on its edge."""
    low, high = ax.get_ylim()
    if ax.get_yscale() == "log":
        ax.set_ylim(min(low, *(0.8 * v for v in values)), max(high, *(1.25 * v for v in values)))
    else:
        pad = 0.06 * (max(high, *values) - min(low, *values))
        ax.set_ylim(min(low, *(v - pad for v in values)), max(high, *(v + pad for v in values)))

"""Signals of an activation by itself: whether its derivative is that of its values."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.network.contracts import Elementwise

_STEP = 1e-5


def slope_error(phi: Any) -> float:
    """‖φ′ − numerical φ′‖ / ‖numerical φ′‖ over z from −3 to 3; 0 where it cannot be asked.

    Entries where the differences to both sides disagree lie at a kink and are left out.

    Examples
    --------
    >>> from glassnet.network.activations import ReLU, Tanh
    >>> slope_error(Tanh()), slope_error(ReLU())
    (0.0, 0.0)
    """
    if not isinstance(phi, Elementwise):
        return 0.0
    z = np.linspace(-3.05, 2.95, 41)[:, None]
    try:
        with np.errstate(all="ignore"):
            here = np.asarray(phi.value(z), np.float64)
            ahead = (np.asarray(phi.value(z + _STEP), np.float64) - here) / _STEP
            behind = (here - np.asarray(phi.value(z - _STEP), np.float64)) / _STEP
            told = np.asarray(phi.derivative(z, here), np.float64)
    except Exception:  # noqa: BLE001 - a user's own object may raise whatever it likes
        return 0.0
    found = (ahead + behind) / 2
    smooth = np.abs(ahead - behind) <= 1e-2 * (np.abs(ahead) + np.abs(behind)) + 1e-6
    size = float(np.linalg.norm(found[smooth]))
    known = np.isfinite(size) and size > 0 and smooth.mean() > 0.5
    return round(float(np.linalg.norm((told - found)[smooth])) / size, 4) if known else 0.0

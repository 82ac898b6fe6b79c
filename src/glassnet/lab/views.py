"""What is drawn of a network: responses over the plane, the boundary, the curve, hidden space."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.interface import Session
from glassnet.lab.preparing import Prepared

NAMES = ("weights", "units", "boundary", "curve", "hidden", "histogram")
MOST_HIDDEN = 400  # rows drawn in hidden space
_MARGIN = 0.15
_CURVE_POINTS = 200
_MOST_POINTS, _COARSEST = 1 << 18, 8


@dataclass(frozen=True)
class Views:
    """What frames carry.

    Attributes
    ----------
    names : frozenset of str
        Of :data:`NAMES`.
    plane : (int, int)
        The inputs that span the plane; the others stand at 0.
    resolution : int from 20 to 120
        Points a side.
    """

    names: frozenset[str] = frozenset(NAMES)
    plane: tuple[int, int] = (0, 1)
    resolution: int = 50


def fitting(views: Views, inputs: int) -> Views:
    """The views over a plane that so many inputs have: the first, where theirs is of others.

    Examples
    --------
    >>> fitting(Views(plane=(2, 3)), 4).plane, fitting(Views(plane=(2, 3)), 2).plane
    ((2, 3), (0, 1))
    """
    return views if max(views.plane) < inputs else replace(views, plane=(0, 1))


def affordable(views: Views, units: int) -> Views:
    """The views with as fine a plane as so many units may have in a frame, 262,144 points in all.

    Examples
    --------
    >>> affordable(Views(), 33).resolution, affordable(Views(), 1000).resolution
    (50, 16)
    """
    fine = int((_MOST_POINTS / max(1, units)) ** 0.5)
    return replace(views, resolution=min(views.resolution, max(_COARSEST, fine)))


def ranges(X: Array) -> Array:
    """From where to where each input is drawn: its values and a margin.  (n₀, 2)

    Examples
    --------
    >>> ranges(np.array([[0.0], [2.0]])).tolist()
    [[-0.3, 2.3]]
    """
    low, high = X.min(axis=0), X.max(axis=0)
    room = np.where(high > low, _MARGIN * (high - low), 1.0)
    return np.column_stack([low - room, high + room])


def grid(views: Views, limits: Array) -> Array:
    """The points of the plane, row after row from its lower left.  (r², n₀)

    Examples
    --------
    >>> points = grid(Views(resolution=20), np.array([[0.0, 1.0], [0.0, 1.0]]))
    >>> points[1].round(4).tolist()
    [0.0526, 0.0]
    """
    i, j = views.plane
    across = along(limits[i], views.resolution)
    up = along(limits[j], views.resolution)
    points = np.zeros((views.resolution**2, len(limits)))
    points[:, j] = np.repeat(up, views.resolution)
    points[:, i] = np.tile(across, views.resolution)
    return points


def along(limits: Array, points: int) -> Array:
    """Points evenly spaced from one limit to the other.

    Examples
    --------
    >>> along(np.array([0.0, 1.0]), 3).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.linspace(float(limits[0]), float(limits[1]), points)


def packed(values: Array, low: float, high: float) -> str:
    """Numbers as bytes, ``low`` 0 and ``high`` 255, in base64.

    Examples
    --------
    >>> packed(np.array([0.0, 1.0]), 0, 1)
    'AP8='
    """
    return base64.b64encode(_bytes(values, low, high).tobytes()).decode()


def _bytes(values: Array, low: float, high: float) -> Array:
    scale = 255 / (high - low) if high > low else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        whole = (values - low) * scale
    if not np.isfinite(whole).all():
        whole = np.nan_to_num(whole, nan=0.0, posinf=255, neginf=0)
    return np.rint(np.clip(whole, 0, 255)).astype(np.uint8)


def units(activations: list[Any], views: Views) -> dict[str, Any]:
    """Each unit's response over the plane, every layer between its own extremes."""
    grids: list[list[str]] = []
    low, high = [], []
    for a in activations[1:]:
        ends = float(a.min()), float(a.max())
        if not np.isfinite(ends).all():
            finite = a[np.isfinite(a)]
            ends = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        low.append(ends[0])
        high.append(ends[1])
        columns = _bytes(a.T, *ends)
        grids.append([base64.b64encode(column.tobytes()).decode() for column in columns])
    return {"resolution": views.resolution, "grid": grids, "lo": low, "hi": high}


def boundary(a: Array, rows: Prepared, views: Views) -> dict[str, Any]:
    """What the network answers over the plane."""
    told: dict[str, Any] = {"resolution": views.resolution, "lo": 0.0, "hi": 1.0}
    if rows.task == "regression":
        y = rows.y[np.isfinite(rows.y)]
        low, high = float(y.min()), float(y.max())
        return told | {
            "kind": "regression", "values": packed(a[:, 0], low, high), "lo": low, "hi": high,
        }  # fmt: skip
    if a.shape[1] == 1:
        return told | {"kind": "binary", "values": packed(a[:, 0], 0.0, 1.0)}
    if rows.task == "binary":
        return told | {"kind": "binary", "values": packed(a[:, 1], 0.0, 1.0)}
    best = a.argmax(axis=1).astype(np.float64)
    return told | {
        "kind": "multiclass",
        "values": packed(best, 0.0, 255.0),
        "top": packed(a.max(axis=1), 0.0, 1.0),
    }


def curve(session: Session, limits: Array) -> dict[str, Any]:
    """The answers along the only input."""
    x = along(limits[0], _CURVE_POINTS)
    return {"x": x.astype(np.float32), "y": session.forward(x[:, None]).a[:, 0].astype(np.float32)}


def hidden(z: list[Any], a: list[Any]) -> list[dict[str, Any]]:
    """The rows as each layer sees them, before its activation and after it."""
    found: list[dict[str, Any]] = []
    for l in range(1, len(a)):
        width = a[l].shape[1]
        axes = "units 1 and 2" if width <= 2 else "principal components"
        found.append(
            {"layer": l, "before": _flat(z[l]), "after": _flat(a[l]), "axes": axes, "units": width}
        )
    return found


def _flat(values: Array) -> Array:
    """Two coordinates of each row.  (m, n) -> (m, 2) float32"""
    if not np.isfinite(values).all():
        return np.zeros((len(values), 2), np.float32)
    if values.shape[1] == 1:
        return np.column_stack([values[:, 0], np.zeros(len(values))]).astype(np.float32)
    if values.shape[1] == 2:
        return values.astype(np.float32)
    centred = values - values.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1][:, :2]
    largest = np.abs(axes).argmax(axis=0)
    return (centred @ (axes * np.sign(axes[largest, [0, 1]]))).astype(np.float32)

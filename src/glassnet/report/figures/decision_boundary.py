"""What a network makes of the plane: probabilities of classes, or the surface of a regression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure

from glassnet.arrays import Array, to_numpy
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.network import Network
from glassnet.report.look import (
    INK,
    PAPER,
    SERIES,
    SURFACE,
    WIDTH,
    figure_of,
    finished,
    legend_above,
    look,
    marker,
    own_axes,
    shortened,
)
from glassnet.report.tasks import task_of

Limits: TypeAlias = "tuple[float, float, float, float]"

_GRID = 220  # points along each side
_MOST_CLASSES = len(SERIES)


@look()
def decision_boundary(
    model: Network | Callable[[Array], Any],
    X: Any = None,
    y: Any = None,
    *,
    limits: Limits | None = None,
    classes: Sequence[Any] = (),
    features: Sequence[str] = ("x₁", "x₂"),
    output: int = 0,
    ax: Axes | None = None,
) -> Figure:
    """Classes and their probabilities over two inputs, or the value of a regression, with points.

    The stronger a colour the surer the network; lines are where the most likely class changes.
    Points are stored as a picture, so that a file with the figure holds no rows.

    Parameters
    ----------
    model : Network of 2 inputs, or a function (m, 2) -> (m, k)
        Such as ``classifier.predict_proba`` (k ≥ 2 columns that are probabilities) or
        ``regressor.predict``.
    X : (m, 2), optional
        Points to draw.
    y : (m,), optional
        Their class numbers 0 … k − 1, or their values in a regression.
    limits : (left, right, bottom, top), optional
        By default those of X and a little more; needed where no X is given.
    classes : sequence, optional
        Names of the classes.
    features : (str, str)
        Names of the inputs.
    output : int
        Which output of a regression or of several labels to draw.
    ax : Axes, optional

    Returns
    -------
    Figure

    Raises
    ------
    ShapeMismatch, InvalidValue
        If the network has not 2 inputs, X not 2 columns, or nothing says which part of the plane.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(2, [Dense(3, "tanh"), Dense(1, "logistic")], loss="binary_cross_entropy")
    >>> figure = decision_boundary(net, limits=(-1, 1, -1, 1), features=("width", "height"))
    >>> figure.axes[0].get_xlabel()
    'width'
    """
    points = None if X is None else np.asarray(X, dtype=np.float64)
    left, right, bottom, top = limits or _limits(points)
    across, up = np.linspace(left, right, _GRID), np.linspace(bottom, top, _GRID)
    plane = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    values, probabilities = _outputs(model, plane, output)
    own = own_axes(ax, WIDTH, 3.7)
    if probabilities is not None:
        p = probabilities.reshape(_GRID, _GRID, -1)
        names = [str(label) for label in classes] or [f"class {k}" for k in range(p.shape[2])]
        _regions(own, p, (across, up))
        _class_points(own, points, y, names)
    else:
        _surface(own, values.reshape(_GRID, _GRID), (across, up), points, y)
    own.set_xlabel(shortened(features[0], 36))
    own.set_ylabel(shortened(features[1], 36))
    own.set_xlim(left, right)
    own.set_ylim(bottom, top)
    own.grid(visible=False)
    return finished(figure_of(own), ax)


def _limits(points: Array | None) -> Limits:
    if points is None or points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        came = "no X" if points is None else f"X of shape {points.shape}"
        raise ShapeMismatch(
            f"a decision boundary takes X as (m, 2) with m ≥ 1, or limits; got {came}."
        )
    low, high = points.min(axis=0), points.max(axis=0)
    pad = np.where(high > low, 0.08 * (high - low), 1.0)
    left, lower = (low - pad).tolist()
    right, upper = (high + pad).tolist()
    return left, right, lower, upper


def _outputs(model: Any, plane: Array, output: int) -> tuple[Array, Array | None]:
    """One value per point; and the probability of each class where the model tells classes."""
    if not isinstance(model, Network):
        values = np.asarray(model(plane), dtype=np.float64)
        if values.ndim == 2 and values.shape[1] > 1:
            return values, values
        return values.reshape(len(plane), -1)[:, 0], None
    if model.units[0] != 2:
        raise InvalidValue(
            f"a decision boundary takes a network of 2 inputs; got one of {model.units[0]}. "
            "Give a function of two columns that fills in the others."
        )
    values = to_numpy(predict(model, plane))
    task = task_of(model.specification)
    if task == "multiclass":
        return values, values
    column = values[:, output]
    if task in ("binary", "multilabel"):
        return column, np.stack([1 - column, column], axis=1)
    return column, None


def _regions(ax: Axes, p: Array, grid: tuple[Array, Array]) -> None:
    """Each point in the colour of its most likely class, see-through where others are as likely."""
    k = p.shape[2]
    ranked = np.sort(p, axis=2)
    winner = np.argmax(p, axis=2)
    margin = np.clip(ranked[..., -1] - ranked[..., -2], 0, 1)
    colours = np.array([to_rgb(SERIES[c % _MOST_CLASSES]) for c in range(k)])
    image = np.dstack([colours[winner], 0.06 + 0.40 * margin])
    across, up = grid
    extent = (float(across[0]), float(across[-1]), float(up[0]), float(up[-1]))
    ax.imshow(
        image, origin="lower", extent=extent, aspect="auto", interpolation="bilinear", zorder=0
    )
    for c in range(k - 1 if k == 2 else k):
        others = np.max(np.delete(p, c, axis=2), axis=2)
        ahead = p[..., c] - others
        if ahead.min() < 0 < ahead.max():
            ax.contour(*grid, ahead, levels=[0.0], colors=[INK], linewidths=1.3, zorder=2)


def _class_points(ax: Axes, points: Array | None, y: Any, names: Sequence[str]) -> None:
    if points is None:
        return
    codes = np.zeros(len(points), np.int64) if y is None else np.ravel(np.asarray(y)).astype(int)
    size, edge = _dots(len(points))
    for c in np.unique(codes):
        rows = points[codes == c]
        ax.scatter(
            rows[:, 0], rows[:, 1], s=size, color=SERIES[c % _MOST_CLASSES],
            marker=marker(c), edgecolors=PAPER, linewidths=edge, rasterized=True,
            label=None if y is None else shortened(names[c] if c < len(names) else c), zorder=3,
        )  # fmt: skip
    if y is not None:
        legend_above(ax, markerscale=1.3, handletextpad=0.2)


def _surface(
    ax: Axes, values: Array, grid: tuple[Array, Array], points: Array | None, y: Any
) -> None:
    """The regression's value as colour, and the points in the colours of their true values."""
    known = np.ravel(np.asarray(y, dtype=np.float64)) if y is not None else np.zeros(0)
    every = np.concatenate([values.ravel(), known])
    every = every[np.isfinite(every)]
    norm = Normalize(every.min(), every.max()) if every.size else Normalize(0, 1)
    mesh = ax.pcolormesh(*grid, values, cmap=SURFACE, norm=norm, shading="auto", rasterized=True)
    ax.figure.colorbar(mesh, ax=ax, label="predicted", aspect=30, pad=0.02)
    if points is not None:
        size, _ = _dots(len(points))
        colours: Any = {"c": known, "cmap": SURFACE, "norm": norm} if known.size else {"c": PAPER}
        ax.scatter(
            points[:, 0], points[:, 1], s=size + 6, edgecolors=INK, linewidths=0.5,
            rasterized=True, zorder=3, **colours,
        )  # fmt: skip


def _dots(rows: int) -> tuple[float, float]:
    """Size of a marker (points²) and width of its edge, smaller where there are many."""
    size = float(np.clip(4000 / max(rows, 1), 5, 26))
    return size, 0.6 if size > 12 else 0.25

"""What every Display shares: its axes and its rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.engine.prediction import checked_rows
from glassnet.engine.reference import Pass, forward
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection.looking import Looked, look_at
from glassnet.inspection.subjects import Subject, subject
from glassnet.network.network import Network
from glassnet.report.look import figure_of, new_figure
from glassnet.report.tasks import task_of

_MOST_ROWS = 4000  # drawn; of more, evenly spaced ones


@dataclass(frozen=True, eq=False)
class DrawnRows:
    """Rows to draw, with what is known of them.

    Attributes
    ----------
    who : Subject
        The network and the names of its columns.
    X : (m, n₀) float64
        In the units of the columns.
    codes : (m,) int64 or None
        Class numbers, in a classification.
    values : (m,) float64 or None
        Targets, in a regression.
    classes : tuple of str
    """

    who: Subject
    X: Array
    codes: Array | None = None
    values: Array | None = None
    classes: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network."""
        return self.who.network

    def forward(self, X: Array) -> Pass:
        """Every layer for rows in the units of the columns, as in prediction, in float64."""
        spec, state = self.network.specification, self.network.state
        inputs = checked_rows(spec, (X - self.who.center) / self.who.scale, np.float64)
        theta = np.asarray(state.theta, dtype=np.float64)
        return forward(spec, theta, state.buffers, inputs)


def drawn_rows(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    classes: Sequence[Any] = (),
    features: Sequence[Any] = (),
) -> DrawnRows:
    """The rows of X with the classes or values of y; of more than 4,000, evenly spaced ones.

    Raises
    ------
    ShapeMismatch, InvalidValue
        If X or y do not fit the network.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(2, [Dense(1, "logistic")], loss="binary_cross_entropy")
    >>> rows = drawn_rows(net, [[0.0, 1.0], [1.0, 0.0]], ["no", "yes"])
    >>> rows.codes.tolist(), rows.classes
    ([0, 1], ('no', 'yes'))
    """
    who = subject(model)
    if features:
        who = replace(who, features=tuple(map(str, features)))
    elif hasattr(X, "columns") and len(X.columns) == who.network.units[0]:
        who = replace(who, features=tuple(map(str, X.columns)))
    rows = X.toarray() if hasattr(X, "toarray") else X
    rows = checked_rows(who.network.specification, rows, np.float64)
    if len(rows) == 0:
        raise ShapeMismatch("X must have at least one row to draw; got none.")
    made = DrawnRows(who, rows)
    if y is not None:
        known = classes or _known_classes(model, who.network)
        made = _with_targets(made, np.asarray(y), tuple(map(str, known)))
    kept = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MOST_ROWS)).astype(int))
    return replace(
        made,
        X=rows[kept],
        codes=None if made.codes is None else made.codes[kept],
        values=None if made.values is None else made.values[kept],
    )


def _with_targets(rows: DrawnRows, y: Array, classes: tuple[str, ...]) -> DrawnRows:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if len(y) != len(rows.X):
        raise ShapeMismatch(f"X and y must have as many rows; got {len(rows.X)} and {len(y)}.")
    task = task_of(rows.network.specification)
    if task == "multiclass" and y.ndim == 2:
        y = y.argmax(axis=1)
    if y.ndim != 1:
        raise ShapeMismatch(
            f"y must be one column to colour the rows by; got shape {y.shape}. Take one of them."
        )
    if task not in ("binary", "multiclass") and y.dtype.kind in "iuf":
        return replace(rows, values=y.astype(np.float64))
    names, codes = np.unique(y, return_inverse=True)
    if not classes:
        return replace(rows, codes=codes, classes=tuple(map(str, names)))
    # A class that none of these rows has keeps its number, which is that of the network's output.
    numbers = [_class_number(name, classes) for name in names]
    return replace(rows, codes=np.array(numbers, np.int64)[codes], classes=classes)


def _class_number(label: Any, classes: tuple[str, ...]) -> int:
    if str(label) in classes:
        return classes.index(str(label))
    number = int(label) if isinstance(label, np.number | np.bool_) and label == int(label) else -1
    if not 0 <= number < len(classes):
        raise InvalidValue(
            f"y must hold the classes {', '.join(classes[:8])}, or their numbers from 0; "
            f"got {label!s:.40}."
        )
    return number


def _known_classes(model: Any, net: Network) -> tuple[Any, ...]:
    """The classes that the model itself names, in the order of the network's outputs."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    found = getattr(last, "classes_", getattr(getattr(last, "target", None), "classes", ()))
    outputs = net.units[net.depth]
    return tuple(found) if len(found) in (outputs, 2 if outputs == 1 else outputs) else ()


def looked_at(model: Any, X: Any, y: Any) -> Looked:
    """The network of a model with rows, targets and weights as its training takes them."""
    steps = getattr(model, "steps", None)
    last = steps[-1][1] if isinstance(steps, list) else model
    if hasattr(type(last), "__glassnet_rows__") and last is model:
        return look_at(model, X, y)
    who = subject(model)
    x = X if hasattr(X, "tocsr") else (np.asarray(X, np.float64) - who.center) / who.scale
    if hasattr(type(last), "__glassnet_rows__"):
        with warnings.catch_warnings():
            # The rows are those that the step would be given, without the names it may know.
            warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
            return look_at(last, x, y)
    return look_at(who.network, x, y)


def panels(
    ax: Any, count: int, *, columns: int, width: float, height: float, above: float = 0.35
) -> tuple[Figure, list[Axes]]:
    """The figure and the axes to draw on, those given or new ones.

    ``width`` and ``height`` are those of a panel in inches, ``above`` the room for a legend.

    Raises
    ------
    InvalidValue
        If fewer axes are given than there are panels.
    """
    if ax is not None:
        given = [each for each in np.ravel(np.asarray(ax, dtype=object)) if each is not None]
        if len(given) < count:
            raise InvalidValue(
                f"this figure has {count} panels and needs as many axes; got {len(given)}. "
                "Pass an array of axes, or none."
            )
        return figure_of(given[0]), given[:count]
    across = min(columns, count)
    rows = -(-count // across)
    figure = new_figure(max(width * across, 2.4), above + height * rows)
    grid: Any = figure.subplots(rows, across, squeeze=False)
    for spare in grid.flat[count:]:
        spare.remove()
    return figure, list(grid.flat[:count])


def shown_axes(axes: list[Axes]) -> Any:
    """The axes as a Display keeps them in ``ax_``: one, or an array."""
    return axes[0] if len(axes) == 1 else np.array(axes, dtype=object)


def layer_number(net: Network, l: int, *, first: int = 1) -> int:
    """A layer's number, checked.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> layer_number(Network(2, [Dense(1, "identity")]), 1)
    1
    """
    if isinstance(l, bool) or not hasattr(l, "__index__") or not first <= l <= net.depth:
        raise InvalidValue(
            f"a layer must be a whole number from {first} to {net.depth}; got {l!r}."
        )
    return int(l)

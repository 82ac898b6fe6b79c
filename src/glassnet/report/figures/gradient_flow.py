"""How signal and error travel through the layers, over training or at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Program
from glassnet.errors import InvalidValue
from glassnet.optim.optimizers import SGD
from glassnet.report.figures.display import looked_at, panels, shown_axes
from glassnet.report.look import (
    DASHES,
    INK,
    MARKERS,
    SERIES,
    SURFACE,
    finished,
    look,
    powers_of_ten,
    whole_numbers,
)
from glassnet.training.observers import norm

_WORDS = {"delta": "‖δ[l]‖, error", "dW": "‖∂J/∂W[l]‖, gradient", "a": "‖a[l]‖, activation"}
_MOST_POINTS = 80  # of a line; of a longer run, medians of neighbouring steps
_MOST_LINES = 6  # layers told apart by colour and dash; more shade from light to dark
_MOST_MOMENTS = 5


class GradientFlowDisplay:
    """The norms of ‖a[l]‖, ‖δ[l]‖ or ‖∂J/∂W[l]‖ of every layer.

    Lines that lie together are layers that learn at the same speed. Lines in order of the layers,
    decades apart, are an error that vanishes on its way back, or explodes.

    Parameters
    ----------
    rows : sequence of dict
        As ``gn.LayerNorms().rows`` holds them: ``t`` and lists over layers 1..L.
    quantities : sequence of "delta", "dW", "a"
        A panel each.

    Attributes
    ----------
    t : (steps,)
    norms : dict of (steps, L)
    ax_ : Axes, or an array of Axes
    figure_ : Figure

    Raises
    ------
    InvalidValue
        If nothing was seen.

    Examples
    --------
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).normal(size=(40, 2))
    >>> net = gn.Network(2, [gn.Dense(4, "tanh"), gn.Dense(1, "identity")])
    >>> watching = gn.LayerNorms()
    >>> _ = gn.train(net, X, X[:, 0], epochs=3, observers=[watching])
    >>> display = GradientFlowDisplay.from_observer(watching)
    >>> display.ax_.get_xlabel(), display.norms["delta"].shape[1]
    ('step', 2)
    """

    ax_: Any
    figure_: Figure

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], quantities: Sequence[str] = ("delta",)
    ) -> None:
        if not rows:
            raise InvalidValue(
                "a gradient flow needs at least one step that was looked at; got none. Pass a "
                "gn.LayerNorms() to gn.train as observers=[…] and train."
            )
        unknown = [name for name in quantities if name not in _WORDS or name not in rows[0]]
        if unknown or not quantities:
            raise InvalidValue(
                f"quantities must be among {', '.join(_WORDS)} and in the rows; got {quantities!r}."
            )
        self.quantities = tuple(quantities)
        self.t = np.array([row["t"] for row in rows], dtype=np.float64)
        self.norms: dict[str, Array] = {
            name: np.array([row[name] for row in rows], dtype=np.float64) for name in quantities
        }

    @classmethod
    def from_observer(
        cls,
        observer: Any,
        *,
        quantities: Sequence[str] = ("delta",),
        by: Literal["step", "layer"] = "step",
        ax: Any = None,
    ) -> GradientFlowDisplay:
        """Draw what a :class:`glassnet.LayerNorms` has seen of a run.

        Parameters
        ----------
        observer : LayerNorms, or its ``rows``
        quantities : sequence of "delta", "dW", "a"
        by : "step" or "layer"
            A line for each layer over the steps; or over the layers, a line for a few steps.
        ax : Axes or an array of them, optional
        """
        return cls(getattr(observer, "rows", observer), quantities).plot(by=by, ax=ax)

    @classmethod
    def from_network(
        cls,
        network: Any,
        X: Any,
        y: Any,
        *,
        quantities: Sequence[str] = ("delta", "dW", "a"),
        ax: Any = None,
    ) -> GradientFlowDisplay:
        """Draw the norms of one step that is not taken, on all the rows, over the layers.

        ``y`` are targets as :func:`glassnet.train` takes them.
        """
        found = looked_at(network, X, y)
        spec, state = found.net.specification, found.net.state
        data = Data(found.x, cast(Array, found.y), found.w)
        program = Program(spec, SGD())
        session = choose("auto", program).open(program, state, data)
        moment = session.gradient(None, frozenset({"a", "delta", "dW"}))
        row: dict[str, Any] = {"t": moment.t}
        for name in ("a", "delta", "dW"):
            row[name] = [norm(layer) for layer in getattr(moment, name)[1:]]
        return cls([row], quantities).plot(by="layer", ax=ax)

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, **options: Any) -> GradientFlowDisplay:
        """Draw the norms of one step of a fitted estimator; labels are encoded by its classes."""
        return cls.from_network(estimator, X, y, **options)

    @look()
    def plot(self, *, by: Literal["step", "layer"] = "step", ax: Any = None) -> GradientFlowDisplay:
        """Draw, on axes given or on a figure of their own."""
        if by not in ("step", "layer"):
            raise InvalidValue(f'by must be "step" or "layer"; got {by!r}.')
        figure, axes = panels(
            ax, len(self.quantities), columns=3, width=3.9 if len(self.quantities) == 1 else 2.9,
            height=2.9, above=0.3,
        )  # fmt: skip
        for panel, name in zip(axes, self.quantities, strict=True):
            if by == "step":
                self._over_steps(panel, self.norms[name])
            else:
                self._over_layers(panel, self.norms[name])
            panel.set_ylabel(_WORDS[name])
            _logarithmic(panel)
        handles, labels = axes[0].get_legend_handles_labels()
        if ax is None and len(handles) > 1:
            across = 3 if len(axes) == 1 else _MOST_LINES
            figure.legend(handles, labels, loc="outside upper left", ncols=across)
        elif len(handles) > 1:
            axes[0].legend(handles, labels)
        self.figure_, self.ax_ = finished(figure, ax), shown_axes(axes)
        return self

    def _over_steps(self, ax: Axes, values: Array) -> None:
        """Medians of neighbouring steps as a line, and the band from a tenth to nine tenths."""
        depth = values.shape[1]
        groups = np.array_split(np.arange(len(self.t)), min(len(self.t), _MOST_POINTS))
        t = np.array([np.median(self.t[group]) for group in groups])
        for l in range(1, depth + 1):
            line = np.where(values[:, l - 1] > 0, values[:, l - 1], np.nan)
            low, middle, high = np.array([_quantiles(line[group]) for group in groups]).T
            style = _style(l, depth)
            ax.plot(
                t, middle, **style, linewidth=1.5, marker="o" if len(t) <= 3 else "",
                label=f"layer {l}" if depth <= _MOST_LINES or l in (1, depth) else None,
            )  # fmt: skip
            if depth <= _MOST_LINES and len(self.t) > _MOST_POINTS:
                ax.fill_between(t, low, high, color=style["color"], alpha=0.16, linewidth=0)
        ax.set_xlabel("step")
        whole_numbers(ax.xaxis, 6)

    def _over_layers(self, ax: Axes, values: Array) -> None:
        steps = np.unique(
            np.linspace(0, len(self.t) - 1, min(len(self.t), _MOST_MOMENTS)).astype(int)
        )
        layers = np.arange(1, values.shape[1] + 1)
        for place, k in enumerate(steps):
            alone = len(steps) == 1
            share = place / max(len(steps) - 1, 1)
            ax.plot(
                layers, np.where(values[k] > 0, values[k], np.nan),
                color=SERIES[0] if alone else SURFACE(0.30 + 0.70 * share),
                marker=MARKERS[place % len(MARKERS)], label=f"step {int(self.t[k]):,}",
                linestyle=DASHES[place % len(DASHES)],
            )  # fmt: skip
        ax.set_xlabel("layer l")
        ax.set_xlim(0.7, values.shape[1] + 0.3)
        whole_numbers(ax.xaxis)


def _style(l: int, depth: int) -> dict[str, Any]:
    if depth <= _MOST_LINES:
        return {"color": SERIES[(l - 1) % len(SERIES)], "linestyle": DASHES[(l - 1) % len(DASHES)]}
    return {"color": SURFACE(0.25 + 0.75 * (l - 1) / (depth - 1)), "linestyle": DASHES[0]}


def _quantiles(values: Array) -> tuple[float, float, float]:
    """A tenth, the median and nine tenths of what is finite; nan of nothing."""
    good = values[np.isfinite(values)]
    if good.size == 0:
        return np.nan, np.nan, np.nan
    low, middle, high = np.quantile(good, [0.1, 0.5, 0.9]).tolist()
    return low, middle, high


def _logarithmic(ax: Axes) -> None:
    """A logarithmic axis around what is drawn."""
    drawn = np.concatenate([np.asarray(line.get_ydata(), np.float64) for line in ax.lines])
    good = drawn[np.isfinite(drawn) & (drawn > 0)]
    if good.size == 0:
        ax.text(0.5, 0.5, "0 in every layer", transform=ax.transAxes, ha="center", color=INK)
        return
    low, high = float(good.min()), float(good.max())
    # A decade at least: on a narrower axis a difference of some percent would look like a fall.
    pad = max((high / low) ** 0.08 * 1.05, (10 * low / high) ** 0.5)
    ax.set_yscale("log")
    ax.set_ylim(low / pad, high * pad)
    powers_of_ten(ax.yaxis)

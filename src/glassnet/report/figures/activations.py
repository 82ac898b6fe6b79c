"""Activations and their derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.inspection.subjects import subject
from glassnet.network import catalogue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.contracts import Activation, Elementwise
from glassnet.report.figures.display import panels, shown_axes
from glassnet.report.look import BLUE, DASHES, MUTED, SERIES, VERMILION, WIDTH, finished, look

_REACH = 4.0  # z is drawn from −4 to 4
_WINDOW = (-2.6, 4.2)  # what is shown of functions that leave it
_BESIDE = 1e-9  # how near to a kink the line comes before it breaks
_MOST_IN_ONE = len(SERIES)


class ActivationDisplay:
    """φ and φ′ of activations on −4 ≤ z ≤ 4; kinks are marked, and the title gives the range.

    softmax has no curve of its own: drawn is its first output for the scores (z, 0).

    Parameters
    ----------
    activations : str, Activation, or a sequence of them
        Names of the catalogue, or objects; by default the whole catalogue.

    Attributes
    ----------
    activations : tuple of Activation
    ax_ : Axes, or an array of Axes
    figure_ : Figure

    Raises
    ------
    UnknownName
        If no activation has that name.

    Examples
    --------
    >>> display = ActivationDisplay("relu").plot()
    >>> display.ax_.get_title(loc="left")
    'relu: z → [0, ∞)'
    >>> len(ActivationDisplay(["tanh", "relu", "gelu"]).plot(kind="pair").ax_)
    2
    """

    ax_: Any
    figure_: Figure

    def __init__(self, activations: Any = tuple(ACTIVATIONS)) -> None:
        alone = isinstance(activations, str) or not isinstance(activations, Sequence)
        given = [activations] if alone else list(activations)
        if not given:
            raise InvalidValue("activations must be at least one; got none.")
        self.activations: tuple[Activation, ...] = tuple(catalogue.activation(phi) for phi in given)

    @classmethod
    def from_network(
        cls, network: Any, *, kind: Literal["panels", "pair"] = "panels", ax: Any = None
    ) -> ActivationDisplay:
        """Draw the activations that a network uses, each once."""
        spec = subject(network).network.specification
        hidden = [layer.activation for layer in spec.layers[:-1]]
        used = {phi.name: phi for phi in (*hidden, *(head.activation for head in spec.heads))}
        return cls(list(used.values())).plot(kind=kind, ax=ax)

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, kind: Literal["panels", "pair"] = "panels", ax: Any = None
    ) -> ActivationDisplay:
        """Draw the activations that a fitted estimator's network uses."""
        return cls.from_network(estimator, kind=kind, ax=ax)

    @look()
    def plot(
        self, *, kind: Literal["panels", "pair"] = "panels", ax: Any = None
    ) -> ActivationDisplay:
        """Draw.

        Parameters
        ----------
        kind : "panels" or "pair"
            A panel for each activation, φ solid and φ′ dashed; or two panels, one of every φ and
            one of every φ′, of 8 activations at most.
        ax : Axes or an array of them, optional
            As many as there are panels.
        """
        if kind not in ("panels", "pair"):
            raise InvalidValue(f'kind must be "panels" or "pair"; got {kind!r}.')
        return self._pair(ax) if kind == "pair" else self._panels(ax)

    def _panels(self, ax: Any) -> ActivationDisplay:
        count = len(self.activations)
        alone = count == 1
        size = {"width": WIDTH, "height": 3.0} if alone else {"width": 2.05, "height": 1.75}
        figure, axes = panels(ax, count, columns=4, above=0.0 if alone else 0.6, **size)
        for panel, phi in zip(axes, self.activations, strict=True):
            _draw(panel, phi)
        if alone:
            axes[0].legend(loc="upper left")
            axes[0].set_xlabel("z")
        elif ax is None:
            for panel in axes[-4:]:
                panel.set_xlabel("z", labelpad=1)
            _shared_legend(figure)
        self.figure_, self.ax_ = finished(figure, ax), shown_axes(axes)
        return self

    def _pair(self, ax: Any) -> ActivationDisplay:
        if len(self.activations) > _MOST_IN_ONE:
            raise InvalidValue(
                f'kind="pair" can tell {_MOST_IN_ONE} activations apart; got '
                f'{len(self.activations)}. Choose some, or use kind="panels".'
            )
        figure, axes = panels(ax, 2, columns=2, width=3.4, height=2.9, above=0.45)
        for k, phi in enumerate(self.activations):
            z, value, derivative = _curves_with_gaps(phi)
            style: Any = {"color": SERIES[k], "linestyle": DASHES[k % len(DASHES)]}
            axes[0].plot(z, value, label=_name(phi), **style)
            axes[1].plot(z, derivative, label=_name(phi), **style)
        for panel, text in zip(axes, ("activation φ(z)", "derivative φ′(z)"), strict=True):
            panel.set_title(text)
            panel.set_xlabel("z")
            panel.set_xlim(-_REACH, _REACH)
            panel.set_ylim(*_limits(np.concatenate([line.get_ydata() for line in panel.lines])))
        if ax is None:
            handles, labels = axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper left", ncols=min(len(labels), 6))
        else:
            axes[0].legend(loc="upper left")
        self.figure_, self.ax_ = finished(figure, ax), shown_axes(axes)
        return self


def curves(phi: Activation, z: Array) -> tuple[Array, Array]:
    """φ(z) and φ′(z), each (m,); of softmax, those of the first output for the scores (z, 0).

    Examples
    --------
    >>> curves(catalogue.activation("square"), np.array([3.0]))
    (array([9.]), array([6.]))
    """
    if isinstance(phi, Elementwise):
        a = phi.value(z[:, None])
        return a[:, 0], phi.back(z[:, None], a, np.ones_like(a))[:, 0]
    scores = np.stack([z, np.zeros_like(z)], axis=1)
    a = phi.value(scores)
    first = np.zeros_like(a)
    first[:, 0] = 1.0
    return a[:, 0], phi.back(scores, a, first)[:, 0]


def _draw(ax: Axes, phi: Activation) -> None:
    z, value, derivative = _curves_with_gaps(phi)
    for number, kink in enumerate(phi.kinks):
        label = None if number else "kink"
        ax.axvline(kink, color=MUTED, linestyle=DASHES[2], linewidth=1.1, label=label, zorder=1)
    ax.plot(z, value, color=BLUE, linestyle=DASHES[0], label="φ(z)")
    ax.plot(z, derivative, color=VERMILION, linestyle=DASHES[1], label="φ′(z)")
    taken = "z" if isinstance(phi, Elementwise) else "(z, 0)"
    ax.set_title(f"{phi.name}: {taken} → {phi.range}".replace("-", "−"), fontsize=8.5)
    ax.set_xlim(-_REACH, _REACH)
    ax.set_ylim(*_limits(np.concatenate([value, derivative])))
    ax.set_xticks([-4, -2, 0, 2, 4])


def _name(phi: Activation) -> str:
    return phi.name if isinstance(phi, Elementwise) else f"{phi.name} of (z, 0)"


def _curves_with_gaps(phi: Activation) -> tuple[Array, Array, Array]:
    """z, φ and φ′; at a kink nan, since a jump is a gap and not a line."""
    kinks = [kink for kink in phi.kinks if abs(kink) < _REACH]
    beside = [kink + side for kink in kinks for side in (-_BESIDE, 0.0, _BESIDE)]
    z = np.unique(np.concatenate([np.linspace(-_REACH, _REACH, 401), beside]))
    value, derivative = (np.array(y, dtype=np.float64) for y in curves(phi, z))
    value[np.isin(z, kinks)] = derivative[np.isin(z, kinks)] = np.nan
    return z, value, derivative


def _shared_legend(figure: Figure) -> None:
    entries: dict[str, Any] = {}
    for panel in figure.axes:
        handles, labels = panel.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    labels = sorted(entries, key="φ(z) φ′(z) kink".find)
    handles = [entries[label] for label in labels]
    figure.legend(handles, labels, loc="outside upper left", ncols=3)


def _limits(values: Array) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < _WINDOW[1] and high > _WINDOW[0]:
        low, high = max(low, _WINDOW[0]), min(high, _WINDOW[1])
    pad = 0.06 * (high - low) or 0.5
    return low - pad, high + pad

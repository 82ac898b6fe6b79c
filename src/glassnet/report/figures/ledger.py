"""The ledger of rows: which cost most, which pull hardest, and through which layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.inspection.ledger import Ledger, ledger
from glassnet.report.figures.display import looked_at, panels, shown_axes
from glassnet.report.look import (
    BLUE,
    INK,
    PAPER,
    POINT,
    SERIES,
    VERMILION,
    finished,
    legend_above,
    look,
    powers_of_ten,
    whole_numbers,
)

_DECADES = 8.0  # of an axis; what is smaller stands at its end
_NAMED = 8  # suspects whose row numbers are written
# of a legend: three names above a narrow panel
_TIGHT: Mapping[str, Any] = {"handlelength": 1.4, "handletextpad": 0.4}


class LedgerDisplay:
    """Loss against gradient length of every row, the suspects marked; and the length by layer.

    A row far up and to the right is fitted against what the others say: look at its label first.
    Rows below 10⁻⁸ of the largest stand at the ends of the axes.

    Parameters
    ----------
    book : Ledger
    suspects : sequence of int, optional
        Numbers of the rows to mark, the most suspicious first; by default the ledger's own 10.

    Attributes
    ----------
    suspects : (k,) int
    ax_ : array of 2 Axes
    figure_ : Figure

    Examples
    --------
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).normal(size=(40, 2))
    >>> net = gn.Network(2, [gn.Dense(4, "tanh"), gn.Dense(1, "identity")])
    >>> display = LedgerDisplay.from_network(net, X, X[:, 0], suspects=3)
    >>> display.ax_[0].get_xlabel(), len(display.suspects)
    ('loss of the row, ℓ', 3)
    """

    ax_: Any
    figure_: Figure

    def __init__(self, book: Ledger, suspects: Sequence[int] | None = None) -> None:
        if len(book) == 0:
            raise InvalidValue("a ledger must have at least one row to be drawn; it has none.")
        self.book = book
        named = book.suspects(min(10, len(book))) if suspects is None else suspects
        self.suspects: Array = np.asarray(named, dtype=np.int64)
        if self.suspects.size and not (
            (self.suspects >= 0).all() and (self.suspects < len(book)).all()
        ):
            raise InvalidValue(
                f"suspects must be row numbers from 0 to {len(book) - 1}; "
                f"got {self.suspects.max()} among them."
            )

    @classmethod
    def from_ledger(
        cls, book: Ledger, *, suspects: Sequence[int] | None = None, ax: Any = None
    ) -> LedgerDisplay:
        """Draw a ledger that was made before."""
        return cls(book, suspects).plot(ax=ax)

    @classmethod
    def from_network(
        cls, network: Any, X: Any, y: Any, *, suspects: int = 10, ax: Any = None, **options: Any
    ) -> LedgerDisplay:
        """Make the ledger of the rows and draw it.

        Parameters
        ----------
        network : Network
        X, y : as :func:`glassnet.ledger` takes them
        suspects : int
            How many to mark.
        ax : array of 2 Axes, optional
        **options
            Those of :func:`glassnet.ledger`.
        """
        found = looked_at(network, X, y)
        book = ledger(found.net, found.x, found.y, found.w, **options)
        return cls(book, book.suspects(min(suspects, len(book)))).plot(ax=ax)

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, **options: Any) -> LedgerDisplay:
        """Make the ledger of a fitted estimator's network and draw it; labels are encoded."""
        return cls.from_network(estimator, X, y, **options)

    @look()
    def plot(self, *, ax: Any = None) -> LedgerDisplay:
        """Draw, on axes given or on a figure of their own."""
        figure, axes = panels(ax, 2, columns=2, width=3.7, height=3.2, above=0.0)
        self._against(axes[0])
        self._by_layer(axes[1])
        self.figure_, self.ax_ = finished(figure, ax), shown_axes(axes)
        return self

    def _against(self, ax: Axes) -> None:
        losses, norms = _floored(self.book.losses), _floored(self.book.norms)
        opacity = float(np.clip(20 / np.sqrt(len(losses)), 0.15, 0.8))
        ax.scatter(
            losses, norms, s=12, color=POINT, alpha=opacity, linewidths=0, rasterized=True,
            label="rows",
        )  # fmt: skip
        if self.suspects.size:
            ax.scatter(
                losses[self.suspects], norms[self.suspects], s=44, facecolors="none",
                edgecolors=VERMILION, linewidths=1.2, label="suspects", zorder=4,
            )  # fmt: skip
        _name_rows(ax, self.suspects)
        ax.set_xscale("log")
        ax.set_yscale("log")
        powers_of_ten(ax.xaxis, 5)
        powers_of_ten(ax.yaxis)
        ax.set_xlabel("loss of the row, ℓ")
        ax.set_ylabel("length of its gradient, ‖∂ℓ/∂θ‖")
        legend_above(ax, **_TIGHT)

    def _by_layer(self, ax: Axes) -> None:
        """For each layer the middle half of the rows, their median, and 5 to 95 percent."""
        norms = np.sqrt(self.book.squared_norms)
        depth = norms.shape[1]
        quantiles = np.quantile(norms, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
        top = float(quantiles.max())
        bottom = top * 10**-_DECADES if top > 0 else 1e-3
        low, left, middle, right, high = np.maximum(quantiles, bottom)
        layers = np.arange(1, depth + 1)
        ax.vlines(layers, low, high, color=BLUE, linewidth=1.4, label="90% of rows")
        ax.vlines(layers, left, right, color=SERIES[5], linewidth=9, label="half of rows")
        ax.plot(layers, middle, "o", color=INK, markersize=4.5, label="median")
        for l in (layers[norms.max(axis=0) == 0]).tolist():
            ax.annotate("all 0", (l, bottom), ha="center", va="bottom", color=INK)
        ax.set_yscale("log")
        powers_of_ten(ax.yaxis)
        ax.set_xlim(0.4, depth + 0.6)
        whole_numbers(ax.xaxis)
        ax.set_xlabel("layer l")
        ax.set_ylabel("‖∂ℓ/∂(W[l], b[l])‖ of a row")
        legend_above(ax, **_TIGHT)


def _floored(values: Array) -> Array:
    """What a logarithmic axis can show: nothing below 10⁻⁸ of the largest."""
    top = float(np.nanmax(values, initial=0.0))
    return np.maximum(values, top * 10**-_DECADES if top > 0 else 1e-3)


def _name_rows(ax: Axes, rows: Array) -> None:
    """The suspects by number, in the corner that the rows leave free."""
    if rows.size == 0:
        return
    names = [str(row) for row in rows[:_NAMED].tolist()]
    more = f" and {rows.size - _NAMED} more" if rows.size > _NAMED else ""
    lines = [", ".join(names[k : k + 4]) for k in range(0, len(names), 4)]
    ax.text(
        0.98, 0.03, "suspects, by row number:\n" + ",\n".join(lines) + more,
        transform=ax.transAxes, ha="right", va="bottom", fontsize=8, color=INK, linespacing=1.35,
        bbox={"facecolor": PAPER, "alpha": 0.75, "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip

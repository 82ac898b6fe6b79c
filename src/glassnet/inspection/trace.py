"""Every number of one pass of backpropagation, by layer: the glass box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.looking import checked_layer, look_at
from glassnet.inspection.passes import looked
from glassnet.inspection.trace_frames import long_columns, plain, statistics
from glassnet.inspection.trace_print import Sheet, sheet, table
from glassnet.inspection.trace_views import PER_SAMPLE, View, viewed
from glassnet.network.specification import Specification

Samples = Literal["rows", "columns"]
Mean = Literal["delta", "dW"]
Lists = list[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """All quantities of one pass, forward and back, over some rows. Made by :func:`trace`.

    Lists are numbered by layer: ``z[1]`` belongs to layer 1, and slot 0 is None except in ``a`` and
    ``da``, where it is the input's. Arrays are copies that cannot be written to. Shapes are those
    of ``samples="rows"``; :meth:`samples` gives the transposed view of other textbooks.

    Attributes
    ----------
    J, loss, penalty : float or None
        The cost and its two parts, J = Σᵢ wᵢ ℓᵢ + penalties. None without y, as everything below
        that has a derivative in it.
    losses : (m,) or None
        ℓᵢ, the loss of each row.
    y, w : (m, n_L) or None, (m,)
        Targets as the loss takes them; weights, which sum to 1.
    weight_sum : float
        What the weights summed to.
    t : int
        Steps the network had taken. With 0 it is untrained, and :meth:`show` says so.
    training : bool
        Whether the pass is one of training (batch statistics, dropout) or of prediction.
    W, b, gamma, beta, kappa : lists
        The parameters: (n_l, n_{l−1}), and (n_l,) or None.
    a : list
        Activations, (m, n_l); ``a[0]`` is the input as layer 1 gets it.
    z, z_tilde : lists
        Weighted input; what enters the activation, γ x̂ + β with batch norm and z without.
    x_hat, mean, variance : lists
        Batch norm's x̂ (m, n_l), μ and σ² (n_l,); None in a layer without it.
    fired, mask : lists
        φ(z̃), and dropout's factors 0 or 1/(1 − rate) (None without dropout); a is their product,
        and a[l−1] more in a residual layer.
    delta, da : lists or None
        ∂J/∂z and ∂J/∂a. ``da[0]`` is ∂J/∂x (∂J/∂a[0], where an input stage scales x first).
    dW, db, dgamma, dbeta, dkappa : lists or None
        The gradient of J, shaped as the parameters.
    specification : Specification
        Of the network.
    view : View
        How it is shown.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")], seed=0)
    >>> t = trace(net, [[1.0, 2.0], [0.0, 1.0]], [1.0, 0.0])
    >>> t.z[1].shape, t.delta[2].shape, t.dW[1].shape, t.da[0].shape
    ((2, 3), (2, 1), (3, 2), (2, 2))
    >>> bool(np.allclose(t.dW[1], t.delta[1].T @ t.a[0]))
    True
    """

    specification: Specification
    t: int
    training: bool
    a: Lists
    z: Lists
    z_tilde: Lists
    x_hat: Lists
    mean: Lists
    variance: Lists
    fired: Lists
    mask: Lists
    W: Lists
    b: Lists
    gamma: Lists
    beta: Lists
    kappa: Lists
    w: Array
    weight_sum: float
    y: Array | None = None
    losses: Array | None = None
    J: float | None = None
    loss: float | None = None
    penalty: float | None = None
    da: Lists | None = None
    delta: Lists | None = None
    dW: Lists | None = None
    db: Lists | None = None
    dgamma: Lists | None = None
    dbeta: Lists | None = None
    dkappa: Lists | None = None
    view: View = field(default_factory=View)
    source: Trace | None = None

    @property
    def depth(self) -> int:
        """L; the input is not counted."""
        return self.specification.depth

    @property
    def rows(self) -> int:
        """m, how many samples were looked at."""
        return int(self.w.shape[0])

    def samples(self, samples: Samples = "rows", *, mean: Mean = "delta") -> Trace:
        """The same numbers as another textbook writes them.

        Parameters
        ----------
        samples : "rows" or "columns"
            "columns": every array with a sample per row is transposed, to (n_l, m), and vectors
            of a layer become columns, (n_l, 1); ``W`` and ``dW`` stay. So Z = W A + b.
        mean : "delta" or "dW"
            Where 1/m stands. "delta": in δ, so that dW = δᵀ a. "dW": δ, da and g are m times as
            large, and dW = (1/m) dZ Aᵀ divides. The gradients are the same.

        Raises
        ------
        InvalidValue

        Examples
        --------
        >>> import glassnet as gn
        >>> net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")], seed=0)
        >>> t = trace(net, [[1.0, 2.0], [0.0, 1.0]], [1.0, 0.0])
        >>> c = t.samples("columns", mean="dW")
        >>> c.z[1].shape, c.b[1].shape, c.dW[1].shape
        ((3, 2), (3, 1), (3, 2))
        >>> bool(np.allclose(c.dW[2], c.delta[2] @ c.a[1].T / 2))
        True
        """
        return viewed(self.source or self, View(samples, mean))

    def features(self, layer: int) -> Array:
        """The values of a layer's units for each row, ``a[layer]``: what the layer has learned.

        To get them for whole tables, as columns for another model, see
        :class:`~glassnet.HiddenFeatures`.

        Parameters
        ----------
        layer : int
            From 0, the input, to L.

        Raises
        ------
        InvalidValue
            If there is no such layer.
        """
        return self.a[checked_layer(self.specification, layer, lowest=0)]

    def layer(self, layer: int) -> dict[str, Array]:
        """All arrays of one layer by name, in the order of computing; layer 0 is the input.

        ``z_tilde`` is left out where it is ``z``, and ``fired`` where it is ``a``.

        Examples
        --------
        >>> import glassnet as gn
        >>> net = gn.Network(1, [gn.Dense(2, "tanh")], loss="squared_error", seed=0)
        >>> list(trace(net, [[1.0]]).layer(1))
        ['W', 'b', 'z', 'a']
        """
        l = checked_layer(self.specification, layer, lowest=0)
        hidden: set[str] = set()  # one array under two names, where nothing is between
        if l > 0 and self.specification.layer(l).batch_norm is None:
            hidden.add("z_tilde")
        if self.mask[l] is None and not (l > 0 and self.specification.layer(l).residual):
            hidden.add("fired")
        every = {name: _slot(getattr(self, name), l) for name in LISTS if name not in hidden}
        return {name: array for name, array in every.items() if array is not None}

    def show(self, layers: Any = None, *, largest: int = 8, digits: int = 4) -> Sheet:
        """Each array beside the equation that made it, to print or for a notebook.

        Parameters
        ----------
        layers : int or sequence of int, optional
            Layers to show, 0 being the input; all by default, if they are few enough to be read.
        largest : int ≥ 3
            Rows and columns of an array that are shown; of a larger one the first ones and the
            last.
        digits : int
            Significant digits.

        Raises
        ------
        InvalidValue
        """
        return sheet(self, layers, largest=largest, digits=digits)

    def table(self) -> Sheet:
        """A table of all arrays: shape, norm ‖·‖₂, smallest, largest, share of zeros."""
        return table(self)

    def statistics(self) -> list[dict[str, Any]]:
        """What :meth:`table` shows, as one dict per array."""
        return statistics(self)

    def to_frame(self) -> Any:
        """All numbers as one long table, in the frame library that is installed.

        The columns are ``layer``, ``quantity`` ("z", "dW", …), ``row`` (the sample), ``unit``,
        ``input`` (the unit of the layer below, for W and dW) and ``value``; −1 stands where a
        quantity has no such index. The view makes no difference to it but for the place of 1/m.

        Raises
        ------
        Unsupported
            If neither pandas, polars nor pyarrow is installed; ``to_dict`` needs none of them.
        """
        from glassnet.data.made_frames import frame_of

        return frame_of(long_columns(viewed(self.source or self, View("rows", self.view.mean))))

    def to_dict(self) -> Mapping[str, Any]:
        """All numbers as nested lists, for JSON."""
        return plain(self)

    def to_latex(self, layers: Any = None, *, largest: int = 8, digits: int = 4) -> str:
        """The equations and the numbers as LaTeX: an ``align*`` a layer, for amsmath."""
        return self.show(layers, largest=largest, digits=digits).latex()

    def __str__(self) -> str:
        """Show it as plain text."""
        return str(self.show())

    def __repr__(self) -> str:
        """Say what it is in one line."""
        sizes = "-".join(map(str, self.specification.units))
        cost = "forward only" if self.J is None else f"J = {self.J:.6g}"
        many = "1 row" if self.rows == 1 else f"{self.rows} rows"
        return f"Trace({sizes}; {many}; {cost}; {self.mode})"

    @property
    def mode(self) -> str:
        """What kind of pass it was, in words."""
        kind = f"as in training at step {self.t}" if self.training else "as in prediction"
        return kind if self.t else f"{kind}, untrained"

    def __rich__(self) -> Any:
        """Show it on a terminal, in colour."""
        return self.show()

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        return self.show().html()


LISTS = (
    "W", "b", "gamma", "beta", "kappa", "z", "mean", "variance", "x_hat", "z_tilde", "fired",
    "mask", "a", "da", "delta", "dW", "db", "dgamma", "dbeta", "dkappa",
)  # fmt: skip


def _slot(arrays: Lists | None, layer: int) -> Any:
    return None if arrays is None else arrays[layer]


def trace(
    net: Any,
    X: Any,
    y: Any = None,
    weights: Any = None,
    *,
    training: bool = True,
    samples: Samples = "rows",
    mean: Mean = "delta",
) -> Trace:
    """Return every number of one pass over some rows: z, a, ∂J/∂a, δ, ∂J/∂W, ∂J/∂b, and the rest.

    The reference engine computes them, in the network's dtype; the network is left as it is.

    Parameters
    ----------
    net : Network or fitted estimator
        An estimator's labels and ``class_weight`` are turned into targets and weights as in its
        fit.
    X : (m, n₀)
    y : (m,) or (m, n_L), optional
        Without it only forward quantities are there.
    weights : (m,), optional
        Weights ≥ 0 of the rows; all 1 by default.
    training : bool
        True: as in a training step at the network's step t, with the statistics of these rows in
        batch norm and this step's dropout masks. False: as in prediction, with running statistics
        and no dropout; derivatives are those of that J, in which the statistics are constants.
    samples : "rows" or "columns"
    mean : "delta" or "dW"
        See :meth:`Trace.samples`.

    Returns
    -------
    Trace

    Raises
    ------
    InvalidValue, ShapeMismatch
        If rows, targets or weights do not fit the network or each other.

    References
    ----------
    Nielsen (2015), Neural Networks and Deep Learning, ch. 2, (BP1)–(BP4), transposed to rows.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(2, "relu"), gn.Dense(1, "identity", init="zeros")], seed=1)
    >>> t = trace(net, [[1.0, 2.0]], [3.0])
    >>> t
    Trace(2-2-1; 1 row; J = 4.5; as in training at step 0, untrained)
    >>> t.delta[2], bool(t.delta[2] == t.a[2] - 3.0)
    (array([[-3.]]), True)
    >>> trace(net, [[1.0, 2.0]]).dW is None
    True
    """
    seen = looked(look_at(net, X, y, weights), training=bool(training))
    found = Trace(**{name: _read_only(value) for name, value in seen.items()})
    return found if (samples, mean) == ("rows", "delta") else found.samples(samples, mean=mean)


def _read_only(value: Any) -> Any:
    """The value with its arrays locked; they are copies already."""
    if isinstance(value, list):
        return [_read_only(item) for item in value]
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    return value


__all__ = ["LISTS", "PER_SAMPLE", "Trace", "View", "trace"]

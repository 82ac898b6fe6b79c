"""The exact linear formula of a piecewise-linear network around one input."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.linear_pieces import Pieces, pieces
from glassnet.inspection.numerals import numeral
from glassnet.inspection.regions import Regions, regions
from glassnet.inspection.subjects import subject

_SHOWN = 8  # features and outputs written out


@dataclass(frozen=True, eq=False)
class Kink:
    """Where the region around an input ends soonest.

    ``distance`` is Euclidean, in the units of the columns; ``layer`` and ``unit`` (from 0) say
    whose z is 0 there, ``point`` (n₀,) where that is.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "relu", init=gn.Constant(1.0)), gn.Dense(1, "identity")])
    >>> kink = gn.local(net, [3.0]).kink
    >>> kink.distance, kink.layer, kink.unit, kink.point.tolist()
    (3.0, 1, 0, [0.0])
    """

    distance: float
    layer: int
    unit: int
    point: Array


@dataclass(frozen=True, eq=False)
class Local:
    """z[L] = W_eff x + b_eff, exactly, in the whole linear region that x lies in.

    Attributes
    ----------
    x : (n₀,)
        The input, in the units of the columns.
    W_eff, b_eff : (n_L, n₀), (n_L,)
        Scaling of the columns and batch norm are folded in. Where the output's activation is the
        identity this is the formula of the prediction, for a table in units of its target.
    z : (n_L,)
        Its value at x.
    activation : str
        The output's activation, which comes after it.
    pattern : list of (n_l,) bool
        By hidden layer, which units are on, z > 0; None for slot 0 and layers without a kink.
    distances : list of (n_l,)
        By hidden layer, how far the unit's kink would be if the region's formula went on:
        ``|z| / ‖∂z/∂x‖``; infinite where the unit has no kink or does not depend on x here. The
        least of all is the distance to the region's boundary: nothing nearer changes the formula.
    kink : Kink or None
        That nearest one; None where the network is linear everywhere or x acts on no kink.
    features, outputs : tuple of str

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(2, "relu"), gn.Dense(1, "identity")])
    >>> net.state.theta[:] = [1, 0, 0, 1, 0, -5, 3, 4, 0.5]  # relu(x₁), relu(x₂ − 5)
    >>> print(gn.local(net, [2.0, 1.0]))
    y = 3 x₁ + 0.5
    Exact within 2 of this x, where z of unit 0 of layer 1 becomes 0.
    Units on: 1 of 2 in layer 1.
    """

    x: Array
    W_eff: Array
    b_eff: Array
    z: Array
    activation: str
    pattern: list[Any]
    distances: list[Any]
    kink: Kink | None
    features: tuple[str, ...]
    outputs: tuple[str, ...]
    _net: Any

    @property
    def distance(self) -> float:
        """How far the formula holds in every direction, in the units of the columns; or ∞."""
        return np.inf if self.kink is None else self.kink.distance

    def regions(self, to: Any) -> Regions:
        """The linear regions met on the way from x to another input, given as x was."""
        return regions(self._net, self.x, _encoded(self._net, to))

    def sentences(self) -> list[str]:
        """The formula of each output, how far it goes, and which units are on."""
        lines = [self._formula(k) for k in range(len(self.outputs))[:_SHOWN]]
        if len(self.outputs) > _SHOWN:
            lines.append(f"… and {len(self.outputs) - _SHOWN} more outputs: W_eff, b_eff.")
        return [*lines, self._reach(), *self._units()]

    def _formula(self, k: int) -> str:
        weights, name = self.W_eff[k], self.outputs[k]
        order = np.argsort(-np.abs(weights), kind="stable")[:_SHOWN]
        # Of few features in their own order; of many, the heaviest first.
        shown = sorted(order) if len(weights) <= _SHOWN else order
        terms = [(weights[j], self.features[j]) for j in shown if weights[j] != 0]
        text = _sum([*terms, (self.b_eff[k], "")])
        left = int((weights != 0).sum()) - len(terms)
        more = f", and {left} smaller terms" if left else ""
        if self.activation == "identity":
            return f"{name} = {text}{more}"
        return f"z of {name} = {text}{more}; then {self.activation}"

    def _reach(self) -> str:
        if self.kink is None:
            return (
                "Exact for every x that has this pattern of units; no kink lies in any direction."
            )
        where = f"unit {self.kink.unit} of layer {self.kink.layer}"
        if self.kink.distance == 0:
            return (
                f"x lies on a kink: z of {where} is exactly 0. The formula is that of z ≤ 0 there; "
                "beyond the kink another one holds."
            )
        return f"Exact within {numeral(self.distance)} of this x, where z of {where} becomes 0."

    def _units(self) -> list[str]:
        on = [
            f"{int(units.sum())} of {len(units)} in layer {l}"
            for l, units in enumerate(self.pattern[1:], start=1)
            if units is not None
        ]
        return [f"Units on: {', '.join(on)}."] if on else []

    def __str__(self) -> str:
        """The formula, how far it goes, and which units are on."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """Say what it is in one line."""
        shape = f"{len(self.outputs)} outputs of {len(self.features)} features"
        return f"Local({shape}; exact within {numeral(self.distance)})"

    def __rich__(self) -> str:
        """The lines, for rich."""
        return str(self).replace("[", r"\[")

    def _repr_html_(self) -> str:
        """The lines and a table of the weights, for notebooks."""
        lines = "".join(f"<p>{escape(line)}</p>" for line in self.sentences())
        head = "".join(f"<th>{escape(name)}</th>" for name in ("", *self.outputs))
        rows = "".join(
            f"<tr><th>{escape(name)}</th>"
            + "".join(f"<td>{numeral(value)}</td>" for value in self.W_eff[:, j])
            + "</tr>"
            for j, name in enumerate(self.features[:200])
        )
        return f"{lines}<table><tr>{head}</tr>{rows}</table>"


def local(net: Any, x: Any) -> Local:
    """The exact linear formula of a network at ``x``, and how far it holds.

    Where every hidden activation is identity, relu or leaky_relu, the network is linear in pieces:
    around x the units that are on stay on, and W_eff = W[L] D … D W[1], D being the diagonal of
    φ′. The region is the polytope in which no hidden z changes its sign. Batch norm stands at its
    running statistics, dropout is out.

    Parameters
    ----------
    net : Network, fitted estimator, or a Pipeline of scalers and one
        Of a table estimator the first member, in terms of the encoded columns.
    x : (n₀,) or (1, n₀)
        In the units of the columns; of a table estimator also (1, n), a row as ``predict`` takes
        it: a frame of one row, or a list of one.

    Returns
    -------
    Local

    Raises
    ------
    InvalidValue, ShapeMismatch
        If a hidden activation is another, or x is not one row of the network's inputs.

    References
    ----------
    Montúfar, Pascanu, Cho & Bengio (2014), On the number of linear regions of deep neural
    networks; for the distances Croce, Andriushchenko & Hein (2019), section 3.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(8, "relu"), gn.Dense(1, "logistic")], seed=0)
    >>> here = gn.local(net, [0.5, -0.5])
    >>> z = here.W_eff @ here.x + here.b_eff
    >>> bool(abs(1 / (1 + np.exp(-z)) - gn.predict(net, [here.x])[0]) < 1e-12)
    True
    """
    who = subject(net)
    made, row = pieces(who), who.point(_encoded(net, x))
    z = made.forward(row[None])
    rises, pattern, distances = _inside(made, z)
    phi = who.network.specification.phi[made.depth].name
    units, zero = (who.target_scale, who.target_mean) if phi == "identity" else (1.0, 0.0)
    value, slopes = z[made.depth][0] * units + zero, rises[made.depth] * units
    kink = _nearest(row, z, rises, distances)
    return Local(
        row, slopes, value - slopes @ row, value, phi, pattern, distances, kink, who.features,
        who.outputs, net,
    )  # fmt: skip


def _encoded(net: Any, x: Any) -> Any:
    """A row of a table as the members of its estimator take it; other rows as they are."""
    shape = getattr(x, "shape", None)
    several = len(shape) == 2 if shape is not None else np.ndim(x[0]) > 0
    return net.encode(x) if several and hasattr(net, "members_") else x


def _inside(made: Pieces, z: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """∂z[l]/∂x, which units are on, and the distances of their kinks, by layer."""
    rises: list[Any] = [None, made.W[1]]
    pattern: list[Any] = [None]
    distances: list[Any] = [None]
    for l in range(1, made.depth):
        here, kinked = z[l][0], made.below[l] != 1.0
        pattern.append(here > 0 if kinked else None)
        far = np.full(len(here), np.inf)
        if kinked:
            length = np.linalg.norm(rises[l], axis=1)
            np.divide(np.abs(here), length, out=far, where=length > 0)
        distances.append(far)
        rises.append(made.W[l + 1] @ (made.slopes(l, here)[:, None] * rises[l]))
    return rises, pattern, distances


def _nearest(x: Array, z: list[Any], rises: list[Any], distances: list[Any]) -> Kink | None:
    found = [(float(far.min()), l) for l, far in enumerate(distances[1:], start=1)]
    best, l = min(found, default=(np.inf, 0))
    if not np.isfinite(best):
        return None
    unit = int(np.argmin(distances[l]))
    rise = rises[l][unit]
    return Kink(best, l, unit, x - rise * (z[l][0, unit] / (rise @ rise)))


def _sum(terms: list[tuple[float, str]]) -> str:
    """Terms as a + b − c; a lone 0 where there are none."""
    text = ""
    for value, name in terms:
        if not name and value == 0 and text:
            continue
        size = numeral(abs(float(value)))
        body = f"{size} {name}".strip()
        sign = "−" if value < 0 else "+"
        text += f" {sign} {body}" if text else f"{'−' if value < 0 else ''}{body}"
    return text

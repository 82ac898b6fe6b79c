"""What a network can answer at all on a box of inputs: interval arithmetic, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.inspection.interval_passes import LayerBounds, backward, forward
from glassnet.inspection.numerals import numeral
from glassnet.inspection.sentences import listed
from glassnet.inspection.subjects import subject

_ABOUT = {1: "never falls", -1: "never rises", 2: "rises", -2: "falls", 3: "does not change"}
_SHOWN = 12  # outputs and features written out


@dataclass(frozen=True, eq=False)
class Bounds:
    """What holds for every input of a box, proved by interval arithmetic.

    The bounds hold for the network as mathematics and as either engine computes it in its dtype,
    rounding included. They need not be reached: a bound of several layers is wider than the truth,
    and the more so the wider the box.

    Attributes
    ----------
    box_lower, box_upper : (n₀,)
        The inputs, in the units of the columns.
    lower, upper : (n_L,)
        Of each output, a[L]; of a regression on a table, in units of the target.
    layers : list of LayerBounds
        By layer; slot 0 is None. Each has ``z_lower``, ``z_upper``, ``a_lower``, ``a_upper``,
        (n_l,), and per unit whether it is ``dead`` (a relu that never fires), ``open`` (a relu or
        leaky relu that always does: a linear unit) or ``constant``.
    slope_lower, slope_upper : (n_L, n₀)
        Of ∂ output / ∂ feature, in the units of the columns. At a kink they hold for both sides.
    features, outputs : tuple of str
        Names.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")
    >>> net.state.theta[:] = [1.0, -2.0, 0.0]  # z = x₁ − 2 x₂
    >>> found = gn.bounds(net, [0, 0], [1, 1])
    >>> print(found)
    y is between 0.1192 and 0.7311 on the box.
    y rises with x₁.
    y falls with x₂.
    """

    box_lower: Array
    box_upper: Array
    lower: Array
    upper: Array
    layers: list[Any]
    slope_lower: Array
    slope_upper: Array
    features: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def dead(self) -> list[tuple[int, int]]:
        """(layer, unit) of each relu that is 0 for every input of the box; units count from 0."""
        return self._units("dead")

    @property
    def constant(self) -> list[tuple[int, int]]:
        """(layer, unit) of each hidden unit that is the same for every input; the dead among it."""
        return self._units("constant")

    @property
    def monotone(self) -> Array:
        """2 rises, 1 never falls, 0 nothing proved, −1 never rises, −2 falls, 3 no change.

        -> (n_L, n₀) int
        """
        low, high = self.slope_lower, self.slope_upper
        found = np.zeros(low.shape, np.int64)
        found[low >= 0], found[high <= 0] = 1, -1
        found[low > 0], found[high < 0] = 2, -2
        found[(low == 0) & (high == 0)] = 3
        return found

    def sentences(self) -> list[str]:
        """What was proved, in words."""
        return [*self._ranges(), *self._slopes(), *self._about_units()]

    def _units(self, which: str) -> list[tuple[int, int]]:
        hidden = enumerate(self.layers[1:-1], start=1)
        return [(l, int(i)) for l, layer in hidden for i in np.flatnonzero(getattr(layer, which))]

    def _ranges(self) -> Iterator[str]:
        for k, name in list(enumerate(self.outputs))[:_SHOWN]:
            low, high = (numeral(float(end[k])) for end in (self.lower, self.upper))
            yield f"{name} is between {low} and {high} on the box."
        if len(self.outputs) > _SHOWN:
            yield f"… and {len(self.outputs) - _SHOWN} more outputs: lower, upper."

    def _slopes(self) -> Iterator[str]:
        proved = False
        for k, name in list(enumerate(self.outputs))[:_SHOWN]:
            for kind, word in _ABOUT.items():
                found = np.flatnonzero(self.monotone[k] == kind)
                proved = proved or len(found) > 0
                if len(found):
                    yield f"{name} {word} with {listed([self.features[j] for j in found])}."
        if not proved:
            yield "No output is proved to rise or to fall with any feature."

    def _about_units(self) -> Iterator[str]:
        for l, layer in enumerate(self.layers[1:-1], start=1):
            dead, rest = np.flatnonzero(layer.dead), layer.constant & ~layer.dead
            n = len(layer.dead)
            if len(dead):
                yield f"Dead in layer {l}, {len(dead)} of {n} units: {listed(dead.tolist())}."
            if rest.any():
                same = listed(np.flatnonzero(rest).tolist())
                yield f"Constant in layer {l}, {rest.sum()} of {n} units: {same}."

    def __str__(self) -> str:
        """What was proved, a line each."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """Say what it is in one line."""
        units = sum(int(layer.dead.sum()) for layer in self.layers[1:-1])
        return (
            f"Bounds({len(self.outputs)} outputs on a box of {len(self.features)} features; "
            f"{int((self.monotone != 0).sum())} monotone pairs, {units} dead units)"
        )

    def __rich__(self) -> str:
        """The lines, for rich."""
        return str(self).replace("[", r"\[")

    def _repr_html_(self) -> str:
        """A list of what was proved, for notebooks."""
        return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in self.sentences()) + "</ul>"


def bounds(net: Any, lower: Any, upper: Any) -> Bounds:
    """Bounds of everything a network computes, for all inputs with ``lower`` ≤ x ≤ ``upper``.

    z[l] is bounded by positive weights times one end of a[l−1] and negative ones times the other;
    φ by its ends and its turning points; ∂a[L]/∂x the same way backwards. Every step is rounded
    outwards. Batch norm stands at its running statistics, dropout is out.

    Parameters
    ----------
    net : Network, fitted estimator, or a Pipeline of scalers and one
    lower, upper : (n₀,) or a number for all columns
        The box, in the units of the columns; ±∞ where a column has no end.

    Returns
    -------
    Bounds

    Raises
    ------
    InvalidValue, ShapeMismatch
        If the box is none of this network, or lower is above upper.

    References
    ----------
    Moore, Kearfott & Cloud (2009), Introduction to interval analysis; for networks Gowal et al.
    (2018), On the effectiveness of interval bound propagation, section 3.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(2, "relu"), gn.Dense(1, "identity")])
    >>> net.state.theta[:] = [1.0, -1.0, 0.0, -3.0, 1.0, 1.0, 0.0]
    >>> found = gn.bounds(net, 0.0, 2.0)
    >>> found.lower.round(6).tolist(), found.upper.round(6).tolist(), found.dead
    ([0.0], [2.0], [(1, 1)])
    """
    who = subject(net)
    inputs = who.network.units[0]
    low, high = (
        who.point(np.full(inputs, end) if np.ndim(end) == 0 else end, name)
        for end, name in ((lower, "lower"), (upper, "upper"))
    )
    if (low > high).any():
        j = int(np.flatnonzero(low > high)[0])
        raise InvalidValue(
            f"lower must not be above upper; of {who.features[j]!r} they are {low[j]:g} and "
            f"{high[j]:g}. Exchange them."
        )
    layers = forward(who, low, high)
    slopes = backward(who, layers)
    last: LayerBounds = layers[-1]
    ends = (last.a_lower * who.target_scale + who.target_mean,
            last.a_upper * who.target_scale + who.target_mean)  # fmt: skip
    if who.target_scale != 1.0 or who.target_mean != 0.0:
        ends = (np.nextafter(ends[0], -np.inf), np.nextafter(ends[1], np.inf))
    return Bounds(low, high, *ends, layers, *slopes, who.features, who.outputs)

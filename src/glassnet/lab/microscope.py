"""One step seen slowly: each stage with its equation, its shapes, and this network's numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.equations import Equations
from glassnet.inspection.formulas import written
from glassnet.inspection.numerals import grid, matrix_latex, numeral
from glassnet.inspection.script import LATEX
from glassnet.inspection.shapes import shapes
from glassnet.inspection.trace import Samples, Trace, trace
from glassnet.lab.building import Experiment
from glassnet.lab.plain import exact, number
from glassnet.lab.updates import update_stages
from glassnet.network.contracts import Elementwise
from glassnet.network.network import Network
from glassnet.network.summaries import activation_name, loss_name

LARGEST = 6  # rows and columns of a matrix in writing
MOST_NUMBERS = 4096  # of an array that is sent in full
_SHAPE = re.compile(r"\((\d+), (\d+)\)")


def stages(
    experiment: Experiment, net: Network, rows: Array, *, samples: Samples = "rows", rate: float
) -> dict[str, Any]:
    """A step on some training rows, without taking it.

    Parameters
    ----------
    experiment : Experiment
    net : Network
        As it stands.
    rows : (m,) int64
        Places among the training rows.
    samples : "rows" or "columns"
    rate : float
        Of the step.

    Returns
    -------
    dict
        ``rows``, ``x``, ``y``, ``J``, ``layers`` and ``stages``, in the order of computing.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import Settings
    >>> made = experiment(Settings(), prepared(Settings().data)[0])
    >>> told = stages(made, made.network(), np.array([0]), rate=0.01)
    >>> [stage["id"] for stage in told["stages"]][:3]
    ['forward-1-z', 'forward-1-a', 'forward-2-z']
    """
    numbers = experiment.rows.train[rows]
    x, y = experiment.rows.X[numbers], experiment.targets[numbers]
    seen = trace(net, x, y)
    shown = _Stages(seen.samples(samples))
    made = [*shown.forward(), shown.loss(), *shown.backward()]
    made += update_stages(experiment, net, x, y, rate)
    return {
        "rows": rows.tolist(),
        "x": exact(x),
        "y": exact(y),
        "J": number(seen.J or 0.0),
        "layers": [_layer(seen, l) for l in range(1, seen.depth + 1)],
        "stages": made,
    }


def _layer(seen: Trace, l: int) -> dict[str, Any]:
    delta = None if seen.delta is None else seen.delta[l]
    told: dict[str, Any] = {"layer": l}
    for name, array in (("z", seen.z[l]), ("a", seen.a[l]), ("delta", delta)):
        told[name] = exact(array) if array is not None and array.size <= MOST_NUMBERS else None
    return told


def matrix(array: Array) -> str:
    """An array as a LaTeX matrix, its middle left out where it is large."""
    return matrix_latex(grid(array, rows=LARGEST, columns=LARGEST))


def sent(arrays: dict[str, Any]) -> dict[str, Any]:
    """Arrays with every digit; of one that is too large, its shape only."""
    found: dict[str, Any] = {}
    large: dict[str, Any] = {}
    for name, array in arrays.items():
        if array is None:
            continue
        if np.size(array) <= MOST_NUMBERS:
            found[name] = exact(array)
        else:
            large[name] = list(np.shape(array))
    return {"arrays": found, **({"large": large} if large else {})}


class _Stages:
    """Writes the stages of one trace in its view."""

    def __init__(self, seen: Trace) -> None:
        self._t, self._of = seen, Equations(seen, LATEX)
        self._columns = seen.view.columns

    def forward(self) -> list[dict[str, Any]]:
        """z, z̃ where there is batch norm, and a of each layer."""
        made: list[dict[str, Any]] = []
        for l in range(1, self._t.depth + 1):
            made.append(self._z(l))
            if self._t.x_hat[l] is not None:
                made.append(self._norm(l))
            made.append(self._a(l))
        return made

    def loss(self) -> dict[str, Any]:
        """J."""
        t, m = self._t, self._t.rows
        mean = r"\frac{1}{m}\sum_{i=1}^{m} \ell_i" if m > 1 else r"\ell"
        plus = r" + \text{penalties}" if t.specification.penalties else ""
        losses = np.asarray(t.losses, np.float64)
        terms = " + ".join(numeral(v, latex=True) for v in losses[:LARGEST])
        terms += r" + \dots" if m > LARGEST else ""
        value = rf"\tfrac{{1}}{{{m}}}\left({terms}\right)" if m > 1 else terms
        more = f" + {numeral(t.penalty or 0.0, latex=True)}" if plus else ""
        return self._told(
            "loss",
            t.depth,
            "loss",
            f"the cost, {loss_name(t.specification)}",
            f"J = {mean}{plus}",
            rf"() = \text{{mean of }}({m},)",
            f"J = {value}{more} = {numeral(t.J or 0.0, latex=True)}",
            {"losses": losses, f"a[{t.depth}]": t.a[t.depth], "y": t.y},
        )

    def backward(self) -> list[dict[str, Any]]:
        """δ, ∂J/∂W and ∂J/∂b of each layer, the last first."""
        made: list[dict[str, Any]] = []
        for l in range(self._t.depth, 0, -1):
            made.append(self._delta(l))
            for name in ("dW", "db", "dgamma", "dbeta"):
                gradient = getattr(self._t, name)[l]
                if gradient is not None:
                    made.append(self._gradient(name, l))
        return made

    def _z(self, l: int) -> dict[str, Any]:
        t = self._t
        W, a, b = t.W[l], t.a[l - 1], t.b[l]
        product = [matrix(W), matrix(a)] if self._columns else [matrix(a), matrix(W.T)]
        plus = "" if b is None else f" + {matrix(b)}"
        return self._stage(
            f"forward-{l}-z", "z", l, "forward", "the weighted input",
            f"{' '.join(product)}{plus}", {"W": W, "b": b}, {f"a[{l - 1}]": a},
        )  # fmt: skip

    def _norm(self, l: int) -> dict[str, Any]:
        t = self._t
        numbers = rf"{matrix(t.gamma[l])} \odot {matrix(t.x_hat[l])} + {matrix(t.beta[l])}"
        parts = {
            name: getattr(t, name)[l] for name in ("mean", "variance", "x_hat", "gamma", "beta")
        }
        told = self._stage(
            f"forward-{l}-norm", "z_tilde", l, "forward", "batch norm", numbers, parts, {}
        )
        hat = rf"{self._of.left('x_hat', l)} = {self._of.right('x_hat', l)}"
        told["equation"] = _aligned([hat, told["equation"]])
        return told

    def _a(self, l: int) -> dict[str, Any]:
        t = self._t
        phi = t.specification.phi[l]
        inner = t.z_tilde[l]
        value = written(phi).value(LATEX, phi, matrix(inner), None)
        if t.mask[l] is not None:
            value = rf"{matrix(t.fired[l])} \odot {matrix(t.mask[l])}"
        name = activation_name(t.specification.layer(l))
        return self._stage(
            f"forward-{l}-a", "a", l, "forward", f"the activation, {name}", value,
            {"z" if t.x_hat[l] is None else "z_tilde": inner, "mask": t.mask[l]}, {},
        )  # fmt: skip

    def _delta(self, l: int) -> dict[str, Any]:
        t = self._t
        da = t.da[l] if t.da is not None else None
        more: dict[str, Any] = {}
        numbers, lines = self._delta_numbers(l), []
        if l < t.depth and t.delta is not None:
            lines = [f"{self._of.left('da', l)} = {self._of.right('da', l)}"]
            more = {f"delta[{l + 1}]": t.delta[l + 1], f"W[{l + 1}]": t.W[l + 1]}
        if l == t.depth:
            more = {f"a[{l}]": t.a[l], "y": t.y}
        told = self._stage(
            f"backward-{l}-delta", "delta", l, "backward", "the error of the layer", numbers,
            {"da": da}, more,
        )  # fmt: skip
        told["equation"] = _aligned([*lines, told["equation"]])
        return told

    def _delta_numbers(self, l: int) -> str:
        """The right-hand side in numbers, where it is short enough to be read."""
        t = self._t
        phi = t.specification.phi[l]
        if t.x_hat[l] is not None or t.delta is None:
            return ""
        if l == t.depth:
            if phi.name != t.specification.loss.partner:
                return ""
            factor = rf"\tfrac{{1}}{{{t.rows}}} " if t.rows > 1 else ""
            meets = rf"\left({matrix(t.a[l])} - {matrix(np.asarray(t.y))}\right)"
            same = np.allclose(t.delta[l] * t.rows, t.a[l] - np.asarray(t.y))
            return f"{factor}{meets}" if same else ""
        if not isinstance(phi, Elementwise):
            return ""
        upper, W = t.delta[l + 1], t.W[l + 1]
        product = [matrix(W.T), matrix(upper)] if self._columns else [matrix(upper), matrix(W)]
        fired = t.fired[l] if t.mask[l] is not None else t.a[l]
        slope = np.asarray(phi.derivative(t.z_tilde[l], fired))
        mask = "" if t.mask[l] is None else rf" \odot {matrix(t.mask[l])}"
        return rf"{' '.join(product)}{mask} \odot {matrix(slope)}"

    def _gradient(self, name: str, l: int) -> dict[str, Any]:
        t = self._t
        delta, a = None if t.delta is None else t.delta[l], t.a[l - 1]
        numbers, parts = "", {}
        if name == "dW" and delta is not None:
            pair = [matrix(delta), matrix(a.T)] if self._columns else [matrix(delta.T), matrix(a)]
            plain = not t.specification.penalties
            numbers, parts = " ".join(pair) if plain else "", {f"a[{l - 1}]": a}
        title = {"dW": "the gradient of the weights", "db": "the gradient of the biases"}
        return self._stage(
            f"backward-{l}-{name}", name, l, "backward",
            title.get(name, "the gradient of batch norm"), numbers, {"delta": delta}, parts,
        )  # fmt: skip

    def _stage(
        self,
        id_: str,
        name: str,
        l: int,
        direction: str,
        title: str,
        right: str,
        own: dict[str, Any],
        others: dict[str, Any],
    ) -> dict[str, Any]:
        array = getattr(self._t, name)[l]
        left, equation = self._of.left(name, l), self._of.right(name, l)
        middle = f"{right} = " if right else ""
        arrays = {f"{name}[{l}]": array}
        arrays |= {f"{each}[{l}]": value for each, value in own.items()} | others
        return self._told(
            id_, l, direction, f"{title}, layer {l}", f"{left} = {equation}",
            _SHAPE.sub(r"(\1 \\times \2)", shapes(self._t, name, l)),
            f"{left} = {middle}{matrix(array)}", arrays,
        )  # fmt: skip

    @staticmethod
    def _told(
        id_: str, l: int, direction: str, title: str, equation: str, shape: str, numbers: str,
        arrays: dict[str, Any],
    ) -> dict[str, Any]:  # fmt: skip
        return {
            "id": id_,
            "layer": l,
            "direction": direction,
            "title": title,
            "equation": equation,
            "shapes": shape,
            "numbers": numbers,
            **sent(arrays),
        }


def _aligned(lines: list[str]) -> str:
    """Equations one below the other."""
    if len(lines) == 1:
        return lines[0]
    body = r" \\ ".join(line.replace(" = ", " &= ", 1) for line in lines)
    return rf"\begin{{aligned}} {body} \end{{aligned}}"

"""∂J/∂w as the sum over its paths to the outputs, and the chain rule written out."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
from math import prod
from typing import Any

import numpy as np

from glassnet.errors import InvalidValue
from glassnet.inspection.chain import Chain
from glassnet.inspection.derive import derive
from glassnet.inspection.numerals import numeral
from glassnet.inspection.script import LATEX, TEXT
from glassnet.lab.building import Experiment
from glassnet.lab.plain import number
from glassnet.network.contracts import Elementwise
from glassnet.network.network import Network

MOST_PATHS = 24


def derivative(
    experiment: Experiment, net: Network, *, row: int, layer: int, unit: int, input_: int
) -> dict[str, Any]:
    """The derivative of one row's cost by one weight, as :func:`glassnet.derive` has it.

    Parameters
    ----------
    experiment : Experiment
    net : Network
    row : int
        Place among the training rows.
    layer, unit, input_ : int
        The weight W[layer][unit, input_ − 1]; the bias where ``input_`` is 0.

    Raises
    ------
    InvalidValue
        If there is no such weight or row.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import Settings
    >>> made = experiment(Settings(), prepared(Settings().data)[0])
    >>> told = derivative(made, made.network(), row=0, layer=2, unit=1, input_=3)
    >>> told["wrt"], told["total_paths"]
    ('W[2][1, 2]', 1)
    """
    if not 0 <= row < len(experiment.rows.train):
        raise InvalidValue(
            f"row must be a training row, 0 to {len(experiment.rows.train) - 1}; got {row}."
        )
    wrt = f"b[{layer}][{unit}]" if input_ == 0 else f"W[{layer}][{unit},{input_ - 1}]"
    k = experiment.rows.train[row]
    found = derive(net, experiment.rows.X[k], experiment.targets[k], wrt)
    lines = [line for section in found.sections(LATEX) for line in section.lines]
    written = [f"{line.left} = {' = '.join(line.steps)}" for line in lines if line.left]
    paths, total = _paths(found.chain, layer, unit, input_)
    return {
        "wrt": found.wrt,
        "value": number(found.value),
        "numerical": number(found.numerical),
        "verdict": found.verdict(),
        "remarks": list(found.remarks),
        "equation": written[-1],
        "lines": written,
        "paths": paths,
        "total_paths": total,
        "penalty": number(_penalty(found.chain, layer, unit, input_)),
    }


@dataclass(frozen=True)
class _Path:
    """A way from a unit up to an output: its units from the lowest layer on, and its product."""

    units: tuple[int, ...]
    product: float


def _paths(c: Chain, layer: int, unit: int, input_: int) -> tuple[list[dict[str, Any]], int]:
    """The paths that weigh most, and how many there are; none through a layer that mixes units."""
    total = prod(c.spec.units[layer + 1 :])
    if any(not isinstance(c.spec.phi[l], Elementwise) for l in range(layer, c.depth)):
        return [], total
    below = 1.0 if input_ == 0 else float(c.a[layer - 1][input_ - 1])
    best = [[_Path((k,), float(d))] for k, d in enumerate(c.delta[c.depth])]
    for l in range(c.depth - 1, layer - 1, -1):
        best = [_extended(c, l, j, best) for j in range(c.spec.units[l])]
    return [_told(c, layer, input_, below, path) for path in best[unit]], total


def _extended(c: Chain, l: int, j: int, above: list[list[_Path]]) -> list[_Path]:
    """The weightiest paths that begin at unit j of layer l."""
    slope, W = _slope(c, l, j), c.blocks.W[l + 1]
    every = (
        _Path((j, *path.units), slope * float(W[k, j]) * path.product)
        for k, paths in enumerate(above)
        for path in paths
    )
    return nlargest(MOST_PATHS, every, key=lambda path: abs(path.product))


def _slope(c: Chain, l: int, j: int) -> float:
    """∂a/∂z of a unit, through batch norm where there is some."""
    phi: Any = c.spec.phi[l]
    z, a = c.z_tilde[l][None, j : j + 1], c.a[l][None, j : j + 1]
    slope = float(np.asarray(phi.derivative(z, a))[0, 0])
    if c.spread[l] is not None:
        slope *= float(c.blocks.gamma[l][j] / c.spread[l][j])
    return slope


def _told(c: Chain, layer: int, input_: int, below: float, path: _Path) -> dict[str, Any]:
    """A path from the output down to the weight, factor by factor."""
    factors: list[dict[str, Any]] = []
    through: list[str] = []

    def factor(symbol: str, text: str, value: float) -> None:
        factors.append(
            {"symbol": symbol, "text": f"{text} = {numeral(value)}", "value": number(value)}
        )
        through.append(text)

    L = c.depth
    top = path.units[-1]
    factor(LATEX.name("delta", L, top), TEXT.name("delta", L, top), float(c.delta[L][top]))
    for l in range(L - 1, layer - 1, -1):
        j, k = path.units[l - layer], path.units[l - layer + 1]
        weight = float(c.blocks.W[l + 1][k, j])
        factor(LATEX.name("W", l + 1, k, j), TEXT.name("W", l + 1, k, j), weight)
        symbol = rf"\varphi'({LATEX.name('z', l, j)})"
        factor(symbol, f"φ′({TEXT.name('z', l, j)})", _slope(c, l, j))
    if input_:
        symbol = LATEX.name("a", layer - 1, input_ - 1)
        factor(symbol, TEXT.name("a", layer - 1, input_ - 1), below)
    return {"through": through, "factors": factors, "product": number(path.product * below)}


def _penalty(c: Chain, layer: int, unit: int, input_: int) -> float:
    """What the penalties add to the derivative."""
    if input_ == 0:
        return 0.0
    W = c.blocks.W[layer]
    terms = (p.factor(1.0) * p.derivative(W)[unit, input_ - 1] for p in c.spec.penalties)
    return float(sum(terms))

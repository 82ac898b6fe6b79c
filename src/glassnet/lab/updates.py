"""What the optimizer makes of a gradient, layer by layer, without taking the step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Plan, Program
from glassnet.inspection.numerals import grid, matrix_latex
from glassnet.inspection.script import LATEX
from glassnet.lab.building import Experiment
from glassnet.lab.plain import exact
from glassnet.network.network import Network
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import LBFGS, Optimizer

_MOST = 4096
# The change of θ in symbols, as the papers write it; g is the gradient, ⊙ and / act on entries.
_CHANGES = {
    "sgd": r"-\eta\, g",
    "momentum": r"v, \quad v \leftarrow \mu v - \eta\, g",
    "nesterov": r"\mu v - \eta\, g, \quad v \leftarrow \mu v - \eta\, g",
    "rmsprop": r"-\eta\, g / (\sqrt{v} + \epsilon), \quad v \leftarrow \rho v + (1-\rho) g^2",
    "adam": r"-\eta\, \hat m / (\sqrt{\hat v} + \epsilon)",
    "adamw": r"-\eta\, \hat m / (\sqrt{\hat v} + \epsilon) - \eta \lambda W",
    "irprop": r"-s \odot \operatorname{sign} g",
}


def update_stages(
    experiment: Experiment, net: Network, x: Array, y: Array, rate: float
) -> list[dict[str, Any]]:
    """W and b of each layer before the step, their change, and after it.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import Settings
    >>> made = experiment(Settings(), prepared(Settings().data)[0])
    >>> x, y = made.rows.X[:4], made.targets[:4]
    >>> update_stages(made, made.network(), x, y, 0.01)[0]["id"]
    'update-1-W'
    """
    method: Optimizer = experiment.arguments()["optimizer"]
    if isinstance(method, LBFGS):
        return []
    change = net.specification.unpack(_change(experiment, net, method, x, y, rate))
    blocks = net.parameters
    made: list[dict[str, Any]] = []
    for l in range(1, net.depth + 1):
        W, dW = blocks.W[l], change.W[l]
        made.append(_stage(l, method.name, W, dW))
    return made


def _change(
    experiment: Experiment, net: Network, method: Optimizer, x: Array, y: Array, rate: float
) -> Array:
    """What one step would add to θ.  (p,)"""
    clip = experiment.settings.training.clip
    program = Program(net.specification, method, Clipping(norm=clip), threads=1)
    state = net.state
    if state.memory and state.optimizer not in ("", method.name):
        state = replace(state, memory={})
    session = choose("auto", program).open(program, state, Data(x, y))
    m = len(x)
    plan = Plan(np.arange(m), np.array([0, m]), np.array([rate]))
    with np.errstate(all="ignore"):
        return np.asarray(session.look(plan, frozenset({"change"})).change)


def _stage(l: int, name: str, W: Array, change: Array) -> dict[str, Any]:
    left = LATEX.name("W", l)
    shape = rf"({W.shape[0]} \times {W.shape[1]})"
    arrays = {f"W[{l}]": W, f"change[{l}]": change, f"after[{l}]": W + change}
    written = [matrix_latex(grid(each, rows=6, columns=6)) for each in arrays.values()]
    return {
        "id": f"update-{l}-W",
        "layer": l,
        "direction": "update",
        "title": f"the step of {name}, layer {l}",
        "equation": rf"{left} \leftarrow {left} + \Delta {left}, \quad \Delta W = {_CHANGES[name]}",
        "shapes": f"{shape} = {shape} + {shape}",
        "numbers": rf"{left} \leftarrow {written[0]} + {written[1]} = {written[2]}",
        "arrays": {key: exact(each) for key, each in arrays.items()} if W.size <= _MOST else {},
    }

"""``glassnet diagnose --prove --apply``: how a model was trained, and how it is trained anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.cli.rows import ModelRows
from glassnet.doctor.diagnosis import Diagnosis, diagnose
from glassnet.doctor.regimen import Regimen
from glassnet.doctor.visits.merging import merged
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue
from glassnet.estimators.table_fit import automatic_batch_size, score
from glassnet.estimators.table_model import TableModel
from glassnet.network.network import Network
from glassnet.optim.optimizers import optimizer as named_optimizer
from glassnet.training.train import train


def from_its_start(found: ModelRows) -> Diagnosis:
    """A diagnosis of a model as it stands and as it began, with how ``glassnet fit`` trained it."""
    net, plan = found.model.network, _training_of(found.model, len(found.x))
    spec, state = net.specification, net.state
    first = Network.of(spec, spec.initial_state(state.seed, str(state.theta.dtype)))
    return merged([diagnose(each, found.x, found.y, **plan) for each in (first, net)])


def _training_of(model: TableModel, rows: int) -> dict[str, Any]:
    told = dict(model.settings)
    chosen: Any = named_optimizer(told.get("optimizer") or "adam")
    if told.get("learning_rate"):
        chosen = replace(chosen, learning_rate=float(told["learning_rate"]))
    return {
        "optimizer": chosen,
        "epochs": int(told.get("epochs") or 200),
        "batch_size": int(told.get("batch_size") or automatic_batch_size(rows)),
    }


def cured(model: TableModel, seen: Diagnosis, x: Any, y: Any) -> tuple[TableModel, list[str]]:
    """The model trained anew with the diagnosis's remedy, and what came of it in lines.

    Raises
    ------
    InvalidValue
        If there is no remedy, or a model file cannot hold what it makes of the columns or of y.
    """
    after, net = seen.regimen(), seen.regimen().network()
    if after.spec.inputs != model.network.specification.inputs:
        raise InvalidValue(
            "the remedy leaves a column out, which the model's own columns do not allow. Fit anew "
            "with --drop."
        )
    run = train(net, **after.arguments())
    net = in_first_units(net, after)
    if net.units[net.depth] != model.target.outputs:
        raise InvalidValue(
            f"the remedy asks for {net.units[net.depth]} outputs; the model's target has "
            f"{model.target.outputs}. Fit anew."
        )
    better = TableModel(model.encoder, model.target, net, model.settings)
    before, now = (score(model.target, predict(m.network, x), y) for m in (model, better))
    name = next(iter(before))
    return better, [
        f"trained anew with the remedy: {len(run.history)} epochs ({run.ended})",
        f"{name} on these rows: {before[name]:.3f} → {now[name]:.3f}",
    ]


def in_first_units(net: Network, after: Regimen) -> Network:
    """A trained network that gives y in the units it was brought in.

    Raises
    ------
    InvalidValue
        If y was scaled and the output is not linear, so that it cannot be undone in its weights.
    """
    if after.scale is None or after.shift is None:
        return net
    if net.specification.phi[net.depth].name != "identity":
        raise InvalidValue(
            "the remedy scales y for an output that is not linear, which a model file cannot undo. "
            "Scale the target in the table."
        )
    theta = np.array(net.state.theta)
    blocks = net.specification.unpack(theta)
    blocks.W[net.depth][:] *= after.scale[:, None]
    bias = blocks.b[net.depth]
    if bias is None:
        raise InvalidValue("the remedy scales y, and the output layer has no bias to undo it in.")
    bias[:] = bias * after.scale + after.shift
    return Network.of(net.specification, replace(net.state, theta=theta))

"""From the parameters of an estimator to a network, an optimizer and a schedule."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from glassnet.engine.interface import StopRule
from glassnet.errors import InvalidValue
from glassnet.network import catalogue
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.penalties import L1, L2, Penalty
from glassnet.optim.optimizers import LBFGS, SGD, Adam, AdamW, Momentum, Nesterov, Optimizer
from glassnet.optim.schedules import (
    ConstantRate,
    Cosine,
    CosineLog,
    FlatCosine,
    InverseScaling,
    OneCycle,
    Plateau,
    Schedule,
    WarmUp,
)
from glassnet.optim.schedules import schedule as named_schedule
from glassnet.training.early_stopping import EarlyStopping

_PARTNERS = {"exp", "logistic", "softmax"}


def hidden_sizes(estimator: Any) -> list[int]:
    """Units of the hidden layers."""
    return [int(size) for size in np.atleast_1d(estimator.hidden_layer_sizes)]


def per_layer(value: Any, layers: int, name: str) -> list[Any]:
    """One value per hidden layer: the same for all, or those of a list.

    Examples
    --------
    >>> per_layer("relu", 2, "activation")
    ['relu', 'relu']
    """
    if not isinstance(value, list | tuple):
        return [value] * layers
    if len(value) != layers:
        raise InvalidValue(
            f"{name} must have one entry per hidden layer, {layers}; got {len(value)}."
        )
    return list(value)


def network(
    estimator: Any, inputs: int, outputs: int, activation: str, loss: Any, seed: int, dtype: str
) -> Network:
    """The network that the parameters ask for, with its first weights."""
    sizes = hidden_sizes(estimator)
    parts = {
        name: per_layer(getattr(estimator, name), len(sizes), name)
        for name in ("activation", "dropout", "batch_norm")
    }
    automatic = isinstance(estimator.bias_init, str) and estimator.bias_init == "auto"
    bias = "glorot_uniform" if automatic else estimator.bias_init
    layers = [
        Dense(
            size,
            parts["activation"][k],
            init=_init(estimator.init, first=k == 0),
            bias_init=bias,
            dropout=float(parts["dropout"][k]),
            batch_norm=_batch_norm(parts["batch_norm"][k]),
        )
        for k, size in enumerate(sizes)
    ]
    last = Dense(
        outputs,
        activation,
        init=_init(estimator.init, first=not sizes),
        bias_init="zeros" if automatic else bias,
    )
    return Network(
        inputs,
        [*layers, last],
        loss=loss,
        penalties=_penalties(estimator),
        max_norm=None if estimator.max_norm is None else float(estimator.max_norm),
        seed=seed,
        dtype=dtype,
    )


def _init(init: Any, *, first: bool) -> Any:
    # Glorot's rule makes the first layer of a wide network on few columns small, which generalises
    # better on small tables than He's (bench/accuracy/sklearn_defaults.py).
    automatic = isinstance(init, str) and init == "auto"
    return "glorot_uniform" if first and automatic else init


def _batch_norm(value: Any) -> Any:
    return bool(value) if isinstance(value, bool | np.bool_) else value


def _penalties(estimator: Any) -> list[Penalty]:
    penalties: list[Penalty] = []
    if estimator.alpha > 0:
        penalties.append(L2(float(estimator.alpha), per_weight_sum=True))
    if estimator.l1 > 0:
        penalties.append(L1(float(estimator.l1), per_weight_sum=True))
    return penalties


def output_activation(loss: Any) -> str:
    """The output activation of a regression: the partner of its loss."""
    partner = getattr(catalogue.loss(loss), "partner", "")
    return partner if partner in _PARTNERS else "identity"


def optimizer(estimator: Any) -> Optimizer:
    """The optimizer that ``solver`` and its parameters ask for."""
    e, decay = estimator, float(estimator.weight_decay)
    if e.solver == "lbfgs":
        if decay:
            raise InvalidValue(
                "weight_decay goes with solver='adam' or 'sgd', whose steps it is part of; got "
                f"solver='lbfgs' and weight_decay={decay}. Use alpha, the penalty in the cost."
            )
        return LBFGS(max_evaluations=int(e.max_fun), tolerance=float(e.tol))
    rate = float(e.learning_rate_init)
    if e.solver == "adam":
        betas = (float(e.beta_1), float(e.beta_2), float(e.epsilon))
        return AdamW(rate, *betas, decay) if decay else Adam(rate, *betas)
    if e.momentum == 0:
        return SGD(rate, decay)
    kind = Nesterov if e.nesterovs_momentum else Momentum
    return kind(rate, float(e.momentum), decay)


def schedule(estimator: Any) -> Schedule:
    """``schedule`` where it is given, else what ``learning_rate`` means to sgd."""
    e = estimator
    if e.schedule is not None:
        return named_schedule(e.schedule)
    if e.solver != "sgd" or e.learning_rate == "constant":
        return ConstantRate()
    if e.learning_rate == "invscaling":
        return InverseScaling(float(e.power_t))
    patience = e.n_iter_no_change
    return Plateau(0.2, patience=patience, tolerance=float(e.tol), smallest=1e-6)


def plans_the_whole_run(chosen: Schedule) -> bool:
    """Whether the schedule ends where ``max_iter`` does, so that to get there is no failure."""
    inner = chosen.then if isinstance(chosen, WarmUp) else chosen
    return isinstance(inner, Cosine | CosineLog | FlatCosine | OneCycle)


def stop_rule(estimator: Any, chosen: Schedule) -> StopRule | None:
    """``tol`` and ``n_iter_no_change`` on the training cost, unless something else ends the run."""
    e = estimator
    ended = plans_the_whole_run(chosen) or isinstance(chosen, Plateau)
    if e.solver == "lbfgs" or ended or early_stopping(e, chosen, "accuracy") is not None:
        return None
    return StopRule(float(e.tol), e.n_iter_no_change)


def early_stopping(estimator: Any, chosen: Schedule, metric: Any) -> EarlyStopping | None:
    """The rule that ``early_stopping`` asks for; ``metric`` is what the estimator's score is.

    A plateau schedule that is told of the metric lowers the rate where the run would end.
    """
    e = estimator
    if isinstance(e.early_stopping, EarlyStopping):
        return e.early_stopping
    if not e.early_stopping or e.solver == "lbfgs":
        return None
    patience = inf if isinstance(chosen, Plateau) else e.n_iter_no_change
    return EarlyStopping(metric, patience=patience, min_delta=float(e.tol))

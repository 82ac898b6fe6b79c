"""A program as plain data for the compiled module, and what the module lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from glassnet.engine import threads
from glassnet.engine.interface import Program
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.heads import Head
from glassnet.network.layers import Dense, Scaling
from glassnet.network.losses import LOSSES
from glassnet.network.penalties import PENALTIES
from glassnet.optim.optimizers import OPTIMIZERS

# Arrays of each optimizer's memory, in the order in which the kernels take them.
LETTERS = {
    "sgd": (), "momentum": ("v",), "nesterov": ("v",), "rmsprop": ("v",), "adam": ("m", "v"),
    "adamw": ("m", "v"), "irprop": ("s", "g", "change"), "lbfgs": (),
}  # fmt: skip


def missing(program: Program, knows: Callable[[str, str], bool]) -> str | None:
    """None, or in one sentence the first part of a program that the module lacks.

    Parameters
    ----------
    program : Program
    knows : callable
        ``knows(family, name)``: whether the module has a function of that name.

    Examples
    --------
    >>> from glassnet.network.specification import Specification
    >>> from glassnet.optim.optimizers import SGD
    >>> program = Program(Specification(2, (Dense(1, "tanh"),)), SGD())
    >>> missing(program, lambda family, name: name != "tanh")
    "the native engine has no activation 'tanh'."
    """
    spec = program.specification
    if spec.input_stage is not None and type(spec.input_stage) is not Scaling:
        return f"the native engine has no input stage {type(spec.input_stage).__name__!r}."
    parts: list[tuple[str, Any, Any]] = [
        ("activation", layer.activation, ACTIVATIONS) for layer in spec.layers[:-1]
    ]
    for head in spec.heads:
        parts += [("activation", head.activation, ACTIVATIONS), ("loss", head.loss, LOSSES)]
    parts.append(("optimizer", program.optimizer, OPTIMIZERS))
    for family, part, registry in parts:
        own = registry.get(part.name) is type(part)
        if not own or not (knows(family, part.name) or part.name == "lbfgs"):
            return f"the native engine has no {family} {part.name!r}."
    if spec.members > 1:
        if program.clipping.per_sample is not None:
            return "no engine clips single rows of a batch-ensemble."
        if program.precision == "bf16":
            return "the native engine has no products of bfloat16 numbers for members."
        if any(layer.batch_norm for layer in spec.layers):
            return "the native engine has no batch norm below layers with members."
    if not spec.fully_connected:
        if program.clipping.per_sample is not None:
            return "the native engine does not clip single rows in layers with connections."
        if program.precision == "bf16":
            return "the native engine has no products of bfloat16 numbers by blocks."
    for penalty in spec.penalties:
        if PENALTIES.get(penalty.name) is not type(penalty):
            return f"the native engine has no penalty {penalty.name!r}."
    return None


def design(program: Program, seed: int) -> dict[str, Any]:
    """Return the program as native/design.hpp has it."""
    spec, optimizer = program.specification, program.optimizer
    strengths = {(kind, shared): 0.0 for kind in ("l1", "l2") for shared in (False, True)}
    penalties: tuple[Any, ...] = spec.penalties
    for penalty in penalties:
        strengths[penalty.name, penalty.per_weight_sum] += penalty.strength
    stage: Any = spec.input_stage
    activations = [layer.activation for layer in spec.layers[:-1]] + [spec.heads[0].activation]
    return {
        "inputs": spec.inputs,
        "layers": [_layer(layer, phi) for layer, phi in zip(spec.layers, activations, strict=True)],
        "heads": [_head(head) for head in spec.heads],
        "optimizer": optimizer.name,
        "memories": len(LETTERS[optimizer.name]),
        "hyperparameters": _numbers(optimizer, 5, ("learning_rate", "weight_decay")),
        "weight_decay": float(getattr(optimizer, "weight_decay", 0.0)),
        "l1": strengths["l1", False],
        "l2": strengths["l2", False],
        "l1_shared": strengths["l1", True],
        "l2_shared": strengths["l2", True],
        "clip_norm": program.clipping.norm or 0.0,
        "clip_value": program.clipping.value or 0.0,
        "clip_per_sample": program.clipping.per_sample or 0.0,
        "noise": program.clipping.noise_multiplier or 0.0,
        "noise_rows": float(program.clipping.batch_rows or 1),
        "max_norm": 0.0 if spec.max_norm is None else float(spec.max_norm.limit),
        "mean": [] if stage is None else list(stage.mean),
        "scale": [] if stage is None else list(stage.scale),
        "seed": int(seed),
        "bf16": program.precision == "bf16",
        "threads": threads.thread_count(program.threads),
        "thread_operations": threads.WORTH_A_THREAD,
    }


def _layer(layer: Dense, activation: Any) -> dict[str, Any]:
    norm = layer.batch_norm
    return {
        "units": int(layer.units),
        "activation": activation.name,
        "parameters": _numbers(activation, 4),
        "bias": bool(layer.bias),
        "frozen": bool(layer.frozen),
        "dropout": float(layer.dropout),
        "rate": layer.multipliers.rate,
        "bias_rate": layer.multipliers.bias_rate,
        "decay": layer.multipliers.decay,
        "kappa_rate": layer.multipliers.kappa_rate,
        "parametric": layer.kappa is not None,
        "residual": bool(layer.residual),
        "members": int(layer.members),
        "block_inputs": [] if layer.connections is None else list(layer.connections.inputs),
        "block_units": [] if layer.connections is None else list(layer.connections.units),
        "norm": norm is not None,
        "norm_momentum": norm.momentum if norm else 0.0,
        "norm_epsilon": norm.epsilon if norm else 0.0,
    }


def _head(head: Head) -> dict[str, Any]:
    return {
        "units": int(head.units),
        "activation": head.activation.name,
        "parameters": _numbers(head.activation, 4),
        "loss": head.loss.name,
        "loss_parameters": _numbers(head.loss, 4),
        "partner": head.loss.partner == head.activation.name,
        "scale": float(head.scale),
    }


def _numbers(part: Any, count: int, without: tuple[str, ...] = ()) -> list[float]:
    """The part's fields in order, filled up with zeros."""
    found = [float(getattr(part, f.name)) for f in fields(part) if f.name not in without]
    return (found + [0.0] * count)[:count]

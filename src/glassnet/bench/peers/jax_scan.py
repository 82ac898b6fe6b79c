"""JAX: a stretch of steps in one compiled ``lax.scan``, Adam written out."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from glassnet.bench.contract import Entry, Turn
from glassnet.bench.workloads import Prediction, Shape, Training, rows, targets


def train(work: Training, entry: Entry) -> Turn:
    """A turn of training: the rows of every step are drawn before, and gathered inside."""
    # By name: the peers are not there where the annotations are checked.
    jax: Any = import_module("jax")
    jnp = jax.numpy
    x, y = rows(work, entry.storage)
    # Arguments of the compiled function, not constants inside it: XLA would fold and copy them.
    features, goals = jnp.asarray(x), jnp.asarray(targets(work.shape, y, entry.storage))
    update = _adam(jax, work.rate) if work.optimizer == "adam" else _sgd(jax, work.rate)

    def cost(theta: Any, x: Any, y: Any) -> Any:
        z = _scores(jax, work.shape, entry, theta, x)
        if work.shape.output == "softmax":
            return -(y * jax.nn.log_softmax(z)).sum(axis=1).mean()
        return (jax.nn.softplus(z) - y * z).sum(axis=1).mean()

    def step(held: Any, taken: Any, features: Any, goals: Any) -> Any:
        J, g = jax.value_and_grad(cost)(held[0], features[taken], goals[taken])
        return update(held, g), J

    @partial(jax.jit, donate_argnums=0)
    def stretch(held: Any, drawn: Any, features: Any, goals: Any) -> Any:
        return jax.lax.scan(partial(step, features=features, goals=goals), held, drawn)

    theta = _parameters(jnp, work.shape, entry)
    zero = jax.tree.map(jnp.zeros_like, theta)
    held: Any = (theta, zero, jax.tree.map(jnp.copy, zero), jnp.zeros((), entry.storage))
    rng = np.random.default_rng(1)

    def turn() -> None:
        nonlocal held
        drawn = rng.integers(0, work.rows, (work.steps, work.batch), dtype=np.int32)
        held, costs = stretch(held, drawn, features, goals)
        costs.block_until_ready()

    return turn


def predict(work: Prediction, entry: Entry) -> Turn:
    """A turn of prediction: a resident array in, an array out."""
    jax: Any = import_module("jax")
    x = jax.numpy.asarray(rows(work, entry.storage)[0])
    theta = _parameters(jax.numpy, work.shape, entry)
    ending = jax.nn.softmax if work.shape.output == "softmax" else jax.nn.sigmoid
    outputs = jax.jit(lambda theta, x: ending(_scores(jax, work.shape, entry, theta, x)))

    def turn() -> None:
        for _ in range(work.steps):
            outputs(theta, x).block_until_ready()

    return turn


def _parameters(jnp: Any, shape: Shape, entry: Entry) -> list[tuple[Any, Any]]:
    rng, made = np.random.default_rng(0), []
    for below, n in zip(shape.units, shape.units[1:], strict=False):
        W = rng.standard_normal((below, n)) / np.sqrt(below)
        made.append((jnp.asarray(W, entry.storage), jnp.zeros(n, entry.storage)))
    return made


def _scores(jax: Any, shape: Shape, entry: Entry, theta: Any, x: Any) -> Any:
    """z[L]; weights lie as (n⁻, n), which XLA multiplies fastest."""
    jnp = jax.numpy
    hidden = {"tanh": jnp.tanh, "relu": jax.nn.relu, "logistic": jax.nn.sigmoid}[shape.hidden]

    def product(a: Any, W: Any) -> Any:
        if entry.dtype != "bf16":
            return a @ W
        half = jnp.bfloat16
        return jnp.dot(a.astype(half), W.astype(half), preferred_element_type=jnp.float32)

    for l, (W, b) in enumerate(theta, start=1):
        z = product(x, W) + b
        x = hidden(z) if l < len(theta) else z
    return x


def _sgd(jax: Any, rate: float) -> Any:
    def update(held: Any, g: Any) -> Any:
        theta, m, v, t = held
        return jax.tree.map(lambda w, d: w - rate * d, theta, g), m, v, t

    return update


def _adam(jax: Any, rate: float) -> Any:
    """Kingma & Ba (2015), algorithm 1."""
    first, second, epsilon = 0.9, 0.999, 1e-8

    def update(held: Any, g: Any) -> Any:
        theta, m, v, t = held
        t = t + 1
        m = jax.tree.map(lambda a, d: first * a + (1 - first) * d, m, g)
        v = jax.tree.map(lambda a, d: second * a + (1 - second) * d * d, v, g)
        scale = rate * jax.numpy.sqrt(1 - second**t) / (1 - first**t)
        change = jax.tree.map(lambda a, b: scale * a / (jax.numpy.sqrt(b) + epsilon), m, v)
        return jax.tree.map(lambda w, c: w - c, theta, change), m, v, t

    return update

"""The reference engine's mathematics: backpropagation as the textbook writes it.

For layer l = 1..L, with a[0] = x and one sample per row::

    z[l] = a[l−1] W[l]ᵀ + b[l]                                               (1)
    z̃[l] = γ[l] x̂[l] + β[l] with batch norm, z[l] without                    (2)
    a[l] = φ[l](z̃[l]), some entries dropped in training                      (3)
           (z̃ + κ (φ(z̃) − z̃) where the layer has a κ; + a[l−1] where it is residual)
    J    = Σᵢ wᵢ ℓᵢ + penalties                                              (4)
    δ[L] = ∂J/∂z[L]                                                          (5)
    δ[l] = (δ[l+1] W[l+1]) passed back through dropout, φ[l] and batch norm  (6)
    ∂J/∂W[l] = δ[l]ᵀ a[l−1] + penalties′,   ∂J/∂b[l] = Σᵢ δ[l]ᵢ              (7)

Layers with members take k copies of each row (:mod:`glassnet.network.copies`), of weight wᵢ / k.

Nielsen, Neural Networks and Deep Learning, ch. 2, (BP1)–(BP4), transposed to rows. It runs on any
array namespace, and on SciPy's CSR rows for x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glassnet.arrays import Array, like, xp
from glassnet.data.batches import Batch
from glassnet.engine.penalties import penalty, with_penalties
from glassnet.network.blended import Blended
from glassnet.network.copies import (
    copied,
    shared_back,
    shared_forward,
    sums_of_copies,
    sums_of_members,
    times_members,
)
from glassnet.network.gram import dense, outer
from glassnet.network.heads import losses_of_outputs
from glassnet.network.random_numbers import keep_mask
from glassnet.network.specification import Parameters, Specification


@dataclass(frozen=True)
class Training:
    """What makes a training pass differ from prediction: its step, seed and batch weights.

    ``first_row`` is the place of the first row in the global batch; ``total`` adds up over those
    who have its other rows; ``dropout`` is a factor of all layers' dropout.
    """

    w: Array
    t: int
    seed: int
    first_row: int = 0
    dropout: float = 1.0
    total: Callable[[Array], Array] | None = None


@dataclass(frozen=True)
class Pass:
    """What a forward pass leaves behind, by layer; slot 0 holds the input in ``a``.

    Layers with members have u = r ∘ a[l−1] and p = u Wᵀ too, and k rows for each of the batch.
    """

    a: list[Array]
    z: list[Array] = field(default_factory=lambda: [None])
    z_tilde: list[Array] = field(default_factory=lambda: [None])
    x_hat: list[Array] = field(default_factory=lambda: [None])
    mean: list[Array] = field(default_factory=lambda: [None])
    variance: list[Array] = field(default_factory=lambda: [None])
    fired: list[Array] = field(default_factory=lambda: [None])
    mask: list[Array] = field(default_factory=lambda: [None])
    u: list[Array] = field(default_factory=lambda: [None])
    p: list[Array] = field(default_factory=lambda: [None])


@dataclass(frozen=True)
class Gradients:
    """What a backward pass leaves behind."""

    delta: list[Array]
    da: list[Array]
    blocks: Parameters


def forward(
    spec: Specification,
    theta: Array,
    buffers: Mapping[str, Array],
    x: Array,
    training: Training | None = None,
) -> Pass:
    """(1)–(3) for every layer. ``training`` None: prediction, on running statistics, no dropout."""
    blocks = spec.unpack(theta)
    passed = Pass(a=[x if spec.input_stage is None else spec.input_stage.forward(x)])
    for l in range(1, spec.depth + 1):
        passed.z.append(_weighted(spec, l, blocks, passed))  # (1)
        _normalise(spec, l, blocks, buffers, passed, training)  # (2)
        passed.fired.append(spec.fires(l, blocks).value(passed.z_tilde[l]))  # (3)
        passed.mask.append(_dropout(spec, l, passed.fired[l], training))
        made = passed.fired[l] if passed.mask[l] is None else passed.fired[l] * passed.mask[l]
        passed.a.append(made + dense(passed.a[l - 1]) if spec.layer(l).residual else made)
    return passed


def _weighted(spec: Specification, l: int, blocks: Parameters, passed: Pass) -> Array:
    """z[l]; leaves u and p beside it where the layer has members."""
    k, a, b = spec.layer(l).members, passed.a[l - 1], blocks.b[l]
    u = p = None
    if k == 1:
        z = a @ blocks.W[l].T
        z = z if b is None else z + b
    else:
        a = copied(a, k) if l == spec.first_shared else a
        u, p, z = shared_forward(a, blocks.W[l], blocks.r[l], blocks.s[l], b)
    passed.u.append(u)
    passed.p.append(p)
    return z


def _normalise(
    spec: Specification,
    l: int,
    blocks: Parameters,
    buffers: Mapping[str, Array],
    passed: Pass,
    training: Training | None,
) -> None:
    norm, z = spec.layer(l).batch_norm, passed.z[l]
    mean = variance = x_hat = None
    z_tilde = z
    if norm is not None:
        if training is not None and not spec.layer(l).frozen:
            mean, variance = norm.statistics(z, training.w, training.total)
        else:
            mean, variance = buffers[f"mean[{l}]"], buffers[f"variance[{l}]"]
        x_hat = norm.normalise(z, mean, variance)
        z_tilde = blocks.gamma[l] * x_hat + blocks.beta[l]
    passed.mean.append(mean)
    passed.variance.append(variance)
    passed.x_hat.append(x_hat)
    passed.z_tilde.append(z_tilde)


def _dropout(spec: Specification, l: int, fired: Array, training: Training | None) -> Array | None:
    """Dropout's factors: 1 / (1 − rate) where an entry is kept, 0 where it is dropped."""
    rate = spec.layer(l).dropout
    if training is None or rate == 0:
        return None
    rate *= training.dropout
    kept = keep_mask(
        rate,
        seed=training.seed,
        t=training.t,
        layer=l,
        rows=fired.shape[0],
        units=fired.shape[1],
        first_row=training.first_row * spec.copies(l),
    )
    return like(kept / (1 - rate), fired)


def cost(spec: Specification, theta: Array, passed: Pass, batch: Batch) -> tuple[float, float]:
    """(4): the loss averaged under the batch's weights, and the penalties."""
    y, w = targets(spec, batch)
    return data_loss(spec, passed.z_tilde[spec.depth], passed.a[spec.depth], y, w), (
        penalty(spec, theta, batch.weight_sum)
    )


def targets(spec: Specification, batch: Batch) -> tuple[Array, Array]:
    """y and w of the rows that come out of the last layer: of k copies each weighs w / k."""
    k = spec.members
    return (batch.y, batch.w) if k == 1 else (copied(batch.y, k), copied(batch.w, k) / k)


def data_loss(spec: Specification, z: Array | None, a: Array, y: Array, w: Array) -> float:
    """Σᵢ wᵢ ℓᵢ, given z̃[L] and a[L]; the first is None where a is the mean of members' outputs."""
    if z is None:
        each = losses_of_outputs(spec.heads, a, y)
    else:
        each = spec.loss.value(spec.phi[spec.depth], z, a, y)
    return float(xp(each).sum(w * each))


def backward(
    spec: Specification,
    theta: Array,
    passed: Pass,
    batch: Batch,
    *,
    to_input: bool = False,
    total: Callable[[Array], Array] | None = None,
) -> Gradients:
    """(5)–(7). ``to_input`` adds da[0] = ∂J/∂a[0] and da[L], which nothing else needs.

    ``total`` adds up over those who have the batch's other rows.
    """
    blocks, found = spec.unpack(theta), Parameters.empty(spec.depth)
    L = spec.depth
    delta: list[Any] = [None] * (L + 1)
    da: list[Any] = [None] * (L + 1)
    below: dict[int, Array] = {}  # what layers with members pass on to the layer below
    y, w = targets(spec, batch)
    weights = w[:, None]
    for l in range(L, 0, -1):
        phi, z_tilde = spec.fires(l, blocks), passed.z_tilde[l]
        if l == L:
            into = weights * spec.loss.delta(phi, z_tilde, passed.a[L], y)  # (5)
        else:
            da[l] = _into(spec, l, blocks, delta, da, below)  # (6)
            through = da[l] if passed.mask[l] is None else da[l] * passed.mask[l]
            into = phi.back(z_tilde, passed.fired[l], through)
            if isinstance(phi, Blended):
                found.kappa[l] = xp(through).sum(phi.of_kappa(z_tilde, through), axis=0)
        delta[l] = _through_batch_norm(spec, l, blocks, passed, batch, into, found, total)
        if spec.layer(l).members > 1:
            below[l - 1] = _shared(spec, l, blocks, passed, delta[l], batch.weight_sum, found)
        else:
            _weights_and_bias(spec, l, blocks, passed, delta[l], batch.weight_sum, found)  # (7)
    if to_input:
        da[0] = _into(spec, 0, blocks, delta, da, below)
        if len(spec.heads) == 1:
            da[L] = weights * spec.loss.derivative(passed.a[L], y)
    return Gradients(delta, da, found)


def _into(
    spec: Specification,
    l: int,
    blocks: Parameters,
    delta: list[Array],
    da: list[Array],
    below: Mapping[int, Array],
) -> Array:
    """∂J/∂a[l]: through the weights of layer l + 1, and past them where that layer is residual."""
    found = below[l] if l in below else delta[l + 1] @ blocks.W[l + 1]
    return found + da[l + 1] if spec.layer(l + 1).residual else found


def _through_batch_norm(
    spec: Specification,
    l: int,
    blocks: Parameters,
    passed: Pass,
    batch: Batch,
    into: Array,
    found: Parameters,
    total: Callable[[Array], Array] | None,
) -> Array:
    """δ[l], given ∂J/∂z̃[l]; puts ∂J/∂γ and ∂J/∂β beside it."""
    norm = spec.layer(l).batch_norm
    if norm is None:
        return into
    w = None if spec.layer(l).frozen else batch.w
    delta, found.gamma[l], found.beta[l] = norm.back(
        into, blocks.gamma[l], passed.x_hat[l], passed.variance[l], w, total
    )
    return delta


def _shared(
    spec: Specification,
    l: int,
    blocks: Parameters,
    passed: Pass,
    delta: Array,
    weight_sum: float,
    found: Parameters,
) -> Array:
    """∂J/∂a[l−1] through W, r and s of a layer with members, whose gradients go into ``found``."""
    k, first = spec.layer(l).members, l == spec.first_shared
    a = copied(passed.a[l - 1], k) if first else passed.a[l - 1]
    W, u, p = blocks.W[l], passed.u[l], passed.p[l]
    dW, found.r[l], found.s[l], into = shared_back(delta, a, u, p, W, blocks.r[l], blocks.s[l])
    found.W[l] = with_penalties(spec, dW, W, weight_sum)
    if spec.layer(l).bias:
        found.b[l] = sums_of_members(delta, k)
    return sums_of_copies(into, k) if first else into


def into_inputs(spec: Specification, blocks: Parameters, delta: Array) -> Array:
    """∂J/∂a[0] through the weights of layer 1, given δ[1]."""
    W, k = blocks.W[1], spec.layer(1).members
    if k == 1:
        return delta @ W
    return sums_of_copies(times_members(times_members(delta, blocks.s[1]) @ W, blocks.r[1]), k)


def _weights_and_bias(
    spec: Specification,
    l: int,
    blocks: Parameters,
    passed: Pass,
    delta: Array,
    weight_sum: float,
    found: Parameters,
) -> None:
    layer, mask = spec.layer(l), spec.masks[l]
    dW = outer(delta, passed.a[l - 1])
    if mask is not None:  # what is no connection has no gradient
        dW = dW * like(mask, dW)
    found.W[l] = with_penalties(spec, dW, blocks.W[l], weight_sum)
    if layer.bias:
        db = xp(delta).sum(delta, axis=0)
        # Batch norm takes the mean off again, so the bias acts on nothing: exactly 0, not rounding.
        found.b[l] = xp(db).zeros_like(db) if layer.batch_norm and not layer.frozen else db


def moved_buffers(
    spec: Specification, buffers: Mapping[str, Array], passed: Pass, t: int
) -> Mapping[str, Array]:
    """The running statistics after step t."""
    return moved_by(spec, buffers, batch_statistics(spec, passed.mean, passed.variance), t)


def batch_statistics(
    spec: Specification, mean: list[Array], variance: list[Array]
) -> dict[str, Array]:
    """The statistics of a batch by the names of the running ones that they move.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(1, (Dense(2, "tanh", batch_norm=True), Dense(1, "identity")))
    >>> sorted(batch_statistics(spec, [None, 0.5, None], [None, 2.0, None]).items())
    [('mean[1]', 0.5), ('variance[1]', 2.0)]
    """
    return {
        f"{name}[{l}]": values[l]
        for l, layer in enumerate(spec.layers, start=1)
        if layer.batch_norm is not None and not layer.frozen
        for name, values in (("mean", mean), ("variance", variance))
    }


def moved_by(
    spec: Specification, buffers: Mapping[str, Array], statistics: Mapping[str, Array], t: int
) -> dict[str, Array]:
    """The running statistics after step t, given those of its batch."""
    after = dict(buffers)
    for l, layer in enumerate(spec.layers, start=1):
        if layer.batch_norm is not None and not layer.frozen:
            for name in (f"mean[{l}]", f"variance[{l}]"):
                after[name] = layer.batch_norm.moved(buffers[name], statistics[name], t)
    return after

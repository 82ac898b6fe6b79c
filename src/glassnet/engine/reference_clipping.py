"""The gradient of clipped rows, from what one backward pass leaves.

The pass leaves δₙ[l] and aₙ[l−1] of each row. The lengths of the rows' gradients follow from them
(:mod:`glassnet.network.gram`), and with cₙ = min(1, C / ‖gₙ‖) the sum of the clipped rows is::

    ∂/∂W[l] = (c ⊙ δ[l])ᵀ a[l−1],   ∂/∂b[l] = Σₙ cₙ δₙ[l]

so that no row's gradient is made and no second pass is taken.
"""

from __future__ import annotations

from glassnet.arrays import Array, like, xp
from glassnet.data.batches import Batch
from glassnet.engine.penalties import with_penalties
from glassnet.engine.reference import Gradients, Pass
from glassnet.network.gram import RowGradients, lengths
from glassnet.network.random_numbers import normals
from glassnet.network.specification import Parameters, Specification
from glassnet.network.state import State
from glassnet.optim.clipping import Clipping


def clipped_gradient(
    spec: Specification,
    state: State,
    passed: Pass,
    gradients: Gradients,
    batch: Batch,
    clipping: Clipping,
) -> Array:
    """g as :class:`~glassnet.optim.clipping.Clipping` has it, noise too.  -> (p,)

    Frozen layers have 0, and no part in the rows' lengths. δ carries the weights of the batch.
    """
    rows = _row_gradients(spec, passed, gradients)
    trained = [layer for layer in rows if layer is not None]
    weight_sum = batch.weight_sum
    blocks = _zeros(spec, state.theta)
    if trained:
        factors = clipping.factors(_own_lengths(trained, batch.w))
        if clipping.batch_rows is not None:
            # Weights are 1/m of the m rows that came; the sum is divided by the size asked for.
            factors = factors * (batch.w.shape[0] / clipping.batch_rows)
            weight_sum = float(clipping.batch_rows)
        for l, layer in enumerate(rows):
            if layer is not None:
                sums, W = layer.sums(factors), spec.unpack(state.theta).W[l]
                blocks.W[l] = with_penalties(spec, sums["W"], W, weight_sum)
                blocks.b[l] = sums.get("b")
    g = spec.pack(blocks)
    if clipping.noise_multiplier is None:
        return g
    noise = _noise(state, clipping)
    return g + (noise if spec.fully_connected else noise * like(spec.is_connected, state.theta))


def _row_gradients(
    spec: Specification, passed: Pass, gradients: Gradients
) -> list[RowGradients | None]:
    """By layer; slot 0 is None. Batch norm is there in frozen layers only, which have none."""
    return [
        None if l == 0 else spec.layer(l).row_gradients(passed.a[l - 1], gradients.delta[l])
        for l in range(spec.depth + 1)
    ]


def _own_lengths(layers: list[RowGradients], w: Array) -> Array:
    """‖gₙ‖ of the rows' unweighted losses; 0 where a row weighs nothing.  -> (m,)"""
    weighs = w > 0
    return xp(w).where(weighs, lengths(layers) / xp(w).where(weighs, w, 1.0), 0.0)


def _zeros(spec: Specification, theta: Array) -> Parameters:
    return spec.unpack(xp(theta).zeros_like(theta))


def _noise(state: State, clipping: Clipping) -> Array:
    """σ C / B times the numbers of this step.  -> (p,)"""
    if clipping.noise_multiplier is None or clipping.per_sample is None:
        return 0.0
    deviation = clipping.noise_multiplier * clipping.per_sample / (clipping.batch_rows or 1)
    drawn = normals(state.theta.shape[0], seed=state.seed, t=state.t)
    return like(deviation * drawn, state.theta)

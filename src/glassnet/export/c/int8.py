"""The part of the C file that makes a[L] of a[0] with weights and activations of eight bits.

Each input of a layer is rounded to q in 0…255 over the range that the calibration rows show,
a ≈ low + q / inverse, and each row of W to whole numbers in −127…127:

    z ≈ scale · Σⱼ wⱼ qⱼ + b,  b such that the mean of z over the calibration rows is the true one.

The sums are whole numbers: |Σⱼ wⱼ qⱼ| ≤ 255 Σⱼ |wⱼ|, which is computed for every unit and must fit
32 bits, so no row whatever overflows them. Activations are computed in float32.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from glassnet.arrays import Array
from glassnet.data.rules import LevelRule
from glassnet.errors import Unsupported
from glassnet.export.c.activations import Functions
from glassnet.export.c.floats import Body, applied
from glassnet.export.c.spelling import floats, table
from glassnet.export.source import PlainLayer, Source

_MOST_SUM = 2**31 - 1
_MOST_ROUNDED = 255

_ROUNDED = """\
/* Each number as eight bits: 0 at low and below, 255 at low + 255 / inverse and above. */
static void rounded(const float *a, const float *low, const float *inverse, int n, uint8_t *q)
{
    int j;
    for (j = 0; j < n; j++) {
        const float v = (a[j] - low[j]) * inverse[j];
        q[j] = (uint8_t)(!(v > 0.0f) ? 0.0f : v >= 255.0f ? 255.0f : v + 0.5f);
    }
}"""

_DENSE = """\
/* z = scale (W q) + b, W a row per unit. */
static void dense(const int8_t *w, const float *scale, const float *b, const uint8_t *q, int n_in,
                  int n_out, float *z)
{
    int i, j;
    for (i = 0; i < n_out; i++, w += n_in) {
        int32_t sum = 0;
        for (j = 0; j < n_in; j++) sum += (int32_t)w[j] * (int32_t)q[j];
        z[i] = scale[i] * (float)sum + b[i];
    }
}"""


@dataclass(frozen=True, eq=False)
class RoundedLayer:
    """A layer in eight bits.

    Attributes
    ----------
    low, inverse : (n_in,) float32
        Of the inputs; ``inverse`` is 0 for one that is the same in all calibration rows.
    w : (n_out, n_in) int8
    scale, b : (n_out,) float32
    bound : int
        The largest that |Σⱼ wⱼ qⱼ| can be.
    plain : PlainLayer
        The layer it is made of.
    """

    low: Array
    inverse: Array
    w: Array
    scale: Array
    b: Array
    bound: int
    plain: PlainLayer

    def rounded(self, a: Array) -> Array:
        """q of the inputs.  (m, n_in) -> (m, n_in) int64"""
        v = (a.astype(np.float32) - self.low) * self.inverse
        return (np.clip(v, 0, _MOST_ROUNDED) + np.float32(0.5)).astype(np.int64).clip(0, 255)

    def z(self, q: Array) -> Array:
        """z of rounded inputs.  (m, n_in) -> (m, n_out) float32"""
        return self.scale * (q @ self.w.T.astype(np.int64)).astype(np.float32) + self.b


def int8_layers(found: Source, a: Array) -> list[RoundedLayer]:
    """Round every layer over the ranges of the calibration rows.

    Parameters
    ----------
    found : Source
    a : (m, n₀)
        a[0] of the calibration rows.

    Raises
    ------
    Unsupported
        If a sum of a layer could leave 32 bits.
    """
    made: list[RoundedLayer] = []
    ranges = _known_ranges(found, a)
    for l, layer in enumerate(found.layers, start=1):
        z = a @ layer.W.T + layer.b
        made.append(_rounded(layer, l, a, z, *ranges))
        a = activated(layer, z)
        ranges = (a.min(axis=0), a.max(axis=0))
    return made


def _known_ranges(found: Source, a: Array) -> tuple[Array, Array]:
    """The least and the largest of each input, where levels may be others than were shown."""
    low, high = a.min(axis=0), a.max(axis=0)
    start = 0
    for rule in found.rules or ():
        stop = start + len(rule.outputs)
        if isinstance(rule, LevelRule) and found.scaling is None:
            two = len(rule.levels) + rule.missing == 2
            low[start:stop], high[start:stop] = (-1.0 if two else 0.0), 1.0
        start = stop
    return low, high


def _rounded(
    layer: PlainLayer, l: int, a: Array, z: Array, low: Array, high: Array
) -> RoundedLayer:
    width = high - low
    inverse = np.divide(_MOST_ROUNDED, width, out=np.zeros_like(width), where=width > 1e-30)
    weights = layer.W * width / _MOST_ROUNDED
    largest = np.abs(weights).max(axis=1)
    scale = np.where(largest > 0, largest / 127, 1.0)
    w = np.rint(weights / scale[:, None]).astype(np.int8)
    bound = _MOST_ROUNDED * int(np.abs(w.astype(np.int64)).sum(axis=1).max())
    if bound > _MOST_SUM:
        raise Unsupported(
            f"a sum in layer {l} could reach {bound:,}, beyond 32 bits: {w.shape[1]:,} inputs are "
            "too many for int8. Export float32."
        )
    low32, inverse32, scale32 = (each.astype(np.float32) for each in (low, inverse, scale))
    without = RoundedLayer(
        low32, inverse32, w, scale32, np.zeros(len(scale), np.float32), bound, layer
    )
    b = (z - without.z(without.rounded(a))).mean(axis=0).astype(np.float32)
    return replace(without, b=b)


def activated(layer: PlainLayer, z: Array) -> Array:
    """a of z, each head by its own activation.  (m, n) -> (m, n)"""
    return np.concatenate(
        [phi.value(z[:, start:stop]) for start, stop, phi in layer.parts()], axis=1
    )


def int8_outputs(layers: list[RoundedLayer], a: Array) -> Array:
    """a[L] as the C file computes it, to the rounding of float32.  (m, n₀) -> (m, n_L)"""
    for layer in layers:
        a = activated(layer.plain, layer.z(layer.rounded(a)))
    return a


def int8_body(layers: list[RoundedLayer]) -> Body:
    """Layers 1 to L in C."""
    functions = Functions()
    constants: list[str] = []
    statements: list[str] = []
    most_a, most_q, size = layers[0].w.shape[1], 0, 0
    for l, layer in enumerate(layers, start=1):
        n_out, n_in = layer.w.shape
        most_a, most_q = max(most_a, n_out), max(most_q, n_in)
        size += layer.w.size + 8 * n_in + 8 * n_out
        constants += [
            f"/* Layer {l}: no sum of its products is beyond {layer.bound}, of 2147483647. */",
            table(f"w{l}", "int8_t", [str(value) for value in layer.w.ravel().tolist()]),
            table(f"low{l}", "float", floats(layer.low)),
            table(f"inverse{l}", "float", floats(layer.inverse)),
            table(f"scale{l}", "float", floats(layer.scale)),
            table(f"b{l}", "float", floats(layer.b)),
        ]
        statements += [
            f"rounded(a, low{l}, inverse{l}, {n_in}, q);",
            f"dense(w{l}, scale{l}, b{l}, q, {n_in}, {n_out}, a);",
            *applied(layer.plain, functions, "a"),
        ]
    arrays = [f"float a[{most_a}];", f"uint8_t q[{most_q}];"]
    return Body(
        constants, [_ROUNDED, _DENSE, *functions.texts], arrays, statements, "a",
        stack=4 * most_a + most_q, bytes=size,
    )  # fmt: skip

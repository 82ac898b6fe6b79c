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
from glassnet.errors import Unsupported
from glassnet.export.c.activations import Functions
from glassnet.export.c.floats import Body, added, applied
from glassnet.export.c.spelling import floats, table
from glassnet.export.layers import PlainLayer
from glassnet.export.rules import row_of
from glassnet.export.source import Source

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


def int8_members(found: Source, a: Array) -> list[list[RoundedLayer]]:
    """Round every layer of every member over the ranges of the calibration rows.

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
    ranges = _known_ranges(found, a)
    return [_rounded_layers(layers, a, ranges) for layers in found.members]


def _rounded_layers(
    layers: tuple[PlainLayer, ...], a: Array, ranges: tuple[Array, Array]
) -> list[RoundedLayer]:
    made: list[RoundedLayer] = []
    for l, layer in enumerate(layers, start=1):
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
        known = row_of(rule).levels(rule) if found.scaling is None else None
        if known is not None:
            low[start:stop], high[start:stop] = known
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


def int8_outputs(members: list[list[RoundedLayer]], a: Array) -> Array:
    """The mean of a[L] as the C file computes it, to float32's rounding.  (m, n₀) -> (m, n_L)"""
    outputs: list[Array] = []
    for layers in members:
        here = a
        for layer in layers:
            here = activated(layer.plain, layer.z(layer.rounded(here)))
        outputs.append(here)
    return np.mean(outputs, axis=0)


def int8_body(members: list[list[RoundedLayer]], *, wide: bool = False) -> Body:
    """Layers 1 to L of each member in C; several members leave ``a`` as it is for the next."""
    functions = Functions()
    constants: list[str] = []
    statements: list[str] = []
    several, outputs = len(members) > 1 or wide, len(members[0][-1].b)
    there = "z" if several else "a"
    sizes = {"a": members[0][0].w.shape[1], "q": 0} | ({"z": 0} if several else {})
    size = 0
    for k, layers in enumerate(members, start=1):
        own, here = f"{k}_" if several else "", "a"
        for l, layer in enumerate(layers, start=1):
            n_out, n_in = layer.w.shape
            sizes[there], sizes["q"] = max(sizes[there], n_out), max(sizes["q"], n_in)
            size += layer.w.size + 8 * n_in + 8 * n_out
            constants += _constants(layer, f"{own}{l}", l)
            statements += [
                f"rounded({here}, low{own}{l}, inverse{own}{l}, {n_in}, q);",
                f"dense(w{own}{l}, scale{own}{l}, b{own}{l}, q, {n_in}, {n_out}, {there});",
                *applied(layer.plain, functions, there),
            ]
            here = there
        statements += added(there, outputs, k, len(members)) if several else []
    arrays = [
        f"{'uint8_t' if name == 'q' else 'float'} {name}[{count}];" for name, count in sizes.items()
    ]
    arrays += [f"double mean[{outputs}];"] if several else []
    stack = 4 * sum(sizes.values()) - 3 * sizes["q"] + 8 * outputs * several
    return Body(
        constants, [_ROUNDED, _DENSE, *functions.texts], arrays, statements,
        "mean" if several else "a", stack=stack, bytes=size, wide=several,
    )  # fmt: skip


def _constants(layer: RoundedLayer, own: str, l: int) -> list[str]:
    return [
        f"/* Layer {l}: no sum of its products is beyond {layer.bound}, of 2147483647. */",
        table(f"w{own}", "int8_t", [str(value) for value in layer.w.ravel().tolist()]),
        table(f"low{own}", "float", floats(layer.low)),
        table(f"inverse{own}", "float", floats(layer.inverse)),
        table(f"scale{own}", "float", floats(layer.scale)),
        table(f"b{own}", "float", floats(layer.b)),
    ]

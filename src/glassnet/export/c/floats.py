"""The part of the C file that makes a[L] of a[0], in float32 or float64."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glassnet.export.c.activations import Functions
from glassnet.export.c.kinds import FLOAT, Kind
from glassnet.export.c.spelling import table
from glassnet.export.layers import PlainLayer

# Eight partial sums: less rounding than one, and compilers make vector instructions of them.
_DENSE = """\
/* z = W a + b, W a row per unit. */
static void dense(const float *w, const float *b, const float *a, int n_in, int n_out, float *z)
{
    int i, j, k;
    for (i = 0; i < n_out; i++, w += n_in) {
        float s[8] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
        for (j = 0; j + 8 <= n_in; j += 8)
            for (k = 0; k < 8; k++) s[k] += w[j + k] * a[j + k];
        for (k = 0; j < n_in; j++, k++) s[k] += w[j] * a[j];
        z[i] = b[i] + (((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])));
    }
}"""


@dataclass(frozen=True)
class Body:
    """Constants, functions and statements from ``a`` to the outputs, which lie in ``result``.

    ``arrays`` are declarations on the stack, ``stack`` and ``bytes`` the sizes of these and of the
    constants. ``wide`` says that ``result`` is double whatever the layers are computed in.
    """

    constants: list[str]
    functions: list[str]
    arrays: list[str]
    statements: list[str]
    result: str
    stack: int
    bytes: int
    wide: bool = False


def float_body(
    members: Sequence[tuple[PlainLayer, ...]], kind: Kind = FLOAT, *, wide: bool = False
) -> Body:
    """Layers 1 to L of each member by turns from one array into another, and their mean.

    A single network begins in ``a`` and may end there, unless ``wide`` asks for its outputs in
    double; several leave ``a`` as it is for the next.
    """
    functions = Functions(kind)
    constants: list[str] = []
    statements: list[str] = []
    several, outputs = len(members) > 1 or wide, len(members[0][-1].b)
    sizes = {"a": members[0][0].W.shape[1], "z": 0, "t": 0}
    result = ""
    for k, layers in enumerate(members, start=1):
        own = f"{k}_" if several else ""
        here, there = "a", "z"
        for l, layer in enumerate(layers, start=1):
            n_out, n_in = layer.W.shape
            sizes[there] = max(sizes[there], n_out)
            constants += [
                table(f"w{own}{l}", kind.name, kind.numbers(layer.W)),
                table(f"b{own}{l}", kind.name, kind.numbers(layer.b)),
            ]
            statements.append(f"dense(w{own}{l}, b{own}{l}, {here}, {n_in}, {n_out}, {there});")
            statements += applied(layer, functions, there)
            here, there = there, ("t" if there == "z" else "z") if several else here
        result = here
        statements += added(here, outputs, k, len(members)) if several else []
    count = sum(layer.W.size + layer.b.size for layers in members for layer in layers)
    arrays = [f"float {name}[{size}];" for name, size in sizes.items() if size]
    arrays += [f"double mean[{outputs}];"] if several else []
    return Body(
        constants, [_DENSE, *functions.texts], arrays, statements, "mean" if several else result,
        stack=kind.size * sum(sizes.values()) + 8 * outputs * several, bytes=kind.size * count,
        wide=several,
    )  # fmt: skip


def added(array: str, outputs: int, k: int, members: int) -> list[str]:
    """The statements that take the outputs of member k into the mean."""
    each = f"for (i = 0; i < {outputs}; i++)"
    last = [f"{each} mean[i] /= {float(members)};"] if k == members > 1 else []
    return [f"{each} mean[i] {'+=' if k > 1 else '='} (double){array}[i];", *last]


def applied(layer: PlainLayer, functions: Functions, array: str) -> list[str]:
    """The statements that apply the activation of each head."""
    calls = [
        functions.call(phi, array if start == 0 else f"({array} + {start})", stop - start)
        for start, stop, phi in layer.parts()
    ]
    return [call for call in calls if call]

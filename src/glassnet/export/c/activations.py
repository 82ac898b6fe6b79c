"""Each activation in C: one row of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import log, sqrt
from typing import Any

from glassnet.export.c.kinds import FLOAT, Kind
from glassnet.network.rectifiers import SELU

_SELU, _SELU_ALPHA = SELU._scale, SELU._scale_alpha  # pyright: ignore[reportPrivateUsage] # its constants

_LOGISTIC = """\
const float e = expf(-fabsf(z));
    return z >= 0.0f ? 1.0f / (1.0f + e) : e / (1.0f + e);"""
_SOFTPLUS = "(z > 0.0f ? z : 0.0f) + log1pf(expf(-fabsf(z)))"


@dataclass(frozen=True)
class Each:
    """The body of ``static float name(float z)``: φ of one entry."""

    body: Callable[[Any, Kind], str]


@dataclass(frozen=True)
class Whole:
    """The body of ``static void name(float *z, int n)``: φ of a layer, in place."""

    body: Callable[[Any, Kind], str]


# Written for float; limits are those of the definitions in glassnet.network: no value overflows.
ACTIVATIONS: dict[str, Each | Whole | None] = {
    "identity": None,
    "logistic": Each(lambda phi, kind: _LOGISTIC),
    "tanh": Each(lambda phi, kind: "return tanhf(z);"),
    "relu": Each(lambda phi, kind: "return z < 0.0f ? 0.0f : z;"),
    "leaky_relu": Each(lambda phi, kind: f"return z > 0.0f ? z : {kind.number(phi.slope)} * z;"),
    "elu": Each(lambda phi, kind: f"return z > 0.0f ? z : {kind.number(phi.alpha)} * expm1f(z);"),
    "selu": Each(
        lambda phi, kind: (
            f"if (z > 0.0f) return {kind.number(_SELU)} * "
            f"fminf(z, {kind.number(_most(kind) / _SELU * (1 - 1e-6))});\n"
            f"    return {kind.number(_SELU_ALPHA)} * expm1f(z);"
        )
    ),
    "gelu": Each(lambda phi, kind: f"return z * (0.5f * erfcf(z * {kind.number(-sqrt(0.5))}));"),
    "silu": Each(
        lambda phi, kind: (
            "const float e = expf(-fabsf(z));\n"
            "    return z * (z >= 0.0f ? 1.0f / (1.0f + e) : e / (1.0f + e));"
        )
    ),
    "mish": Each(lambda phi, kind: f"return z * tanhf({_SOFTPLUS});"),
    "softplus": Each(lambda phi, kind: f"return {_SOFTPLUS};"),
    "softsign": Each(lambda phi, kind: "return z / (1.0f + fabsf(z));"),
    "exp": Each(
        lambda phi, kind: (
            f"const float most = {kind.number(log(_most(kind)) * (1 - 1e-6))};\n"
            "    return expf(z > most ? most : z);"
        )
    ),
    "sin": Each(lambda phi, kind: "return sinf(z);"),
    "cos": Each(lambda phi, kind: "return cosf(z);"),
    "square": Each(
        lambda phi, kind: (
            f"const float most = {kind.number(sqrt(_most(kind)) * (1 - 1e-6))};\n"
            "    const float a = fabsf(z) > most ? most : z;\n    return a * a;"
        )
    ),
    "softmax": Whole(
        lambda phi, kind: (
            "float most = z[0], sum = 0.0f;\n    int i;\n"
            "    for (i = 1; i < n; i++) if (z[i] > most) most = z[i];\n"
            "    for (i = 0; i < n; i++) { z[i] = expf(z[i] - most); sum += z[i]; }\n"
            "    for (i = 0; i < n; i++) z[i] /= sum;"
        )
    ),
}


def _most(kind: Kind) -> float:
    return float(kind.info.max)


class Functions:
    """The activations that a network has, each written once.

    Examples
    --------
    >>> from glassnet.network.activations import Identity, Tanh
    >>> functions = Functions()
    >>> functions.call(Identity(), "z", 3), functions.call(Tanh(), "z", 3)
    ('', 'for (i = 0; i < 3; i++) z[i] = phi_tanh(z[i]);')
    """

    def __init__(self, kind: Kind = FLOAT) -> None:
        self._kind = kind
        self._names: dict[Any, str] = {}
        self.texts: list[str] = []

    def call(self, phi: Any, array: str, units: int) -> str:
        """The statement that applies φ to an array in place; nothing for the identity."""
        row = ACTIVATIONS[phi.name]
        if row is None:
            return ""
        key = (phi.name, *(getattr(phi, x.name) for x in fields(phi) if x.name != "at_zero"))
        if key not in self._names:
            self._names[key] = self._define(phi, row)
        name = self._names[key]
        if isinstance(row, Whole):
            return f"{name}({array}, {units});"
        return f"for (i = 0; i < {units}; i++) {array}[i] = {name}({array}[i]);"

    def _define(self, phi: Any, row: Each | Whole) -> str:
        same = sum(key[0] == phi.name for key in self._names)
        name = f"phi_{phi.name}" + (f"_{same + 1}" if same else "")
        head = (
            f"static void {name}(float *z, int n)"
            if isinstance(row, Whole)
            else f"static float {name}(float z)"
        )
        self.texts.append(f"{head}\n{{\n    {row.body(phi, self._kind)}\n}}")
        return name

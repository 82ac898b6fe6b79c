"""The formulas of activations and losses in writing, of symbols or of numbers.

Each formula is a function of a script and of the texts (or numbers in writing) to put in its
places; ``side`` says on which side of its kink a function in pieces is taken, None for all of it.
The mathematics that computes is in :mod:`glassnet.network`; tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from glassnet.inspection.script import Script, Text

Side = int | None


class Written(NamedTuple):
    """φ and φ′ in writing: ``value(s, phi, z, side)`` and ``slope(s, phi, z, a, side)``."""

    value: Callable[[Script, Any, str, Side], str]
    slope: Callable[[Script, Any, str, str, Side], str]


def _pieces(s: Script, z: str, side: Side, above: str, below: str, at_zero: str) -> str:
    """A function in two pieces: the piece of a side, or all of it in words."""
    if side is not None:
        return {1: above, 0: at_zero, -1: below}[side]
    if isinstance(s, Text):
        rest = "else" if at_zero == below else f"below, {at_zero} at 0"
        return f"({above} where {z} > 0, {below} {rest})"
    lines = [rf"{above} & {z} > 0"]
    if at_zero == below:
        lines.append(rf"{below} & {z} \le 0")
    else:
        lines += [rf"{at_zero} & {z} = 0", rf"{below} & {z} < 0"]
    body = r" \\ ".join(lines)
    return rf"\begin{{cases}} {body} \end{{cases}}"


def _softplus(s: Script, z: str) -> str:
    return s.function("log", f"1 + {s.function('exp', z)}")


def _minus(s: Script, left: str, right: str) -> str:
    return f"{left} {s.minus} {right}"


def _scaled(s: Script, scale: str, inner: str) -> str:
    return inner if scale == "1" else s.product(scale, inner)


def _elu(s: Script, scale: str, z: str) -> str:
    return _scaled(s, scale, _minus(s, s.function("exp", z), "1"))


def _density(s: Script, z: str) -> str:
    root = s.root("2π" if isinstance(s, Text) else r"2\pi")
    return s.over(s.function("exp", f"{s.minus}{s.over(s.square(z), '2')}"), root)


def _t(s: Script, z: str) -> str:
    return s.function("tanh", s.function("softplus", z))


def _alpha(s: Script, phi: Any) -> str:
    return s.number(phi.alpha)


def _selu(s: Script, phi: Any, name: str) -> str:
    return s.number(getattr(phi, name), 5)


def _one(s: Script, p: Any, z: str, a: str, side: Side) -> str:
    return "1"


WRITTEN: dict[str, Written] = {
    "identity": Written(lambda s, p, z, side: z, _one),
    "logistic": Written(
        lambda s, p, z, side: s.over("1", f"1 + {s.function('exp', s.minus + z)}"),
        lambda s, p, z, a, side: s.product(a, _minus(s, "1", a)),
    ),
    "tanh": Written(
        lambda s, p, z, side: s.function("tanh", z),
        lambda s, p, z, a, side: _minus(s, "1", s.square(a)),
    ),
    "softsign": Written(
        lambda s, p, z, side: s.over(z, f"1 + |{z}|"),
        lambda s, p, z, a, side: s.over("1", s.square(f"(1 + |{z}|)")),
    ),
    "relu": Written(
        lambda s, p, z, side: s.function("max", f"0, {z}"),
        lambda s, p, z, a, side: _pieces(s, z, side, "1", "0", s.number(p.at_zero)),
    ),
    "leaky_relu": Written(
        lambda s, p, z, side: s.function("max", f"{z}, {s.product(s.number(p.slope), z)}"),
        lambda s, p, z, a, side: _pieces(
            s, z, side, "1", s.number(p.slope), s.number(p.at_zero)
        ),
    ),
    "elu": Written(
        lambda s, p, z, side: _pieces(s, z, side, z, *2 * (_elu(s, _alpha(s, p), z),)),
        lambda s, p, z, a, side: _pieces(
            s, z, side, "1", *2 * (_scaled(s, _alpha(s, p), s.function("exp", z)),)
        ),
    ),
    "selu": Written(
        lambda s, p, z, side: _pieces(
            s, z, side, s.product(_selu(s, p, "_scale"), z),
            *2 * (_elu(s, _selu(s, p, "_scale_alpha"), z),),
        ),
        lambda s, p, z, a, side: _pieces(
            s, z, side, _selu(s, p, "_scale"),
            *2 * (s.product(_selu(s, p, "_scale_alpha"), s.function("exp", z)),),
        ),
    ),
    "gelu": Written(
        lambda s, p, z, side: s.product(z, s.function("Φ", z)),
        lambda s, p, z, a, side: f"{s.function('Φ', z)} + {s.product(z, _density(s, z))}",
    ),
    "silu": Written(
        lambda s, p, z, side: s.product(z, s.function("σ", z)),
        lambda s, p, z, a, side: (
            f"{s.function('σ', z)} + {s.product(a, _minus(s, '1', s.function('σ', z)))}"
        ),
    ),
    "mish": Written(
        lambda s, p, z, side: s.product(z, _t(s, z)),
        lambda s, p, z, a, side: (
            f"{_t(s, z)} + "
            f"{s.product(z, s.function('σ', z), _minus(s, '1', s.square(_t(s, z))))}"
        ),
    ),
    "softplus": Written(
        lambda s, p, z, side: _softplus(s, z), lambda s, p, z, a, side: s.function("σ", z)
    ),
    "exp": Written(lambda s, p, z, side: s.function("exp", z), lambda s, p, z, a, side: a),
    "sin": Written(
        lambda s, p, z, side: s.function("sin", z),
        lambda s, p, z, a, side: s.function("cos", z),
    ),
    "cos": Written(
        lambda s, p, z, side: s.function("cos", z),
        lambda s, p, z, a, side: f"{s.minus}{s.function('sin', z)}",
    ),
    "square": Written(
        lambda s, p, z, side: s.square(z), lambda s, p, z, a, side: s.product("2", z)
    ),
    "softmax": Written(
        lambda s, p, z, side: s.function("softmax", z),
        lambda s, p, z, a, side: s.function("φ′", z),
    ),
}  # fmt: skip
OWN = Written(
    lambda s, p, z, side: s.function("φ", z), lambda s, p, z, a, side: s.function("φ′", z)
)


def written(phi: Any) -> Written:
    """The formulas of an activation; φ and φ′ by name for a user's own.

    Examples
    --------
    >>> from glassnet.network.activations import Tanh
    >>> written(Tanh()).slope(Text(), Tanh(), "z", "a", None)
    '1 − a²'
    """
    return WRITTEN.get(phi.name, OWN)

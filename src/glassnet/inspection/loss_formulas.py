"""The formulas of losses in writing: ℓ of one output, ∂ℓ/∂a, and ∂ℓ/∂z with the partner.

Written as :mod:`~glassnet.inspection.formulas` writes activations; the mathematics that computes is
in :mod:`glassnet.network.losses`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from glassnet.inspection.script import Script, Text, wrapped

Side = int | None


class WrittenLoss(NamedTuple):
    """A loss in writing.

    ``entry(s, loss, a, y)`` is what one output adds to ℓ, ``slope(s, loss, a, y, side)`` is ∂ℓ/∂a.
    ``meets`` says that ∂ℓ/∂z with the partner is a − y.
    """

    entry: Callable[[Script, Any, str, str], str]
    slope: Callable[[Script, Any, str, str, Side], str]
    meets: bool = False


def _less(s: Script, left: str, right: str) -> str:
    return f"{left} {s.minus} {right}"


def _log(s: Script, inner: str) -> str:
    return s.function("log", inner)


def _binary(s: Script, loss: Any, a: str, y: str) -> str:
    first, rest = s.product(y, _log(s, a)), _less(s, "1", y)
    second = s.product(rest, _log(s, _less(s, "1", a)))
    return f"{s.minus}[{first} + {second}]"


def _binary_slope(s: Script, loss: Any, a: str, y: str, side: Side) -> str:
    return _less(s, s.over(_less(s, "1", y), _less(s, "1", a)), s.over(y, a))


def _huber(s: Script, loss: Any, a: str, y: str) -> str:
    r, t = _less(s, a, y), s.number(loss.threshold)
    if isinstance(s, Text):
        return f"(½({r})² within ±{t}, else {t}(|{r}| − {s.number(loss.threshold / 2)}))"
    far = rf"{t}\left(|{r}| - {s.number(loss.threshold / 2)}\right)"
    return rf"\begin{{cases}} \tfrac12({r})^2 & |{r}| \le {t} \\ {far} & |{r}| > {t} \end{{cases}}"


def _huber_slope(s: Script, loss: Any, a: str, y: str, side: Side) -> str:
    t = s.number(loss.threshold)
    if side:
        return t if side > 0 else f"{s.minus}{t}"
    r = _less(s, a, y)
    return (
        r
        if side == 0
        else f"{wrapped(r)} {s.words('held within')} ±{t}".replace(
            "±", "±" if isinstance(s, Text) else r"\pm "
        )
    )


def _poisson(s: Script, loss: Any, a: str, y: str) -> str:
    return f"{_less(s, s.product(y, _log(s, s.over(y, a))), y)} + {a}"


def _quantile(s: Script, loss: Any, a: str, y: str) -> str:
    q, rest = s.number(loss.quantile), s.number(1 - loss.quantile)
    below, above = s.product(q, _less(s, y, a)), s.product(rest, _less(s, a, y))
    return s.function("max", f"{below}, {above}")


def _quantile_slope(s: Script, loss: Any, a: str, y: str, side: Side) -> str:
    below, above = f"{s.minus}{s.number(loss.quantile)}", s.number(1 - loss.quantile)
    if side is not None:
        return {1: above, 0: "0", -1: below}[side]
    if isinstance(s, Text):
        return f"({above} where {a} > {y}, {below} below)"
    return rf"\begin{{cases}} {above} & {a} > {y} \\ {below} & {a} < {y} \end{{cases}}"


WRITTEN_LOSSES: dict[str, WrittenLoss] = {
    "squared_error": WrittenLoss(
        lambda s, loss, a, y: f"{s.half}{s.square(_less(s, a, y))}",
        lambda s, loss, a, y, side: _less(s, a, y),
    ),
    "absolute_error": WrittenLoss(
        lambda s, loss, a, y: f"|{_less(s, a, y)}|",
        lambda s, loss, a, y, side: s.function("sign", _less(s, a, y)),
    ),
    "huber": WrittenLoss(_huber, _huber_slope),
    "quantile": WrittenLoss(_quantile, _quantile_slope),
    "binary_cross_entropy": WrittenLoss(_binary, _binary_slope, meets=True),
    "cross_entropy": WrittenLoss(
        lambda s, loss, a, y: f"{s.minus}{s.product(y, _log(s, a))}",
        lambda s, loss, a, y, side: f"{s.minus}{s.over(y, a)}",
        meets=True,
    ),
    "poisson": WrittenLoss(
        _poisson, lambda s, loss, a, y, side: _less(s, "1", s.over(y, a)), meets=True
    ),
}
OWN_LOSS = WrittenLoss(
    lambda s, loss, a, y: s.function("ℓ", f"{a}, {y}"),
    lambda s, loss, a, y, side: s.function("ℓ′", f"{a}, {y}"),
)


def written_loss(loss: Any) -> WrittenLoss:
    """The formulas of a loss; ℓ and ℓ′ by name for a user's own.

    Examples
    --------
    >>> from glassnet.network.losses import SquaredError
    >>> written_loss(SquaredError()).entry(Text(), SquaredError(), "a", "y")
    '½(a − y)²'
    """
    return WRITTEN_LOSSES.get(loss.name, OWN_LOSS)

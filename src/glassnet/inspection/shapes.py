"""The shapes in an equation: what an array has, and what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glassnet.inspection.trace import Trace


def shapes(trace: Trace, name: str, l: int) -> str:
    """The shape of one array of a trace; of a product, those of its factors too.

    Examples
    --------
    >>> import glassnet as gn
    >>> t = gn.trace(gn.Network(2, [gn.Dense(3, "tanh")]), [[1, 2]])
    >>> shapes(t, "z", 1), shapes(t.samples("columns"), "z", 1), shapes(t, "a", 1)
    ('(1, 3) = (1, 2)(2, 3) + (3,)', '(3, 1) = (3, 2)(2, 1) + (3, 1)', '(1, 3)')
    """
    own = written(getattr(trace, name)[l].shape)
    columns = trace.view.columns
    made: str = ""
    if name == "z":
        a, weights = trace.a[l - 1].shape, trace.W[l].shape
        made = _product(weights, a) if columns else _product(a, weights[::-1])
        made += "" if trace.b[l] is None else f" + {written(trace.b[l].shape)}"
    elif name == "da" and l < trace.depth and trace.delta is not None:
        delta, weights = trace.delta[l + 1].shape, trace.W[l + 1].shape
        made = _product(weights[::-1], delta) if columns else _product(delta, weights)
    elif name == "dW" and trace.delta is not None:
        delta, a = trace.delta[l].shape, trace.a[l - 1].shape
        made = _product(delta, a[::-1]) if columns else _product(delta[::-1], a)
    return f"{own} = {made}" if made else own


def _product(left: tuple[int, ...], right: tuple[int, ...]) -> str:
    return written(left) + written(right)


def written(shape: Any) -> str:
    """A shape as NumPy writes it.

    Examples
    --------
    >>> written((3,)), written((2, 3))
    ('(3,)', '(2, 3)')
    """
    return str(tuple(int(extent) for extent in shape))

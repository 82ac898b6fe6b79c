"""What a derivation says in plain words: kinks, batch norm, dropout."""

from __future__ import annotations

from typing import Any

from glassnet.inspection.numerals import numeral
from glassnet.network.network import Network


def kink_words(phi: Any, name: str, z: float) -> str:
    """What happens where z stands exactly on a kink of φ; nothing anywhere else.

    Examples
    --------
    >>> from glassnet.network.activations import ReLU
    >>> kink_words(ReLU(), "z[1][0]", 0.0)
    'z[1][0] = 0 exactly here; by the convention at_zero = 0 the error stops'
    >>> kink_words(ReLU(at_zero=0.5), "z[1][0]", 0.0)
    'z[1][0] = 0 exactly here; by the convention at_zero = 0.5 the error passes times 0.5'
    """
    if z not in phi.kinks:
        return ""
    at_zero = getattr(phi, "at_zero", None)
    if at_zero is not None:
        passes = {0.0: "stops", 1.0: "passes whole"}.get(
            at_zero, f"passes times {numeral(at_zero)}"
        )
        return (
            f"{name} = 0 exactly here; by the convention at_zero = {numeral(at_zero)} the error "
            f"{passes}"
        )
    if phi.name in ("selu", "elu"):
        return f"{name} = 0 exactly here; φ′ is taken from the left, as in φ"
    return ""


def loss_kink_words(loss: Any, a: float, y: float, i: int) -> str:
    """What happens where a residual stands exactly on a kink of the loss at 0.

    Examples
    --------
    >>> from glassnet.network.losses import AbsoluteError
    >>> loss_kink_words(AbsoluteError(), 1.0, 1.0, 0)
    'a = y exactly at output 0; by convention the derivative there is 0'
    """
    if a - y == 0.0 and 0.0 in loss.kinks:
        return f"a = y exactly at output {i}; by convention the derivative there is 0"
    return ""


def remarks(net: Network) -> tuple[str, ...]:
    """What a reader must know about a derivation of this network.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> remarks(Network(1, [Dense(1, "identity")]))[1]
    'The network is untrained: no step has been taken.'
    """
    spec = net.specification
    said = [
        "Layers are counted from 1, units and columns from 0, as in the arrays; "
        "a sum runs over the units of the layer above."
    ]
    if not net.state.t:
        said.append("The network is untrained: no step has been taken.")
    if any(layer.batch_norm for layer in spec.layers):
        said.append(
            "Batch norm stands on its running statistics, as in prediction: one sample alone has "
            "no spread, its x̂ would be 0 and nothing would pass."
        )
    if any(layer.dropout for layer in spec.layers):
        said.append("Dropout is off, as in prediction.")
    return tuple(said)

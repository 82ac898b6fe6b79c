"""Which derivatives are asked for: ``"W[1][2,3]"``, a block, a layer, all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from glassnet.errors import InvalidValue
from glassnet.inspection.looking import checked_layer
from glassnet.network.specification import Specification

_BLOCK = re.compile(r"(W|b|gamma|beta|kappa|γ|β|κ)\[(\d+)\]((?:\[[\d\s,]+\])*)")
_INPUT = re.compile(r"x((?:\[\d+\])?)")
_FORMS = '"W[1][2,3]", "b[1][2]", "gamma[1][0]", "x[3]", "W[1]", a layer\'s number or None'


@dataclass(frozen=True)
class Wanted:
    """One block of derivatives, or one entry of it.

    Attributes
    ----------
    name : "W", "b", "gamma", "beta", "kappa" or "x"
    layer : int
        0 for x.
    index : tuple of int
        Of the entry; empty for the whole block.
    """

    name: str
    layer: int
    index: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Write it as it is asked for."""
        which = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{self.name}{which}" if self.name == "x" else f"{self.name}[{self.layer}]{which}"


def wanted(spec: Specification, wrt: Any) -> tuple[Wanted, ...]:
    """What is asked for, checked against the network; from the last layer to the first.

    Raises
    ------
    InvalidValue
        If it cannot be read, or the network has no such parameter.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(4, (Dense(3, "tanh"), Dense(1, "identity")))
    >>> [str(each) for each in wanted(spec, None)]
    ['W[2]', 'b[2]', 'W[1]', 'b[1]']
    >>> wanted(spec, "W[1][2, 3]")
    (Wanted(name='W', layer=1, index=(2, 3)),)
    """
    if wrt is None:
        return tuple(each for l in range(spec.depth, 0, -1) for each in _of_layer(spec, l))
    if not isinstance(wrt, str):
        return _of_layer(spec, checked_layer(spec, wrt))
    text = wrt.strip()
    if text.isdigit():
        return _of_layer(spec, checked_layer(spec, int(text)))
    found = _INPUT.fullmatch(text)
    if found is not None:
        return (_checked("x", 0, _numbers(found[1]), (spec.inputs,)),)
    found = _BLOCK.fullmatch(text)
    if found is None:
        raise InvalidValue(f"wrt must be written as in {_FORMS}; got {wrt!r}.")
    name = {"γ": "gamma", "β": "beta", "κ": "kappa"}.get(found[1], found[1])
    l = checked_layer(spec, int(found[2]))
    shape = next((slot.shape for slot in spec.slots if (slot.name, slot.layer) == (name, l)), None)
    if shape is None:
        has = ", ".join(str(slot) for slot in spec.slots if slot.layer == l)
        raise InvalidValue(f"layer {l} has no {name}; it has {has}.")
    return (_is_there(spec, _checked(name, l, _numbers(found[3]), shape)),)


def _of_layer(spec: Specification, l: int) -> tuple[Wanted, ...]:
    return tuple(Wanted(slot.name, l) for slot in spec.slots if slot.layer == l)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))


def _checked(name: str, l: int, index: tuple[int, ...], shape: tuple[int, ...]) -> Wanted:
    asked = Wanted(name, l, index)
    inside = all(0 <= i < n for i, n in zip(index, shape, strict=False))
    if index and (len(index) != len(shape) or not inside):
        block = Wanted(name, l)
        last = ", ".join(str(n - 1) for n in shape)
        raise InvalidValue(
            f"{block} has shape {shape}, so its entries are {block}[0{', 0' * (len(shape) - 1)}] "
            f"to {block}[{last}]; got {asked}."
        )
    return asked


def _is_there(spec: Specification, asked: Wanted) -> Wanted:
    mask = spec.masks[asked.layer]
    if asked.name == "W" and asked.index and mask is not None and not mask[asked.index]:
        raise InvalidValue(
            f"{asked} is no weight of this network: unit {asked.index[0]} of layer {asked.layer} "
            f"does not see input {asked.index[1]}. Ask for W[{asked.layer}], or for another entry."
        )
    return asked

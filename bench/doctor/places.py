"""Where a case says its fault lies, as numbers of layers."""

from __future__ import annotations

import re


def layers_of(where: str, depth: int) -> frozenset[int]:
    """The layers that the words name, 0 for the inputs beside them; empty where they name none.

    Examples
    --------
    >>> sorted(layers_of("output layer + input data", 3)), sorted(layers_of("optimizer", 3))
    ([0, 3], [])
    """
    words = where.lower()
    found: set[int] = set()
    if re.search(r"output layer|last layer", words):
        found.add(depth)
    if re.search(r"first (hidden )?layer", words):
        found.add(1)
    if re.search(r"hidden layers|all hidden", words):
        found |= set(range(1, max(depth, 2)))
    if re.search(r"both layers|all layers|every layer", words):
        found |= set(range(1, depth + 1))
    found |= {int(number) for number in re.findall(r"layer (\d+)", words)}
    if found and "input" in words:
        found.add(0)
    return frozenset(found)

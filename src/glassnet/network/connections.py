"""Which inputs each unit of a layer sees, where that is not all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue


@dataclass(frozen=True)
class Blocks:
    """Group k of a layer's units sees group k of its inputs, and nothing else: W is block-diagonal.

    Groups are consecutive. The other weights are 0 and stay 0: they have no gradient, and no
    penalty, decay or optimizer moves them. Initializers draw each block for itself, so that n_in
    and n_out are those of the block.

    Parameters
    ----------
    inputs, units : sequence of int ≥ 1
        The sizes of the groups, as many of the one as of the other; they sum to n_{l−1} and to n_l.

    Raises
    ------
    InvalidValue
        If a size is no positive integer, or the groups are not as many.

    Examples
    --------
    Levels of two categorical columns, one-hot: 3 of them become 2 numbers, 2 become 1.

    >>> layer_1 = Blocks(inputs=(3, 2), units=(2, 1))
    >>> layer_1.mask().astype(int).tolist()
    [[1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]
    >>> Blocks.alike(3, units=4) == Blocks((1, 1, 1), (4, 4, 4))
    True
    """

    inputs: Sequence[int]
    units: Sequence[int]

    name = "blocks"

    def __post_init__(self) -> None:
        for name in ("inputs", "units"):
            object.__setattr__(self, name, _sizes(name, getattr(self, name)))
        if len(self.inputs) != len(self.units):
            raise InvalidValue(
                "Blocks must have as many groups of inputs as of units; got "
                f"{len(self.inputs)} and {len(self.units)}."
            )

    @classmethod
    def alike(cls, groups: int, *, inputs: int = 1, units: int = 1) -> Blocks:
        """So many groups of one size."""
        return cls((inputs,) * groups, (units,) * groups)

    @property
    def count(self) -> int:
        """How many weights there are, those that stay 0 left out."""
        return sum(n_in * n_out for n_in, n_out in zip(self.inputs, self.units, strict=True))

    def pieces(self) -> Iterable[tuple[slice, slice]]:
        """The columns of inputs and of units of each group."""
        ends = np.cumsum(self.inputs), np.cumsum(self.units)
        for k, (n_in, n_out) in enumerate(zip(self.inputs, self.units, strict=True)):
            stop_in, stop_out = int(ends[0][k]), int(ends[1][k])
            yield slice(stop_in - n_in, stop_in), slice(stop_out - n_out, stop_out)

    def mask(self) -> Array:
        """1 where a unit sees an input, 0 elsewhere.  -> (n_l, n_{l−1}) float64"""
        found = np.zeros((sum(self.units), sum(self.inputs)))
        for inputs, units in self.pieces():
            found[units, inputs] = 1.0
        return found


def _sizes(name: str, values: Any) -> tuple[int, ...]:
    made = tuple(values) if isinstance(values, Iterable) else ()
    whole = all(hasattr(n, "__index__") and not isinstance(n, bool) and n >= 1 for n in made)
    if not made or not whole:
        raise InvalidValue(f"{name} of Blocks must be sizes, positive integers; got {values!r}.")
    return tuple(int(n) for n in made)

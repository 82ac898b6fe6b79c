"""A number as several columns: itself, scaled, and how far it has come through each bin.

A network learns steps and bends of a single column slowly; bins give each stretch its own weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Array
from glassnet.data.rule_numbers import RuleNumbers
from glassnet.data.rules import Encoded, numbers_of
from glassnet.data.scales import SCALES, Scale
from glassnet.data.scaling import require_finite
from glassnet.data.tables import Column
from glassnet.files.fields import fields, flag, text, whole


@dataclass(frozen=True)
class BinnedRule:
    """x scaled, then min(max((x − lo) / (hi − lo), 0), 1) for each bin, then [x > edge].

    Parameters
    ----------
    name : str
    scale : Robust, Standard or Quantile
        Its ``middle`` stands where the value is missing.
    edges : tuple of float
        Of the bins, ascending: a bin lies between each two neighbours. None or one: no bins.
    indicator : bool
        Whether the last column is 1 where x is missing.
    infinite : bool, default False
        Whether infinities are missing values; else they are refused.
    steps : bool, default False
        Whether there is a column for each edge between two bins, 1 where x lies above it.

    References
    ----------
    The bins: Gorishniy, Rubachev & Babenko (2022), On embeddings for numerical features, eq. 1.

    Examples
    --------
    >>> from glassnet.data.scales import Robust
    >>> rule = BinnedRule("size", Robust(2.0, 1.0), (0.0, 2.0, 4.0), False)
    >>> out = np.empty((3, 3))
    >>> rule.fill(Column("size", "numeric", np.array([2.0, 3.0, 99.0])), out, Encoded(out))
    >>> out.round(2)
    array([[0.  , 1.  , 0.  ],
           [0.95, 1.  , 0.5 ],
           [3.  , 1.  , 1.  ]])
    """

    kind: ClassVar[str] = "numeric"

    name: str
    scale: Scale
    edges: tuple[float, ...]
    indicator: bool
    infinite: bool = False
    steps: bool = False

    @classmethod
    def of(
        cls,
        column: Column,
        bins: int,
        *,
        scaling: str = "robust",
        infinite: bool = False,
        steps: bool = False,
        edges: tuple[float, ...] | None = None,
    ) -> BinnedRule:
        """Learn the rule of a column of numbers.

        Up to ``bins`` bins end at quantiles; of few different values each is an end of a bin. Bins
        with given ``edges`` end at those.

        Raises
        ------
        InvalidValue
            If a value is infinite, and that is not the same as missing.

        Examples
        --------
        >>> BinnedRule.of(Column("n", "numeric", np.array([0.0, 1.0, 1.0, 5.0])), 16).edges
        (0.0, 1.0, 5.0)
        """
        values = _known(column.name, numbers_of(column), infinite=infinite)
        missing = np.isnan(values)
        known = values[~missing]
        scale = SCALES[scaling].of(known)
        ends = _edges(known, bins) if edges is None else edges
        return cls(column.name, scale, ends, bool(missing.any()), infinite, steps)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        names = [self.name]
        names += [f"{self.name} from {lo:.6g} to {hi:.6g}" for lo, hi in pairwise(self.edges)]
        names += [f"{self.name} > {edge:.6g}" for edge in self.stairs]
        return (*names, f"{self.name} is missing") if self.indicator else tuple(names)

    @property
    def stairs(self) -> tuple[float, ...]:
        """The edges that have a column of 0 and 1: those between two bins."""
        return self.edges[1:-1] if self.steps else ()

    def fill(self, column: Column, out: Array, seen: Encoded) -> None:
        """Encode into ``out`` (n, columns), and note what had to be replaced."""
        missing = self.put(numbers_of(column), out)
        if missing.any() and not self.indicator:
            seen.imputed[self.name] = int(missing.sum())

    def put(self, values: Array, out: Array) -> Array:
        """Encode numbers, nan for missing, into ``out``.  (n,) -> which are missing, (n,) bool"""
        values = _known(self.name, values, infinite=self.infinite)
        missing = np.isnan(values)
        x = np.where(missing, self.scale.middle, values)
        # Sums, products, quotients and roots alone: each row gets the same bits as in any batch.
        out[:, 0] = self.scale.scaled(self.name, x)
        with np.errstate(over="ignore"):
            for j, (low, high) in enumerate(pairwise(self.edges), 1):
                out[:, j] = np.clip((x - low) / (high - low), 0.0, 1.0)
        for j, edge in enumerate(self.stairs, max(len(self.edges), 1)):
            out[:, j] = x > edge
        if self.indicator:
            out[:, -1] = missing
        return missing

    def entry(self, numbers: RuleNumbers) -> dict[str, Any]:
        """What a header says of it; its numbers go into arrays."""
        entry = {"name": self.name, "kind": "binned", "indicator": self.indicator}
        entry |= {"edges": len(self.edges)} | self.scale.entry(numbers)
        numbers.add("edges", *self.edges)
        more = {"infinite": self.infinite, "steps": self.steps}
        return entry | {name: True for name, holds in more.items() if holds}

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any], numbers: RuleNumbers) -> BinnedRule:
        """Rebuild it; ValueError, TypeError or KeyError if it is none."""
        more: dict[str, Any] = {"scaling": "robust", "infinite": False, "steps": False}
        held = more | fields(
            entry,
            ("name", "kind", "indicator", "edges"),
            "a column of bins",
            optional=("thresholds", *more),
        )
        name, _ = text(held, "name"), text(held, "kind", ("binned",))
        scale = SCALES[text(held, "scaling", SCALES)].of_entry(held, numbers)
        edges = numbers.take("edges", whole(held, "edges"))
        if any(not 0 < high - low < np.inf for low, high in pairwise(edges)):
            raise ValueError(f"the bins of {name!r} do not ascend")
        flags = (flag(held, one) for one in ("indicator", "infinite", "steps"))
        return cls(name, scale, edges, *flags)


def _known(name: str, values: Array, *, infinite: bool) -> Array:
    """The values, infinities refused or missing."""
    if not infinite:
        require_finite(name, values)
        return values
    far = np.isinf(values)
    return np.where(far, np.nan, values) if far.any() else values


def _edges(values: Array, bins: int) -> tuple[float, ...]:
    """Ends of the bins; none where one value is all there is."""
    different = np.unique(values)
    with np.errstate(over="ignore", invalid="ignore"):
        if len(different) > bins + 1:
            different = np.unique(np.quantile(values, np.linspace(0.0, 1.0, bins + 1)))
        plain = len(different) > 1 and bins > 0 and np.isfinite(different[-1] - different[0])
    return tuple(different.tolist()) if plain else ()

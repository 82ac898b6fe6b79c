"""How textbooks show the same numbers: a sample per row or per column, 1/m in δ or in dW."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from glassnet.errors import InvalidValue

if TYPE_CHECKING:
    from glassnet.inspection.trace import Trace

# Arrays with a sample per row; vectors of a layer; those with the 1/m in them.
PER_SAMPLE = ("a", "z", "z_tilde", "x_hat", "fired", "mask", "da", "delta")
PER_UNIT = (
    "b", "gamma", "beta", "kappa", "mean", "variance", "db", "dgamma", "dbeta", "dkappa",
)  # fmt: skip
WITH_MEAN = ("da", "delta")


@dataclass(frozen=True)
class View:
    """``samples`` is "rows" or "columns"; ``mean`` says where 1/m stands, "delta" or "dW".

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> View("columns").mean
    'delta'
    """

    samples: str = "rows"
    mean: str = "delta"

    def __post_init__(self) -> None:
        if self.samples not in ("rows", "columns"):
            raise InvalidValue(f'samples must be "rows" or "columns"; got {self.samples!r}.')
        if self.mean not in ("delta", "dW"):
            raise InvalidValue(f'mean must be "delta" or "dW"; got {self.mean!r}.')

    @property
    def columns(self) -> bool:
        """Whether a sample is a column."""
        return self.samples == "columns"


def viewed(trace: Trace, view: View) -> Trace:
    """A trace in rows as the view shows it.

    Examples
    --------
    >>> import glassnet as gn
    >>> t = gn.trace(gn.Network(2, [gn.Dense(3, "tanh")]), [[1, 2]])
    >>> viewed(t, View("columns")).a[1].shape
    (3, 1)
    """
    if view == trace.view:
        return trace
    changed: dict[str, Any] = {}
    if view.mean == "dW":
        changed |= {name: _each(getattr(trace, name), trace.rows) for name in WITH_MEAN}
    if view.columns:
        for name in PER_SAMPLE:
            changed[name] = _turned(changed.get(name, getattr(trace, name)))
        for name in PER_UNIT:
            changed[name] = _stood_up(getattr(trace, name))
        changed["y"] = None if trace.y is None else trace.y.T
    return replace(trace, **changed, view=view, source=trace)


def _each(arrays: list[Any] | None, m: int) -> list[Any] | None:
    return arrays and [None if array is None else _fixed(array * m) for array in arrays]


def _turned(arrays: list[Any] | None) -> list[Any] | None:
    return arrays and [None if array is None else array.T for array in arrays]


def _stood_up(arrays: list[Any] | None) -> list[Any] | None:
    return arrays and [None if array is None else array[:, None] for array in arrays]


def _fixed(array: Any) -> Any:
    array.flags.writeable = False
    return array

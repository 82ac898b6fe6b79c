"""The chain rule written out for one sample, with its numbers in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.differences import relative_error
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection.chain import Chain, chain
from glassnet.inspection.derivation_lines import Lines, Section
from glassnet.inspection.derivation_print import WIDTH, as_html, as_latex, as_text
from glassnet.inspection.derivation_words import remarks
from glassnet.inspection.looking import Looked, in_float64, look_at
from glassnet.inspection.numerals import numeral
from glassnet.inspection.numerical import STEP, numerical_derivatives
from glassnet.inspection.script import LATEX, TEXT, Script
from glassnet.inspection.wanted import Wanted, wanted
from glassnet.network.network import Network

Format = Literal["text", "latex", "html"]


@dataclass(frozen=True, eq=False, repr=False)
class Derivation:
    """The chain rule of one sample in writing. Made by :func:`derive`; ``print`` it.

    Attributes
    ----------
    value, numerical : float, or dict of arrays by block
        The derivative by the chain rule, and by a numerical difference of J, where one entry was
        asked for. Otherwise both hold every block asked for, as in ``value["W[1]"]``. A numerical
        difference whose step would cross a kink is nan.
    chain : Chain
        All numbers of the sample.
    wrt : str
        What was asked for.
    format : "text", "latex" or "html"
        What ``str`` gives.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> found = gn.derive(net, [2.0], 3.0, wrt="W[1][0,0]")
    >>> found.value, round(found.numerical, 9)
    (-6.0, -6.0)
    """

    chain: Chain
    asked: tuple[Wanted, ...]
    value: Any
    numerical: Any
    remarks: tuple[str, ...]
    title: str
    wrt: str
    format: Format = "text"
    digits: int = 4

    @property
    def relative_error(self) -> float:
        """‖g − ĝ‖ / (‖g‖ + ‖ĝ‖) of both, where there is a numerical one; nan where there is none.

        Differences below 10⁻¹⁰ of the cost, which is what rounding leaves of a numerical one, count
        as none.
        """
        mine, other = _flat(self.value), _flat(self.numerical)
        seen = ~np.isnan(other)
        if not seen.any():
            return float("nan")
        if np.abs(mine - other)[seen].max() <= 1e-10 * (1 + abs(self.chain.J)):
            scale = np.abs(mine[seen]).max()
            return relative_error(mine[seen], other[seen]) if scale > 1e-6 else 0.0
        return relative_error(mine[seen], other[seen])

    def sections(self, script: Script = TEXT) -> list[Section]:
        """The lines, in text or LaTeX, under their headings."""
        return Lines(self.chain, script, self.digits).sections(self.asked)

    def verdict(self) -> str:
        """What the numerical difference says, in words."""
        values, others = _flat(self.value), _flat(self.numerical)
        left_out = int(np.isnan(others).sum())
        if left_out == values.size:
            return "No numerical difference: its step would cross a kink."
        error = self.relative_error
        words = (
            f"by the chain rule {numeral(values[0], 10)}, numerically {numeral(others[0], 10)}"
            if values.size == 1
            else f"{values.size:,} derivatives"
        )
        why = f"; {left_out:,} not taken (a kink within the step, or too many to try)"
        note = why if left_out else ""
        same = "equal" if error <= 1e-6 else "NOT equal"
        step = numeral(STEP)
        return (
            f"Numerical difference (four points, step {step}): {words}; relative difference "
            f"{numeral(error, 2)}: {same}{note}."
        )

    def to_text(self, width: int = WIDTH) -> str:
        """The derivation as plain text; a line longer than ``width`` letters goes step by step."""
        return as_text(self, width)

    def to_latex(self) -> str:
        r"""The derivation as LaTeX: an ``align*`` a section, for amsmath."""
        return as_latex(self, self.sections(LATEX))

    def to_html(self) -> str:
        """The derivation as one element of HTML with a style of its own."""
        return as_html(self)

    def __str__(self) -> str:
        """Write it in its format."""
        return {"text": self.to_text, "latex": self.to_latex, "html": self.to_html}[self.format]()

    def __repr__(self) -> str:
        """Say what it is in one line."""
        if isinstance(self.value, float):
            return f"Derivation(∂J/∂{self.wrt} = {self.value:.10g})"
        return f"Derivation(∂J/∂ of {', '.join(self.value)})"

    def __rich__(self) -> str:
        """Show its text on rich's console."""
        return self.to_text().replace("[", r"\[")

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        return self.to_html()


def derive(
    net: Any,
    x: Any,
    y: Any,
    wrt: Any = None,
    format: Format = "text",  # the word of the field for it
    *,
    digits: int = 4,
) -> Derivation:
    """Write the chain rule out for one sample: in symbols, then with this network's numbers.

    The numbers are computed here, vector by vector and in float64, as in prediction: batch norm
    stands on its running statistics, dropout is off. They equal the gradient of the engine, and a
    numerical difference of J stands at the end to prove it.

    Parameters
    ----------
    net : Network or fitted estimator
    x : (n₀,) or (1, n₀)
        One sample, or a frame of one row.
    y : number, label or (n_L,)
        Its target.
    wrt : str, int or None
        ``"W[1][2,3]"``, ``"b[1][2]"``, ``"gamma[1][0]"``, ``"beta[1][0]"`` or ``"x[3]"`` for one
        derivative; ``"W[1]"`` or ``"x"`` for a block; an int for a layer; None for all layers.
    format : "text", "latex" or "html"
        What ``str`` and ``print`` give; notebooks show HTML in any case.
    digits : int ≥ 1
        Significant digits of the numbers.

    Returns
    -------
    Derivation

    Raises
    ------
    InvalidValue, ShapeMismatch
        If there are several samples, no target, or no such parameter.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(2, "relu"), gn.Dense(1, "identity")], seed=0)
    >>> print(derive(net, [1.0, 2.0], 3.0, wrt="W[1][1,0]"))  # doctest: +ELLIPSIS
    The chain rule for ∂J/∂W[1][1, 0]
    Network(2-2-1; relu, identity; squared_error; 9 parameters), one sample
    ...
    back · layer 1, relu
      δ[1][i] = (Σₖ δ[2][k] · W[2][k, i]) · (1 where z[1][i] > 0, 0 else)
      δ[1][1] = ...
    """
    if format not in ("text", "latex", "html"):
        raise InvalidValue(f'format must be "text", "latex" or "html"; got {format!r}.')
    if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
        raise InvalidValue(f"digits must be a positive integer; got {digits!r}.")
    looked = _one(net, x, y)
    spec, state = looked.net.specification, in_float64(looked.net.state)
    asked = wanted(spec, wrt)
    row, target = _dense(looked.x)[0], np.asarray(looked.y, np.float64)[0]
    found = chain(spec, state, row, target)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        numerical = numerical_derivatives(spec, state, row, target, asked)
    values = {str(each): _of(found, each) for each in asked}
    single = len(asked) == 1 and (asked[0].index or _flat(values).size == 1)
    only = next(iter(values))
    return Derivation(
        found,
        asked,
        float(_flat(values)[0]) + 0.0 if single else values,  # −0 is 0
        float(_flat(numerical)[0]) if single else numerical,
        remarks(looked.net),
        f"{looked.net!r}, one sample",
        only if len(asked) == 1 else "all layers" if wrt is None else f"layer {wrt}",
        format,
        digits,
    )


def _one(net: Any, x: Any, y: Any) -> Looked:
    """The one sample, checked."""
    if y is None:
        raise InvalidValue("derive needs the sample's target y, since J is made with it; got None.")
    rows = x if hasattr(x, "columns") or hasattr(x, "tocsr") else np.asarray(x)
    if len(rows.shape) < 2:
        rows = np.reshape(rows, (1, -1))
    if len(rows.shape) == 2 and rows.shape[0] != 1:
        raise ShapeMismatch(
            f"derive takes one sample; x has shape {tuple(rows.shape)}. "
            "Give one row of each: derive(net, X[0], y[0])."
        )
    target = np.asarray(y)
    outputs = net.units[net.depth] if isinstance(net, Network) else 0
    if target.ndim == 0 or (target.ndim == 1 and outputs != 1 and len(target) > 1):
        target = target[None]
    return look_at(net, rows, target)


def _dense(x: Array) -> Array:
    return np.asarray(x.toarray() if hasattr(x, "toarray") else x, dtype=np.float64)


def _of(found: Chain, each: Wanted) -> Any:
    block = found.dx if each.name == "x" else getattr(found.gradient, each.name)[each.layer]
    return np.asarray(block[each.index])


def _flat(values: Any) -> Array:
    if isinstance(values, dict):
        return np.concatenate([np.ravel(value) for value in values.values()])
    return np.ravel(np.asarray(values, dtype=np.float64))

"""The factors of an error δ in writing: through the loss, through φ, through batch norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.chain import Chain
from glassnet.inspection.formulas import WRITTEN, written
from glassnet.inspection.loss_formulas import WRITTEN_LOSSES, written_loss
from glassnet.inspection.numerals import grid, matrix_latex
from glassnet.inspection.script import Script, Text, wrapped
from glassnet.network.contracts import Elementwise

MOST_TERMS, MOST_UNITS = 6, 6


class Factors:
    """Writes the factors of one chain's errors in one script, in symbols or in numbers.

    Examples
    --------
    >>> from glassnet.inspection.chain import chain
    >>> from glassnet.inspection.script import TEXT
    >>> from glassnet.network.layers import Dense
    >>> from glassnet.network.specification import Specification
    >>> from glassnet.network.state import State
    >>> spec = Specification(1, (Dense(1, "identity"),))
    >>> c = chain(spec, State(np.array([2.0, 1.0])), np.ones(1), np.zeros(1))
    >>> of = Factors(c, TEXT, 4)
    >>> of.output(1, 0, symbols=True), of.output(1, 0, symbols=False)
    ('a[1][i] − y[i]', '3 − 0')
    """

    def __init__(self, c: Chain, script: Script, digits: int) -> None:
        self.c, self.s, self.digits = c, script, digits

    def number(self, value: float) -> str:
        """A number that stands by itself."""
        return self.s.number(value, self.digits)

    def factor(self, value: float) -> str:
        """A number within a product."""
        return self.s.factor(value, self.digits)

    def vector(self, values: Array) -> str:
        """A vector's numbers, or a matrix's rows."""
        array = np.asarray(values)
        if not isinstance(self.s, Text):
            stood_up = array[:, None] if array.ndim == 1 else array
            return matrix_latex(
                grid(stood_up, rows=MOST_UNITS, columns=MOST_UNITS, digits=self.digits)
            )
        cells = grid(array, rows=MOST_UNITS, columns=MOST_UNITS, digits=self.digits)
        rows = [f"[{'  '.join(row)}]" for row in cells]
        return rows[0] if len(rows) == 1 else f"[{', '.join(rows)}]"

    def total(self, terms: Sequence[str]) -> str:
        """A sum written out; of many terms the first ones and the last."""
        if len(terms) <= MOST_TERMS:
            return self.s.plus(list(terms))
        few = [*terms[: MOST_TERMS - 2], self.s.ellipsis, terms[-1]]
        return self.s.plus(few) + self.s.words(f"  ({len(terms)} terms)")

    def tilde_y(self) -> str:
        """The name of targets after label smoothing."""
        return "ỹ" if isinstance(self.s, Text) else r"\tilde y"

    def head(self, i: int) -> tuple[Any, int]:
        """The head of an output and the number of its first."""
        start = 0
        for head in self.c.spec.heads:
            if i < start + head.units:
                return head, start
            start += head.units
        raise IndexError(i)

    def inner(self, l: int, i: int | str) -> str:
        """What enters φ: z̃ with batch norm, z without."""
        return self.s.name("z_tilde" if self.c.spec.layer(l).batch_norm else "z", l, i)

    def norm(self, l: int, i: int | str) -> str:
        """The factor of batch norm, γ / √(σ² + ε)."""
        s, c = self.s, self.c
        if isinstance(i, str):
            epsilon = "ε" if isinstance(s, Text) else r"\epsilon"
            below = s.root(f"{s.name('variance', l, i)} + {epsilon}")
            return s.over(s.name("gamma", l, i), below)
        return s.over(self.factor(c.blocks.gamma[l][i]), self.factor(c.spread[l][i]))

    def through(self, l: int, g: str, i: int | None) -> str:
        """An error g passed back through φ of a hidden layer; ``i`` None: in symbols."""
        s, c, phi = self.s, self.c, self.c.spec.phi[l]
        at: int | str = "i" if i is None else i
        symbol = "fired" if c.spec.layer(l).residual else "a"
        a = s.name(symbol, l, "i") if i is None else self.factor(c.fired[l][i])
        if phi.name == "softmax":
            total = self.factor(float(c.da[l] @ c.fired[l]))
            return self._softmax(l, g, a, None if i is None else total)
        if not isinstance(phi, Elementwise):
            return self._mixed(l) if i is None else self.number(float(c.into[l][i]))
        z = self.inner(l, at) if i is None else self.factor(c.z_tilde[l][i])
        if c.blocks.kappa[l] is not None:
            return s.product(g, self._blended_slope(phi, z, l, i))
        return g if phi.name == "identity" else s.product(g, self._slope(phi, z, a, l, i))

    def _blended_slope(self, phi: Any, z: str, l: int, i: int | None) -> str:
        """1 + κ (φ′ − 1)."""
        s, kappa = self.s, self.c.blocks.kappa[l]
        if i is None:
            a, share = wrapped(written(phi).value(s, phi, z, None)), s.name("kappa", l, "i")
        else:
            at = self.c.z_tilde[l][i : i + 1][None]
            a, share = self.factor(float(phi.value(at)[0, 0])), self.factor(float(kappa[i]))
        slope = self._slope(phi, z, a, l, i)
        return f"(1 + {s.product(share, f'({wrapped(slope)} {s.minus} 1)')})"

    def _mixed(self, l: int) -> str:
        """An error back through a φ that mixes the units, in symbols."""
        s = self.s
        da, a, z = s.name("da", l, "k"), s.name("a", l, "k"), self.inner(l, "i")
        partial = "∂" if isinstance(s, Text) else r"\partial "
        slope = f"∂{a}/∂{z}" if isinstance(s, Text) else s.over(partial + a, partial + z)
        return s.total("k") + s.product(da, slope)

    def _slope(self, phi: Any, z: str, a: str, l: int, i: int | None) -> str:
        """φ′; of a user's own φ there is no formula to put numbers in, so its value."""
        if i is None:
            return written(phi).slope(self.s, phi, z, a, None)
        at = slice(i, i + 1)
        here = self.c.z_tilde[l][at]
        fired = self.c.fired[l][at] if self.c.blocks.kappa[l] is None else phi.value(here[None])[0]
        if phi.name not in WRITTEN:
            return self.factor(float(phi.derivative(here[None], fired[None])[0, 0]))
        return written(phi).slope(self.s, phi, z, a, int(np.sign(here[0])))

    def _softmax(self, l: int, g: str, a: str, total: str | None) -> str:
        """a (g − Σ g a): in symbols, or with the sum as a number."""
        s = self.s
        if total is None:
            inner = s.product(s.name("da", l, "k"), s.name("a", l, "k"))
            g, total = s.name("da", l, "i"), s.total("k") + inner
        return s.product(a, f"({wrapped(g)} {s.minus} {total})")

    def output(self, l: int, i: int, *, symbols: bool) -> str:
        """∂ℓ/∂z̃ at the output, by the route that fits the loss and φ."""
        s, c = self.s, self.c
        head, first = self.head(i)
        loss, phi = head.loss, head.activation
        one = "i" if symbols else i
        a = s.name("a", l, "i") if symbols else self.factor(c.a[l][i])
        z = self.inner(l, one) if symbols else self.factor(c.z_tilde[l][i])
        y = self.target_name("i") if symbols else self.factor(c.smoothed[i])
        if len(c.spec.heads) > 1 and symbols:
            return s.words("∂ℓ/∂z of its head")
        side = None if symbols else self.side(loss, float(c.a[l][i] - c.y[i]))
        slope = written_loss(loss).slope(s, loss, a, y, side)
        if not symbols and loss.name not in WRITTEN_LOSSES:
            slope = self.factor(float(c.da[l][i]) / head.scale)
        if phi.name == loss.partner and written_loss(loss).meets:
            body = self._meets(a, y, first, head.units, loss)
        elif phi.name in (loss.partner, "identity"):
            body = slope
        elif phi.name == "softmax":
            part = slice(first, first + head.units)
            total = self.factor(float(c.da[l][part] @ c.a[l][part]) / head.scale)
            body = self._softmax(l, slope, a, None if symbols else total)
        elif not isinstance(phi, Elementwise):
            body = self._mixed(l) if symbols else self.number(float(c.into[l][i]) / head.scale)
        else:
            body = s.product(slope, self._slope(phi, z, a, l, None if symbols else i))
        return s.product(self.factor(head.scale), body) if head.scale != 1 else body

    def _meets(self, a: str, y: str, first: int, units: int, loss: Any) -> str:
        """a − y; times Σy, where a cross-entropy's targets do not sum to 1."""
        total = float(self.c.smoothed[first : first + units].sum())
        if loss.name == "cross_entropy" and abs(total - 1) > 1e-9:
            a = self.s.product(a, self.factor(total))
        return f"{a} {self.s.minus} {y}"

    def target_name(self, i: int | str) -> str:
        """An entry of y, or of ỹ after label smoothing."""
        if np.array_equal(self.c.y, self.c.smoothed):
            return self.s.name("y", None, i)
        return self.tilde_y() + (f"[{i}]" if isinstance(self.s, Text) else f"_{{{i}}}")

    @staticmethod
    def side(loss: Any, r: float) -> int:
        """On which side of the loss's kinks a residual is: −1, 0 or 1."""
        t = getattr(loss, "threshold", None)
        if t is None:
            return int(np.sign(r))
        return 0 if abs(r) <= t else int(np.sign(r))

    def left(self, name: str, l: int, i: int | str) -> str:
        """δ, or ∂J/∂z̃ where batch norm stands between the two."""
        if name == "delta":
            return self.s.name("delta", l, i)
        below = self.s.name("z_tilde", l, i)
        return (
            f"∂J/∂{below}"
            if isinstance(self.s, Text)
            else rf"\frac{{\partial J}}{{\partial {below}}}"
        )

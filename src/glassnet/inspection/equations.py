"""The equation that made each array of a trace, in its view, as text or as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.inspection.formulas import written
from glassnet.inspection.loss_formulas import written_loss
from glassnet.inspection.script import Script, Text, wrapped
from glassnet.network.penalties import L1, L2
from glassnet.network.summaries import activation_name, loss_name

if TYPE_CHECKING:
    from glassnet.inspection.trace import Trace


CONNECTED = "(1 where connected, else 0)"


class Equations:
    """The right-hand sides of one trace in one script.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.inspection.script import TEXT
    >>> net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")])
    >>> of = Equations(gn.trace(net, [[1, 2]], [3]), TEXT)
    >>> of.right("z", 2), of.right("delta", 1)
    ('a[1] W[2]ᵀ + b[2]', '∂J/∂a[1] ⊙ (1 − a[1]²)')
    """

    def __init__(self, trace: Trace, script: Script) -> None:
        self.trace, self.s = trace, script
        self.spec, self.columns = trace.specification, trace.view.columns

    def left(self, name: str, l: int) -> str:
        """The quantity itself; the derivative by the input is that by x, where nothing scales x."""
        if name == "da" and l == 0 and self.spec.input_stage is None:
            return self.s.name("dx")
        return self.s.name(name, l)

    def right(self, name: str, l: int) -> str:
        """What it is equal to; nothing where it is given."""
        return getattr(self, f"_{name}", lambda _: "")(l)

    def _a(self, l: int) -> str:
        if l == 0:
            stage = self.spec.input_stage
            x = self.s.name("x")
            return x if stage is None else self.s.function(stage.name, x)
        residual = self.spec.layer(l).residual
        value = self.s.name("fired", l) if residual else self._phi(l)
        if self.trace.mask[l] is not None:
            value = self._had(self.s.name("fired", l), self.s.name("mask", l))
        return f"{value} + {self.s.name('a', l - 1)}" if residual else value

    def _fired(self, l: int) -> str:
        return self._phi(l)

    def _phi(self, l: int) -> str:
        phi = self.spec.phi[l]
        if phi.name == "joint":
            return self.s.words(f"{activation_name(self.spec.layer(l))} of ") + self._inner(l)
        inner = self._inner(l)
        value = written(phi).value(self.s, phi, inner, None)
        if self.spec.layer(l).kappa is None:
            return value
        rest = f"({value} {self.s.minus} {inner})"
        return f"{inner} + {self._had(self.s.name('kappa', l), rest)}"

    def _inner(self, l: int) -> str:
        return self.s.name("z_tilde" if self.spec.layer(l).batch_norm else "z", l)

    def _z(self, l: int) -> str:
        a, W = self.s.name("a", l - 1), self.s.name("W", l)
        product = f"{W} {a}" if self.columns else f"{a} {self.s.transposed(W)}"
        return f"{product} + {self.s.name('b', l)}" if self.spec.layer(l).bias else product

    def _batch_statistics(self, l: int) -> bool:
        return self.trace.training and not self.spec.layer(l).frozen

    def _mean(self, l: int) -> str:
        if not self._batch_statistics(l):
            return self.s.words("the running mean")
        return f"{self._mean_of_rows}{self.s.name('z', l, 'i')}"

    def _variance(self, l: int) -> str:
        if not self._batch_statistics(l):
            return self.s.words("the running variance")
        away = f"({self.s.name('z', l, 'i')} {self.s.minus} {self.s.name('mean', l)})"
        return f"{self._mean_of_rows}{self.s.square(away)}"

    @property
    def _equal(self) -> bool:
        """Whether all rows weigh the same."""
        return bool((self.trace.w == self.trace.w[0]).all())

    @property
    def _mean_of_rows(self) -> str:
        weight = self._one_over_m if self._equal else f"{self.s.name('w', None, 'i')} "
        total = self.s.total("i")
        return f"{weight}{total}" if self._equal else f"{total}{weight}"

    @property
    def _one_over_m(self) -> str:
        """The factor 1/m, ready to stand before a product; nothing for one row."""
        if self.trace.rows == 1:
            return ""
        return "1/m " if isinstance(self.s, Text) else r"\tfrac1m "

    def _root(self, l: int) -> str:
        epsilon = "ε" if isinstance(self.s, Text) else r"\epsilon"
        return self.s.root(f"{self.s.name('variance', l)} + {epsilon}")

    def _x_hat(self, l: int) -> str:
        z, mean = self.s.name("z", l), self.s.name("mean", l)
        return self.s.over(f"{z} {self.s.minus} {mean}", self._root(l))

    def _z_tilde(self, l: int) -> str:
        scaled = self._had(self.s.name("gamma", l), self.s.name("x_hat", l))
        return f"{scaled} + {self.s.name('beta', l)}"

    def _mask(self, l: int) -> str:
        rate = self.spec.layer(l).dropout
        kept = self.s.number(1 / (1 - rate))
        return self.s.words(f"0 or 1/(1 − {rate:g}) = ").replace("−", self.s.minus) + kept

    def _da(self, l: int) -> str:
        if l == self.trace.depth:
            return f"{self._row_weight}{wrapped(self._loss_slope())}"
        W, delta = self.s.name("W", l + 1), self.s.name("delta", l + 1)
        made = f"{self.s.transposed(W)} {delta}" if self.columns else f"{delta} {W}"
        return f"{made} + {self.s.name('da', l + 1)}" if self.spec.layer(l + 1).residual else made

    def _loss_slope(self) -> str:
        loss, L = self.spec.loss, self.trace.depth
        if loss.name == "joint":
            return self.s.words(f"∂ℓ/∂a of {loss_name(self.spec)}")
        return written_loss(loss).slope(self.s, loss, self.s.name("a", L), self._target(), None)

    def _target(self) -> str:
        smoothed = getattr(self.spec.loss, "label_smoothing", 0.0)
        y = self.s.name("y")
        if not smoothed:
            return y
        return "ỹ" if isinstance(self.s, Text) else r"\tilde y"

    @property
    def _row_weight(self) -> str:
        """What a row of δ[L] is multiplied with: 1/m or its weight; m times that in view "dW"."""
        dW = self.trace.view.mean == "dW"
        if self._equal:
            return "" if dW else self._one_over_m
        w = self.s.name("w")
        return f"m {w}{self.s.hadamard}" if dW else f"{w}{self.s.hadamard}"

    def _delta(self, l: int) -> str:
        g = self._into_z_tilde(l)
        if self.spec.layer(l).batch_norm is None:
            return g
        factor = self.s.over(self.s.name("gamma", l), self._root(l))
        if not self._batch_statistics(l):
            return self._had(factor, "g") + self._where_g(g)
        weight = self.s.name("w") if self._equal is False else self._one_over_m.strip()
        if self.trace.view.mean == "dW":
            weight = "m w" if not self._equal else ""
        inner = self._had(self.s.name("x_hat", l), self.s.name("dgamma", l))
        taken = f"({self.s.name('dbeta', l)} + {inner})"
        taken = f"{weight} {taken}" if weight else taken
        return self._had(factor, f"(g {self.s.minus} {taken})") + self._where_g(g)

    def _where_g(self, g: str) -> str:
        return f",  g = {g}" if isinstance(self.s, Text) else rf",\quad g = {g}"

    def _into_z_tilde(self, l: int) -> str:
        """∂J/∂z̃: through the loss or the layer above, dropout and φ."""
        phi = self.spec.phi[l]
        if l == self.trace.depth and phi.name == self.spec.loss.partner:
            return self._through_partner(l)
        g = self.s.name("da", l)
        if self.trace.mask[l] is not None:
            g = self._had(g, self.s.name("mask", l))
        apart = self.trace.mask[l] is not None or self.spec.layer(l).residual
        a = self.s.name("fired" if apart else "a", l)
        if phi.name == "softmax":
            inner = f"({self.s.total('k')}{self._had(g, a)})"
            return self._had(a, f"({g} {self.s.minus} {inner})")
        slope = self._slope(phi, a, l)
        return g if slope == "1" else self._had(g, wrapped(slope))

    def _slope(self, phi: Any, a: str, l: int) -> str:
        inner = self._inner(l)
        if self.spec.layer(l).kappa is None:
            return written(phi).slope(self.s, phi, inner, a, None)
        value = wrapped(written(phi).value(self.s, phi, inner, None))
        slope = wrapped(written(phi).slope(self.s, phi, inner, value, None))
        rest = f"({slope} {self.s.minus} 1)"
        return f"1 + {self._had(self.s.name('kappa', l), rest)}"

    def _dkappa(self, l: int) -> str:
        g = self.s.name("da", l)
        if self.trace.mask[l] is not None:
            g = self._had(g, self.s.name("mask", l))
        inner, phi = self._inner(l), self.spec.phi[l]
        value = written(phi).value(self.s, phi, inner, None)
        away = f"({value} {self.s.minus} {inner})"
        return f"{self._divided}{self.s.total('i')}{self._had(g, away)}"

    def _through_partner(self, l: int) -> str:
        loss = self.spec.loss
        if loss.name == "joint":
            return self._row_weight + self.s.words(f"∂ℓ/∂z of {loss_name(self.spec)}")
        if written_loss(loss).meets:
            error = f"{self.s.name('a', l)} {self.s.minus} {self._target()}"
        else:
            error = self._loss_slope()
        return f"{self._row_weight}{wrapped(error) if self._row_weight else error}"

    @property
    def _divided(self) -> str:
        """The 1/m of a gradient in view "dW"."""
        return self._one_over_m if self.trace.view.mean == "dW" else ""

    def _dW(self, l: int) -> str:
        delta, a = self.s.name("delta", l), self.s.name("a", l - 1)
        if self.columns:
            product = f"{delta} {self.s.transposed(a)}"
        else:
            product = f"{self.s.transposed(delta)} {a}"
        product = f"{self._divided}{product}"
        if self.spec.layer(l).connections is not None:
            product = self._had(product, self.s.words(CONNECTED))
        terms = [product]
        terms += [self._penalty(term, l) for term in self.spec.penalties]
        return self.s.plus(terms)

    def _penalty(self, term: Any, l: int) -> str:
        W = self.s.name("W", l)
        if not isinstance(term, L1 | L2):
            return self.s.function("p′", W)
        strength = self.s.number(term.strength * term.factor(self.trace.weight_sum))
        return f"{strength} {W if term.name == 'l2' else self.s.function('sign', W)}"

    def _db(self, l: int) -> str:
        if self.spec.layer(l).batch_norm and self._batch_statistics(l):
            return self.s.words("0: batch norm takes the mean off again")
        return f"{self._divided}{self.s.total('i')}{self.s.name('delta', l, 'i')}"

    def _dgamma(self, l: int) -> str:
        return f"{self._divided}{self.s.total('i')}{self._had('g', self.s.name('x_hat', l))}"

    def _dbeta(self, l: int) -> str:
        return f"{self._divided}{self.s.total('i')}g"

    def _had(self, *factors: str) -> str:
        return self.s.hadamard.join(factors)

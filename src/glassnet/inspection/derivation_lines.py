"""A derivation in writing: each line in symbols, then in numbers, forward and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.inspection.chain import Chain
from glassnet.inspection.derivation_factors import MOST_UNITS, Factors
from glassnet.inspection.derivation_words import kink_words, loss_kink_words
from glassnet.inspection.equations import CONNECTED
from glassnet.inspection.formulas import written
from glassnet.inspection.loss_formulas import written_loss
from glassnet.inspection.script import Script, Text
from glassnet.inspection.wanted import Wanted
from glassnet.network.contracts import Elementwise
from glassnet.network.penalties import L1, L2
from glassnet.network.summaries import activation_name


@dataclass(frozen=True)
class Line:
    """``left = steps[0] = steps[1] …``; ``note`` is in plain words."""

    left: str
    steps: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """Lines under a heading."""

    heading: str
    lines: tuple[Line, ...]


class Lines:
    """Writes the sections of one chain in one script.

    Examples
    --------
    >>> from glassnet.inspection.chain import chain
    >>> from glassnet.inspection.script import TEXT
    >>> from glassnet.network.layers import Dense
    >>> from glassnet.network.specification import Specification
    >>> from glassnet.network.state import State
    >>> spec = Specification(1, (Dense(1, "identity"),))
    >>> c = chain(spec, State(np.array([2.0, 1.0])), np.ones(1), np.zeros(1))
    >>> Lines(c, TEXT, 4).target(Wanted("W", 1, (0, 0))).steps
    ('δ[1][0] · a[0][0]', '3 · 1', '3')
    """

    def __init__(self, c: Chain, script: Script, digits: int) -> None:
        self.c, self.s, self.f = c, script, Factors(c, script, digits)

    def sections(self, asked: Sequence[Wanted]) -> list[Section]:
        """Forward, loss, and back down to what is asked for."""
        made = [self._forward(l) for l in range(1, self.c.depth + 1)]
        made.append(self._cost())
        lowest = max(1, min(each.layer for each in asked))
        for l in range(self.c.depth, lowest - 1, -1):
            targets = [each for each in asked if each.layer == l]
            units = self._units(l, targets, last=l == lowest and not self._needs_all(asked))
            lines = self._error(l, units, targets)
            lines += [self.target(each) for each in targets]
            made.append(Section(self._heading("back", l), tuple(lines)))
        made += [
            Section("back · to the input", (self.target(each),)) for each in asked if not each.layer
        ]
        return made

    @staticmethod
    def _needs_all(asked: Sequence[Wanted]) -> bool:
        return any(each.layer == 0 for each in asked)

    def _units(self, l: int, targets: Sequence[Wanted], *, last: bool) -> list[int]:
        """The units whose δ is written out: the one asked for at the lowest layer, else all."""
        asked = sorted({each.index[0] for each in targets if each.index})
        whole = not last or any(not each.index for each in targets)
        if asked and not whole and self._elementwise(l):
            return asked
        return list(range(self.c.spec.units[l]))

    def _elementwise(self, l: int) -> bool:
        return isinstance(self.c.spec.phi[l], Elementwise) or l == self.c.depth

    def _heading(self, way: str, l: int) -> str:
        layer = self.c.spec.layer(l)
        norm = " with batch norm" if layer.batch_norm else ""
        return f"{way} · layer {l}, {activation_name(layer)}{norm}"

    def _forward(self, l: int) -> Section:
        s, c = self.s, self.c
        name, layer = s.name, c.spec.layer(l)
        right = f"{name('W', l)} {name('a', l - 1)}"
        right += f" + {name('b', l)}" if layer.bias else ""
        lines = [Line(name("z", l), (right, self.f.vector(c.z[l])))]
        if l == 1:
            stage = c.spec.input_stage
            given = name("x") if stage is None else s.function(stage.name, name("x"))
            lines.insert(0, Line(name("a", 0), (given, self.f.vector(c.a[0]))))
        inner = name("z", l)
        if layer.batch_norm:
            root = s.root(
                s.name("variance", l) + (" + ε" if isinstance(s, Text) else r" + \epsilon")
            )
            hat = s.over(f"{name('z', l)} {s.minus} {name('mean', l)}", root)
            shifted = f"{name('gamma', l)}{s.hadamard}{name('x_hat', l)} + {name('beta', l)}"
            lines.append(Line(name("x_hat", l), (hat, self.f.vector(c.x_hat[l]))))
            lines.append(Line(name("z_tilde", l), (shifted, self.f.vector(c.z_tilde[l]))))
            inner = name("z_tilde", l)
        phi = c.spec.phi[l]
        if phi.name == "joint":
            value = s.words(f"{activation_name(layer)} of ") + inner
        else:
            value = written(phi).value(s, phi, inner, None)
        if layer.kappa is not None:
            value = f"{inner} + {name('kappa', l)}{s.hadamard}({value} {s.minus} {inner})"
        if layer.residual:
            lines.append(Line(name("fired", l), (value, self.f.vector(c.fired[l]))))
            value = f"{name('fired', l)} + {name('a', l - 1)}"
        lines.append(Line(name("a", l), (value, self.f.vector(c.a[l]))))
        return Section(self._heading("forward", l), tuple(lines))

    def _cost(self) -> Section:
        s, c, lines = self.s, self.c, list[Line]()
        if not np.array_equal(c.y, c.smoothed):
            lines.append(Line(self.f.tilde_y(), (self.f.vector(c.smoothed),), "label smoothing"))
        several, start, parts = len(c.spec.heads) > 1, 0, list[str]()
        for head in c.spec.heads:
            steps = self._loss_steps(head, start)
            of_head = s.name("l") + s.words(f" of {head.loss.name}")
            line = Line(of_head, steps) if several else Line(s.name("l"), (*steps, self._loss()))
            lines.append(line)
            parts.append(s.product(self.f.number(head.scale), of_head))
            start += head.units
        if several:
            lines.append(Line(s.name("l"), (s.plus(parts), self._loss())))
        total = self.f.number(c.J)
        if c.spec.penalties:
            symbols = f"{s.name('l')} + {s.words('penalties')}"
            numbers = f"{self._loss()} + {self.f.number(c.penalty)}"
            lines.append(Line("J", (symbols, numbers, total)))
        else:
            lines.append(Line("J", (s.name("l"), total)))
        return Section("the cost of this sample", tuple(lines))

    def _loss(self) -> str:
        return self.f.number(self.c.loss)

    def _loss_steps(self, head: Any, start: int) -> tuple[str, str]:
        """ℓ of one head, in symbols and in numbers."""
        s, c, loss = self.s, self.c, head.loss
        entry, factor = written_loss(loss).entry, self.f.factor
        one: int | str = "j" if head.units > 1 else start
        outputs, targets = c.a[c.depth], c.smoothed
        y = self.f.target_name(one)
        symbols = entry(s, loss, s.name("a", c.depth, one), y, None)
        if head.units > 1:
            sign = s.minus if symbols.startswith(s.minus) else ""
            symbols = f"{sign}{s.total('j')}{symbols.removeprefix(s.minus)}"
        numbers = [
            entry(
                s, loss, factor(outputs[j]), factor(targets[j]),
                self.f.side(loss, float(outputs[j] - targets[j])),
            )
            for j in range(start, start + head.units)
        ]  # fmt: skip
        return symbols, self.f.total(numbers)

    def _error(self, l: int, units: Sequence[int], targets: Sequence[Wanted]) -> list[Line]:
        """δ[l] of the units, in symbols once and in numbers for each."""
        only_tilde = bool(targets) and all(
            each.name in ("gamma", "beta") and each.index for each in targets
        ) and len(units) == len({each.index for each in targets})  # fmt: skip
        scaled = self.c.spread[l] is not None and not only_tilde
        left = "delta" if scaled or self.c.spread[l] is None else "into"
        shown = list(units[:MOST_UNITS])
        lines = [Line(self.f.left(left, l, "i"), (self._symbols(l, scaled=scaled),))]
        for i in shown:
            value = (self.c.delta if left == "delta" else self.c.into)[l][i]
            numbers, result = self._numbers(l, i, scaled=scaled), self.f.number(value)
            steps = (numbers, result) if numbers != result else (result,)
            lines.append(Line(self.f.left(left, l, i), steps, self._note(l, i)))
        if len(units) > len(shown):
            more = f"and {len(units) - len(shown):,} more units; all are in .chain.delta[{l}]"
            lines.append(Line("", (self.s.ellipsis,), more))
        return lines

    def _note(self, l: int, i: int) -> str:
        c = self.c
        words = kink_words(c.spec.phi[l], self._inner_name(l, i), float(c.z_tilde[l][i]))
        if l == c.depth:
            loss = self.f.head(i)[0].loss
            words = words or loss_kink_words(loss, float(c.a[l][i]), float(c.y[i]), i)
        return words

    @staticmethod
    def _inner_name(l: int, i: int) -> str:
        return f"z[{l}][{i}]"

    def _symbols(self, l: int, *, scaled: bool) -> str:
        s, name = self.s, self.s.name
        if l == self.c.depth:
            body = self.f.output(l, 0, symbols=True)
        else:
            product = s.product(name("delta", l + 1, "k"), name("W", l + 1, "k", "i"))
            past = self._past(l, "i")
            body = self.f.through(l, f"({s.total('k')}{product}{past})", None)
        return s.product(body, self.f.norm(l, "i")) if scaled else body

    def _numbers(self, l: int, i: int, *, scaled: bool) -> str:
        s, c, factor = self.s, self.c, self.f.factor
        if l == c.depth:
            body = self.f.output(l, i, symbols=False)
        else:
            pairs = zip(c.delta[l + 1], c.blocks.W[l + 1][:, i], strict=True)
            terms = [s.product(factor(delta), factor(weight)) for delta, weight in pairs]
            body = self.f.through(l, f"({self.f.total(terms)}{self._past(l, i)})", i)
        return s.product(body, self.f.norm(l, i)) if scaled else body

    def _past(self, l: int, i: int | str) -> str:
        """What reaches a[l] past the weights of layer l + 1, where that is residual."""
        if not self.c.spec.layer(l + 1).residual:
            return ""
        if isinstance(i, str):
            return f" + {self.s.name('da', l + 1, i)}"
        return f" + {self.f.factor(float(self.c.da[l + 1][i]))}"

    def target(self, asked: Wanted) -> Line:
        """∂J/∂ of what is asked for, from δ."""
        s, c, l = self.s, self.c, asked.layer
        gradient = c.dx if asked.name == "x" else getattr(c.gradient, asked.name)[l]
        if not asked.index:
            left = s.name("dx") if asked.name == "x" else s.name(f"d{asked.name}", l)
            return Line(left, (self._whole(asked), self.f.vector(gradient)))
        symbols, numbers = self._entry(asked)
        left = (
            s.name("dx", None, *asked.index)
            if asked.name == "x"
            else s.name(f"d{asked.name}", l, *asked.index)
        )
        result = self.f.number(float(gradient[asked.index]))
        steps = (symbols, numbers, result) if numbers != result else (symbols, result)
        return Line(left, steps)

    def _whole(self, asked: Wanted) -> str:
        s, l = self.s, asked.layer
        delta = s.name("delta", max(l, 1))
        if asked.name == "x":
            past = self._past(0, "i").replace("[i]", "").replace("_{i}", "")
            return f"{s.transposed(s.name('W', 1))} {delta}{past}"
        into = self.f.left("into", l, "i").replace("[i]", "").replace("_{i}", "")
        outer = f"{delta} {s.transposed(s.name('a', max(l - 1, 0)))}"
        if l > 0 and self.c.spec.layer(l).connections is not None:
            outer += s.hadamard + s.words(CONNECTED)
        terms = {
            "W": [outer, *self._penalties(l, ())],
            "b": [delta],
            "gamma": [f"{into}{s.hadamard}{s.name('x_hat', l)}"],
            "beta": [into],
            "kappa": [f"{s.name('da', l)}{s.hadamard}{self._moved(l)}"],
        }[asked.name]
        return s.plus(terms)

    def _entry(self, asked: Wanted) -> tuple[str, str]:
        """Symbols and numbers of one entry."""
        s, c, l = self.s, self.c, asked.layer
        if asked.name == "x":
            return self._of_input(asked.index[0])
        j = asked.index[0]
        delta, into = s.name("delta", l, j), self.f.left("into", l, j)
        if asked.name == "W":
            k = asked.index[1]
            product = s.product(delta, s.name("a", l - 1, k))
            numbers = s.product(self.f.factor(c.delta[l][j]), self.f.factor(c.a[l - 1][k]))
            return (
                s.plus([product, *self._penalties(l, asked.index)]),
                s.plus([numbers, *self._penalties(l, asked.index, numbers=True)]),
            )
        if asked.name == "gamma":
            numbers = s.product(self.f.factor(c.into[l][j]), self.f.factor(c.x_hat[l][j]))
            return s.product(into, s.name("x_hat", l, j)), numbers
        if asked.name == "kappa":
            numbers = s.product(self.f.factor(c.da[l][j]), self._moved_number(l, j))
            return s.product(s.name("da", l, j), self._moved(l, j)), numbers
        if asked.name == "beta":
            return into, self.f.number(float(c.into[l][j]))
        return delta, self.f.number(float(c.delta[l][j]))

    def _moved(self, l: int, *index: int) -> str:
        """φ(z̃) − z̃, in brackets."""
        s, c, phi = self.s, self.c, self.c.spec.phi[l]
        z = s.name("z_tilde" if c.spec.layer(l).batch_norm else "z", l, *index)
        return f"({written(phi).value(s, phi, z, None)} {s.minus} {z})"

    def _moved_number(self, l: int, j: int) -> str:
        here = self.c.z_tilde[l][j : j + 1]
        value = float(self.c.spec.phi[l].value(here[None])[0, 0])
        return f"({self.f.factor(value)} {self.s.minus} {self.f.factor(here[0])})"

    def _of_input(self, j: int) -> tuple[str, str]:
        s, c = self.s, self.c
        delta, W, scale = c.delta[1], c.blocks.W[1], c.scale(j)
        symbols = f"{s.total('k')}{s.product(s.name('delta', 1, 'k'), s.name('W', 1, 'k', j))}"
        if c.spec.layer(1).residual:
            symbols += f" + {s.name('da', 1, j)}"
        numbers = self.f.total(
            [s.product(self.f.factor(delta[k]), self.f.factor(W[k, j])) for k in range(len(delta))]
        ) + self._past(0, j)
        if scale != 1:
            words = s.words("scale")
            return s.over(f"({symbols})", words), s.over(f"({numbers})", self.f.number(scale))
        return symbols, numbers

    def _penalties(self, l: int, index: tuple[int, ...], *, numbers: bool = False) -> Iterable[str]:
        """What each penalty adds to ∂J/∂W."""
        s, W = self.s, self.c.blocks.W[l]
        for term in self.c.spec.penalties:
            inner = self.f.factor(float(W[index])) if numbers else s.name("W", l, *index)
            if not isinstance(term, L1 | L2):
                slope = term.factor(1.0) * term.derivative(W)
                yield self.f.factor(float(slope[index])) if numbers else s.function("p′", inner)
                continue
            strength = self.f.number(term.strength * term.factor(1.0))
            yield s.product(strength, s.function("sign", inner) if term.name == "l1" else inner)

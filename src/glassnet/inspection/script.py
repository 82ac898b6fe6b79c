"""Mathematics in writing, as plain text or as LaTeX: one grammar, two scripts.

What writes an equation calls the same few words (``name``, ``product``, ``over``, …) of either
script, so each equation is written down once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from glassnet.inspection.numerals import numeral

SYMBOLS: dict[str, tuple[str, str]] = {
    "z": ("z", "z"),
    "z_tilde": ("z̃", r"\tilde z"),
    "x_hat": ("x̂", r"\hat x"),
    "mean": ("μ", r"\mu"),
    "variance": ("σ²", r"{\sigma^2}"),
    "fired": ("φ", r"\varphi"),
    "mask": ("mask", r"D"),
    "a": ("a", "a"),
    "da": ("∂J/∂a", r"\tfrac{\partial J}{\partial a}"),
    "delta": ("δ", r"\delta"),
    "W": ("W", "W"),
    "b": ("b", "b"),
    "gamma": ("γ", r"\gamma"),
    "beta": ("β", r"\beta"),
    "kappa": ("κ", r"\kappa"),
    "dW": ("∂J/∂W", r"\tfrac{\partial J}{\partial W}"),
    "db": ("∂J/∂b", r"\tfrac{\partial J}{\partial b}"),
    "dgamma": ("∂J/∂γ", r"\tfrac{\partial J}{\partial \gamma}"),
    "dbeta": ("∂J/∂β", r"\tfrac{\partial J}{\partial \beta}"),
    "dkappa": ("∂J/∂κ", r"\tfrac{\partial J}{\partial \kappa}"),
    "dx": ("∂J/∂x", r"\tfrac{\partial J}{\partial x}"),
    "g": ("g", "g"),
    "x": ("x", "x"),
    "y": ("y", "y"),
    "w": ("w", "w"),
    "l": ("ℓ", r"\ell"),
}


class Script(ABC):
    """The words of a script; :class:`Text` and :class:`Latex` are the two."""

    dot: str
    hadamard: str
    minus: str
    half: str
    ellipsis: str

    @abstractmethod
    def name(self, symbol: str, layer: int | None = None, *index: int | str) -> str:
        """A quantity, of a layer, of a unit: z[2][0], or its LaTeX."""

    @abstractmethod
    def number(self, value: float, digits: int = 4) -> str:
        """A number that stands by itself."""

    @abstractmethod
    def over(self, above: str, below: str) -> str:
        """A quotient."""

    @abstractmethod
    def square(self, inner: str) -> str:
        """A square."""

    @abstractmethod
    def root(self, inner: str) -> str:
        """A square root."""

    @abstractmethod
    def function(self, name: str, inner: str) -> str:
        """A function of something."""

    @abstractmethod
    def transposed(self, inner: str) -> str:
        """A transpose."""

    @abstractmethod
    def total(self, index: str) -> str:
        """The sign of a sum over an index, ready to stand before its term."""

    @abstractmethod
    def words(self, text: str) -> str:
        """Plain words within a formula."""

    def factor(self, value: float, digits: int = 4) -> str:
        """A number within a product or a power: a negative one in brackets."""
        text = self.number(value, digits)
        return f"({text})" if text.startswith((self.minus, "-")) else text

    def product(self, *factors: str) -> str:
        """Factors side by side."""
        return self.dot.join(wrapped(each) for each in factors)

    def plus(self, terms: list[str]) -> str:
        """A sum of terms; those that begin with a minus are taken off."""
        text = terms[0] if terms else "0"
        for term in terms[1:]:
            taken_off = term.startswith(self.minus)
            text += f" {self.minus} {term[1:].lstrip()}" if taken_off else f" + {term}"
        return text


class Text(Script):
    """Letters as in the code: ``δ[2][0] = a[2][0] − y[0]``.

    Examples
    --------
    >>> s = Text()
    >>> s.product(s.name("delta", 2, 0), s.plus(["1", "−" + s.square("a")]))
    'δ[2][0] · (1 − a²)'
    """

    dot, hadamard, minus, half, ellipsis = " · ", " ⊙ ", "−", "½", "…"

    def name(self, symbol: str, layer: int | None = None, *index: int | str) -> str:
        where = "" if layer is None else f"[{layer}]"
        which = f"[{', '.join(map(str, index))}]" if index else ""
        return f"{SYMBOLS[symbol][0]}{where}{which}"

    def number(self, value: float, digits: int = 4) -> str:
        return numeral(value, digits)

    def over(self, above: str, below: str) -> str:
        return f"{wrapped(above)} / {wrapped(below)}"

    def square(self, inner: str) -> str:
        return f"{wrapped(inner)}²"

    def root(self, inner: str) -> str:
        return f"√({inner})"

    def function(self, name: str, inner: str) -> str:
        return f"{name}{inner}" if bracketed(inner) else f"{name}({inner})"

    def transposed(self, inner: str) -> str:
        return f"{inner}ᵀ"

    def total(self, index: str) -> str:
        return {"i": "Σᵢ ", "j": "Σⱼ ", "k": "Σₖ "}[index]

    def words(self, text: str) -> str:
        return text


class Latex(Script):
    r"""The textbook's notation: ``\delta^{(2)}_{0} = a^{(2)}_{0} - y_{0}``.

    Examples
    --------
    >>> Latex().name("W", 1, 2, 3)
    'W^{(1)}_{2,3}'
    """

    dot, hadamard, minus, half, ellipsis = r" \cdot ", r" \odot ", "-", r"\tfrac12 ", r"\dots"
    _known = frozenset({"tanh", "exp", "log", "sin", "cos", "max"})

    def name(self, symbol: str, layer: int | None = None, *index: int | str) -> str:
        where = "" if layer is None else f"^{{({layer})}}"
        which = f"_{{{','.join(map(str, index))}}}" if index else ""
        letter = SYMBOLS[symbol][1]
        if letter.startswith(r"\tfrac") and (where or which):
            above, below = r"\partial J", letter[len(r"\tfrac{\partial J}{") : -1]
            return rf"\frac{{{above}}}{{{below}{where}{which}}}"
        return f"{letter}{where}{which}"

    def number(self, value: float, digits: int = 4) -> str:
        return numeral(value, digits, latex=True)

    def over(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def square(self, inner: str) -> str:
        return f"{{{wrapped(inner)}}}^2"

    def root(self, inner: str) -> str:
        return rf"\sqrt{{{inner}}}"

    def function(self, name: str, inner: str) -> str:
        letters = {
            "σ": r"\sigma",
            "Φ": r"\Phi",
            "φ": r"\varphi",
            "φ′": r"\varphi'",
            "ℓ": r"\ell",
            "ℓ′": r"\ell'",
            "p′": "p'",
        }
        sign = letters.get(name) or (
            f"\\{name}" if name in self._known else rf"\operatorname{{{name.replace('_', '-')}}}"
        )
        return f"{sign}{inner}" if bracketed(inner) else f"{sign}({inner})"

    def transposed(self, inner: str) -> str:
        return rf"{{{inner}}}^{{\top}}"

    def total(self, index: str) -> str:
        return rf"\sum_{index} "

    def words(self, text: str) -> str:
        for sign, instead in _IN_WORDS:
            text = text.replace(sign, instead)
        return rf"\text{{{text}}}"


# Signs that \text does not know, or takes for its own.
_IN_WORDS = (
    ("_", r"\_"), ("φ′", r"$\varphi'$"), ("−", "$-$"), ("∂", r"$\partial$"), ("ℓ", r"$\ell$"),
    ("δ", r"$\delta$"),
)  # fmt: skip
TEXT, LATEX = Text(), Latex()


def bracketed(text: str) -> bool:
    """Whether one pair of brackets holds the whole text.

    Examples
    --------
    >>> bracketed("(a + b)"), bracketed("(a) + (b)")
    (True, False)
    """
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for place, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return place == len(text) - 1
    return False


def wrapped(text: str) -> str:
    """The text in brackets where it is a sum, so that it may stand in a product.

    Examples
    --------
    >>> wrapped("1 − a²"), wrapped("tanh(a + b)"), wrapped("−2")
    ('(1 − a²)', 'tanh(a + b)', '(−2)')
    """
    depth = 0
    for sign in text:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0)
        if depth == 0 and sign in "+−":
            return f"({text})"
    return f"({text})" if text.startswith("-") or " - " in _outside(text) else text


def _outside(text: str) -> str:
    """What stands outside of all brackets."""
    kept, depth = "", 0
    for sign in text:
        depth += {"(": 1, "[": 1, "{": 1}.get(sign, 0)
        kept += sign if depth == 0 else ""
        depth -= {")": 1, "]": 1, "}": 1}.get(sign, 0)
    return kept

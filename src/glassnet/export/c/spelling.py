"""How names, numbers and texts of a model are spelled in C."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue

# Keywords of C99 to C23 and C++, macros of the headers used, and what compilers define.
_WORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl complex
const constexpr const_cast continue co_await co_return co_yield decltype default delete do double
dynamic_cast else enum errno explicit export extern false far float for friend goto if imaginary
infinity inline int isfinite isinf isnan linux long mutable namespace nan near new noexcept not
not_eq null nullptr operator or or_eq private protected public register reinterpret_cast requires
restrict return short signed sizeof static static_assert static_cast stderr stdin stdout struct
switch template this thread_local throw true try typedef typeid typename typeof union unix unsigned
using virtual void volatile wchar_t while xor xor_eq
"""
RESERVED = frozenset(_WORDS.split())
_LONGEST_TEXT = 4095  # characters that every C99 compiler takes in a literal


def identifier(text: str) -> str:
    """A C identifier for a name: lower-case letters, digits and single underlines.

    Examples
    --------
    >>> identifier("Sepal length (cm)"), identifier("2nd"), identifier("int"), identifier("größe")
    ('sepal_length_cm', 'x2nd', 'int_', 'gr_e')
    """
    plain = re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_") or "x"
    plain = plain if plain[0].isalpha() else f"x{plain}"
    plain = plain[:48].rstrip("_")
    return f"{plain}_" if plain in RESERVED else plain


def identifiers(names: Iterable[str]) -> list[str]:
    """One identifier for each name, all different.

    Examples
    --------
    >>> identifiers(["a b", "a-b", "a b 2"])
    ['a_b', 'a_b_2', 'a_b_2_2']
    """
    found: list[str] = []
    for name in names:
        base = made = identifier(name)
        number = 1
        while made in found:
            number += 1
            made = f"{base.rstrip('_')}_{number}"
        found.append(made)
    return found


def float_literal(value: Any) -> str:
    """A float of C, to the bit.

    Examples
    --------
    >>> float_literal(0.1), float_literal(1), float_literal(-1e-40), float_literal(float("nan"))
    ('0.1f', '1.0f', '-1e-40f', 'NAN')
    """
    number = np.float32(value)
    if np.isnan(number):
        return "NAN"
    return f"{_with_point(str(number))}f"


def double_literal(value: float) -> str:
    """A double of C, to the bit.

    Examples
    --------
    >>> double_literal(0.1), double_literal(1), double_literal(float("nan"))
    ('0.1', '1.0', 'NAN')
    """
    return "NAN" if value != value else _with_point(repr(float(value)))


def _with_point(digits: str) -> str:
    return digits if "." in digits or "e" in digits else f"{digits}.0"


def text_literal(text: str | None) -> str:
    r"""A string of C in UTF-8; NULL for None.

    Raises
    ------
    InvalidValue
        If C cannot hold it: a zero inside, or more than 4,095 bytes.

    Examples
    --------
    >>> print(text_literal('a "?" \n'), text_literal("é"), text_literal(None))
    "a \"\?\" \012" "\303\251" NULL
    """
    if text is None:
        return "NULL"
    coded = text.encode("utf-8", "surrogatepass")
    if 0 in coded or len(coded) > _LONGEST_TEXT:
        raise InvalidValue(
            f"a text must have no zero byte and at most {_LONGEST_TEXT:,} bytes to stand in C; "
            f"got {text!r:.40} of {len(coded):,} bytes. Rename this level or class."
        )
    return '"' + "".join(map(_sign, coded)) + '"'


def _sign(byte: int) -> str:
    sign = chr(byte)
    if sign in '"\\?':  # a question mark could begin a trigraph
        return f"\\{sign}"
    return sign if 32 <= byte < 127 else f"\\{byte:03o}"  # three digits: none can run on


def comment(text: str) -> str:
    r"""A text for the inside of a comment, on one line and unable to end it.

    Examples
    --------
    >>> print(comment("a*/ int"), comment("größe"))
    a* / int gr\xf6\xdfe
    """
    plain = text.encode("ascii", "backslashreplace").decode("ascii")
    plain = "".join(sign if sign.isprintable() else " " for sign in plain)
    return plain.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?").rstrip("\\")


def table(name: str, kind: str, values: Sequence[str] | list[str], shape: str = "") -> str:
    """A constant array over as many lines as it takes.

    Examples
    --------
    >>> print(table("b1", "float", ["1.0f", "2.0f"]))
    static const float b1[2] = {
        1.0f, 2.0f
    };
    """
    lines: list[str] = []
    line = "   "
    for k, value in enumerate(values):
        piece = f" {value}," if k + 1 < len(values) else f" {value}"
        if len(line) + len(piece) > 100 and line.strip():
            lines.append(line)
            line = "   "
        line += piece
    lines.append(line)
    size = shape or f"[{len(values)}]"
    return f"static const {kind} {name}{size} = {{\n" + "\n".join(lines) + "\n};"


def floats(array: Array) -> list[str]:
    """The numbers of an array as floats of C, row by row."""
    digits = map(str, np.asarray(array, dtype=np.float32).ravel())  # 3 times faster than each alone
    return ["NAN" if one == "nan" else f"{_with_point(one)}f" for one in digits]


def doubles(array: Any) -> list[str]:
    """The numbers of an array as doubles of C, row by row."""
    return [double_literal(value) for value in np.asarray(array, dtype=np.float64).ravel()]

"""float or double: in what a C file computes, and how it spells that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.export.c.spelling import double_literal, doubles, float_literal, floats

# In what is written for float: the type, literals, and functions; never a field of a row.
_TYPE = re.compile(r"(?<![\w>])float\b")
_LITERAL = re.compile(r"(?<![\w.>])(\d+\.?\d*(?:e[+-]?\d+)?)f\b")
_FUNCTION = re.compile(r"(?<![\w>])(cos|erfc|exp|expm1|fabs|fmin|log1p|sin|tanh)f\(")


@dataclass(frozen=True)
class Kind:
    """The type of weights and activations.

    Examples
    --------
    >>> FLOAT.number(0.1), DOUBLE.number(0.1), DOUBLE.spelled("float a = 0.5f * expf(row->x1f);")
    ('0.1f', '0.1', 'double a = 0.5 * exp(row->x1f);')
    """

    name: Literal["float", "double"]

    @property
    def info(self) -> Any:
        """NumPy's finfo."""
        return np.finfo(np.float32 if self.name == "float" else np.float64)

    @property
    def size(self) -> int:
        """Bytes."""
        return 4 if self.name == "float" else 8

    def number(self, value: Any) -> str:
        """A literal."""
        return float_literal(value) if self.name == "float" else double_literal(float(value))

    def numbers(self, array: Any) -> list[str]:
        """The literals of an array, row by row."""
        return floats(array) if self.name == "float" else doubles(array)

    def spelled(self, text: str) -> str:
        """C that was written for float, in this type."""
        if self.name == "float":
            return text
        text = _TYPE.sub("double", text).replace("FLT_MAX", "DBL_MAX")
        return _FUNCTION.sub(r"\1(", _LITERAL.sub(r"\1", text))


FLOAT, DOUBLE = Kind("float"), Kind("double")

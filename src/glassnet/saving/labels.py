"""Classes of any type that scikit-learn takes, as arrays and a little JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.estimators.labels import Kind, Labels
from glassnet.files.fields import fields, text
from glassnet.files.texts import arrays_of_texts, texts_of_arrays
from glassnet.saving.parts import Part

_WIDE = {"b": "bool", "i": "int64", "u": "uint64", "M": "int64", "m": "int64"}
_DTYPE = re.compile(r"\|b1|[<>|][iu][1248]|[<>]f[248]|[<>][mM]8\[\d{0,9}[A-Za-zμ]{1,2}\]")
_MOST_BYTES = 2**26  # of an array of texts, in which each takes the place of the longest


def labels_part(labels: Labels) -> Part:
    """The classes of an estimator.

    Whole numbers are kept as 64 bits and float16 as float32, beside the dtype they had; dates and
    durations as their counts; texts as UTF-8. An array of texts comes back as wide as its longest.

    Raises
    ------
    InvalidValue
        For classes that no file can hold: objects other than texts, and long doubles.

    Examples
    --------
    >>> part = labels_part(Labels(np.array(["no", "yes"]), "binary"))
    >>> labels_of(part).classes.tolist()
    ['no', 'yes']
    """
    classes = labels.classes
    kind = classes.dtype.kind
    if kind == "U" or (kind == "O" and all(type(label) is str for label in classes)):
        dtype = "text" if kind == "U" else "object"
        listed = classes.tolist()
        _require_room(listed)
        return Part({"kind": labels.kind, "dtype": dtype}, arrays_of_texts(listed, "classes"))
    dtype = classes.dtype.str
    if not _DTYPE.fullmatch(dtype):
        raise InvalidValue(
            "classes in a model file must be texts, numbers of at most 64 bits, booleans or dates; "
            f"they are {classes.dtype}. Convert y before fitting."
        )
    return Part({"kind": labels.kind, "dtype": dtype}, {"classes": _widened(classes)})


def _widened(classes: Array) -> Array:
    if classes.dtype.kind == "f":
        return classes.astype(np.float64 if classes.dtype.itemsize == 8 else np.float32)
    return classes.astype(_WIDE[classes.dtype.kind])


def labels_of(part: Part) -> Labels:
    """The classes that :func:`labels_part` wrote down.

    Raises
    ------
    KeyError, ValueError
        If it is no such part.
    """
    held = fields(part.header, ("kind", "dtype"), "the labels")
    kind: Any = text(held, "kind", get_args(Kind))
    classes = _classes(text(held, "dtype"), part.arrays)
    counts = {"one class": len(classes) == 1, "binary": len(classes) == 2}
    if classes.ndim != 1 or not counts.get(kind, len(classes) > 0):
        raise ValueError(f"the {len(classes)} classes are not those of a target of kind {kind!r}")
    if not (classes[1:] > classes[:-1]).all():
        raise ValueError("the classes are not sorted")
    return Labels(classes, kind)


def _classes(dtype: str, arrays: Mapping[str, Array]) -> Array:
    if dtype in ("text", "object"):
        listed = texts_of_arrays(arrays, "classes")
        _require_room(listed)
        return np.array(listed, dtype=object if dtype == "object" else np.str_)
    if not _DTYPE.fullmatch(dtype):
        raise ValueError(f"classes have no dtype {dtype!r:.20}")
    wide, wanted = arrays["classes"], np.dtype(dtype)
    classes = wide.astype(wanted)
    if wide.dtype != _widened(classes).dtype or not np.array_equal(_widened(classes), wide):
        raise ValueError(f"the classes are not numbers of the dtype {dtype!r}")
    return classes


def _require_room(texts: list[str]) -> None:
    if 4 * len(texts) * max(map(len, texts), default=0) > _MOST_BYTES:
        raise InvalidValue(
            f"classes in a model file must fit in {_MOST_BYTES // 2**20} MB when each takes the "
            f"place of the longest; these {len(texts):,} do not. Shorten the longest."
        )

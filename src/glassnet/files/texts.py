"""Lists of texts as two arrays: their UTF-8 bytes, one after the other, and where each ends.

A header is for what a reader must see at once; names and classes may be many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from glassnet.errors import InvalidValue


def arrays_of_texts(texts: Iterable[str], name: str) -> dict[str, np.ndarray[Any, Any]]:
    r"""``name``: all bytes, uint8; ``name.ends``: the end of each text among them, uint64.

    Raises
    ------
    InvalidValue
        If a text has half of a surrogate pair, which UTF-8 cannot write.

    Examples
    --------
    >>> arrays = arrays_of_texts(["a", "né", ""], "names")
    >>> arrays["names"].tobytes(), arrays["names.ends"].tolist()
    (b'an\xc3\xa9', [1, 4, 4])
    >>> texts_of_arrays(arrays, "names")
    ['a', 'né', '']
    """
    try:
        parts = [text.encode("utf-8") for text in texts]
    except UnicodeEncodeError as error:
        raise InvalidValue(
            f"names and classes must be texts that UTF-8 can write; got {error.object!r:.60}. "
            "Rename it."
        ) from error
    ends = np.cumsum([len(part) for part in parts], dtype=np.uint64)
    return {name: np.frombuffer(b"".join(parts), np.uint8), f"{name}.ends": ends}


def texts_of_arrays(arrays: Mapping[str, np.ndarray[Any, Any]], name: str) -> list[str]:
    """The texts that :func:`arrays_of_texts` wrote down.

    Raises
    ------
    KeyError, ValueError
        If they are no such arrays.
    """
    joined, ends = arrays[name], arrays[f"{name}.ends"]
    if joined.dtype != np.uint8 or ends.dtype != np.uint64 or joined.ndim != 1 or ends.ndim != 1:
        raise ValueError(f"the texts {name!r} are not bytes and their ends")
    stops = [0, *ends.tolist()]
    if stops != sorted(stops) or stops[-1] != len(joined):
        raise ValueError(f"the ends of the texts {name!r} are not in order")
    data = joined.tobytes()
    pairs = pairwise(stops)
    return [data[begin:end].decode("utf-8") for begin, end in pairs]

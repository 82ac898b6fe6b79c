"""JSON that can be written in one way only, so that text and value vouch for each other."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, TypeAlias, cast

JSON: TypeAlias = "bool | int | float | str | list[Any] | tuple[Any, ...] | dict[str, Any] | None"

# In Python a value takes up to a hundred bytes beside those of its text; a short hostile text could
# otherwise fill the memory. A header of this project's own has some thousands.
MAX_VALUES = 400_000
MAX_TEXT = 2**16  # characters of one text; whoever names a wrong one in a message repeats it


def canonical_json(value: JSON) -> bytes:
    """Return the one UTF-8 text of a value: keys sorted, no spaces, numbers as Python prints them.

    Raises
    ------
    ValueError
        For nan, an infinity, half of a surrogate pair, a value that contains itself, or more than
        ``MAX_VALUES`` values.
    TypeError
        For anything that JSON cannot hold, and for keys that are not text.

    Examples
    --------
    >>> canonical_json({"b": [1, 2.0], "a": None})
    b'{"a":null,"b":[1,2.0]}'
    """
    try:
        _require_text_keys(value)
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    data = text.encode("utf-8")
    _require_few_values(data)
    return data


def strict_json(text: bytes) -> Any:
    """Return the value of a canonical text; any other text of the same value is refused.

    Raises
    ------
    ValueError
        If the text is not JSON, holds too many values, names a key twice, or differs from what
        :func:`canonical_json` would write. The message says which, without the name of a file.

    Examples
    --------
    >>> strict_json(b'{"a":null,"b":[1,2.0]}')
    {'a': None, 'b': [1, 2.0]}
    >>> strict_json(b'{"a":1,"a":2}')
    Traceback (most recent call last):
    ValueError: the key 'a' stands twice in it
    """
    _require_few_values(text)
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_once)
        same = canonical_json(value) == text
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except _TwiceNamed as error:
        raise ValueError(str(error)) from None
    except ValueError:
        raise ValueError("it is not valid JSON in UTF-8") from None
    if not same:
        raise ValueError("it is not in the canonical form that glassnet writes")
    return value


def require_short_texts(value: object) -> None:
    """Demand that no text in a value be longer than ``MAX_TEXT``.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> require_short_texts({"a": ["x" * 70_000]})
    Traceback (most recent call last):
    ValueError: it holds a text of more than 65,536 characters
    """
    waiting: list[object] = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, str) and len(entry) > MAX_TEXT:
            raise ValueError(f"it holds a text of more than {MAX_TEXT:,} characters")
        if isinstance(entry, dict):
            pairs = cast("dict[str, object]", entry)
            waiting += [*pairs.keys(), *pairs.values()]
        elif isinstance(entry, list | tuple):
            waiting += cast("list[object]", entry)


def _require_few_values(text: bytes) -> None:
    """Count the signs that begin or part values; one inside a text counts too."""
    if sum(map(text.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise ValueError(f"it holds more than {MAX_VALUES:,} values")


class _TwiceNamed(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _TwiceNamed(f"the key {counts.most_common(1)[0][0]!r} stands twice in it")
    return value


def _require_text_keys(value: object) -> None:
    """``json`` would turn the key 1 into "1", and a file would not give back what was put in."""
    if isinstance(value, dict):
        for key, entry in cast("dict[object, object]", value).items():
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is not text")
            _require_text_keys(entry)
    elif isinstance(value, list | tuple):
        for entry in cast("list[object]", value):
            _require_text_keys(entry)

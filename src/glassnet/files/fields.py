"""Values out of a header, each demanded to be what it must be: a hash proves no good will.

The errors say which field it is and what is wrong with it; the reader of the file adds its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, cast

MOST = 2**63 - 1


def fields(
    held: object, names: Iterable[str], whose: str, *, optional: Iterable[str] = ()
) -> dict[str, Any]:
    """The fields of an object that must have these, and may have the optional ones and no others.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> fields({"units": 3}, ["units"], "a layer")
    {'units': 3}
    >>> fields({"units": 3, "sides": 4}, ["units"], "a layer")
    Traceback (most recent call last):
    ValueError: a layer has no field 'sides'
    """
    if not isinstance(held, dict):
        raise ValueError(f"{whose} must be an object of named fields")
    found, wanted = cast("dict[str, Any]", held), set(names)
    missing, more = sorted(wanted - found.keys()), sorted(found.keys() - wanted - set(optional))
    if missing:
        raise ValueError(f"{whose} must have the field {missing[0]!r}")
    if more:
        raise ValueError(f"{whose} has no field {more[0]!r}")
    return found


def whole(held: Mapping[str, Any], name: str, *, low: int = 0, high: int = MOST) -> int:
    """A whole number of this range.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> whole({"steps": 7}, "steps")
    7
    >>> whole({"steps": True}, "steps")
    Traceback (most recent call last):
    ValueError: 'steps' must be a whole number from 0 to 9223372036854775807; it is True
    """
    value = held[name]
    if type(value) is not int or not low <= value <= high:
        raise _must(name, f"a whole number from {low} to {high}", value)
    return value


def real(held: Mapping[str, Any], name: str) -> float:
    """A finite number.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> real({"scale": 2}, "scale")
    2.0
    """
    value = held[name]
    if type(value) not in (int, float) or abs(value) > 1e308 or not isfinite(value):
        raise _must(name, "a finite number", value)
    return float(value)


def flag(held: Mapping[str, Any], name: str) -> bool:
    """True or false.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> flag({"bias": True}, "bias")
    True
    """
    value = held[name]
    if type(value) is not bool:
        raise _must(name, "true or false", value)
    return value


def text(held: Mapping[str, Any], name: str, among: Iterable[str] = ()) -> str:
    """A text, one of those ``among`` where they are given.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> text({"kind": "binary"}, "kind", ("binary", "multiclass"))
    'binary'
    """
    value, known = held[name], list(among)
    if type(value) is not str or (known and value not in known):
        raise _must(name, f"one of {', '.join(known)}" if known else "a text", value)
    return value


def items(held: Mapping[str, Any], name: str) -> list[Any]:
    """A list.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> items({"layers": []}, "layers")
    []
    """
    value = held[name]
    if type(value) is not list:
        raise _must(name, "a list", value)
    return cast("list[Any]", value)


def _must(name: str, what: str, value: object) -> ValueError:
    return ValueError(f"{name!r} must be {what}; it is {value!r:.60}")

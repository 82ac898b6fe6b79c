"""A JSON value has one text, and only that text is read back."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.files.canonical import canonical_json, strict_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


def same(one, other):
    """Equal in type and bits, where True == 1 and -0.0 == 0.0 would say so too."""
    return repr(one) == repr(other)


def in_order(value):
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(entry) for entry in value] if isinstance(value, list) else value


@given(VALUES)
def test_every_value_comes_back_and_other_readers_agree(value):
    text = canonical_json(value)
    assert same(strict_json(text), in_order(value))
    assert same(json.loads(text), in_order(value))


@given(VALUES, st.randoms(use_true_random=False))
def test_any_text_that_is_not_the_canonical_one_is_refused(value, random):
    text = bytearray(canonical_json(value))
    place = random.randrange(len(text))
    text[place] ^= 1 << random.randrange(8)
    try:
        found = strict_json(bytes(text))
    except ValueError:
        return
    assert canonical_json(found) == bytes(text)  # another value's own canonical text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a":1,"b":2,"a":1}', "the key 'a' stands twice"),
        (b'[{"x":{"q":1,"q":1}}]', "the key 'q' stands twice"),
        (b'{"b":1,"a":2}', "canonical"),
        (b'{"a": 1}', "canonical"),
        (b"[1,2]\n", "canonical"),
        (b'["\\u0061"]', "canonical"),
        (b"[1.0e2]", "canonical"),
        (b"[NaN]", "valid"),
        (b"[-Infinity]", "valid"),
        (b"[1e999]", "valid"),
        (b'["\\ud800"]', "valid"),
        (b'["\xff"]', "valid"),
        (b"\xef\xbb\xbf[]", "valid"),
        (b"", "valid"),
        (b"[" * 200_000, "nested too deeply"),
        (b"9" * 5000, "valid"),
    ],
)
def test_what_is_wrong_is_said(text, words):
    with pytest.raises(ValueError, match=words):
        strict_json(text)


@pytest.mark.parametrize("value", [math.nan, -math.inf, [math.inf], "\ud800"])
def test_what_json_cannot_say_is_not_written(value):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is json's own
        canonical_json(value)


@pytest.mark.parametrize("value", [{1: "a"}, [{"x": {None: 1}}], {"a": {1, 2}}, b"bytes"])
def test_what_would_come_back_as_something_else_is_not_written(value):
    with pytest.raises(TypeError):
        canonical_json(value)


def test_a_value_that_contains_itself_is_not_written():
    value = []
    value.append(value)
    with pytest.raises(ValueError, match="nested"):
        canonical_json(value)

"""Items made one ahead: their order, their number, and how it ends."""

from __future__ import annotations

import threading
import time

import pytest

from glassnet.data.read_ahead import ReadAhead


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "glassnet-rows"]


def test_items_come_in_their_order_and_then_no_more():
    ahead = ReadAhead(lambda go_on: (k for k in range(50)))

    assert list(ahead) == list(range(50))
    assert next(ahead, "over") == "over"
    ahead.close()
    assert readers() == []


def test_only_one_item_is_made_ahead():
    made = []

    def numbers(go_on):
        for k in range(10):
            made.append(k)
            yield k

    ahead = ReadAhead(numbers)
    for taken in range(5):
        assert next(ahead) == taken
        time.sleep(0.01)
        assert len(made) <= taken + 2
    ahead.close()
    assert readers() == []


def test_an_error_is_raised_where_the_item_is_waited_for():
    def two(go_on):
        yield 1
        yield 2
        raise ZeroDivisionError("the third")

    ahead = ReadAhead(two)

    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(ZeroDivisionError, match="the third"):
        next(ahead)
    assert next(ahead, "over") == "over"
    ahead.close()


def test_what_is_open_is_closed_in_the_thread_that_opened_it():
    where = []

    def held(go_on):
        try:
            where.append(threading.get_ident())
            while True:
                yield 0
        finally:
            where.append(threading.get_ident())

    ahead = ReadAhead(held)
    next(ahead)
    ahead.close()

    assert where[0] == where[1] != threading.get_ident()


def test_a_long_item_ends_where_nobody_wants_it():
    begun = threading.Event()

    def endless(go_on):
        begun.set()
        while True:
            go_on()
            time.sleep(0.001)
        yield 0

    ahead = ReadAhead(endless)
    begun.wait()
    ahead.close()

    assert readers() == []

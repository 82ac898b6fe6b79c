"""The order of rows on disk: every row once, whole batches in a window, the same if asked again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.row_shares import TEST, TRAINING, VALIDATION, Shares
from glassnet.data.streamed_order import StreamedOrder
from glassnet.errors import InvalidValue


def rows_of(order, epoch):
    """(group, place in it) of each place of the epoch."""
    found = []
    for window in order.windows(epoch):
        read = [(p.group, row) for p in window.pieces for row in range(p.first, p.stop)]
        found += [read[k] for k in order.mixed(window)]
    return found


orders = st.builds(
    StreamedOrder,
    st.lists(st.integers(0, 40), min_size=1, max_size=8).map(tuple).filter(sum),
    batch_size=st.integers(1, 30),
    seed=st.integers(0, 2**64 - 1),
    window_rows=st.integers(1, 60),
    shuffle=st.booleans(),
    smallest=st.sampled_from([1, 2]),
)


@given(orders)
def test_an_epoch_has_every_row_once(order):
    wanted = [(g, row) for g, count in enumerate(order.group_rows) for row in range(count)]

    assert sorted(rows_of(order, 3)) == wanted


@given(orders)
def test_no_batch_lies_in_two_windows(order):
    offsets = set(order.offsets().tolist())

    assert {window.stop for window in order.windows(0)} <= offsets


@given(orders)
def test_every_place_is_in_the_window_that_is_named_for_it(order):
    windows = order.windows(0)

    for place in range(order.rows):
        window = windows[order.window_at(place)]
        assert window.start <= place < window.stop


@given(orders)
def test_without_shuffling_rows_come_as_they_lie(order):
    plain = StreamedOrder(order.group_rows, order.batch_size, 0, order.window_rows, shuffle=False)

    assert rows_of(plain, 5) == sorted(rows_of(plain, 5))


def test_epochs_differ_and_can_be_found_again():
    order = StreamedOrder((30, 40, 50), 8, seed=1, window_rows=64)
    again = StreamedOrder((30, 40, 50), 8, seed=1, window_rows=64)

    assert rows_of(order, 1) == rows_of(again, 1)
    assert rows_of(order, 1) != rows_of(order, 2)
    assert rows_of(order, 1) != rows_of(StreamedOrder((30, 40, 50), 8, 2, 64), 1)


def test_groups_are_permuted_and_rows_mixed_within_a_window():
    order = StreamedOrder((100,) * 50, 10, seed=0, window_rows=1000)
    groups = [group for group, _ in rows_of(order, 0)]
    first = groups[:1000]

    assert len(set(first)) == 10
    assert sorted(set(first)) != list(range(10))
    # Ten groups mixed evenly: of 100 rows in a row about 10 are of each, with a deviation of 3.
    counts = np.bincount(first[:100], minlength=50)
    assert counts[counts > 0].max() < 22


def test_an_epoch_without_rows_is_refused():
    with pytest.raises(InvalidValue, match="at least 1 row"):
        StreamedOrder((0, 0), 8, 0, 64)


def test_shares_of_rows_have_their_size_and_follow_from_the_number_alone():
    shares = Shares(7, validation=0.1, test=0.2)
    parts = shares.parts(0, 100_000)

    counts = np.bincount(parts, minlength=3) / 100_000  # sd of a share is 0.0013 at most
    assert abs(counts[VALIDATION] - 0.1) < 0.006
    assert abs(counts[TEST] - 0.2) < 0.006
    assert (shares.parts(40_000, 500) == parts[40_000:40_500]).all()
    other = Shares(8, validation=0.1, test=0.2).parts(0, 100_000)
    both = np.mean((parts == TEST) & (other == TEST))
    assert abs(both - 0.04) < 0.004  # other seeds, independent rows


def test_shares_are_independent_of_where_a_row_stands():
    held = Shares(0, validation=0.25).parts(0, 2**16) == VALIDATION
    blocks = held.reshape(-1, 64).mean(axis=1)

    assert abs(blocks.std() - np.sqrt(0.25 * 0.75 / 64)) < 0.006


def test_without_shares_every_row_is_trained_on():
    assert (Shares(0).parts(5, 10) == TRAINING).all()


@pytest.mark.parametrize(
    "bad", [{"validation": 1.0}, {"test": -0.1}, {"test": 0.6, "validation": 0.4}]
)
def test_shares_that_leave_no_rows_are_refused(bad):
    with pytest.raises(InvalidValue, match="leave rows to train on"):
        Shares(0, **bad)

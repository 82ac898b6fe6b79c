"""Batches: every row once an epoch, in an order that seed and epoch fix."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from glassnet.data.batches import Data, Order, PoissonOrder
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.random_numbers import POISSON_BATCHES, SAMPLE_ORDER, generator

SEEDS = st.integers(0, 2**64 - 1)


@st.composite
def orders(draw):
    return Order(
        rows=draw(st.integers(1, 200)),
        batch_size=draw(st.integers(1, 210)),
        seed=draw(SEEDS),
        shuffle=draw(st.booleans()),
        smallest=draw(st.integers(1, 4)),
    )


@given(orders(), st.integers(0, 1000))
def test_an_epoch_holds_every_row_exactly_once(order, number):
    epoch = order.epoch(number)

    assert epoch.dtype == np.int64
    assert sorted(epoch.tolist()) == list(range(order.rows))


@given(orders())
def test_batches_cover_the_epoch_and_have_the_size_asked_for(order):
    offsets = order.offsets()
    sizes = np.diff(offsets)

    assert offsets[0] == 0
    assert offsets[-1] == order.rows
    assert offsets.dtype == np.int64
    assert order.steps == len(sizes)
    assert (sizes[:-1] == order.batch_size).all()
    assert 1 <= sizes[-1] < order.batch_size + order.smallest


@given(orders())
def test_a_last_batch_that_is_too_small_joins_the_one_before(order):
    rest = order.rows % order.batch_size
    last = int(np.diff(order.offsets())[-1])

    if order.rows < order.batch_size:
        assert last == order.rows  # there is none before
    elif rest == 0:
        assert last == order.batch_size or order.batch_size < order.smallest
    else:
        assert last == (rest if rest >= order.smallest else order.batch_size + rest)


def test_one_row_left_over_joins_the_batch_before_for_batch_norm():
    sizes = np.diff(Order(rows=9, batch_size=4, seed=0, smallest=2).offsets())

    assert sizes.tolist() == [4, 5]
    assert np.diff(Order(rows=9, batch_size=4, seed=0).offsets()).tolist() == [4, 4, 1]
    assert np.diff(Order(rows=1, batch_size=4, seed=0, smallest=2).offsets()).tolist() == [1]


@given(st.integers(2, 100), SEEDS, st.integers(0, 100))
def test_the_same_seed_and_epoch_give_the_same_order(rows, seed, number):
    one, other = (Order(rows, batch_size, seed) for batch_size in (3, 7))

    np.testing.assert_array_equal(one.epoch(number), other.epoch(number))


def test_orders_of_other_epochs_and_seeds_differ():
    order = Order(rows=50, batch_size=8, seed=1)
    drawn = {tuple(order.epoch(number).tolist()) for number in range(100)}
    others = {tuple(Order(50, 8, seed).epoch(0).tolist()) for seed in range(2, 100)}

    assert len(drawn) == 100
    assert len(drawn | others) == 198


def test_every_place_is_as_likely_for_every_row():
    """χ² of where row 0 lands in 5000 epochs of 10 rows; 9 degrees of freedom, 27.9 at 0.1 %."""
    order = Order(rows=10, batch_size=3, seed=5)
    places = [int(np.flatnonzero(order.epoch(number) == 0)[0]) for number in range(5000)]

    assert np.sum((np.bincount(places, minlength=10) - 500) ** 2 / 500) < 27.9


def test_without_shuffling_rows_come_as_they_are():
    order = Order(rows=5, batch_size=2, seed=1, shuffle=False)

    assert order.epoch(0).tolist() == order.epoch(7).tolist() == [0, 1, 2, 3, 4]


def test_the_order_is_drawn_from_the_stream_that_is_kept_for_it():
    wanted = generator(7, SAMPLE_ORDER, 3).permutation(20)

    np.testing.assert_array_equal(Order(20, 4, seed=7).epoch(3), wanted)


@pytest.mark.parametrize("name", ["rows", "batch_size"])
def test_an_order_needs_rows_and_a_batch_size(name):
    with pytest.raises(InvalidValue, match="at least 1"):
        Order(**{"rows": 3, "batch_size": 2, "seed": 0, name: 0})


# Data and the batches taken from it.

X, Y = np.arange(8.0).reshape(4, 2), np.arange(4.0)[:, None]


def test_weights_of_a_batch_sum_to_1_and_their_sum_is_kept():
    batch = Data(X, Y, np.array([1.0, 2.0, 3.0, 4.0])).take(np.array([3, 1]))

    assert batch.x.tolist() == [[6.0, 7.0], [2.0, 3.0]]
    assert batch.y.tolist() == [[3.0], [1.0]]
    assert batch.w == pytest.approx([2 / 3, 1 / 3])
    assert batch.weight_sum == 6.0


def test_rows_without_weights_weigh_the_same():
    batch = Data(X, Y).take(np.array([0, 2, 2, 1]))

    assert batch.w.tolist() == [0.25] * 4
    assert batch.weight_sum == 4.0


def test_weights_that_are_all_0_stay_0():
    batch = Data(X, Y, np.array([0.0, 0.0, 1.0, 1.0])).take(np.array([0, 1]))

    assert batch.w.tolist() == [0.0, 0.0]
    assert batch.weight_sum == 0.0


@pytest.mark.parametrize("weights", [None, np.ones(4), np.ones(4, dtype=np.int64)])
def test_weights_have_the_dtype_of_the_targets(weights):
    data = Data(X.astype(np.float32), Y.astype(np.float32), weights)

    assert data.take(np.arange(3)).w.dtype == np.float32


def test_sparse_rows_stay_sparse():
    batch = Data(sparse.csr_array(X), Y).take(np.array([2, 0]))

    assert batch.x.format == "csr"
    np.testing.assert_array_equal(batch.x.toarray(), X[[2, 0]])


def test_a_batch_is_a_copy():
    x = X.copy()
    batch = Data(x, Y).take(np.arange(4))

    batch.x[:] = -1.0

    np.testing.assert_array_equal(x, X)


def test_x_y_and_weights_must_have_as_many_rows():
    with pytest.raises(ShapeMismatch, match="X and y must have as many rows; got 4 and 3"):
        Data(X, Y[:3])
    with pytest.raises(ShapeMismatch, match=r"sample_weight must be \(4,\), .*got \(3,\)"):
        Data(X, Y, np.ones(3))


@given(st.integers(1, 60), st.integers(1, 60), SEEDS, st.integers(0, 50), st.integers(1, 3))
def test_poisson_batches_hold_rows_once_and_follow_from_seed_and_epoch(m, size, seed, first, count):
    order = PoissonOrder(m, min(size, m), seed)
    rows, offsets = order.epochs(first, count)

    assert (rows.dtype, offsets.dtype) == (np.int64, np.int64)
    assert len(offsets) == order.steps * count + 1 == (len(order.offsets()) - 1) * count + 1
    assert offsets[-1] == len(rows)
    for start, stop in pairwise(offsets):
        assert (np.diff(rows[start:stop]) > 0).all()
    last, ends = order.epochs(first + count - 1, 1)
    np.testing.assert_array_equal(rows[len(rows) - len(last) :], last)
    assert ends[-1] == len(last)


def test_poisson_batches_take_each_row_with_one_probability_by_itself():
    order = PoissonOrder(50, 10, seed=4)
    rows, offsets = order.epochs(0, 400)  # 2,000 batches
    there = np.zeros((2000, 50))
    there[np.repeat(np.arange(2000), np.diff(offsets)), rows] = 1

    assert np.abs(there.mean() - 0.2) < 5 * np.sqrt(0.2 * 0.8 / 1e5)
    assert np.abs(there.mean(axis=0) - 0.2).max() < 5 * np.sqrt(0.2 * 0.8 / 2000)
    assert np.abs(np.corrcoef(there.T) - np.eye(50)).max() < 5 / np.sqrt(2000)
    assert np.abs(np.corrcoef(there[:-1].ravel(), there[1:].ravel())[0, 1]) < 5 / np.sqrt(1e5)


def test_poisson_batches_have_a_purpose_of_their_own():
    philox = np.random.Philox(key=9, counter=[0, 0, 3, POISSON_BATCHES << 28])
    draw = np.random.Generator(philox).random(30)

    rows, offsets = PoissonOrder(30, 10, seed=9).epochs(3, 1)

    np.testing.assert_array_equal(rows[: offsets[1]], np.flatnonzero(draw < 10 / 30))


def test_a_batch_of_no_rows_weighs_nothing():
    batch = Data(np.ones((3, 2)), np.ones((3, 1))).take(np.arange(0))

    assert (batch.x.shape, batch.w.shape, batch.weight_sum) == ((0, 2), (0,), 0.0)


@given(orders(), st.integers(0, 9), st.integers(1, 4))
def test_epochs_are_one_after_the_other(order, first, count):
    rows, offsets = order.epochs(first, count)

    np.testing.assert_array_equal(rows[-order.rows :], order.epoch(first + count - 1))
    last = offsets[-order.steps - 1 :] - (count - 1) * order.rows
    np.testing.assert_array_equal(last, order.offsets())

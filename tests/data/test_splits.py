"""Every row lands on one side, classes keep their shares, and a seed fixes the draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.splits import folds, hold_out
from glassnet.errors import InvalidValue, ShapeMismatch

LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=80)


def check_split(train, held, n):
    assert train.dtype == held.dtype == np.int64
    assert np.all(np.diff(train) > 0)
    assert np.all(np.diff(held) > 0)
    assert sorted([*train.tolist(), *held.tolist()]) == list(range(n))


@given(st.integers(2, 500), st.floats(0.01, 0.99), st.integers(0, 2**64 - 1))
def test_rows_are_split_once_in_the_size_that_was_asked_for(n, fraction, seed):
    size = int(n * fraction + 0.5)
    if not 0 < size < n:
        with pytest.raises(InvalidValue, match=f"of {n} rows leaves"):
            hold_out(n, fraction, seed=seed)
        return
    train, held = hold_out(n, fraction, seed=seed)
    check_split(train, held, n)
    assert len(held) == size
    assert np.array_equal(held, hold_out(n, fraction, seed=seed)[1])


@given(LABELS, st.floats(0.05, 0.95), st.integers(0, 99))
def test_classes_keep_their_shares_and_a_row_to_train_on(labels, fraction, seed):
    n, labels = len(labels), np.array(labels)
    size = int(n * fraction + 0.5)
    counts = np.bincount(labels)
    if not 0 < size < n or counts.max() == 1:
        with pytest.raises(InvalidValue):
            hold_out(n, fraction, seed=seed, stratify=labels)
        return
    train, held = hold_out(n, fraction, seed=seed, stratify=labels)
    check_split(train, held, n)
    in_train = np.bincount(labels[train], minlength=len(counts))
    in_held = np.bincount(labels[held], minlength=len(counts))
    assert np.all(in_train[counts > 0] >= 1)
    assert len(held) == min(size, int(np.maximum(counts - 1, 0).sum()))
    if np.all(counts[counts > 0] * (1 - size / n) >= 1):  # no class had to be spared
        assert np.all(np.abs(in_held - counts * size / n) < 1)


@pytest.mark.parametrize("stratify", [None, [0, 1] * 50])
def test_another_seed_gives_another_split_and_every_row_has_its_turn(stratify):
    held = [hold_out(100, 0.3, seed=seed, stratify=stratify)[1] for seed in range(200)]
    assert len({tuple(rows) for rows in held}) == 200
    times = np.bincount(np.concatenate(held), minlength=100)  # binomial(200, 0.3): 60 ± 6.5
    assert 60 - 5 * 6.5 < times.min()
    assert times.max() < 60 + 5 * 6.5


def test_the_largest_remainder_gets_the_odd_row():
    labels = [0] * 34 + [1] * 66  # of ten rows 3.4 and 6.6
    held = hold_out(100, 0.1, seed=0, stratify=labels)[1]
    assert np.bincount(np.array(labels)[held]).tolist() == [3, 7]


def test_classes_are_drawn_one_after_the_other_in_sorted_order():
    labels = np.random.default_rng(0).permutation(["b", "a", "c"] * 1000)
    generator = np.random.Generator(np.random.Philox(key=5))
    expected = [generator.permutation(np.flatnonzero(labels == c))[:200] for c in "abc"]
    held = hold_out(3000, 0.2, seed=5, stratify=labels)[1]
    assert held.tolist() == sorted(np.concatenate(expected).tolist())


def test_the_draw_is_that_of_the_philox_generator():
    order = np.random.Generator(np.random.Philox(key=7)).permutation(10)
    assert set(hold_out(10, 0.4, seed=7)[1]) == set(order[:4])


@given(LABELS, st.integers(2, 10), st.booleans(), st.integers(0, 99))
def test_each_row_is_held_out_once_in_folds_of_one_size(labels, k, stratified, seed):
    n = len(labels)
    stratify = labels if stratified else None
    if k > n:
        with pytest.raises(InvalidValue, match=f"from 2 to the {n} rows; got {k}"):
            folds(n, k, seed=seed)
        return
    pairs = folds(n, k, seed=seed, stratify=stratify)
    for train, held in pairs:
        check_split(train, held, n)
    sizes = [len(held) for _, held in pairs]
    assert sum(sizes) == n
    assert max(sizes) - min(sizes) <= 1
    if stratified:
        for label in set(labels):
            per_fold = [np.sum(np.array(labels)[held] == label) for _, held in pairs]
            assert max(per_fold) - min(per_fold) <= 1


def test_folds_of_another_seed_are_others():
    first, other = folds(50, 5, seed=0), folds(50, 5, seed=1)
    assert not np.array_equal(first[0][1], other[0][1])


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_lies_between_0_and_1(fraction):
    with pytest.raises(InvalidValue, match="between 0 and 1"):
        hold_out(10, fraction, seed=0)


def test_a_fraction_that_leaves_a_side_empty_says_how_many_rows_it_leaves():
    with pytest.raises(InvalidValue, match=r"0\.1 of 4 rows leaves 4 for training and 0 held out"):
        hold_out(4, 0.1, seed=0)
    with pytest.raises(InvalidValue, match="leaves 0 for training and 4 held out"):
        hold_out(4, 0.9, seed=0)
    with pytest.raises(InvalidValue, match="of 0 rows"):
        hold_out(0, 0.5, seed=0)


def test_classes_of_one_row_are_trained_on():
    labels = ["rare"] + ["common"] * 9
    for seed in range(20):
        assert 0 in hold_out(10, 0.5, seed=seed, stratify=labels)[0]
    with pytest.raises(InvalidValue, match="every class has one row only"):
        hold_out(3, 0.5, seed=0, stratify=["a", "b", "c"])


def test_stratify_has_a_class_per_row():
    with pytest.raises(ShapeMismatch, match=r"must be \(4,\)"):
        hold_out(4, 0.5, seed=0, stratify=[0, 1, 0])
    with pytest.raises(ShapeMismatch, match=r"must be \(4,\)"):
        folds(4, 2, seed=0, stratify=np.eye(4))


@pytest.mark.parametrize("seed", [-1, 2**128, 1.5, None, "0"])
def test_a_seed_is_a_whole_number_that_fits_the_key(seed):
    with pytest.raises(InvalidValue, match="seed must be a whole number"):
        hold_out(10, 0.5, seed=seed)

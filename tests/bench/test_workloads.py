"""The workloads: what they are called, how much work they are, which rows they have."""

import numpy as np
import pytest

from glassnet.bench.workloads import WORKLOADS, Prediction, Training, chosen, rows, targets
from glassnet.errors import UnknownName


def multiplications(units, batch):
    """Products of a training step, counted layer by layer: forward, gradient, error passed down."""
    count = 0
    for l in range(1, len(units)):
        forward = batch * units[l - 1] * units[l]
        passed_down = forward if l > 1 else 0
        count += forward + forward + passed_down
    return count


@pytest.mark.parametrize("name", [n for n, w in WORKLOADS.items() if isinstance(w, Training)])
def test_a_step_of_training_is_as_much_work_as_its_products(name):
    work = WORKLOADS[name]

    assert work.operations == 2 * multiplications(work.shape.units, work.batch)


def test_the_work_of_a_step_is_what_was_published():
    # 784-512-512-10 at 128 rows: 3 ms at 177 GFLOP/s were 77 % of the peak.
    assert WORKLOADS["W4"].operations / 3.00e-3 / 177e9 == pytest.approx(0.77, abs=0.03)


def test_a_name_without_its_letter_means_all_of_them():
    assert chosen("W6") == ["W6a", "W6b", "W6c", "W6d"]
    assert chosen("w3b, W1,W3") == ["W3b", "W1", "W3a"]


@pytest.mark.parametrize("names", ["W9", "", "W1,,W2", "W3c"])
def test_an_unknown_name_is_an_error(names):
    with pytest.raises(UnknownName, match="Known: W1, W2"):
        chosen(names)


def test_a_tenth_of_the_labels_is_drawn_at_random():
    work = WORKLOADS["W2"]
    x, y = rows(work, "float32")

    # Two classes: half of the tenth that is drawn again falls back on its own class.
    best = np.linalg.lstsq(np.c_[x, np.ones(len(x))], 2.0 * y - 1, rcond=None)[0]
    wrong = ((np.c_[x, np.ones(len(x))] @ best > 0) != (y == 1)).mean()
    assert 0.03 < wrong < 0.07


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["W1", "W6a"])
def test_rows_and_targets_fit_the_network(name, dtype):
    work = WORKLOADS[name]
    x, y = rows(work, dtype)

    assert x.shape == (work.rows, work.shape.units[0])
    assert x.dtype == targets(work.shape, y, dtype).dtype == dtype
    assert targets(work.shape, y, dtype).shape == (work.rows, work.shape.units[-1])


def test_ten_classes_are_a_column_each():
    shape = WORKLOADS["W4"].shape

    assert np.array_equal(targets(shape, np.array([3, 0]), "float32").argmax(axis=1), [3, 0])


def test_prediction_and_training_share_their_networks():
    assert isinstance(WORKLOADS["W6d"], Prediction)
    assert WORKLOADS["W6d"].shape == WORKLOADS["W4"].shape
    assert WORKLOADS["W6a"].shape == WORKLOADS["W2"].shape

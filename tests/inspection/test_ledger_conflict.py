"""Mean gradients of groups against brute force."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch
from tests.engine.problems import Variant
from tests.inspection.single_rows import drawn, of_each_row


def compared(g, w, groups):
    """Lengths and cosines of the groups' weighted means."""
    means = np.array([w[groups == c] @ g[groups == c] / w[groups == c].sum() for c in set(groups)])
    lengths = np.linalg.norm(means, axis=1)
    return lengths, means @ means.T / np.outer(lengths, lengths)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("norm", [False, True])
def test_groups_are_compared_by_their_mean_gradients(norm, weighted):
    found, net = drawn(Variant(outputs=2, norm=norm, weighted=weighted, rows=11))
    _, g = of_each_row(found)
    groups = np.array([2, 0, 1, 0, 2, 1, 1, 0, 2, 0, 0])
    w = found.data.w if weighted else np.ones(11)
    book = gn.ledger(net, found.data.x, found.data.y, found.data.w, statistics="running")

    conflict = book.conflict(groups)

    lengths, cosines = compared(g, w, groups)
    assert conflict.groups.tolist() == [0, 1, 2]
    assert conflict.counts.tolist() == [5, 3, 3]
    np.testing.assert_allclose(conflict.lengths, lengths, rtol=1e-10)
    np.testing.assert_allclose(conflict.cosines, cosines, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("form", ["numbers", "one-hot rows"])
def test_groups_are_the_classes_by_default(form):
    found, net = drawn(Variant("cross_entropy", "softmax", outputs=3, rows=12))
    classes = found.data.y.argmax(axis=1)
    y = classes if form == "numbers" else found.data.y

    conflict = gn.ledger(net, found.data.x, y).conflict()

    wanted = gn.ledger(net, found.data.x, y).conflict(classes)
    np.testing.assert_array_equal(conflict.cosines, wanted.cosines)
    assert conflict.groups.tolist() == sorted(set(classes.tolist()))


def test_two_classes_of_one_output_are_groups():
    found, net = drawn(Variant("binary_cross_entropy", "logistic", rows=9))

    conflict = gn.ledger(net, found.data.x, found.data.y).conflict()

    assert conflict.counts.sum() == 9
    np.testing.assert_allclose(np.diag(conflict.cosines), 1)


def test_pairs_begin_with_the_strongest_conflict_and_leave_what_has_no_direction_for_last():
    nan = np.nan
    cosines = np.array([[1, 0.5, nan], [0.5, 1, -0.25], [nan, -0.25, nan]])
    conflict = gn.Conflict(np.array(["a", "b", "c"]), np.ones(3, int), np.ones(3), cosines)

    assert [pair[:2] for pair in conflict.pairs()] == [("b", "c"), ("a", "b"), ("a", "c")]


def test_groups_must_be_given_for_numbers_and_fit_the_rows():
    net = gn.Network(1, [gn.Dense(1, "identity")])
    book = gn.ledger(net, [[0.0], [1.0]], [0.5, 1.5])

    with pytest.raises(InvalidValue, match="groups must be given where the targets are no classes"):
        book.conflict()
    with pytest.raises(ShapeMismatch, match=r"groups must be \(2,\), one per row"):
        book.conflict([1, 2, 3])

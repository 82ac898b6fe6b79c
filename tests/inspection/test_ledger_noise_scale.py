"""The gradient noise scale against its definition and against drawn batches."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue
from tests.engine.problems import Variant
from tests.inspection.single_rows import drawn, of_each_row


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_trace_of_the_covariance_over_the_squared_mean(weighted):
    found, net = drawn(Variant(outputs=2, weighted=weighted, rows=9))
    _, g = of_each_row(found)
    w = np.full(9, 1 / 9) if not weighted else found.data.w / found.data.w.sum()
    terms = 9 * w[:, None] * g

    scale = gn.ledger(net, found.data.x, found.data.y, found.data.w).noise_scale()

    trace = np.trace(np.cov(terms.T))
    squared = np.square(terms.mean(axis=0)).sum() - trace / 9
    assert scale.trace == pytest.approx(trace, rel=1e-10)
    assert scale.squared_gradient == pytest.approx(squared, rel=1e-9)
    assert scale.value == pytest.approx(trace / squared if squared > 0 else np.inf, rel=1e-9)


def test_batches_have_the_mean_squared_length_that_it_says():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    y = X @ [1.0, -2.0, 0.5] + rng.normal(0, 2.0, 500)
    net = gn.Network(3, [gn.Dense(1, "identity", init="zeros")])
    scale = gn.ledger(net, X, y).noise_scale()
    errors = -y[:, None] * np.column_stack([X, np.ones(500)])  # gₙ of ½ (0 − y)²

    for batch in (2, 20):
        rows = rng.integers(500, size=(20_000, batch))
        squares = np.square(errors[rows].mean(axis=1)).sum(axis=1)
        wanted = scale.squared_gradient * (1 + scale.value / batch)
        assert squares.mean() == pytest.approx(wanted, rel=0.03)


@pytest.mark.parametrize(
    ("targets", "value", "batch"),
    [
        ([-2.0, -2.0, -2.0, -2.0], 0.0, 1),  # all alike
        ([-1.0, 1.0, -1.0, 1.0], np.inf, 4),  # nothing in common
        ([-1.0, -3.0, -1.0, -3.0], (4 / 3) / (4 - 1 / 3), 1),
        ([-7.0, 5.0, -7.0, 5.0, -7.0, 5.0, -7.0, 6.0], None, 8),
    ],
)
def test_the_batch_size_is_the_next_power_of_2_and_at_most_all_rows(targets, value, batch):
    net = gn.Network(1, [gn.Dense(1, "identity", bias=False, init="zeros")])
    scale = gn.ledger(net, np.ones((len(targets), 1)), targets).noise_scale()

    assert scale.batch_size == batch
    if value is not None:
        assert scale.value == pytest.approx(value)


def test_one_row_has_none():
    net = gn.Network(1, [gn.Dense(1, "identity")])

    with pytest.raises(InvalidValue, match="at least 2 rows; got 1"):
        gn.ledger(net, [[1.0]], [1.0]).noise_scale()

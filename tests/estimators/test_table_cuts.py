"""Where numbers are cut: where the target changes, whatever the scale of the column."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from glassnet.data.frames import as_column, as_table
from glassnet.data.tables import Table
from glassnet.estimators.tables.cuts import target_edges
from tests.estimators.test_tables import frame, regressor


def edges(x, y, bins=4, w=None):
    found = target_edges(as_table(np.asarray(x)[:, None]), np.asarray(y, float)[:, None], w, bins)
    return found["x0"]


def test_cuts_are_those_of_the_tree_of_scikit_learn():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300).astype(np.float32).astype(np.float64)
    y = np.sin(3 * x) + 0.1 * rng.normal(size=300)
    tree = DecisionTreeRegressor(max_leaf_nodes=6, min_samples_leaf=20, random_state=0)
    tree.fit(x[:, None], y)
    cuts = np.sort(tree.tree_.threshold[tree.tree_.feature >= 0])
    found = edges(x, y, 6)
    assert (found[0], found[-1]) == (x.min(), x.max())
    np.testing.assert_allclose(found[1:-1], cuts, rtol=1e-6)


@pytest.mark.parametrize("move", [lambda x: x**3, np.exp, lambda x: 1e300 * x, lambda x: x - 1e12])
def test_a_cut_parts_the_same_rows_on_any_scale(move):
    x = np.round(np.random.default_rng(1).normal(size=200), 3)
    y = (x > 0.5) + 2.0 * (x > 1.0)
    plain, moved = edges(x, y), edges(move(x), y)
    assert len(plain) == len(moved) == 4
    for one, other in zip(plain[1:-1], moved[1:-1], strict=True):
        assert np.array_equal(x > one, move(x) > other)


def test_columns_without_a_cut_have_no_bins():
    rng = np.random.default_rng(0)
    assert edges(rng.normal(size=8), rng.normal(size=8)) == ()  # no two leaves of 20 rows
    assert edges(np.ones(50), rng.normal(size=50)) == ()
    assert edges(np.arange(50) % 2, np.arange(50) % 2) == ()  # two values: a bin says no more
    assert edges(np.arange(50.0), np.ones(50)) == ()
    assert edges(np.arange(50.0), np.arange(50) > 9, bins=0) == ()


def test_gaps_and_infinities_are_left_out_and_texts_are_not_cut():
    x = np.array([np.nan, np.inf, -np.inf, *range(40)])
    table = Table([as_column(x, "x"), as_column(["a"] * 43, "t")])
    y = np.array([9.0, 9.0, 9.0, *(np.arange(40) > 19)])[:, None]
    assert target_edges(table, y, None, 4) == {"x": (0.0, 19.5, 39.0)}


def test_weights_count():
    x, y = np.arange(100.0), np.r_[np.zeros(30), np.ones(30), np.full(40, 1.5)]
    w = np.where(x < 60, 1e-9, 1.0)
    w[:5] = 1.0
    assert edges(x, y, 2)[1] == 29.5
    assert edges(x, np.where(x < 50, 0.0, y), 2, w)[1] in (49.5, 59.5)


def test_several_targets_have_their_cuts_together():
    x = np.arange(60.0)
    y = np.column_stack([x > 19, x > 39]).astype(float)
    assert target_edges(as_table(x[:, None]), y, None, 8)["x0"] == (0.0, 19.5, 39.5, 59.0)


def test_a_fit_cuts_at_the_target_unless_it_is_told_otherwise():
    X, _ = frame(300)
    y = np.where(X["size"].fillna(0) > 50, 3.0, 1.0) + np.random.default_rng(0).normal(0, 0.2, 300)
    rule = regressor(cuts="target", steps=True, bins=4).fit(X, y).encoder_.rules[0]
    near = X["size"].dropna()
    low, high = near[near <= 50].max(), near[near > 50].min()
    assert any(low < edge <= high for edge in rule.edges)
    assert any(name.startswith("size > ") for name in rule.outputs)
    plain = regressor(cuts="quantiles", steps=False, bins=4).fit(X, y).encoder_.rules[0]
    np.testing.assert_allclose(plain.edges, np.nanquantile(X["size"], [0, 0.25, 0.5, 0.75, 1]))

"""What a table poses is settled before its rows are split."""

import numpy as np
import pytest

from glassnet.data.frames import as_table
from glassnet.errors import InvalidValue
from glassnet.estimators.table_estimate import plan_estimate
from glassnet.estimators.table_plan import TableSettings, plan_table

PLANS = {
    "plain": lambda table, task: plan_table(table, "y", TableSettings(task=task)),
    "estimate": lambda table, task: plan_estimate(table, "y", task=task),
}


@pytest.mark.parametrize("task", ["auto", "classification", "regression"])
@pytest.mark.parametrize("bad", [np.inf, np.nan])
@pytest.mark.parametrize("plan", PLANS)
def test_a_target_that_cannot_be_learned_is_named_by_its_row_of_the_table(plan, bad, task):
    rows = np.random.default_rng(0).normal(size=(100, 2))
    rows[37, 1] = bad

    with pytest.raises(InvalidValue, match=r"'y'.*\brow 38\b"):
        PLANS[plan](as_table(rows, ["a", "y"]), task)


def test_both_ways_to_fit_split_the_rows_alike():
    kinds = np.repeat([0.0, 1.0, 2.0], [60, 25, 15])
    table = as_table(np.stack([np.arange(100.0), kinds], axis=1), ["a", "y"])

    test = plan_estimate(table, "y", task="classification").test
    plain = PLANS["plain"](table, "classification")

    np.testing.assert_array_equal(plain.test[1].argmax(axis=1), kinds[test])
    assert np.bincount(kinds[test].astype(int)).tolist() == [12, 5, 3]

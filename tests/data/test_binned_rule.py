"""Numbers in bins: by hand, at the edges of arithmetic, and each row as it is in any batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.frames import as_column
from glassnet.data.rich_encoding import rich_encoding
from glassnet.data.rules import Encoded
from glassnet.data.scales import Robust
from glassnet.data.tables import Column, Table
from glassnet.errors import InvalidValue

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def filled(rule, values):
    out = np.empty((len(values), len(rule.outputs)))
    seen = Encoded(out)
    rule.fill(Column(rule.name, "numeric", np.array(values, dtype=float)), out, seen)
    return out, seen


def test_the_columns_are_those_worked_out_by_hand():
    rule = BinnedRule.of(as_column([0, 1, 2, 3, 4, None], "x"), 2)
    assert (rule.scale, rule.edges) == (Robust(2.0, 2.0), (0.0, 2.0, 4.0))
    out, seen = filled(rule, [2.0, 8.0, -9.0, 1.0, np.nan])
    far = 3.0 / np.sqrt(1 + 1.0)
    low = -5.5 / np.sqrt(1 + (5.5 / 3) ** 2)
    near = -0.5 / np.sqrt(1 + 1 / 36)
    expected = [[0, 1, 0, 0], [far, 1, 1, 0], [low, 0, 0, 0], [near, 0.5, 0, 0], [0, 1, 0, 1]]
    np.testing.assert_allclose(out, expected, rtol=1e-15)
    assert seen.imputed == {}


def test_the_first_column_never_leaves_three():
    out, _ = filled(BinnedRule("x", Robust(0.0, 1.0), (), False), [1e308, -1e308, 1e-308, 50.0])
    assert np.abs(out).max() <= 3.0
    assert out[0, 0] == pytest.approx(3.0)


def test_bins_end_at_quantiles_and_at_the_values_of_few():
    many = BinnedRule.of(as_column(np.arange(1001.0), "x"), 4)
    assert many.edges == (0, 250, 500, 750, 1000)
    assert BinnedRule.of(as_column([3.0, 1.0, 1.0, 2.0], "x"), 4).edges == (1, 2, 3)
    assert BinnedRule.of(as_column(np.arange(9.0), "x"), 0).edges == ()


def test_a_value_missing_for_the_first_time_is_the_median_and_counted():
    rule = BinnedRule.of(as_column([0.0, 1.0, 5.0], "x"), 2)
    out, seen = filled(rule, [np.nan])
    assert np.array_equal(out, filled(rule, [1.0])[0])
    assert seen.imputed == {"x": 1}


def test_quartiles_that_coincide_leave_half_of_the_range():
    assert BinnedRule.of(as_column([0.0] * 9 + [10.0], "x"), 2).scale == Robust(0.0, 5.0)
    assert BinnedRule.of(as_column([4.0] * 9, "x"), 2).scale == Robust(4.0, 1.0)


@given(st.lists(FINITE, min_size=1, max_size=20), st.lists(FINITE, min_size=1, max_size=5))
def test_any_finite_numbers_give_bounded_columns_row_by_row(training, values):
    rule = BinnedRule.of(Column("x", "numeric", np.array(training)), 4)
    out, _ = filled(rule, values)
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 3.0
    for k, value in enumerate(values):
        assert np.array_equal(filled(rule, [value])[0][0], out[k])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30, unique=True))
def test_greater_numbers_never_have_smaller_columns(values):
    rule = BinnedRule.of(Column("x", "numeric", np.array(values)), 4)
    out, _ = filled(rule, sorted(values))
    assert (np.diff(out, axis=0) >= -4 * np.spacing(3.0)).all()  # each is rounded for itself


def test_steps_are_1_above_each_edge_between_two_bins():
    rule = BinnedRule.of(as_column([0, 1, 2, 3, 4, None], "x"), 4, steps=True)
    assert rule.edges == (0.0, 1.0, 2.0, 3.0, 4.0)
    assert rule.outputs[5:] == ("x > 1", "x > 2", "x > 3", "x is missing")
    out, _ = filled(rule, [1.0, np.nextafter(1.0, 2.0), 2.5, 99.0, np.nan])
    assert out[:, 5:].tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0],
                                   [1, 0, 0, 1]]  # fmt: skip
    for edges in ((), (0.0,), (0.0, 1.0)):
        few = BinnedRule("x", Robust(0.0, 1.0), edges, False, steps=True)
        assert len(few.outputs) == max(1, len(edges))
        assert filled(few, [0.5])[0].shape == (1, len(few.outputs))


def test_bins_end_where_they_are_said_to():
    rule = BinnedRule.of(as_column([0.0, 1.0, 5.0], "x"), 2, edges=(0.0, 0.25, 5.0))
    assert rule.edges == (0.0, 0.25, 5.0)


def test_numbers_at_both_ends_of_the_range_have_a_median_and_a_spread_without_a_warning():
    column = as_column([-1.7e308, 1.7e308] * 20, "x")
    for bins in (0, 1, 4):
        rule = BinnedRule.of(column, bins)
        assert np.isfinite(rule.scale.median)
        assert 0 < rule.scale.spread < np.inf
        assert np.isfinite(filled(rule, [0.0, 1.7e308])[0]).all()
    many = np.linspace(-1.0, 1.0, 41) * 1.7e308
    assert BinnedRule.of(Column("x", "numeric", many), 4).edges == ()


def test_infinities_are_refused_by_name():
    with pytest.raises(InvalidValue, match="'x'"):
        BinnedRule.of(as_column([0.0, np.inf], "x"), 2)


def test_exporters_refuse_what_they_cannot_write():
    from glassnet.errors import Unsupported

    table = Table([as_column([0.0, 1.0], "x")])
    with pytest.raises(Unsupported, match=r"'x'.*encode"):
        _ = rich_encoding(table).encoder.plain_rules

"""Scales of numbers: by hand, at the edges of arithmetic, and the same bits for a row alone."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.frames import as_column
from glassnet.data.scales import SCALES, Quantile, Robust, Standard
from glassnet.errors import InvalidValue

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def test_they_agree_with_scikit_learn():
    x = np.random.default_rng(0).gamma(2.0, 3.0, 500)
    z = RobustScaler().fit_transform(x[:, None])[:, 0]
    np.testing.assert_allclose(Robust.of(x).scaled("x", x), z / np.sqrt(1 + z * z / 9), rtol=1e-12)
    standard = StandardScaler().fit_transform(x[:, None])[:, 0]
    np.testing.assert_allclose(Standard.of(x).scaled("x", x), standard, rtol=1e-9, atol=1e-12)
    far = np.random.default_rng(1).gamma(2.0, 3.0, 30_000)
    ours = Quantile.of(far)
    theirs = QuantileTransformer(
        n_quantiles=1000, output_distribution="normal", subsample=None
    ).fit(far[:, None])
    inner = np.sort(far)[100:-100]  # at the ends they clip at ±5.2, we at the share of one value
    np.testing.assert_allclose(
        ours.scaled("x", inner), theirs.transform(inner[:, None])[:, 0], atol=5e-3
    )


def test_the_score_of_a_threshold_is_that_of_the_middle_of_its_ties():
    made = Quantile.of(np.array([5.0, 5.0, 5.0, 7.0, 7.0, 9.0, 9.0, 9.0, 9.0, 9.0]))
    assert made.thresholds == (5.0, 7.0, 9.0)
    np.testing.assert_allclose(made.scores, norm.ppf([0.15, 0.4, 0.75]), rtol=1e-12)
    between = norm.ppf(0.15) + 0.25 * (norm.ppf(0.4) - norm.ppf(0.15))
    found = made.scaled("x", np.array([5.5, -1e300, 1e300]))
    np.testing.assert_allclose(found, [between, made.scores[0], made.scores[2]], rtol=1e-12)


def test_quantiles_make_any_column_normal():
    x = np.exp(np.random.default_rng(0).normal(size=60_000) * 3)
    z = Quantile.of(x).scaled("x", x)
    assert len(Quantile.of(x).thresholds) == 1000
    assert abs(z.mean()) < 0.01
    assert z.std() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", SCALES)
def test_no_values_and_one_value_are_harmless(name):
    for values in ([], [4.0], [4.0, 4.0]):
        made = SCALES[name].of(np.array(values))
        assert np.isfinite(made.scaled("x", np.array([4.0, -1e20, 1e20]))).all()
        assert made.scaled("x", np.array([made.middle]))[0] == 0.0


@pytest.mark.parametrize("name", SCALES)
@given(
    training=st.lists(FINITE, min_size=1, max_size=30),
    more=st.lists(FINITE, min_size=1, max_size=5),
)
def test_any_numbers_are_finite_ordered_and_the_same_alone(name, training, more):
    made = SCALES[name].of(np.array(training))
    x = np.sort(np.array(training + ([] if name == "standard" else more)))
    z = made.scaled("x", x)
    assert np.isfinite(z).all()
    assert (np.diff(z) >= -4 * np.spacing(np.abs(z).max())).all()  # each is rounded for itself
    for k in range(len(x)):
        assert made.scaled("x", x[k : k + 1])[0] == z[k]


@pytest.mark.parametrize("value", [1e300, -1e300])
def test_a_standardised_value_that_no_network_could_take_is_refused_by_row(value):
    rule = BinnedRule.of(as_column([0.0, 1.0, 2.0], "x"), 0, scaling="standard")
    with pytest.raises(InvalidValue, match=r"'x' must stay near .* row 2 cannot"):
        rule.put(np.array([1.0, value]), np.empty((2, 1)))


def test_a_scale_is_chosen_by_its_name_and_the_bins_stay_what_they_are():
    column = as_column([0.0, 1.0, 2.0, 3.0, 14.0, None], "x")
    made = {name: BinnedRule.of(column, 2, scaling=name) for name in SCALES}
    assert [rule.edges for rule in made.values()] == [(0.0, 2.0, 14.0)] * 3
    np.testing.assert_allclose(made["standard"].scale.mean, 4.0, rtol=1e-15)
    np.testing.assert_allclose(made["standard"].scale.scale, np.sqrt(130 / 5), rtol=1e-15)
    assert made["quantile"].scale.scores[2] == NormalDist().inv_cdf(0.5)
    assert all(rule.indicator for rule in made.values())


def test_infinities_are_missing_values_where_that_is_asked_for():
    column = as_column([0.0, np.inf, 2.0, -np.inf], "x")
    rule = BinnedRule.of(column, 2, infinite=True)
    assert rule.scale == Robust(1.0, 1.0)
    out = np.empty((2, 3))
    assert rule.put(np.array([np.inf, 2.0]), out).tolist() == [True, False]
    assert out[0].tolist() == [0.0, 0.5, 1.0]
    with pytest.raises(InvalidValue, match=r"'x' must hold finite .* rows 2 and 4"):
        BinnedRule.of(column, 2)

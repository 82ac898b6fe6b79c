"""Quantiles of a table's target: calibrated, never crossing, of one column or several."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue
from glassnet.estimators.tables.numeric_target import NumericTarget
from tests.estimators.test_tables import frame, regressor

LEVELS = (0.1, 0.5, 0.9)


def spreading(rows, seed=0):
    """y spreads the more the greater x; its quantiles are known."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, rows)
    return x[:, None], 10 + x * rng.normal(size=rows) * 3, x


def test_as_many_targets_lie_below_each_quantile_as_it_says():
    X, y, _ = spreading(2000)
    more, truth, x = spreading(4000, seed=1)
    reg = regressor(loss="quantile", members=2, epochs=40).fit(X, y)
    found = reg.predict_quantiles(more)
    for j, level in enumerate(LEVELS):
        assert (truth < found[:, j]).mean() == pytest.approx(level, abs=0.04)
        wide, narrow = x > 0.7, x < 0.3
        assert (truth[wide] < found[wide, j]).mean() == pytest.approx(level, abs=0.08)
        assert (truth[narrow] < found[narrow, j]).mean() == pytest.approx(level, abs=0.12)
    assert np.array_equal(reg.predict(more), found[:, 1])


def test_quantiles_never_cross_where_networks_know_nothing():
    X, y = frame(80)
    levels = np.linspace(0.02, 0.98, 25).tolist()
    reg = regressor(loss="quantile", quantiles=levels, epochs=3).fit(X, y)
    far = X.assign(size=np.linspace(-1e6, 1e6, len(X)))
    raw = np.mean([gn.predict(net, reg.encode(far)) for net in reg.members_], axis=0)
    assert (np.diff(raw) < 0).any()  # the networks themselves do cross
    found = reg.predict_quantiles(far)
    assert (np.diff(found) >= 0).all()
    assert found.min() >= y.min()
    assert found.max() <= y.max()


def test_sorting_is_no_step_away_from_the_true_quantiles():
    rng = np.random.default_rng(0)
    target = NumericTarget.of(rng.normal(size=100), None, "quantile", (0.2, 0.4, 0.6, 0.8))
    truth = np.sort(rng.normal(size=(500, 4)) / 3, axis=1)
    rough = truth + rng.normal(size=truth.shape) / 3
    found = (target.answers(rough) - target.mean) / target.scale
    for power in (1, 2, 4):
        before = (np.abs(rough - truth) ** power).sum(axis=1)
        after = (np.abs(found - truth) ** power).sum(axis=1)
        assert (after <= before + 1e-9).all()


def test_several_targets_have_their_quantiles_each():
    X, y = frame(200)
    Y = np.stack([y, -1000 * y], axis=1)
    reg = regressor(loss="quantile", quantiles=(0.25, 0.75), epochs=40).fit(X, Y)
    found = reg.predict_quantiles(X)
    assert found.shape == (200, 2, 2)
    assert (found[:, :, 0] <= found[:, :, 1]).all()
    for j in range(2):
        inside = (found[:, j, 0] <= Y[:, j]) & (Y[:, j] <= found[:, j, 1])
        assert 0.3 < inside.mean() < 0.75
    # of two levels as near to the median the lower is the prediction
    assert np.array_equal(reg.predict(X), found[:, :, 0])
    assert reg.head_.output_names == ("y0 0.25", "y0 0.75", "y1 0.25", "y1 0.75")


def test_one_row_gets_the_bits_that_it_has_in_the_batch():
    X, y = frame()
    reg = regressor(loss="quantile", members=3).fit(X, y)
    together = reg.predict_quantiles(X)
    for k in range(0, len(X), 11):
        assert np.array_equal(reg.predict_quantiles(X[k : k + 1])[0], together[k])


@pytest.mark.parametrize(
    "levels", [(), (0.5, 0.5), (0.9, 0.1), (0.0, 0.5), (0.5, 1.0), 0.5, (True,)]
)
def test_levels_increase_between_0_and_1(levels):
    X, y = frame(20)
    with pytest.raises(InvalidValue, match="'quantiles' parameter of TableRegressor"):
        regressor(loss="quantile", quantiles=levels).fit(X, y)


def test_what_has_no_quantiles_says_so():
    X, y = frame(20)
    with pytest.raises(InvalidValue, match="needs loss='quantile'"):
        regressor().fit(X, y).predict_quantiles(X)
    with pytest.raises(InvalidValue, match="judged by their own loss"):
        regressor(loss="quantile", metric="rmse").fit(X, y)


def test_the_glass_box_takes_quantile_networks():
    X, y = frame(40)
    reg = regressor(loss="quantile").fit(X, y)
    x, target, _ = reg.__glassnet_rows__(X, y)
    assert target.shape == (40, 3)
    assert gn.trace(reg.network_, x[:2], target[:2]).delta[2].shape == (2, 3)
    assert gn.check_gradients(reg.network_, x[:4], target[:4]) is not None
    assert gn.diagnose(reg, X, y).rows == 40

"""The default space fits the rows, and its rates are those at which networks learn on them."""

import warnings

import numpy as np
import pytest

import glassnet as gn
from glassnet.tuning.rates import rate_range
from glassnet.tuning.space import checked_space, default_epochs, default_space, ends, parameters_of
from glassnet.tuning.training import estimator
from glassnet.tuning.usual import usual_candidates

RNG = np.random.default_rng(5)
X = RNG.normal(size=(600, 6))
Y = np.tanh(X[:, 0] * X[:, 1]) + 0.1 * RNG.normal(size=600)


@pytest.mark.parametrize("rows", [20, 150, 1000, 10_000, 1_000_000])
def test_the_default_space_is_one_that_the_estimators_take(rows):
    space = checked_space(default_space(rows), gn.MLPClassifier().get_params())

    for name, domain in space.items():
        assert all(parameters_of({name: value}) for value in ends(domain))
    assert max(space["batch_size"]) <= max(min(space["batch_size"]), rows // 16)


def test_more_rows_have_wider_networks_larger_batches_and_fewer_epochs():
    few, many = default_space(300), default_space(200_000)

    assert many["width"].high > few["width"].high
    assert max(many["batch_size"]) > max(few["batch_size"])
    assert default_epochs(200_000) < default_epochs(300)


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_a_rate_amid_the_range_learns_in_any_unit_and_one_above_it_learns_less(unit):
    found = rate_range(X, unit * Y, classes=False)

    assert found.log
    middle = float(np.sqrt(found.low * found.high))
    costs = {rate: _cost(unit * Y, rate) for rate in (middle, 30 * found.high)}
    assert costs[middle] < 0.5 * np.var(unit * Y) / 2
    assert not costs[30 * found.high] < costs[middle]


def _cost(y, rate):
    told = {"hidden_layer_sizes": (64, 64), "batch_size": 32, "max_iter": 30}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return estimator(False, {**told, "learning_rate_init": rate}, 0).fit(X, y).loss_
        except ValueError:
            return np.inf


@pytest.mark.parametrize("rows", [20, 150, 1000, 10_000, 1_000_000])
def test_the_usual_candidates_lie_in_the_default_space_and_differ(rows):
    space = default_space(rows)
    found = usual_candidates(space)

    for candidate in found:
        assert set(candidate) == set(space)
        for name, value in candidate.items():
            domain = space[name]
            inside = value in domain if isinstance(domain, tuple) else None
            assert inside if inside is not None else domain.low <= value <= domain.high
    assert len({repr(sorted(candidate.items())) for candidate in found}) == 3


@pytest.mark.parametrize("method", ["halving", "tpe", "random"])
def test_a_search_of_the_default_space_begins_with_them_but_at_random(method):
    found = gn.search(X, Y, trials=3, epochs=1, method=method)
    usual = usual_candidates(default_space(len(X), rate_range_of(found)))

    begun = [dict(record.values) for record in sorted(found.records, key=lambda r: r.number)]
    assert (begun == usual) is (method != "random")


def rate_range_of(found):
    drawn = found.study.get_trials()[0].distributions["learning_rate_init"]
    return gn.Between(drawn.low, drawn.high, log=True)

"""Means of the networks that a run passes through, against those of its trail."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue


def rows(m=60):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, 3))
    return X, np.sin(X[:, :1])


def made(seed=0, **options):
    return gn.Network(3, [gn.Dense(5, "tanh", **options), gn.Dense(1, "identity")], seed=seed)


class Trail(gn.Every):
    """θ before each step."""

    needs = frozenset({"theta"})

    def __init__(self, interval=1):
        super().__init__(interval)
        self.thetas = []

    def see(self, moment):
        self.thetas.append(np.array(moment.theta))


def trained(average, *, epochs=4, engine="auto", **options):
    net, (X, y) = made(**options), rows()
    run = gn.train(
        net, X, y, epochs=epochs, batch_size=20, optimizer="adam", observers=[average],
        engine=engine,
    )  # fmt: skip
    return net, run


def passed():
    """θ before each of the 12 steps, and after the last."""
    net, trail, (X, y) = made(), Trail(), rows()
    gn.train(net, X, y, epochs=4, batch_size=20, optimizer="adam", observers=[trail])
    return np.array([*trail.thetas, net.state.theta])


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("decay", [0.5, 0.9, 1.0])
def test_the_mean_is_that_of_all_steps_under_falling_weights(decay, engine):
    thetas = passed()
    weights = decay ** np.arange(len(thetas))[::-1]

    average = gn.MovingAverage(decay, interval=1)
    trained(average, engine=engine)

    wanted = weights @ thetas / weights.sum()
    np.testing.assert_allclose(average.network.state.theta, wanted, rtol=1e-10)


@pytest.mark.parametrize(
    ("interval", "after", "taken"),
    [
        (5, 0, [0, 5, 10, 12]),
        (4, 0, [0, 4, 8, 12]),
        (2, 2, [6, 8, 10, 12]),
        (1, 3, [9, 10, 11, 12]),
    ],
)
def test_steps_between_count_though_they_are_not_looked_at(interval, after, taken):
    thetas, decay = passed(), 0.8
    weights = decay ** (12.0 - np.array(taken))

    average = gn.MovingAverage(decay, interval=interval, after=after)
    trained(average)

    wanted = weights @ thetas[taken] / weights.sum()
    np.testing.assert_allclose(average.network.state.theta, wanted, rtol=1e-10)


def test_the_run_has_the_same_bits_with_it_and_without():
    net, _ = trained(gn.MovingAverage(0.9, interval=2))
    alone, (X, y) = made(), rows()
    gn.train(alone, X, y, epochs=4, batch_size=20, optimizer="adam")

    np.testing.assert_array_equal(net.state.theta, alone.state.theta)


def test_running_statistics_are_averaged_and_the_mean_predicts():
    average = gn.MovingAverage(1.0, interval=1)
    net, _ = trained(average, batch_norm=True)

    mean = average.network

    assert (mean.state.buffers["mean[1]"] != net.state.buffers["mean[1]"]).any()
    assert mean.state.theta.dtype == net.state.theta.dtype
    assert np.isfinite(gn.predict(mean, rows()[0])).all()
    gn.train(mean, *rows(), epochs=1)  # it can go on


def test_members_have_means_of_their_own():
    nets, averages, (X, y) = (
        [made(k) for k in range(3)],
        [gn.MovingAverage() for _ in "abc"],
        rows(),
    )

    gn.run_many(nets, X, y, epochs=5, observers=[[average] for average in averages])

    thetas = [average.network.state.theta for average in averages]
    assert not np.allclose(thetas[0], thetas[1])
    alone, again = made(1), gn.MovingAverage()
    gn.train(alone, X, y, epochs=5, observers=[again])
    np.testing.assert_array_equal(again.network.state.theta, thetas[1])


def test_a_mean_of_nothing_is_refused():
    average = gn.MovingAverage(after=9)
    with pytest.raises(InvalidValue, match="none was"):
        _ = average.network
    trained(average)
    with pytest.raises(InvalidValue, match="a run of more than 9 epochs"):
        _ = average.network


@pytest.mark.parametrize("bad", [{"decay": 0.0}, {"decay": 1.5}, {"interval": 0}, {"after": -1}])
def test_what_it_is_made_of_is_checked(bad):
    with pytest.raises(InvalidValue, match=f"{next(iter(bad))} of MovingAverage must be"):
        gn.MovingAverage(**bad)

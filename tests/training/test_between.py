"""Observers that stand between two steps, and what one may say to end a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue


class Between(gn.Observer):
    """Stands before every ``interval``-th step, and notes what the network is then."""

    every_epoch = False
    between = True

    def __init__(self, interval: int, says: str = "", at: int = -1) -> None:
        self.interval, self.says, self.at = interval, says, at
        self.seen: list[tuple[int, int, float]] = []
        self.told = 0

    def meet(self, run: Any) -> None:
        self.run = run

    def next(self, t: int) -> int:
        last = self.seen[-1][0] if self.seen else -self.interval
        return max(t, last + self.interval)

    def pause(self, t: int, rate: float) -> str | None:
        self.seen.append((t, self.run.network().state.t, rate))
        return self.says if t == self.at else None

    def epoch(self, end: gn.EpochEnd) -> None:
        self.told += 1


class Every3(gn.Every):
    """Keeps the moments of every third step."""

    def __init__(self) -> None:
        super().__init__(3)
        self.moments: list[Any] = []

    def see(self, moment: Any) -> None:
        self.moments.append(moment)


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_an_observer_between_steps_stands_before_the_step_it_named(engine: str) -> None:
    x, y = np.arange(12.0)[:, None], np.arange(12.0)
    ends: list[Any] = []
    between, third = Between(5), Every3()
    for observers in ([], [Between(5)], [between, third]):
        net = gn.Network(1, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")], seed=1)
        gn.train(net, x, y, epochs=7, batch_size=4, observers=observers, engine=engine)
        ends.append(net.state.theta)
    assert all(np.array_equal(end, ends[0]) for end in ends)
    assert [(t, has) for t, has, _ in between.seen] == [(t, t) for t in range(0, 21, 5)]
    assert [moment.t for moment in third.moments] == list(range(0, 21, 3))
    assert between.told == 0


def test_a_reason_in_words_ends_the_run_and_is_kept() -> None:
    net = gn.Network(1, [gn.Dense(1, "identity")])
    run = gn.train(
        net, [[0.0], [1.0]], [0.0, 1.0], epochs=50, observers=[Between(7, "enough", at=21)]
    )
    assert (run.ended, run.reason, net.state.t) == ("observer", "enough", 21)


def test_an_observer_that_would_stand_at_one_step_for_ever_is_refused() -> None:
    with pytest.raises(InvalidValue, match="must name a later step"):
        gn.train(
            gn.Network(1, [gn.Dense(1, "identity")]), [[0.0], [1.0]], [0.0, 1.0],
            observers=[Between(0)],
        )  # fmt: skip


def test_a_stop_rule_ends_joined_epochs_where_it_ends_single_ones() -> None:
    x, y = np.arange(4.0)[:, None], np.arange(4.0)
    ends: list[Any] = []
    for observers in ([], [gn.Trail()], [Between(40)]):
        net = gn.Network(1, [gn.Dense(1, "identity")], seed=1)
        run = gn.train(
            net, x, y, optimizer=gn.SGD(0.02), epochs=3000, stop=gn.StopRule(1e-6, 5),
            observers=observers,
        )  # fmt: skip
        ends.append((run.ended, len(run.history), net.state.t))
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][0] == "converged"

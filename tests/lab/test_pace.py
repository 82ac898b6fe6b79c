"""The clock of a run."""

import threading

import pytest

from glassnet.lab.pace import Over, Pace
from glassnet.lab.turns import Turns
from tests.lab.server import LONG


def standing():
    """A clock whose only lane stands, after a stretch that took no time."""
    pace = Pace(Turns(1), lambda: True, lambda: None)
    lane = object()
    pace.enter(lane)
    pace._here.add(lane)
    return pace


def lead(pace):
    """What the last lane to arrive does, under the lock that it holds."""
    with pace._changed:
        return pace._lead()


def test_a_rest_does_not_lengthen_the_first_stretch():
    pace = standing()
    for _ in range(40):  # a rest of some seconds
        lead(pace)
    pace.play()
    lead(pace)

    assert 1 <= pace.target <= 2


def test_steps_that_are_asked_for_are_taken_and_no_more():
    pace = standing()
    pace.go(7)
    for _ in range(20):
        pace._here |= pace._lanes
        lead(pace)

    assert pace.target == 7


def test_at_a_speed_a_stretch_waits_for_its_time():
    pace = standing()
    pace.at_speed(0.01)  # a step in so long that no pause of this thread is as long
    pace.play()

    assert lead(pace) == 0.1
    assert pace.target == 0


def test_what_is_asked_of_lanes_that_are_sent_home_is_told_at_once():
    pace = standing()
    found = []

    def ask():
        try:
            pace.ask(lambda: None)
        except Over as over:
            found.append(over)

    asking = threading.Thread(target=ask)
    asking.start()
    while not pace._asked:
        pass
    pace.end()
    asking.join(LONG)

    assert len(found) == 1
    with pytest.raises(Over):
        pace.ask(lambda: None)


def test_a_rest_is_told_once():
    told = []
    pace = Pace(Turns(1), lambda: True, lambda: told.append(pace.target))
    pace.enter("lane")
    for steps in (0, 7, 2):
        pace.go(steps)
        for _ in range(20):
            pace._here |= pace._lanes
            lead(pace)

    assert told == [7, 9]


def test_where_there_is_nothing_new_a_frame_stays_wanted():
    painted = iter([False, False, True])
    pace = Pace(Turns(1), lambda: next(painted), lambda: None)
    pace.enter("lane")
    pace._here.add("lane")
    wanted = []
    for _ in range(3):
        lead(pace)
        wanted.append(pace.wanted)

    assert wanted == [True, True, False]

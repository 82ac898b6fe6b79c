"""The clock of a run."""

from glassnet.lab.pace import Pace
from glassnet.lab.turns import Turns


def standing():
    """A clock whose only lane stands, after a stretch that took no time."""
    pace = Pace(Turns(1), lambda: None, lambda: None)
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
    pace.at_speed(10.0)
    pace.play()

    assert 0 < lead(pace) <= 0.1
    assert pace.target == 0

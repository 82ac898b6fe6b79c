"""The clock of a run: play, pause, single steps, speed; and two lanes that keep step.

A lane trains up to a target step, arrives, and waits. When all have arrived, the last of them leads
for a moment: it has a frame made if somebody waits for one, and sets the next target. So nothing
that is done with a run can change a number in it: only when steps are taken, never which.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from glassnet.lab.turns import Turns

Made = TypeVar("Made")

_STRETCH = 0.016  # seconds of training between two looks at what is asked
_FRAME = 1 / 60
_SHARE = 1.5  # times a frame's own time until the next: at least a third is left for training
_MOST_STEPS = 1_000_000


class Over(Exception):
    """The lanes were sent home before all stood at what was asked for."""


class Pace:
    """When the lanes of one run may go on.

    Parameters
    ----------
    turns : Turns
        Shared by all runs.
    paint : callable
        Called, while every lane stands, where a frame is wanted; says whether one was made, which
        it need not be where nothing is new.
    told : callable
        Called when the lanes have come to rest, and when playing has ended by itself.

    Examples
    --------
    >>> pace = Pace(Turns(1), lambda: True, lambda: None)
    >>> pace.go(3)
    >>> pace.playing, pace.target
    (False, 0)
    """

    def __init__(
        self, turns: Turns, paint: Callable[[], bool], told: Callable[[], None], start: int = 0
    ) -> None:
        self._turns, self._paint, self._told = turns, paint, told
        self._changed = threading.Condition()
        self._lanes: set[Any] = set()
        self._here: set[Any] = set()
        self._leading, self._round, self._resting = False, 0, True
        self._stretch, self._began = 1, 0.0
        self._set_out: dict[Any, float] = {}
        self._spent = 0.0  # seconds that the last stretch took, without waits and frames
        self._next_frame = 0.0
        self.target = self._goal = start
        self._asked: list[tuple[Callable[[], Any], Future[Any]]] = []
        self.playing = False
        self.speed: float | None = None
        self.ending = False
        self.wanted = True

    def enter(self, lane: Any) -> None:
        """A lane is about to begin."""
        with self._changed:
            self._lanes.add(lane)

    def play(self) -> None:
        """Go on until told otherwise."""
        with self._changed:
            self.playing, self._began = True, time.monotonic()
            self._changed.notify_all()

    def pause(self) -> None:
        """Stand still as soon as every lane has arrived."""
        with self._changed:
            self.playing, self._goal = False, self.target
            self._changed.notify_all()

    def go(self, steps: int) -> None:
        """Stand still after so many steps more."""
        with self._changed:
            self.playing, self._goal = False, self.target + steps
            self._changed.notify_all()

    def at_speed(self, speed: float | None) -> None:
        """So many steps a second; None for as many as there can be."""
        with self._changed:
            self.speed, self._stretch = speed, 1
            self._changed.notify_all()

    def end(self) -> None:
        """Send every lane home; what was asked for and not yet answered is not any more."""
        with self._changed:
            self.ending = True
            asked, self._asked = self._asked, []
            for _, answer in asked:
                answer.set_exception(Over())
            self._changed.notify_all()

    def settled(self, seconds: float) -> bool:
        """Wait until what was asked for is done and every lane stands; say whether it is so."""
        with self._changed:
            return self._changed.wait_for(self._at_rest, seconds)

    def ask(self, what: Callable[[], Made], seconds: float = 20.0) -> Made:
        """What a function gives that is called while every lane stands.

        Raises
        ------
        Over
            If the lanes have been sent home.
        TimeoutError
            If a step takes longer than that.
        """
        answer: Future[Made] = Future()
        with self._changed:
            if self.ending:
                raise Over
            self._asked.append((what, answer))
            self._changed.notify_all()
        return answer.result(seconds)

    def _at_rest(self) -> bool:
        arrived = not self.playing and self._goal <= self.target and self._here >= self._lanes
        return arrived or self.ending or not self._lanes

    def arrive(self, lane: Any) -> str | None:
        """Wait at the target; the reason to end, or None to go on to the next."""
        begun = self._set_out.get(lane)
        self._spent = 0.0 if begun is None else time.monotonic() - begun
        self._turns.give_back()
        said = self._wait(lane)
        self._turns.take()
        self._set_out[lane] = time.monotonic()
        return said

    def leave(self, lane: Any) -> None:
        """A lane has ended by itself; it stays to have frames made of it."""
        self._turns.give_back()
        with self._changed:
            self._lanes.discard(lane)
            if not self._lanes and not self.ending:
                self.playing, self._goal = False, self.target
            self._changed.notify_all()
        if not self.ending:
            self._told()
        self._rest()

    def _rest(self) -> None:
        with self._changed:
            while not self.ending:
                if not self._lanes and not self._leading:
                    self._lead()
                self._changed.wait(0.1)

    def _wait(self, lane: Any) -> str | None:
        with self._changed:
            self._here.add(lane)
            mine = self._round
            self._changed.notify_all()
            while self._round == mine:
                if self.ending:
                    return "left"
                pause = 0.1
                if self._here >= self._lanes and not self._leading:
                    pause = self._lead()
                    if self._round != mine:
                        break
                self._changed.wait(pause)
        return None

    def _lead(self) -> float:
        """Have a frame made, set the next target; or say how long there is nothing to do."""
        self._leading = True
        try:
            self._answer()
            now = time.monotonic()
            if self.wanted and now >= self._next_frame:
                self.wanted = False  # before it is made: who takes it may want another at once
                if self._paint():
                    took = time.monotonic() - now
                    self._next_frame = now + max(_FRAME, _SHARE * took if self.playing else 0.0)
                else:
                    self.wanted = True
            return self._next() if self._lanes else 0.1
        finally:
            self._leading = False

    def _answer(self) -> None:
        asked, self._asked = self._asked, []
        for what, answer in asked:
            try:
                answer.set_result(what())
            except Exception as error:  # noqa: BLE001 - who asked is told
                answer.set_exception(error)

    def _next(self) -> float:
        now = time.monotonic()
        if self.playing and self.speed is not None:
            steps = max(1, round(self.speed * _STRETCH * 2))
            early = self._began + steps / self.speed - now
            if early > 0:
                return min(early, 0.1)
        elif self.playing:
            steps = self._fitting()
        else:
            left = self._goal - self.target
            if left <= 0:  # a stretch that nobody takes must not grow
                if not self._resting:
                    self._resting = True
                    self._told()
                return 0.1
            steps = min(left, self._fitting())
        self.target += steps
        self._resting = False
        self._round += 1
        self._began = now
        self._here.clear()
        self._changed.notify_all()
        return 0.0

    def _fitting(self) -> int:
        """As many steps as fill a stretch, by the time that the last one took."""
        share = min(2.0, max(0.25, _STRETCH / max(self._spent, 1e-6)))
        self._stretch = int(min(_MOST_STEPS, max(1, round(self._stretch * share))))
        return self._stretch

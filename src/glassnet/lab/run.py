"""A run: an experiment under way, its clock, its fork, and who watches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from glassnet.errors import InvalidValue
from glassnet.lab.building import Experiment
from glassnet.lab.lane import Lane
from glassnet.lab.listeners import Listener, Painted
from glassnet.lab.pace import Over, Pace
from glassnet.lab.painter import Painter
from glassnet.lab.plain import json
from glassnet.lab.record import Record
from glassnet.lab.turns import Turns
from glassnet.lab.views import Views
from glassnet.network.network import Network

Made = TypeVar("Made")
_SOON = 0.25  # seconds that a command of few steps is waited for


class Run:
    """One network on one page, and perhaps its twin beside it.

    What changes it (settings, fork, restart) ends its lanes and begins others; that is done by one
    thread at a time. Commands of the clock come at any time.

    Parameters
    ----------
    name : str
    experiment : Experiment
    turns : Turns
    net : Network, optional
        With the weights to begin with.
    rounds : callable
        Told when training stands at a moment at which the doctor may come round.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import Settings
    >>> run = Run("r", experiment(Settings(), prepared(Settings().data)[0]), Turns(1))
    >>> run.step(3)["step"]
    3
    >>> run.end("done")
    """

    def __init__(
        self,
        name: str,
        experiment: Experiment,
        turns: Turns,
        net: Network | None = None,
        rounds: Callable[[Run], None] = lambda run: None,
    ) -> None:
        self.name, self._turns, self._rounds = name, turns, rounds
        self.lock = threading.RLock()
        self.views = Views()
        self.restarted = 0
        self.used = time.monotonic()
        self.given = net
        self.gone = False
        self._listeners: set[Listener] = set()
        self._last: Painted | None = None
        self._shown: tuple[Any, ...] = ()
        self._telling, self._states = threading.Lock(), 0
        self._speed: float | None = None
        self.twin: Lane | None = None
        self._begin(experiment, net)

    @property
    def experiment(self) -> Experiment:
        """The present one."""
        return self.lane.experiment

    # The clock.

    def play(self) -> dict[str, Any]:
        """Train until told otherwise."""
        with self.lock:
            self.pace.play()
            return self._told()

    def pause(self) -> dict[str, Any]:
        """Stand still."""
        with self.lock:
            self.pace.pause()
            self.pace.settled(_SOON)
            return self._told()

    def step(self, batches: int = 1) -> dict[str, Any]:
        """Take so many steps, and stand."""
        with self.lock:
            self.pace.go(batches)
            self.pace.settled(_SOON)
            return self._told()

    def epoch(self) -> dict[str, Any]:
        """Go to the end of the epoch, and stand."""
        with self.lock:
            self.pace.pause()
            return self.step(self.asked(lambda: self.lane.steps_left_in_epoch))

    def at_speed(self, speed: float | None) -> dict[str, Any]:
        """So many steps a second; None for as many as there can be."""
        with self.lock:
            self._speed = speed
            self.pace.at_speed(speed)
            return self._told()

    def show(self, views: Views) -> dict[str, Any]:
        """Carry other things in frames."""
        self.views = views
        self.want()
        return self.state()

    # What begins anew.

    def restart(self) -> dict[str, Any]:
        """The same network from its first weights."""
        with self.lock:
            again = None if self.twin is None else self.twin.experiment
            self._home()
            self.restarted += 1
            self._begin(self.lane.experiment, self.given, again)
            return self._told()

    def change(self, experiment: Experiment, *, keep: bool) -> dict[str, Any]:
        """Go on with other settings, with these weights where ``keep`` says so."""
        with self.lock:
            playing = self.pace.playing
            self._home()
            if keep:
                self._go_on(experiment, None)
            else:
                self.restarted += 1
                self.given = None
                self._begin(experiment, None)
            if playing and keep:
                self.pace.play()
            return self._told()

    def fork(self, experiment: Experiment, *, start: bool) -> dict[str, Any]:
        """Set a twin beside it, from the first weights of both or from the present ones.

        Raises
        ------
        InvalidValue
            If the twin could not take the present weights.
        """
        with self.lock:
            if not start:
                here, there = self.experiment.network(), experiment.network()
                if here.units != there.units or _norms(here) != _norms(there):
                    raise InvalidValue(
                        "a twin with other layers cannot take the present weights. Fork from the "
                        "start."
                    )
            self._home()
            if start:
                self.restarted += 1
                self._begin(self.lane.experiment, self.given, experiment)
            else:
                self._go_on(self.lane.experiment, experiment)
            return self._told()

    def unfork(self) -> dict[str, Any]:
        """Go on alone."""
        with self.lock:
            playing = self.pace.playing
            self._home()
            self._go_on(self.lane.experiment, None)
            if playing:
                self.pace.play()
            return self._told()

    def end(self, reason: str) -> None:
        """Stop training and tell who watches."""
        with self.lock:
            if self.gone:
                return
            self.gone = True
            self.tell("gone", {"reason": reason})
            self._home()

    # What is seen.

    def state(self) -> dict[str, Any]:
        """How it stands.

        ``told`` counts what is said: answers and events overtake each other on their way, and the
        one with the higher count is the newer.
        """
        with self._telling:
            return self._counted()

    def _counted(self) -> dict[str, Any]:
        self._states += 1
        lane = self.lane
        told: dict[str, Any] = {
            "told": self._states,
            "playing": self.pace.playing,
            "epoch": lane.record.epochs,
            "step": lane.now,
            "restarted": self.restarted,
            "speed": self._speed,
            "forked": self.twin is not None,
        }
        return told | ({"ended": lane.ended} if lane.ended is not None else {})

    def asked(self, what: Callable[[], Made]) -> Made:
        """What a function gives that is called while the network stands still."""
        while True:
            pace = self.pace
            try:
                return pace.ask(what)
            except Over:
                with self.lock:  # whoever sent the lanes home has set others out by then
                    if self.pace is pace:  # or has ended the run: all stand for good
                        return what()

    def network(self) -> Network:
        """The network as it stands, a copy."""
        return self.asked(self.lane.network)

    def listen(self, listener: Listener) -> None:
        """Send it what happens from now on, and first how it stands."""
        with self._telling:
            self._listeners.add(listener)
            listener.put("state", self._counted())
        if self._last is not None:
            listener.put("frame", self._last)
        self.want()

    def forget(self, listener: Listener) -> None:
        """It listens no more."""
        self._listeners.discard(listener)
        self.used = time.monotonic()

    @property
    def watched(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def want(self) -> None:
        """Somebody could take a frame."""
        self.pace.wanted = True

    def tell(self, event: str, what: Any) -> None:
        """Send an event to all who listen."""
        for listener in tuple(self._listeners):
            listener.offer(event, what)

    def _told(self) -> dict[str, Any]:
        with self._telling:  # events come in the order in which they were counted
            state = self._counted()
            self.tell("state", state)
        self.want()
        return state

    def _home(self) -> None:
        """Send the lanes home, which keep what they have learned."""
        self.pace.end()
        for lane in self._lanes():
            lane.join()

    def _lanes(self) -> list[Lane]:
        return [self.lane] if self.twin is None else [self.lane, self.twin]

    def _begin(
        self, experiment: Experiment, net: Network | None, twin: Experiment | None = None
    ) -> None:
        start = 0 if net is None else net.state.t
        self.pace = self._clock(start)
        self.lane = Lane(experiment, self.pace, self._turns, _copy(net))
        self.twin = None if twin is None else Lane(twin, self.pace, self._turns)
        self._set_out()

    def _go_on(self, experiment: Experiment, twin: Experiment | None) -> None:
        old = self.lane
        self.pace = self._clock(old.now)
        args = (old.record, old.history())
        self.lane = Lane(
            experiment, self.pace, self._turns, with_weights(experiment, old.net), *args
        )
        self.twin = None
        if twin is not None:
            net = with_weights(twin, old.net)
            self.twin = Lane(twin, self.pace, self._turns, net, Record(old.record.metric), args[1])
        self._set_out()

    def _clock(self, start: int) -> Pace:
        pace = Pace(self._turns, self._paint, self._ended, start)
        pace.speed = self._speed
        return pace

    def _set_out(self) -> None:
        self._painters = [Painter(lane.experiment) for lane in self._lanes()]
        for lane in self._lanes():
            lane.start()

    def _ended(self) -> None:
        self._told()
        self._rounds(self)

    def _paint(self) -> bool:
        """Called by a lane while all stand; whether there is a new frame."""
        self._rounds(self)
        if not self._listeners and self._last is not None:
            self.pace.wanted = False
            return True
        lanes, views, restarted = self._lanes(), self.views, self.restarted
        shown = (views, *((lane, lane.now, lane.record.epochs, lane.ended) for lane in lanes))
        if shown == self._shown:
            return False
        frames = [
            json(painter.paint(lane, views) | {"restarted": restarted})
            for painter, lane in zip(self._painters, lanes, strict=True)
        ]
        twin = self.twin
        self._shown = shown
        self._last = Painted(
            frames[0],
            self.lane.record.curve,
            frames[1] if twin is not None else None,
            None if twin is None else twin.record.curve,
        )
        self.tell("frame", self._last)
        return True


def with_weights(experiment: Experiment, old: Network) -> Network:
    """The network of an experiment with another's State, which fits it."""
    return Network.of(experiment.network().specification, replace(old.state))


def _copy(net: Network | None) -> Network | None:
    return None if net is None else Network.of(net.specification, replace(net.state))


def _norms(net: Network) -> list[bool]:
    return [bool(layer.batch_norm) for layer in net.specification.layers]

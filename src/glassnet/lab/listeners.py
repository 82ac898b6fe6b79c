"""Who watches a run: each has one place for the newest frame, and a short queue for the rest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glassnet.lab.plain import json
from glassnet.lab.record import Curve

_MOST_WAITING = 64


@dataclass(frozen=True, eq=False)
class Painted:
    """A frame as it was made, without its curves, which differ from listener to listener."""

    frame: bytes
    curve: Curve
    twin: bytes | None = None
    twin_curve: Curve | None = None


class Listener:
    """One open stream of events. All but :meth:`offer` belongs to the event loop.

    Parameters
    ----------
    loop : event loop
    ready : callable
        Called when it could take another frame.

    Examples
    --------
    >>> async def two():
    ...     listener = Listener(asyncio.get_running_loop(), lambda: None)
    ...     listener.put("state", {"step": 1})
    ...     return await listener.take()
    >>> asyncio.run(two())
    ('state', b'{"step":1}')
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: Callable[[], None]) -> None:
        self._loop, self._ready = loop, ready
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=_MOST_WAITING)
        self._frame: Painted | None = None
        self._there = asyncio.Event()
        self._places: dict[str, Any] = {}
        self._curves: tuple[Curve, Curve | None] | None = None

    def offer(self, event: str, what: Any) -> None:
        """Put something in its way, from any thread."""
        try:
            self._loop.call_soon_threadsafe(self.put, event, what)
        except RuntimeError:  # the loop has been closed
            return

    def put(self, event: str, what: Any) -> None:
        """The newest frame takes the place of one that still waits; the rest queues."""
        if event == "frame":
            self._frame = what
        else:
            self._waiting.append((event, json(what)))
        self._there.set()

    async def take(self) -> tuple[str, bytes]:
        """The next event and its data, when there is one."""
        while not self._waiting and self._frame is None:
            self._there.clear()
            await self._there.wait()
        if self._waiting:
            return self._waiting.popleft()
        painted, self._frame = self._frame, None
        self._ready()
        assert painted is not None
        return "frame", self._composed(painted)

    def _composed(self, painted: Painted) -> bytes:
        curves = (painted.curve, painted.twin_curve)
        if curves != self._curves:  # another run of the same network, or a fork
            self._curves, self._places = curves, {}
        text = self._with_curves(painted.frame, painted.curve, "main")
        if painted.twin is None or painted.twin_curve is None:
            return text
        return b'%b,"twin":%b}' % (
            text[:-1], self._with_curves(painted.twin, painted.twin_curve, "twin")
        )  # fmt: skip

    def _with_curves(self, frame: bytes, curve: Curve, name: str) -> bytes:
        points, self._places[name] = curve.since(self._places.get(name))
        return b'%b,"curves":%b}' % (frame[:-1], json(points))

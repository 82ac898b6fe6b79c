"""A slow machine and a slow line to it, on any machine, by a seed.

What holds on a quick machine only is so found without waiting for luck::

    GLASSNET_SLOW_LAB=LOW,HIGH,SEED,TIMES pytest tests/lab

Every answer and event of a lab then comes LOW to HIGH milliseconds late, on its way there and on
its way back, so that answers overtake each other; threads pause where another may come between; and
the processor of a page is so many TIMES slower.
"""

import asyncio
import os
import random
import time
from dataclasses import dataclass, field

VARIABLE = "GLASSNET_SLOW_LAB"


@dataclass
class Slowness:
    """How late (in seconds) and how slow; by turns that a seed draws."""

    low: float
    high: float
    seed: int
    times: float
    draws: random.Random = field(init=False)

    def __post_init__(self):
        self.draws = random.Random(self.seed)

    def late(self, share=1.0):
        return share * self.draws.uniform(self.low, self.high)

    def line(self, application):
        """An ASGI application at the end of a long line."""

        async def answer(scope, receive, send):
            async def sent(message):
                await asyncio.sleep(self.late())
                await send(message)

            if scope["type"] != "http":
                await application(scope, receive, send)
                return
            await asyncio.sleep(self.late())
            await application(scope, receive, sent)

        return answer

    def paused(self, function, share):
        """A function before which its thread has to wait."""

        def slow(*args, **named):
            time.sleep(self.late(share))
            return function(*args, **named)

        return slow

    def page(self, page):
        """Slow down the processor of a page."""
        if self.times > 1:
            session = page.context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": self.times})


def asked_for():
    """The slowness that the environment asks for, or None."""
    told = os.environ.get(VARIABLE)
    if not told:
        return None
    low, high, seed, times = told.split(",")
    return Slowness(float(low) / 1000, float(high) / 1000, int(seed), float(times))


def slow_down(slowness, monkeypatch):
    """Every lab of this process that begins from now on."""
    from glassnet.lab import clinic, server
    from glassnet.lab.listeners import Listener
    from glassnet.lab.pace import Pace

    made = server.application
    monkeypatch.setattr(server, "application", lambda *a, **n: slowness.line(made(*a, **n)))
    monkeypatch.setattr(Pace, "arrive", slowness.paused(Pace.arrive, 0.05))
    monkeypatch.setattr(Listener, "offer", slowness.paused(Listener.offer, 0.02))
    monkeypatch.setattr(clinic, "_seen", slowness.paused(clinic._seen, 0.5))

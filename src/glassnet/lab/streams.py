"""Server-sent events: what happens in a run, to everybody who listens, at their own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from glassnet.lab.clinic import Clinic
from glassnet.lab.hub import Hub
from glassnet.lab.listeners import Listener
from glassnet.web.door import deliver, refusal

_HEARTBEAT = 15.0  # seconds of silence after which a comment is sent, so that the dead are noticed
_PATIENCE = 60.0  # seconds that one who does not read is waited for
_GLANCE = 0.5  # seconds between two looks whether the server stops


class Events:
    """``GET /api/runs/{run}/events`` as an ASGI application.

    A listener that does not read holds one frame and what the sockets hold, no more: nothing is
    taken for it before the last has gone.

    Parameters
    ----------
    hub : Hub
    clinic : Clinic
    stopping : callable
        Whether the server is about to stop.
    """

    def __init__(self, hub: Hub, clinic: Clinic, stopping: Callable[[], bool]) -> None:
        self._hub, self._clinic, self._stopping = hub, clinic, stopping
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until either side ends it."""
        run = self._hub.find(scope["path_params"]["run"])
        if run is None:
            await deliver(refusal(404, "there is no such run; it may have ended."), send)
            return
        if self._open >= self._hub.bounds.streams:
            await deliver(refusal(503, f"{self._open} streams are open. Close a page."), send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
        listener = Listener(asyncio.get_running_loop(), run.want)
        self._open += 1
        run.listen(listener)
        listener.put("findings", self._clinic.findings(run))
        gone = asyncio.create_task(_gone(receive))
        try:
            await self._send(listener, gone, send, _last_id(scope))
        finally:
            gone.cancel()
            run.forget(listener)
            self._open -= 1

    async def _send(
        self, listener: Listener, gone: asyncio.Task[None], send: Send, number: int
    ) -> None:
        quiet = 0.0
        while not gone.done() and not self._stopping():
            taking = asyncio.create_task(listener.take())
            await asyncio.wait({taking, gone}, timeout=_GLANCE,
                               return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            if not taking.done():
                taking.cancel()
                quiet += _GLANCE
                if quiet < _HEARTBEAT:
                    continue
                event, text = "", b": still here\n\n"
            else:
                event, data = taking.result()
                number += 1
                text = b"id: %d\nevent: %b\ndata: %b\n\n" % (number, event.encode(), data)
            quiet = 0.0
            if not await self._sent(text, gone, send) or event == "gone":
                break
        if not gone.done():
            last = asyncio.ensure_future(
                send({"type": "http.response.body", "body": b"", "more_body": False})
            )
            await asyncio.wait({last}, timeout=_GLANCE)
            last.cancel()

    async def _sent(self, text: bytes, gone: asyncio.Task[None], send: Send) -> bool:
        """Whether it has gone out: not to one who has hung up, or who reads nothing for long."""
        sending = asyncio.ensure_future(
            send({"type": "http.response.body", "body": text, "more_body": True})
        )
        waited = 0.0
        while not sending.done() and not gone.done() and not self._stopping():
            if waited >= _PATIENCE:
                break
            await asyncio.wait({sending, gone}, timeout=_GLANCE,
                               return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            waited += _GLANCE
        if sending.done():
            return sending.exception() is None
        sending.cancel()
        return False


_HEAD = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _last_id(scope: Scope) -> int:
    """What a browser that comes back has seen last; the count goes on from there."""
    told = dict(scope["headers"]).get(b"last-event-id", b"0")
    return int(told) if told.isdigit() and len(told) < 16 else 0

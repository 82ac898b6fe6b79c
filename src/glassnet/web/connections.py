"""Connections that must get to the point, and that end without a loss when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_SECONDS = 10.0
_HEAD_BYTES = 64 * 1024
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: application/json\r\nconnection: close\r\n"
    b"content-length: 49\r\n\r\n"
    b'{"error":"a head may have 65,536 bytes in all."}\n'
)
_DRAIN_SECONDS = 1.0


@dataclass
class Drain:
    """Whether the server is about to stop: every answer then closes its connection.

    A client that hears ``Connection: close`` sends nothing more. One that is silent is given a
    second, in which a request that is already on its way arrives and is answered too.
    """

    begun: bool = False


class Prompt(HttpToolsProtocol):
    """uvicorn's protocol, which closes a connection whose request never becomes whole.

    uvicorn bounds the pause between two requests, and :class:`~glassnet.web.door.Door` the time
    for a body; a client that sends its headers a byte a minute is bounded here.

    Parameters
    ----------
    drain : Drain
    seconds : float
        For a head, if fewer than 10.
    log : callable, optional
        Told of heads that are too large: uvicorn itself takes them of any size.
    """

    def __init__(
        self,
        *parts: Any,
        drain: Drain,
        seconds: float,
        log: Callable[..., None] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*parts, **named)
        self._drain, self._seconds = drain, min(seconds, _HEAD_SECONDS)
        self._log = log
        self._timer: asyncio.TimerHandle | None = None
        self._head = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to count."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Read on, unless this is the head that never ends."""
        before = self._timer is not None
        super().data_received(data)
        if before and self._timer is not None:  # still within the head
            self._head += len(data)
            if self._head > _HEAD_BYTES:
                self._refuse()

    def on_message_begin(self) -> None:
        """Count from a later request's first byte too."""
        super().on_message_begin()
        if self._timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._forget_head()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > _HEAD_BYTES:
            self._refuse()
            return
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP, in the log too."""
        if self._log is not None:
            self._log("refused", status=400, error=msg)
        super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more to count."""
        self._forget_head()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops: wait for what is on its way."""
        self._drain.begun = True
        self.loop.call_later(_DRAIN_SECONDS, super().shutdown)

    def _refuse(self) -> None:
        self._forget_head()
        if self._log is not None:
            self._log("refused", status=431, error="the head is too large")
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _await_head(self) -> None:
        self._head = 0
        self._timer = self.loop.call_later(self._seconds, self._too_slow)

    def _forget_head(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

"""The door of an endpoint: reads the body within its limits, answers, counts and logs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol, TypeAlias

import orjson
from starlette.types import Receive, Scope, Send

from glassnet.errors import GlassnetError
from glassnet.web.limits import Limits
from glassnet.web.refusals import Refused


@dataclass(frozen=True)
class Call:
    """A request: parameters of its path, its headers in small letters, its body and its query."""

    path: Mapping[str, str]
    headers: Mapping[bytes, bytes]
    body: bytes
    query: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer."""

    body: bytes
    status: int = 200
    kind: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())
    error: str = ""


Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]


def reply(value: Any, status: int = 200) -> Reply:
    """A value as JSON.

    Examples
    --------
    >>> reply({"ok": True}).body
    b'{"ok":true}'
    """
    return Reply(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY), status)


class Meter(Protocol):
    """What counts the requests of an endpoint."""

    def opened(self) -> None:
        """A request has begun."""
        ...

    def closed(self) -> None:
        """It has been answered, or its client has gone."""
        ...

    def answered(self, status: int, seconds: float | None) -> None:
        """How it was answered; 499 and no time where its client has gone."""
        ...


class NoMeter:
    """Counts nothing.

    Examples
    --------
    >>> NoMeter().answered(200, 0.1)
    """

    def opened(self) -> None:
        """Pass."""

    def closed(self) -> None:
        """Pass."""

    def answered(self, status: int, seconds: float | None) -> None:
        """Pass."""


class Gone(Exception):
    """The client went away before its request was whole."""


class Door:
    """An endpoint as an ASGI application.

    Parameters
    ----------
    handler : callable
        Call -> Reply; may raise :class:`Refused` or a :class:`~glassnet.errors.GlassnetError`.
    limits : Limits
    meter : Meter
    log : callable
    every : bool
        Log every request, and not only those that were refused.
    stopping : callable
        Whether answers are to close their connections.
    """

    def __init__(
        self,
        handler: Handler,
        limits: Limits,
        meter: Meter,
        log: Callable[..., None],
        every: bool,
        stopping: Callable[[], bool],
    ) -> None:
        self._handler, self._limits = handler, limits
        self._meter, self._log, self._every = meter, log, every
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        begun = perf_counter()
        self._meter.opened()
        try:
            found = await self._answer(scope, receive)
        except Gone:
            self._meter.answered(499, None)
            return
        finally:
            self._meter.closed()
        await deliver(found, send, close=self._stopping())
        took = perf_counter() - begun
        self._meter.answered(found.status, took)
        if self._every or found.status >= 400:
            self._log(
                "answered" if found.status < 400 else "refused",
                method=scope["method"],
                path=scope["path"][:200],
                status=found.status,
                seconds=round(took, 6),
                **({"error": found.error[:500]} if found.error else {}),
            )

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        headers = dict(scope["headers"])
        phase = "body"
        try:
            async with asyncio.timeout(self._limits.seconds):
                body = await self._body(headers, receive)
                phase = "answer"
                query = scope.get("query_string", b"")
                return await self._handler(Call(scope.get("path_params", {}), headers, body, query))
        except TimeoutError:
            if phase == "body":
                return refusal(408, f"a request must be whole within {self._limits.seconds:g} s.")
            return refusal(503, f"no answer within {self._limits.seconds:g} s. Try again later.")
        except Refused as error:
            return refusal(error.status, str(error))
        except GlassnetError as error:
            return refusal(400, str(error))
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the connection's task
            self._log("fault", path=scope["path"][:200], error=repr(error)[:500])
            return refusal(500, "the server failed at this request; its log says why.")

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        if b"content-encoding" in headers and headers[b"content-encoding"] != b"identity":
            raise Refused(415, "a body must not be compressed.")
        told = headers.get(b"content-length", b"0")
        if not told.isdigit() or int(told) > self._limits.body:
            raise Refused(413, f"a body may have {self._limits.body:,} bytes.")
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            part = message.get("body", b"")
            size += len(part)
            if size > self._limits.body:
                raise Refused(413, f"a body may have {self._limits.body:,} bytes.")
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)


def refusal(status: int, text: str) -> Reply:
    """An error in the protocol's form; one that leaves a body unread ends the connection.

    Examples
    --------
    >>> refusal(404, "no such model").body
    b'{"error":"no such model"}'
    """
    unread = ((b"connection", b"close"),) if status in (408, 413, 415) else ()
    return Reply(orjson.dumps({"error": text}), status, headers=unread, error=text)


async def deliver(found: Reply, send: Send, *, close: bool = False) -> None:
    """Send an answer; ``close`` says that the connection ends with it."""
    ending = ((b"connection", b"close"),) if close else ()
    await send(
        {
            "type": "http.response.start",
            "status": found.status,
            "headers": [
                (b"content-type", found.kind),
                (b"content-length", str(len(found.body)).encode()),
                *found.headers,
                *ending,
            ],
        }
    )
    await send({"type": "http.response.body", "body": found.body})

"""Who may ask: the token, and on loopback the names by which a browser may call this machine."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from glassnet.serve.door import deliver, refusal
from glassnet.serve.measures import Measures

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
OPEN_PATHS = ("/v2/health/live", "/v2/health/ready")


class Guard:
    """An application behind its guard.

    Parameters
    ----------
    app : ASGI application
    measures : Measures
    token : str or None
        What ``Authorization: Bearer …`` must bring, but for the paths of health.
    hosts : collection of str or None
        What the Host header may name, without a port; None for anything. A page from elsewhere
        whose name was made to lead to this machine is so turned away, as is any foreign Origin.
    most : int
        Requests at a time.
    """

    def __init__(
        self,
        app: ASGIApp,
        measures: Measures,
        token: str | None,
        hosts: Collection[str] | None,
        most: int,
    ) -> None:
        self._app, self._measures = app, measures
        self._token = None if token is None else b"Bearer " + token.encode()
        self._hosts = hosts
        self._most = most
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is not None:
            self._measures.requests.labels("guard", str(refused[0])).inc()
            await deliver(refusal(*refused), send)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        host = origin = brought = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"authorization":
                brought = value
        if self._hosts is not None and _name(host) not in self._hosts:
            return 421, "this server answers to other names. Call it by its own, or start it with "\
                "--allow-host."  # fmt: skip
        if origin and urlsplit(origin.decode("latin-1")).netloc.encode("latin-1") != host:
            return 403, "a page from elsewhere may not ask this server."
        if self._inside >= self._most:
            return 503, f"{self._most} requests are open. Try again later."
        wanted = self._token is not None and scope["path"] not in OPEN_PATHS
        if wanted and not hmac.compare_digest(brought, self._token or b""):
            return 401, "a request must bring the token, as Authorization: Bearer TOKEN."
        return None


def _name(host: bytes) -> str:
    text = host.decode("latin-1").lower()
    return text.rsplit(":", 1)[0] if not text.endswith("]") else text

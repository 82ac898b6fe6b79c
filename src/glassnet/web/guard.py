"""Who may ask: the token, and on loopback the names by which a browser may call this machine."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glassnet.web.door import Reply, deliver, refusal

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

Header = tuple[bytes, bytes]


class Guard:
    """An application behind its guard.

    Parameters
    ----------
    app : ASGI application
    turned_away : callable
        Told the status, the scope and the reason of every request that is not let in.
    token : str or None
        What ``Authorization: Bearer …`` must bring, or the cookie, but for the open paths.
    hosts : collection of str or None
        What the Host header may name, without a port; None for anything. A page from elsewhere
        whose name was made to lead to this machine is so turned away, as is any foreign Origin.
    most : int
        Requests at a time.
    open_paths : collection of str
        What may be asked without the token.
    cookie : str, optional
        A browser that opens ``/?token=TOKEN`` is given the token in a cookie of this name, which no
        script can read and no page from elsewhere sends, and is led to ``/``.
    headers : sequence of (bytes, bytes)
        Sent with every answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        turned_away: Callable[[int, Scope, str], None],
        token: str | None,
        hosts: Collection[str] | None,
        most: int,
        open_paths: Collection[str] = (),
        cookie: str | None = None,
        headers: tuple[Header, ...] = (),
    ) -> None:
        self._app, self._turned_away = app, turned_away
        self._token = None if token is None else token.encode()
        self._hosts, self._most, self._open_paths = hosts, most, open_paths
        self._cookie, self._headers = cookie, headers
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._with_headers(send) if self._headers else send
        refused = self._refused(scope)
        if refused is not None:
            self._turned_away(refused[0], scope, refused[1])
            await deliver(refusal(*refused), answer)
            return
        if self._cookie is not None and self._in_query(scope):
            await deliver(self._led_in(), answer)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, answer)
        finally:
            self._inside -= 1

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers = dict(scope["headers"])
        host, origin = headers.get(b"host", b""), headers.get(b"origin", b"")
        if self._hosts is not None and _name(host) not in self._hosts:
            return 421, "this server answers to other names. Call it by its own, or start it with "\
                "--allow-host."  # fmt: skip
        if origin and urlsplit(origin.decode("latin-1")).netloc.encode("latin-1") != host:
            return 403, "a page from elsewhere may not ask this server."
        if self._inside >= self._most:
            return 503, f"{self._most} requests are open. Try again later."
        if self._token is not None and not self._known(scope, headers):
            more = "" if self._cookie is None else " A browser brings it by the address that the "\
                "server printed when it began."  # fmt: skip
            return 401, f"a request must bring the token, as Authorization: Bearer TOKEN.{more}"
        return None

    def _known(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        if scope["path"] in self._open_paths:
            return True
        token = self._token or b""
        if hmac.compare_digest(headers.get(b"authorization", b""), b"Bearer " + token):
            return True
        if self._cookie is None:
            return False
        brought = _cookie(headers.get(b"cookie", b""), self._cookie)
        return hmac.compare_digest(brought, token) or self._in_query(scope)

    def _in_query(self, scope: Scope) -> bool:
        """Whether a browser comes with the token in its address, as on the first visit."""
        if scope["path"] != "/" or scope["method"] != "GET" or self._token is None:
            return False
        try:
            asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
        except ValueError:
            return False
        return hmac.compare_digest(asked.get("token", [""])[0].encode(), self._token)

    def _led_in(self) -> Reply:
        token = (self._token or b"").decode()
        cookie = f"{self._cookie}={token}; Path=/; HttpOnly; SameSite=Strict"
        kept = ((b"set-cookie", cookie.encode()), (b"location", b"/"))
        return Reply(b"", 303, b"text/plain", kept)

    def _with_headers(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = {name for name, _ in message["headers"]}
                more = [each for each in self._headers if each[0] not in told]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        return sent


def _cookie(header: bytes, name: str) -> bytes:
    try:
        found = SimpleCookie(header.decode("latin-1")).get(name)
    except CookieError:
        return b""
    return b"" if found is None else found.value.encode("latin-1", "replace")


def _name(host: bytes) -> str:
    text = host.decode("latin-1").lower()
    return text.rsplit(":", 1)[0] if not text.endswith("]") else text

"""The lab as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from glassnet.lab.endpoints import Endpoints, guarded
from glassnet.lab.lab import Lab
from glassnet.lab.page_files import page_files
from glassnet.lab.streams import Events
from glassnet.web.door import Call, Door, Handler, NoMeter, Reply, refusal
from glassnet.web.guard import Guard
from glassnet.web.limits import Limits

_BODY = 256 * 1024  # bytes of a command
_SECONDS = 120.0  # for an answer: it is the one user who waits, perhaps on a busy machine
_SWEEP = 15.0  # seconds
OPEN_PATHS = ("/api/healthz",)


def application(
    lab: Lab,
    *,
    token: str,
    hosts: Collection[str],
    cookie: str = "glassnet-lab",
    framed_by: str = "'none'",
    stopping: Callable[[], bool] = lambda: False,
) -> ASGIApp:
    """The endpoints and the page, behind their guard.

    Parameters
    ----------
    lab : Lab
    token : str
        What a request must bring.
    hosts : collection of str
        Names that the Host header may have.
    cookie : str
        What the token is called in a browser; a server's own, since browsers send the cookies of
        one port to another.
    framed_by : str
        Who may show the page in a frame, as a content security policy says it.
    stopping : callable
        Whether the server is about to stop.
    """
    limits = Limits(_BODY, lab.bounds.rows, _SECONDS, 1024)
    large = replace(limits, body=lab.bounds.upload)
    routes = [_route(*each, limits, lab, stopping) for each in _endpoints(Endpoints(lab))]
    upload = guarded(Endpoints(lab).upload)
    door = Door(upload, large, NoMeter(), lab.log, False, stopping)
    routes.append(Route("/api/uploads", door, methods=["POST"]))
    events = Events(lab.hub, lab.clinic, stopping)
    routes.append(Route("/api/runs/{run}/events", events, methods=["GET"]))
    for path, answer in page_files().items():
        routes.append(_route("GET", path, _always(answer), limits, lab, stopping))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        task = asyncio.create_task(_sweep(lab))
        yield
        task.cancel()
        await asyncio.to_thread(lab.close)

    async def lost(request: Request, error: Any) -> Response:
        text = {404: "there is nothing at this address.", 405: "not with this method."}
        found = refusal(error.status_code, text.get(error.status_code, str(error.detail)))
        lab.log("refused", path=request.url.path[:200], status=found.status, error=found.error)
        return Response(found.body, found.status, media_type="application/json")

    def turned_away(status: int, scope: Scope, text: str) -> None:
        lab.log("refused", path=scope["path"][:200], status=status, error=text)

    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: lost})
    return Guard(
        app, turned_away, token, hosts, 1024, OPEN_PATHS, cookie, security_headers(framed_by)
    )


def security_headers(framed_by: str = "'none'") -> tuple[tuple[bytes, bytes], ...]:
    """What tells a browser to run nothing and load nothing but this page's own.

    Examples
    --------
    >>> b"unsafe" in dict(security_headers())[b"content-security-policy"]
    False
    """
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {framed_by}"
    )
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    )


def _endpoints(of: Endpoints) -> list[tuple[str, str, Handler]]:
    run = "/api/runs/{run}"
    return [
        ("GET", "/api/healthz", of.health),
        ("GET", "/api/catalogue", of.catalogue),
        ("POST", "/api/runs", of.begin),
        ("GET", run, of.show),
        ("PUT", run, of.change),
        ("DELETE", run, of.end),
        ("POST", run + "/command", of.command),
        ("POST", run + "/microscope", of.microscope),
        ("POST", run + "/derive", of.derive),
        ("POST", run + "/diagnose", of.diagnose),
        ("POST", run + "/prove", of.prove),
        ("POST", run + "/cure", of.cure),
        ("GET", run + "/take/{what}", of.take),
    ]


def _route(
    method: str,
    path: str,
    handler: Handler,
    limits: Limits,
    lab: Lab,
    stopping: Callable[[], bool],
) -> Route:
    door = Door(guarded(handler), limits, NoMeter(), lab.log, False, stopping)
    return Route(path, door, methods=[method])


def _always(answer: Reply) -> Handler:
    async def handler(call: Call) -> Reply:
        return answer

    return handler


async def _sweep(lab: Lab) -> None:
    while True:
        await asyncio.sleep(min(_SWEEP, lab.bounds.idle))
        await asyncio.to_thread(lab.hub.sweep)

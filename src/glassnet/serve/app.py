"""The server as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from glassnet.serve.endpoints import Plain
from glassnet.serve.inference import Inference
from glassnet.serve.measures import Measures
from glassnet.serve.openapi import description
from glassnet.serve.shelf import Shelf
from glassnet.web.door import Call, Door, Handler, Reply, refusal, reply
from glassnet.web.guard import Guard
from glassnet.web.limits import Limits

OPEN_PATHS = ("/v2/health/live", "/v2/health/ready")
_MODEL = "/v2/models/{name}"


def application(
    shelf: Shelf,
    measures: Measures,
    log: Callable[..., None],
    *,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: Collection[str] | None = None,
    lenient: bool = False,
    reload: float = 1.0,
    every: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> ASGIApp:
    """The endpoints, behind their guard.

    Parameters
    ----------
    shelf, measures, log
        What is served, counted and logged.
    limits : Limits, optional
    token : str, optional
        What a request must bring.
    hosts : collection of str, optional
        Names that the Host header may have; any without it.
    lenient : bool
        Predict rows with levels that training did not have.
    reload : float
        Seconds between looks at the models' files; 0 for never.
    every : bool
        Log every request.
    stopping : callable
        Whether the server is about to stop, so that answers close their connections.
    """
    bounds = limits or Limits()
    release = version("glassnet")
    plain = Plain(shelf, bounds, lenient)
    v2 = Inference(shelf, bounds, lenient, release)
    told = reply(description(release, bounds, token is not None))

    async def openapi(call: Call) -> Reply:
        return told

    async def metrics(call: Call) -> Reply:
        return Reply(measures.text(), kind=b"text/plain; version=0.0.4; charset=utf-8")

    endpoints: list[tuple[str, str, str, Handler]] = [
        ("POST", "/predict", "predict", plain.predict),
        ("POST", "/models/{name}/predict", "predict", plain.predict),
        ("GET", "/v2", "v2", v2.server),
        ("GET", "/v2/health/live", "health", v2.live),
        ("GET", "/v2/health/ready", "health", v2.ready),
        ("POST", "/v2/repository/index", "index", v2.index),
        ("GET", "/metrics", "metrics", metrics),
        ("GET", "/openapi.json", "openapi", openapi),
    ]
    for place in (_MODEL, _MODEL + "/versions/{version}"):
        endpoints += [
            ("GET", place, "model", v2.model),
            ("GET", place + "/ready", "model", v2.model_ready),
            ("POST", place + "/infer", "infer", v2.infer),
        ]
    routes = [
        Route(
            path,
            Door(handler, bounds, measures.meter(name), log, every, stopping),
            methods=[method],
        )
        for method, path, name, handler in endpoints
    ]

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        task = asyncio.create_task(shelf.watch(reload)) if reload > 0 else None
        yield
        if task is not None:
            task.cancel()
        shelf.close()

    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _refused})

    def turned_away(status: int, scope: Scope, text: str) -> None:
        measures.requests.labels("guard", str(status)).inc()

    return Guard(app, turned_away, token, hosts, bounds.open, OPEN_PATHS)


async def _refused(request: Request, error: Any) -> Response:
    """What the router refuses, in the form of all refusals."""
    text = {404: "there is nothing at this address.", 405: "not with this method."}
    found = refusal(error.status_code, text.get(error.status_code, str(error.detail)))
    return Response(found.body, found.status, headers=error.headers, media_type="application/json")

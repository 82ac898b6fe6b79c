"""How an application is answered for by uvicorn, the same for every server of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn

from glassnet.web.connections import Drain, Prompt


def configuration(
    app: Any, drain: Drain, *, seconds: float, stop: int, log: Callable[..., None]
) -> uvicorn.Config:
    """No lines of uvicorn's own, no name of the server, no web sockets; slow requests are cut off.

    Parameters
    ----------
    app : ASGI application
    drain : Drain
        Told when the server is about to stop.
    seconds : float
        That a request may take to arrive.
    stop : int
        Seconds that answers under way have when the server stops.
    log : callable
    """
    http: Any = partial(Prompt, drain=drain, seconds=seconds, log=log)
    return uvicorn.Config(
        app,
        http=http,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=stop,
        ws="none",
    )

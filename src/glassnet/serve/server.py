"""Run the prediction server until it is told to stop."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from glassnet.errors import InvalidValue, Unsupported
from glassnet.web.limits import Limits
from glassnet.web.listening import asked_to_stop_is_no_failure

_STOP_SECONDS = 30


def serve(
    models: Sequence[str | os.PathLike[str]],
    load: Callable[[Path], Any],
    listening: socket.socket,
    *,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: Sequence[str] = (),
    lenient: bool = False,
    reload: float = 1.0,
    every: bool = False,
) -> None:
    """Serve model files until SIGTERM or Ctrl-C; requests that were taken are answered first.

    Parameters
    ----------
    models : sequence of paths
        The first answers where a request names none.
    load : callable
        Path -> model.
    listening : socket
        As of :func:`~glassnet.web.listening.bound`.
    limits, token, hosts, lenient, reload, every
        As of :func:`~glassnet.serve.app.application`. On loopback, ``hosts`` come beside the names
        of loopback; elsewhere any name is answered to where none is given, and a token is due.

    Raises
    ------
    Unsupported
        If the extra ``serve`` is not installed.
    InvalidValue
        If it would listen beyond this machine without a token.
    FileFault, BadFile
        If a model cannot be loaded.
    """
    try:
        import uvicorn

        from glassnet.serve.app import application
        from glassnet.serve.measures import Measures
        from glassnet.serve.shelf import Shelf
        from glassnet.web.connections import Drain
        from glassnet.web.guard import LOOPBACK
        from glassnet.web.journal import journal
        from glassnet.web.serving import configuration
    except ImportError as error:
        raise Unsupported(
            f"the server needs {error.name}, which is not installed. Install glassnet[serve]."
        ) from error
    host, port = listening.getsockname()[:2]
    here = host.startswith("127.") or host == "::1"
    if not here and token is None:
        raise InvalidValue(
            f"a server that others can reach ({host}) must have a token. Give --token-file, or "
            "listen on 127.0.0.1."
        )
    log, measures, drain = journal(), Measures(), Drain()
    shelf = Shelf(models, load, measures, log)
    app = application(
        shelf,
        measures,
        log,
        limits=limits,
        token=token,
        hosts=(*LOOPBACK, *hosts) if here else (hosts or None),
        lenient=lenient,
        reload=reload,
        every=every,
        stopping=lambda: drain.begun,
    )
    seconds = (limits or Limits()).seconds
    config = configuration(app, drain, seconds=seconds, stop=_STOP_SECONDS, log=log)
    log("serving", address=f"http://{host}:{port}", models=[each.name for each in shelf])
    with asked_to_stop_is_no_failure():
        uvicorn.Server(config).run(sockets=[listening])
    log("stopped")

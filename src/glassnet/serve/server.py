"""Run the prediction server until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from glassnet.errors import FileFault, InvalidValue, Unsupported
from glassnet.serve.limits import Limits

_STOP_SECONDS = 30
_WAITING = 2048  # connections that the system holds until they are taken


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one.

    Raises
    ------
    FileFault
        If the system refuses: the port is taken, the address is no address of this machine.

    Examples
    --------
    >>> with bound("127.0.0.1", 0) as listening:
    ...     listening.getsockname()[0]
    '127.0.0.1'
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_WAITING)
    except OSError as error:
        listening.close()
        raise FileFault(
            f"cannot listen on {host} port {port}: {error.strerror or error}. Choose another "
            "--port or --host."
        ) from error
    return listening


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
        As of :func:`bound`.
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
        from glassnet.serve.connections import Drain, Prompt
        from glassnet.serve.guard import LOOPBACK
        from glassnet.serve.journal import journal
        from glassnet.serve.measures import Measures
        from glassnet.serve.shelf import Shelf
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
    http: Any = partial(Prompt, drain=drain, seconds=(limits or Limits()).seconds)
    config = uvicorn.Config(
        app,
        http=http,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_STOP_SECONDS,
        ws="none",
    )
    log("serving", address=f"http://{host}:{port}", models=[each.name for each in shelf])
    with _asked_to_stop_is_no_failure():
        uvicorn.Server(config).run(sockets=[listening])
    log("stopped")


@contextmanager
def _asked_to_stop_is_no_failure() -> Generator[None]:
    """uvicorn raises the signal that stopped it once more when it is done: to nobody, here."""
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, lambda *_: None) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)

"""Run the lab until it is told to stop."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import uvicorn

from glassnet.errors import InvalidValue
from glassnet.lab.app import application
from glassnet.lab.hub import Bounds
from glassnet.lab.lab import Beginning, Lab
from glassnet.web.connections import Drain
from glassnet.web.guard import LOOPBACK
from glassnet.web.listening import asked_to_stop_is_no_failure, bound
from glassnet.web.serving import configuration

_STOP_SECONDS = 3
_BEGIN_SECONDS = 10.0


class _ToJournal(logging.Handler):
    """Takes what uvicorn warns of into the lab's own log."""

    def __init__(self, log: Callable[..., None]) -> None:
        super().__init__(logging.WARNING)
        self._log_event = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log_event("server", says=record.getMessage()[:300])


class LabServer:
    """A lab that listens on loopback.

    Parameters
    ----------
    beginning : Beginning
    bounds : Bounds
    port : int
        0 takes a free one.
    log : callable
    hosts : sequence of str
        Names it answers to beside those of loopback.
    token : str, optional
        A random one without it.
    framed_by : str
        As of :func:`~glassnet.lab.app.application`.

    Examples
    --------
    >>> server = LabServer(log=lambda *_, **__: None)
    >>> server.url.startswith("http://127.0.0.1:")
    True
    >>> server.begin()
    >>> server.stop()
    """

    def __init__(
        self,
        beginning: Beginning | None = None,
        bounds: Bounds | None = None,
        *,
        port: int = 0,
        log: Callable[..., None],
        hosts: Sequence[str] = (),
        token: str | None = None,
        framed_by: str = "'none'",
    ) -> None:
        self.token = token or secrets.token_urlsafe(32)
        if len(self.token) < 16:
            raise InvalidValue(f"a token must have at least 16 signs; got {len(self.token)}.")
        self._listening: socket.socket = bound("127.0.0.1", port)
        self.port = int(self._listening.getsockname()[1])
        self._drain, self._log = Drain(), log
        self.lab = Lab(bounds or Bounds(), log, beginning or Beginning())
        app = application(
            self.lab,
            token=self.token,
            hosts=(*LOOPBACK, *hosts),
            cookie=f"glassnet-lab-{self.port}",
            framed_by=framed_by,
            stopping=lambda: self._drain.begun,
        )
        config = configuration(app, self._drain, seconds=10.0, stop=_STOP_SECONDS, log=log)
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address with which a browser is let in."""
        return f"{self.address}/?token={self.token}"

    def run(self) -> None:
        """Serve until Ctrl-C or SIGTERM."""
        told = logging.getLogger("uvicorn.error")
        told.handlers, told.propagate = [_ToJournal(self._log)], False
        self._log("serving", address=self.address)
        main = threading.current_thread() is threading.main_thread()
        with asked_to_stop_is_no_failure() if main else nullcontext():
            self._server.run(sockets=[self._listening])
        self._log("stopped")

    def begin(self) -> None:
        """Serve in a thread of its own, and return when it does."""
        self._thread = threading.Thread(target=self.run, name="glassnet-lab-server", daemon=True)
        self._thread.start()
        end = time.monotonic() + _BEGIN_SECONDS
        while not self._server.started and self._thread.is_alive() and time.monotonic() < end:
            time.sleep(0.01)

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._drain.begun = True
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._listening.close()

"""The socket that a server listens on, and the signals that end it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager

from glassnet.errors import FileFault

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


@contextmanager
def asked_to_stop_is_no_failure() -> Generator[None]:
    """uvicorn raises the signal that stopped it once more when it is done: to nobody, here.

    Examples
    --------
    >>> with asked_to_stop_is_no_failure():
    ...     signal.raise_signal(signal.SIGTERM)
    """
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, lambda *_: None) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)

"""Whether anybody answers at an address, asked in a way that cannot hang."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

from glassnet.errors import InvalidValue, Unreachable

_PATIENCE = 5.0  # seconds for a connection, and as many for an answer
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])  # empty SETTINGS
_SETTINGS = 4  # type of the frame with which every HTTP/2 server answers


def found(address: str) -> str | None:
    """The address that "auto" stands for, or the one given.

    That is the variable ``RAY_ADDRESS``, else what ``ray start`` last wrote on this machine; None
    where there is neither.

    Examples
    --------
    >>> found("10.0.0.1:6379")
    '10.0.0.1:6379'
    """
    if address != "auto":
        return address
    told = os.environ.get("RAY_ADDRESS", "")
    if told not in ("", "auto"):
        return told
    note = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / "ray/ray_current_cluster"
    try:
        return note.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def host_and_port(address: str) -> tuple[str, int]:
    """The two halves of ``host:port``.

    Raises
    ------
    InvalidValue
        If it has not the two.

    Examples
    --------
    >>> host_and_port("10.0.0.1:6379"), host_and_port("[::1]:6379")
    (('10.0.0.1', 6379), ('::1', 6379))
    """
    host, _, port = address.rpartition(":")
    if not host or "/" in address or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InvalidValue(
            f"the address of a cluster must be host:port, as in 10.0.0.1:6379, or auto; got "
            f"{address!r}."
        )
    return host.strip("[]"), int(port)


def require_answer(address: str) -> None:
    """Return when somebody at an address speaks HTTP/2, as the head of a Ray cluster does.

    Takes 10 s at most. Ray's own attempt comes after it: where nobody speaks, that one would wait
    much longer, and say less.

    Raises
    ------
    Unreachable
        With what was tried.
    """
    host, port = host_and_port(address)
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE) as line:
            if os.environ.get("RAY_USE_TLS", "0") == "1":
                return  # a handshake in clear is no question that TLS answers
            line.settimeout(_PATIENCE)
            line.sendall(_HELLO)
            frame = line.recv(9, socket.MSG_WAITALL)
    except OSError as error:
        why = f"{type(error).__name__}: {error}" if not error.strerror else error.strerror
        raise Unreachable(
            f"nobody answered at {address} ({why}; tried for up to {_PATIENCE:.0f} s to connect "
            f"and {_PATIENCE:.0f} s for an answer). Is the cluster up (ray start --head), and is "
            "this the address of its head?"
        ) from error
    if len(frame) < 9 or frame[3] != _SETTINGS:
        raise Unreachable(
            f"what answers at {address} is no Ray cluster: it does not speak HTTP/2. Give the "
            "address that ray start --head told, as in 10.0.0.1:6379."
        )

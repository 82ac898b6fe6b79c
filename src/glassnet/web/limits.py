"""What a request may cost."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.errors import InvalidValue


@dataclass(frozen=True)
class Limits:
    """Bounds of one request and of all together.

    Attributes
    ----------
    body : int
        Bytes of a body.
    rows : int
        Rows of a request.
    seconds : float
        From a request's head to its answer, the client's slowness included.
    open : int
        Requests at a time; more are answered with 503.

    Raises
    ------
    InvalidValue
        If one is not above 0.

    Examples
    --------
    >>> Limits(rows=10).rows
    10
    """

    body: int = 8 * 2**20
    rows: int = 10_000
    seconds: float = 30.0
    open: int = 1024

    def __post_init__(self) -> None:
        for name in ("body", "rows", "seconds", "open"):
            if not getattr(self, name) > 0:
                raise InvalidValue(f"{name} must be above 0; got {getattr(self, name)!r}.")

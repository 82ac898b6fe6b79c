"""What a request can be refused with: a status and one sentence."""

from __future__ import annotations


class Refused(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
        Of HTTP, 400 to 503.
    text : str
        What must hold, what came, what to do.

    Examples
    --------
    >>> print(Refused(413, "a body may have 1,000 bytes"))
    a body may have 1,000 bytes
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status

"""What can go wrong, as classes.

::

    GlassnetError
    ├── InvalidValue (ValueError)        an argument is not what it must be
    │   ├── ShapeMismatch                arrays that do not fit together
    │   ├── UnknownName                  no such activation, loss, optimizer, column, …
    │   └── OutsideDomain                an output that can leave the domain of its loss
    ├── Unsupported (NotImplementedError)  an engine, or this installation, cannot do it
    ├── Diverged (ArithmeticError)       the loss became nan or infinite
    ├── RankLost (ConnectionError)       another rank of a parallel training is gone, or silent
    ├── BadFile (ValueError)             a file is damaged, cut short or of another kind
    ├── FileFault (OSError)              the system could not read or write a file
    └── Unreachable (ConnectionError)    a cluster does not answer, or lets nobody in

Every message says what must hold, whose it is, what came instead, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

_SHOWN = 20  # of the known names; a wide table has thousands of columns


class GlassnetError(Exception):
    """Any error that glassnet raises on purpose."""


class InvalidValue(GlassnetError, ValueError):
    """An argument is not what it must be."""


class ShapeMismatch(InvalidValue):
    """Two arrays, or an array and a network, do not fit together."""


class UnknownName(InvalidValue):
    """There is nothing of that name; the message gives the known ones and the nearest.

    Parameters
    ----------
    kind : str
        What the name should be of, as in ``"loss"``.
    name : str
        What came.
    known : iterable of str
        The names there are.
    nearest : str, optional
        The one that is meant, where that is known; else the most similar is suggested.

    Examples
    --------
    >>> print(UnknownName("loss", "cross_entrpy", ["cross_entropy", "huber"]))
    no loss is named 'cross_entrpy'. Did you mean 'cross_entropy'? Known: cross_entropy, huber.
    """

    def __init__(
        self, kind: str, name: object, known: Iterable[str], *, nearest: str | None = None
    ) -> None:
        names = sorted(known)
        near = nearest or (_nearest(name, names) if isinstance(name, str) else None)
        hint = "" if near is None else f" Did you mean {near!r}?"
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        known_names = ", ".join(names[:_SHOWN])
        super().__init__(f"no {kind} is named {name!r}.{hint} Known: {known_names}{more}.")


def _nearest(name: str, names: list[str]) -> str | None:
    """The name meant: ReLU is relu, and he begins he_normal."""
    plain = {each.lower(): each for each in names}
    wanted = name.lower().replace("-", "_").replace(" ", "_")
    begun = [each for each in plain if wanted and each.startswith(wanted)]
    near = get_close_matches(wanted, plain, n=1) or begun
    return plain[near[0]] if near else None


class OutsideDomain(InvalidValue):
    """An output activation can leave the domain on which its loss is defined."""


class Unsupported(GlassnetError, NotImplementedError):
    """An engine or this installation cannot do what was asked."""


class Diverged(GlassnetError, ArithmeticError):
    """The loss became nan or infinite; the last good state was kept.

    Attributes
    ----------
    run : Run or None
        What happened until then, where ``glassnet.train`` raised it.
    """

    run: Any = None


class RankLost(GlassnetError, ConnectionError):
    """Another rank of a parallel training is gone, or has been silent for too long."""


class BadFile(GlassnetError, ValueError):
    """A file is damaged, cut short, wrongly encoded or of another kind."""


class FileFault(GlassnetError, OSError):
    """The system could not read or write a file: folder read-only, disk full, not found."""


class Unreachable(GlassnetError, ConnectionError):
    """Nobody answers at the address of a cluster, or the cluster refuses this process."""

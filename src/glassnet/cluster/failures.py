"""What went wrong on a cluster, in this package's words."""

from __future__ import annotations

from typing import Any

from glassnet.errors import GlassnetError, Unreachable, Unsupported


def translated(error: Any) -> GlassnetError:
    """An error of Ray's; one of ours that another machine raised comes as it was raised there.

    Parameters
    ----------
    error : ray.exceptions.RayError

    Examples
    --------
    >>> print(translated(RuntimeError("no space in the object store")))
    the cluster failed (RuntimeError: no space in the object store).
    """
    cause = getattr(error, "cause", None)
    if isinstance(cause, GlassnetError):
        return cause
    first = cause if isinstance(cause, Exception) else error
    said = [line.strip() for line in str(first).splitlines() if line.strip()] or [""]
    if "No module named 'glassnet" in str(first):
        return Unsupported(
            "a machine that joined the cluster meanwhile has no glassnet. Install it there for "
            "the Python that runs ray start."
        )
    return Unreachable(f"the cluster failed ({type(first).__name__}: {said[-1][:300]}).")

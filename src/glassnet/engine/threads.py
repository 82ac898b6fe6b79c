"""How many threads an engine may use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from glassnet.errors import InvalidValue

# Operations of a pass for each thread that takes part. Handing over costs some microseconds: a
# step of less than about 200 µs is faster on one thread.
WORTH_A_THREAD = 2e7


def thread_count(asked: int | None = None) -> int:
    """Return the number of threads to use at most.

    That is ``asked``; else ``GLASSNET_THREADS``; else the first number of ``OMP_NUM_THREADS``, by
    which joblib and batch systems share a machine out; else the processors this process may use.
    A network too small to gain from threads uses one, whatever is asked for, and the numbers
    computed are the same to the bit for every number of threads.

    Parameters
    ----------
    asked : int ≥ 1, optional

    Raises
    ------
    InvalidValue
        If ``GLASSNET_THREADS`` is not a positive whole number.

    Examples
    --------
    >>> thread_count(3)
    3
    """
    if asked is not None:
        return asked
    ours = os.environ.get("GLASSNET_THREADS", "")
    if ours:
        if not ours.isdecimal() or int(ours) < 1:
            raise InvalidValue(f"GLASSNET_THREADS must be a positive whole number; got {ours!r}.")
        return int(ours)
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else _processors()


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # a container may be given less than it can see
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        count = min(count, max(1, int(quota) // int(period)))
    return count

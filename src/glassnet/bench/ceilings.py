"""What the machine can do at most: multiply-adds a second, and bytes read a second.

Each number is the best of many tries within a moment, since whatever else runs only takes away.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.native import compiled

CEILINGS = {
    "fma": "float32 multiply-add",
    "l2": "L2 read",
    "l3": "L3 read",
    "dram": "memory read",
}
UNITS = {"fma": "GFLOP/s", "l2": "GB/s", "l3": "GB/s", "dram": "GB/s"}

_SECONDS = 0.3
_ROUNDS = 20_000_000  # of the engine's loop of multiply-adds: about a tenth of a second
_AT_A_TIME = 20_000_000  # bytes read between two looks at the clock
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_USUAL = {2: 1 << 20, 3: 32 << 20}  # where the system does not tell
_LARGEST = 512 << 20


def measured(name: str) -> float:
    """One ceiling of one thread: floating-point operations a second, or bytes a second.

    Returns
    -------
    float
        nan for ``"fma"`` where no native engine is built.
    """
    return _multiply_adds() if name == "fma" else _reads(_buffer_bytes(name, _cache_bytes()))


def _multiply_adds() -> float:
    module = compiled()
    if module is None:
        return float("nan")
    return _best(lambda: module.peak(_ROUNDS), _SECONDS)


def _best(attempt: Callable[[], float], seconds: float) -> float:
    end, best = time.perf_counter() + seconds, attempt()
    while time.perf_counter() < end:
        best = max(best, attempt())
    return best


def _buffer_bytes(name: str, caches: dict[int, int]) -> int:
    """A buffer that one cache holds and the one before it does not.

    Examples
    --------
    >>> _buffer_bytes("l3", {2: 1 << 20, 3: 32 << 20}) >> 20
    4
    """
    if name == "l2":
        return caches[2] // 2
    if name == "l3":
        return min(4 * caches[2], caches[3] // 2)
    return min(max(256 << 20, 4 * caches[3]), _LARGEST)


def _reads(size: int) -> float:
    """Bytes a second of reading a buffer again and again, by whichever reader is faster.

    The C library's ``memchr`` looks for a byte that is not there: it reads each byte once, with the
    widest vectors, and does nothing else. An ``or`` over 64-bit numbers is a second opinion where a
    C library reads slowly. On an EPYC 9004, memchr came within 4 % of a loop of AVX-512 loads in
    L2 and L3; sums and dot products stopped at 20 to 60 % of that.
    """
    # Written to: pages of zeros that nobody wrote are all one page. NumPy asks for huge ones.
    held = np.full(size // 8, 3, np.uint64)
    times = max(1, _AT_A_TIME // size)
    readers = (_memchr(held), lambda: np.bitwise_or.reduce(held))
    return max(_best(lambda r=reader: _rate(r, times, size), _SECONDS) for reader in readers)


def _rate(reader: Callable[[], object], times: int, size: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        reader()
    return times * size / (time.perf_counter() - start)


def _memchr(held: Array) -> Callable[[], object]:
    find = ctypes.CDLL(None).memchr
    find.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
    find.restype = ctypes.c_void_p
    address, size = held.ctypes.data, held.nbytes
    return lambda: find(address, 1, size)


def _cache_bytes() -> dict[int, int]:
    found = dict(_USUAL)
    for index in _CACHES.glob("index*"):
        try:
            level, size = (int((index / file).read_text().rstrip("K\n")) for file in _FILES)
        except (OSError, ValueError):
            continue  # a system that words it differently
        if level in found:
            found[level] = size << 10
    return found


_FILES = ("level", "size")

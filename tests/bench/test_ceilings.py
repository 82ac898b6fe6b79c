"""The machine's ceilings: plausible numbers, from buffers of the right size."""

import numpy as np
import pytest

from glassnet.bench import ceilings
from glassnet.engine.native import compiled

CACHES = {2: 2 << 20, 3: 64 << 20}


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(ceilings, "_SECONDS", 0.01)
    monkeypatch.setattr(ceilings, "_ROUNDS", 100_000)
    monkeypatch.setattr(ceilings, "_AT_A_TIME", 1_000_000)


def test_a_buffer_fits_its_cache_and_not_the_one_before():
    l2, l3, dram = (ceilings._buffer_bytes(name, CACHES) for name in ("l2", "l3", "dram"))

    assert l2 < CACHES[2] < l3 < CACHES[3] < dram


def test_an_enormous_cache_does_not_ask_for_an_enormous_buffer():
    assert ceilings._buffer_bytes("dram", {2: 2 << 20, 3: 1 << 30}) <= 512 << 20


def test_reading_is_faster_than_a_disk_and_slower_than_light():
    assert 1e8 < ceilings.measured("l2") < 1e13


def test_the_search_reads_to_the_end():
    held = np.full(1000, 3, np.uint64)
    assert ceilings._memchr(held)() is None
    held[999] = 1

    assert ceilings._memchr(held)() == held.ctypes.data + 999 * 8


def test_without_a_native_engine_there_is_no_peak(monkeypatch):
    monkeypatch.setattr(ceilings, "compiled", lambda: None)

    assert np.isnan(ceilings.measured("fma"))


@pytest.mark.skipif(compiled() is None, reason="nothing is compiled here")
def test_the_native_engine_tells_its_peak():
    assert 1e8 < ceilings.measured("fma") < 1e13

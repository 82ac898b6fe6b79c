"""Medians and ratios, from times that are given."""

import json

import pytest

from glassnet.bench.contract import Entry
from glassnet.bench.race import Result
from glassnet.bench.records import machine, missing, records
from glassnet.bench.workloads import WORKLOADS

OWN, JAX, TORCH = (Entry(name, 1, "float32") for name in ("glassnet", "JAX", "PyTorch"))
FIELDS = {
    "workload", "engine", "version", "threads", "dtype", "median_s", "over_best_peer",
    "share_of_fma_peak",
}  # fmt: skip


def by_entry(times, workload="W1", peaks=None):
    result = Result(workload, times)
    return dict(zip(times, records(result, peaks or {1: 1e9, 2: 2e9}), strict=True))


def test_a_record_has_its_fields_and_can_be_written():
    found = by_entry({OWN: [1.0, 1.0, 1.0], JAX: [2.0, 2.0, 2.0]})

    assert set(found[OWN]) >= FIELDS
    json.dumps(list(found.values()), allow_nan=False)


def test_a_ratio_is_taken_within_a_round():
    # The machine was ten times as slow in the second round, for both.
    found = by_entry({OWN: [1.0, 10.0, 1.0], JAX: [2.0, 20.0, 2.0]})

    assert found[JAX]["times_as_long"] == 2
    assert found[OWN]["over_best_peer"] == 2
    assert found[OWN]["median_s"] == 1


def test_a_ratio_is_the_median_of_the_rounds_and_not_the_ratio_of_medians():
    found = by_entry({OWN: [1.0, 2.0, 3.0], JAX: [6.0, 2.0, 6.0]})

    assert found[JAX]["times_as_long"] == 2  # of 6, 1 and 2
    assert found[JAX]["median_s"] / found[OWN]["median_s"] == 3


def test_the_best_peer_is_the_fastest_of_them_and_never_glassnet():
    found = by_entry({OWN: [1.0] * 3, JAX: [2.0] * 3, TORCH: [3.0] * 3})

    assert found[OWN]["over_best_peer"] == 2
    assert found[JAX]["over_best_peer"] == 1
    assert found[TORCH]["over_best_peer"] == pytest.approx(2 / 3)


def test_alone_there_is_nothing_to_compare_with():
    assert by_entry({OWN: [1.0] * 3})[OWN]["over_best_peer"] is None
    assert by_entry({JAX: [1.0] * 3})[JAX]["times_as_long"] is None


def test_peers_on_other_threads_or_in_another_dtype_are_not_the_best_peer():
    two, half = Entry("JAX", 2, "float32"), Entry("JAX", 1, "bf16")
    found = by_entry({OWN: [1.0] * 3, JAX: [4.0] * 3, two: [2.0] * 3, half: [3.0] * 3})

    assert found[OWN]["over_best_peer"] == 4


def test_threads_and_precision_are_compared_with_one_thread_and_float32():
    own_two, half, jax_half = (
        Entry("glassnet", 2, "float32"), Entry("glassnet", 1, "bf16"), Entry("JAX", 1, "bf16"),
    )  # fmt: skip
    found = by_entry(
        {OWN: [6.0] * 3, own_two: [4.0] * 3, half: [2.0] * 3, JAX: [8.0] * 3, jax_half: [3.0] * 3}
    )

    assert found[own_two]["over_one_thread"] == 1.5
    assert found[half]["over_best_peer"] == 1.5
    assert found[half]["over_best_float32_peer"] == 4
    assert found[half]["over_float32"] == 3
    assert "over_one_thread" not in found[OWN]


def test_the_share_of_the_peak_is_work_over_time_over_peak():
    seconds = WORKLOADS["W4"].operations / 5e8  # half of what the peak of 1e9 allows
    wide = Entry("glassnet", 1, "float64")
    half = Entry("glassnet", 1, "bf16")
    found = by_entry({OWN: [seconds] * 3, wide: [seconds] * 3, half: [seconds] * 3}, "W4")

    assert found[OWN]["share_of_fma_peak"] == pytest.approx(0.5)
    assert found[wide]["share_of_fma_peak"] == pytest.approx(1.0)  # its peak is half as high
    assert found[half]["share_of_fma_peak"] is None


def test_without_a_peak_there_is_no_share():
    times = {OWN: [1.0] * 3}

    assert by_entry(times, peaks={1: float("nan")})[OWN]["share_of_fma_peak"] is None
    assert by_entry(times, peaks={2: 1e9})[OWN]["share_of_fma_peak"] is None


def test_a_missing_peer_is_a_record_with_its_reason():
    result = Result("W1", {OWN: [1.0]}, {JAX: "jax is not installed."})

    assert missing(result) == [
        {
            "workload": "W1",
            "engine": "JAX",
            "threads": 1,
            "dtype": "float32",
            "reason": "jax is not installed.",
        }
    ]


def test_the_machine_is_described():
    found = machine({1: {"fma": 1e9}})

    assert found["processor"]
    assert found["cores"] >= 1
    assert found["ceilings"] == {"1": {"fma": 1e9}}

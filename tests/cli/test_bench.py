"""``glassnet bench``: what it prints and writes, and what a person gets wrong."""

import json
from pathlib import Path

import pytest

from glassnet.bench.contract import Entry
from glassnet.bench.race import Result
from glassnet.cli import bench as subject

CEILINGS = {"fma": 100e9, "l2": 90e9, "l3": 80e9, "dram": 20e9}
OWN, JAX = (Entry(name, 1, "float32") for name in ("glassnet", "JAX"))


@pytest.fixture
def measured(monkeypatch):
    """Races that are over at once: glassnet 20 µs, JAX 50 µs, others as told."""
    raced = []

    def race(name, entries, limits, tell):
        raced.append((name, entries))
        tell(0.5, "half")
        return Result(name, {OWN: [2e-5] * 3, JAX: [5e-5] * 3})

    monkeypatch.setattr(subject, "race", race)
    monkeypatch.setattr(subject, "ceilings", lambda threads, tell: CEILINGS)
    return raced


def test_the_records_are_written(glassnet, measured):
    done = glassnet("bench", "--workloads", "W1,W2", "--threads", "1", "--json", "speed.json")

    assert done.status == 0, done.err
    held = json.loads(Path("speed.json").read_text(encoding="utf-8"))
    assert [(r["workload"], r["engine"]) for r in held["records"]] == [
        ("W1", "glassnet"), ("W1", "JAX"), ("W2", "glassnet"), ("W2", "JAX"),
    ]  # fmt: skip
    assert held["records"][0]["over_best_peer"] == 2.5
    assert held["machine"]["ceilings"]["1"]["fma"] == 100e9


def test_lines_for_people_name_the_workload_and_the_ratio(glassnet, measured):
    done = glassnet("bench", "--workloads", "W4", "--threads", "1")

    assert "W4: train 784-512-512-10 relu, batch 128, Adam; 1 thread, float32" in done.out
    assert "2.50× over the best peer" in done.out
    assert "memory read 20 GB/s" in done.out


def test_a_page_is_all_that_standard_output_has(glassnet, measured):
    done = glassnet("bench", "--workloads", "W1", "--threads", "1", "--markdown")

    assert done.out.startswith("Machine: ")
    assert "| **20 µs** |" in done.out
    assert "over the best peer" in done.err


def test_the_peers_that_are_named_race(glassnet, measured):
    glassnet("bench", "--workloads", "W1", "--threads", "1", "--peers", "scikit-learn")

    ((name, entries),) = measured
    assert name == "W1"
    assert [entry.engine for entry in entries] == ["glassnet", "scikit-learn"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--workloads", "W9"], "W9"),
        (["--workloads", ""], "workload"),
        (["--peers", "keras"], "keras"),
        (["--threads", "0"], "'0'"),
        (["--threads", "9999"], "9999"),
        (["--threads", "many"], "'many'"),
        (["--rounds", "1"], "rounds"),
        (["--dtype", "int8"], "int8"),
        (["--turn", "-1"], "turn"),
        (["W1"], "W1"),
    ],
)
def test_a_wrong_option_has_status_2_and_is_named(glassnet, measured, arguments, word):
    done = glassnet("bench", *arguments)

    assert done.status == 2
    assert word in done.err
    assert measured == []


@pytest.mark.parametrize("path", [".", "nowhere/speed.json"])
def test_a_file_that_cannot_be_written_is_found_out_before_the_race(glassnet, measured, path):
    done = glassnet("bench", "--workloads", "W1", "--threads", "1", "--json", path)

    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert measured == []


def test_a_race_without_glassnet_is_a_failure_with_its_reason(glassnet, measured, monkeypatch):
    failed = Result("W1", {JAX: [1.0] * 3}, {OWN: "it had enough."})
    monkeypatch.setattr(subject, "race", lambda *_: failed)

    done = glassnet("bench", "--workloads", "W1", "--threads", "1")

    assert done.status == 1
    assert done.err.splitlines()[-1] == "glassnet: glassnet was not timed: it had enough."
    assert "none: it had enough." in done.out

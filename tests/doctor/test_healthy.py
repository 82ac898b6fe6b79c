"""Healthy networks are left in peace; ``python -m bench.accuracy.healthy`` judges two hundred."""

from __future__ import annotations

from bench.accuracy.healthy import judged


def test_of_a_dozen_healthy_random_networks_none_is_flagged() -> None:
    found, _ = judged(12, seed=1, show=False)
    assert [(each.codes, each.words) for each in found if each.alarm is not None] == []

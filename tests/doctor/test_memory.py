"""What the doctor remembers of rounds: first signs, what explains what, what proved wrong."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.memory import Memory


def finding(code: str, first: str = "after training", **more: Any) -> Finding:
    return Finding(code, "saw.", "why.", "change.", {}, first=first, **more)


def chart(*, loss: float = 1.0, constant: float = 1.0, t: int = 5, **more: Any) -> Chart:
    """A real one, with another look and another end."""
    net = gn.Network(1, [gn.Dense(1, "identity")])
    made = gn.diagnose(net, np.arange(5.0)[:, None], np.arange(5.0)).chart
    assert made is not None
    assert made.look is not None
    look = replace(made.look, t=t, loss=loss, constant=constant)
    return replace(made, look=look, **({"ended": False} | more))


def test_a_finding_keeps_its_first_moment_and_its_first_words() -> None:
    memory = Memory()
    memory.note(chart(), 10, [finding("LR_HIGH")], [])
    memory.note(chart(), 20, [replace(finding("LR_HIGH"), saw="later.")], [])
    (kept,) = memory.summary()[0]
    assert (kept.first, kept.saw, memory.first_alarm) == ("step 10", "saw.", 10)


def test_what_came_first_stands_first_and_data_before_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glassnet.doctor.memory._BRINGS", defaultdict(tuple))
    memory = Memory()
    memory.note(chart(), 0, [finding("VANISH", "step 0")], [])
    memory.note(chart(), 10, [finding("DEAD_RELU"), finding("LABEL_CODE", "static")], [])
    memory.note(chart(), 20, [finding("OVER_REG")], [])
    codes = [each.code for each in memory.summary()[0]]
    assert codes == ["LABEL_CODE", "VANISH", "DEAD_RELU", "OVER_REG"]


def test_a_later_sign_that_an_earlier_cause_brings_about_is_a_consequence() -> None:
    memory = Memory()
    memory.note(chart(), 0, [finding("LR_HIGH", "step 1")], [])
    memory.note(chart(), 10, [finding("DEAD_RELU")], [])
    findings, consequences, _ = memory.summary()
    assert [each.code for each in findings] == ["LR_HIGH"]
    assert [each.code for each in consequences] == ["DEAD_RELU"]


def test_an_earlier_sign_is_no_consequence_of_a_later_cause() -> None:
    memory = Memory()
    memory.note(chart(), 0, [finding("DEAD_RELU", "step 0")], [])
    memory.note(chart(), 10, [finding("LR_HIGH")], [])
    assert [each.code for each in memory.summary()[0]] == ["DEAD_RELU", "LR_HIGH"]


def test_advice_stands_last_and_raises_no_alarm() -> None:
    memory = Memory()
    memory.note(chart(), 0, [finding("SPLIT_LEAK", "static", severity="advice")], [])
    assert memory.first_alarm is None
    memory.note(chart(), 9, [finding("OVER_REG")], [])
    assert [each.code for each in memory.summary()[0]] == ["OVER_REG", "SPLIT_LEAK"]
    assert memory.first_alarm == 9


def test_a_run_that_ends_well_withdraws_what_was_seen_on_its_way() -> None:
    memory = Memory()
    seen = [finding("LR_LOW", "step 1"), finding("DATA_BAD", "static")]
    memory.note(chart(), 0, seen, [finding("FEW_STEPS")])
    memory.note(chart(loss=0.1, ended=True), 90, [], [])
    assert [each.code for each in memory.summary()[0]] == ["DATA_BAD"]
    assert list(memory.withdrawn) == ["LR_LOW"]


def test_a_run_that_ends_badly_withdraws_nothing() -> None:
    memory = Memory()
    memory.note(chart(), 0, [finding("LR_LOW", "step 1")], [])
    memory.note(chart(ended=True), 90, [], [])
    assert [each.code for each in memory.summary()[0]] == ["LR_LOW"]


def test_what_only_an_end_can_show_is_not_said_before() -> None:
    memory = Memory()
    memory.note(chart(), 50, [finding("FEW_STEPS"), finding("OVERFIT")], [])
    assert memory.summary()[0] == []
    memory.note(chart(ended=True, ended_by="epochs"), 90, [finding("FEW_STEPS")], [])
    assert [each.code for each in memory.summary()[0]] == ["FEW_STEPS"]


def test_a_run_that_its_own_rule_has_ended_was_not_too_short() -> None:
    for reason in ("early stopping", "converged", "plateau"):
        memory = Memory()
        memory.note(chart(ended=True, ended_by=reason), 90, [finding("FEW_STEPS")], [])
        assert memory.summary()[0] == []


def test_only_what_is_certain_and_fatal_ends_a_run() -> None:
    memory = Memory()
    memory.note(chart(), 0, [finding("LR_LOW", severity="harmful", confidence=1.0)], [])
    memory.note(chart(), 1, [finding("DEAD_RELU", severity="fatal", confidence=0.8)], [])
    assert memory.certain_and_fatal is None
    memory.note(chart(), 2, [finding("LR_HIGH", severity="fatal", confidence=0.95)], [])
    assert memory.certain_and_fatal is not None
    assert memory.certain_and_fatal.code == "LR_HIGH"


def test_a_network_that_does_well_is_not_stopped() -> None:
    memory = Memory()
    memory.note(chart(loss=0.1), 9, [finding("LR_HIGH", severity="fatal", confidence=1.0)], [])
    assert memory.certain_and_fatal is None

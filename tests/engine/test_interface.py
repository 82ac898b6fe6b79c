"""Plans, stretches and the stop rule: plain data with a little arithmetic."""

import dataclasses

import numpy as np
import pytest

from glassnet.engine.interface import KEEP, Moment, Plan, StopRule, Stretch


def stopped_after(rule, costs):
    memory = rule.start()
    for number, J in enumerate(costs, start=1):
        memory = rule.told(memory, J)
        if rule.says_stop(memory):
            return number
    return None


def test_a_part_of_a_plan_has_the_rows_and_rates_of_its_steps():
    plan = Plan(np.array([4, 2, 0, 1, 3]), np.array([0, 2, 4, 5]), np.array([0.3, 0.2, 0.1]))

    part = plan.part(1, 3)

    assert plan.steps == 3
    assert part.steps == 2
    assert [part.step_rows(k).tolist() for k in range(2)] == [[0, 1], [3]]
    assert part.rates.tolist() == [0.2, 0.1]


def test_the_stop_rule_ends_when_the_cost_has_failed_to_fall_more_than_patience_times():
    rule = StopRule(tolerance=0.1, patience=2)

    assert stopped_after(rule, [1.0, 0.8, 0.6, 0.4, 0.2]) is None
    assert stopped_after(rule, [1.0, 0.95, 0.95, 0.95]) == 4
    assert stopped_after(rule, [1.0, 0.95, 0.95, 0.8, 0.8, 0.8, 0.8]) == 7
    assert stopped_after(StopRule(tolerance=0.0, patience=0), [1.0, 1.0, 1.1]) == 3


def test_the_stop_rule_does_not_add_up_falls_that_are_too_small():
    # 0.95 and 0.89 are each a new best by less than 0.1; together they would be enough.
    assert stopped_after(StopRule(tolerance=0.1, patience=1), [1.0, 0.95, 0.89, 0.84]) == 3


def test_the_mean_cost_of_a_stretch_weighs_steps_as_their_rows():
    assert Stretch(np.array([1.0, 4.0]), np.array([3.0, 1.0]), "done").mean_cost == 1.75
    assert np.isnan(Stretch(np.array([0.0]), np.array([0.0]), "done").mean_cost)


def test_what_can_be_kept_are_fields_of_a_moment():
    names = {field.name for field in dataclasses.fields(Moment)}

    assert names >= KEEP
    assert names - KEEP == {"t", "J", "loss", "penalty", "weight_sum", "finite", "rate"}


def test_a_plan_and_a_moment_cannot_be_changed():
    plan = Plan(np.arange(1), np.array([0, 1]), np.ones(1))

    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.rates = np.zeros(1)

"""What records say: like is compared with like, and nothing is counted twice."""

import numpy as np
import pytest

from glassnet.tuning.lessons import (
    budget,
    domains,
    entries,
    error,
    front,
    hidden_layers,
    latest,
    rung_to_compare,
    rungs_reached,
    smallest_as_good,
)
from glassnet.tuning.space import Between
from glassnet.tuning.trials import Outcome, Record
from tests.report.searches import NO_SIZES, SIZES, searched


@pytest.mark.parametrize("seed", range(20))
def test_nothing_undercuts_the_front_in_both_and_it_leaves_nothing_out(seed):
    """By brute force: a point is on it if no other is at least as good in both, once in one."""
    rng = np.random.default_rng(seed)
    costs, errors = rng.integers(0, 6, 30) * 1.0, rng.integers(0, 6, 30) / 7

    found = front(costs, errors)

    kept = {(costs[k], errors[k]) for k in found}
    undominated = {
        (c, e)
        for c, e in zip(costs, errors, strict=True)
        if not any(
            other_c <= c and other_e <= e and (other_c < c or other_e < e)
            for other_c, other_e in zip(costs, errors, strict=True)
        )
    }
    assert kept == undominated
    assert len(found) == len(kept)
    assert sorted(costs[found]) == costs[found].tolist()


def test_candidates_of_one_rung_are_those_with_a_score_there_best_first():
    found = searched(27, failing=(3,))

    for rung in (0, 1, 2):
        shown = entries(found.records, "accuracy", rung)
        told = sorted(
            1 - float(np.mean(each.scores))
            for record in found.records
            for each in record.outcomes
            if each.rung == rung and each.scores
        )
        assert [entry.error for entry in shown] == pytest.approx(told)
    assert len(entries(found.records, "accuracy", 0)) == 26
    assert {entry.record.number for entry in latest(found.records, "accuracy")} == (
        set(range(27)) - {3}
    )


def test_an_error_is_less_where_the_score_is_more():
    for scoring in ("accuracy", "r2", "roc_auc", "neg_log_loss", "neg_root_mean_squared_error"):
        assert error(0.5, scoring) > error(0.6, scoring)
    assert error(1.0, "accuracy") == 0.0 == error(0.0, "neg_log_loss")


def test_seconds_until_a_rung_are_those_of_all_rungs_to_it():
    record = Record(0, {}, (Outcome(0, 0, (0.5,), 2.0), Outcome(0, 1, (0.6,), 3.0)), 9)

    assert [entries([record], "r2", rung)[0].seconds for rung in (0, 1)] == [2.0, 5.0]
    assert [entries([record], "r2", rung)[0].went_on for rung in (0, 1)] == [True, False]


def test_rungs_are_compared_where_enough_came():
    found = searched(27)

    assert rungs_reached(found.records) == [0, 1, 2]
    assert [rung_to_compare(found.records, least) for least in (1, 3, 4, 9, 10, 28)] == [
        2, 2, 1, 1, 0, 0,
    ]  # fmt: skip
    assert rungs_reached([Record(0, {}, (Outcome(0, 0, (float("nan"),)),), 1)]) == []


def test_the_smallest_as_good_is_within_the_spread_of_the_best():
    def tried(number, scores, parameters):
        return Record(number, {}, (Outcome(number, 0, scores, 1.0, parameters),), 1)

    best = tried(0, (0.90, 0.80), 1000)  # 0.85, standard deviation 0.05
    near, far = tried(1, (0.81, 0.80), 500), tried(2, (0.79, 0.79), 10)
    held = entries([best, near, far], "accuracy", 0)

    assert smallest_as_good(held).record.number == 1
    assert smallest_as_good(entries([tried(0, (0.9,), 10)], "accuracy", 0)) is None
    assert smallest_as_good([]) is None


def test_the_budget_counts_every_candidate_and_second_once():
    found = searched(30, failing=(0, 1), fatal=(2, 3, 4))

    shares = budget(found.records)

    assert sum(share.candidates for share in shares) == 30
    assert sum(share.seconds for share in shares) == pytest.approx(
        sum(each.seconds for record in found.records for each in record.outcomes)
    )
    assert sum(share.part for share in shares) == pytest.approx(1)
    assert {(share.what, share.ended): share.candidates for share in shares} == {
        ("diverged", True): 2, ("dead units", True): 3, ("", False): 25,
    }  # fmt: skip
    assert [share.ended for share in shares] == [True, True, False]


def test_layers_are_read_from_whatever_was_searched():
    def tried(values, told=None):
        return hidden_layers(Record(0, values, (), 1, told or {}))

    assert tried({"width": 6}) == (6,)
    assert tried({"depth": 3, "width": 16, "shape": "funnel"}) == (16, 8, 4)
    assert tried({"hidden_layer_sizes": "(64, 32)"}) == (64, 32)
    assert tried({"hidden_layer_sizes": 12}) == (12,)
    assert tried({"alpha": 0.1}) == (100,)
    assert tried({"width": 6}, {"hidden_layer_sizes": (7, 7)}) == (7, 7)


def test_domains_are_those_of_the_study():
    found = domains(searched(2).study)

    assert found["width"] == Between(8, 128, log=True, whole=True)
    assert found["depth"] == Between(1, 3, whole=True)
    assert found["activation"] == ("relu", "tanh")
    assert set(found) == set(SIZES)
    assert set(domains(searched(2, space=NO_SIZES).study)) == set(NO_SIZES)
    assert domains(None) == {}

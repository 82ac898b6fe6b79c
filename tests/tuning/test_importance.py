"""Importances tell the parameter that matters from those that do not, and when they cannot."""

import pytest

from tests.report.searches import NO_SIZES, searched


def test_the_parameter_that_makes_the_score_comes_first():
    found = searched(120, space=NO_SIZES)

    told = found.by_importance

    assert [each.name for each in told] == ["learning_rate_init", "alpha"]
    assert told[0].share > 0.8
    assert sum(found.importances().values()) == pytest.approx(1, abs=1e-6)
    assert list(found.importances()) == [each.name for each in told]
    for each in told:
        assert 0 <= each.low <= each.share <= each.high <= 1


@pytest.mark.parametrize(("count", "known"), [(1, False), (19, False), (20, True)])
def test_it_takes_twenty_candidates_trained_for_as_many_epochs(count, known):
    assert bool(searched(count).importances()) is known


def test_candidates_that_failed_count_as_the_worst():
    """All that fail have large learning rates: they tell as much as bad scores would."""
    whole = searched(60, space=NO_SIZES)
    large = [
        record.number for record in whole.records if record.values["learning_rate_init"] > 0.03
    ]
    assert 5 < len(large) < 30

    found = searched(60, space=NO_SIZES, failing=large)

    assert found.by_importance[0].name == "learning_rate_init"


def test_the_same_search_gives_the_same_shares():
    assert searched(40).by_importance == searched(40).by_importance

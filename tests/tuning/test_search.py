"""A search is fair, goes on where it was left, and loses nothing to a killed worker."""

import os
import signal
import warnings

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor

import glassnet as gn
from glassnet.data.splits import folds, hold_out
from glassnet.errors import FileFault, InvalidValue, UnknownName
from glassnet.tuning.search import rungs_of

RNG = np.random.default_rng(3)
X = RNG.normal(size=(160, 3))
Y = np.sin(2 * X[:, 0]) + 0.3 * X[:, 1]
KINDS = np.array(["low", "high"])[(Y > 0).astype(int)]
SPACE = {
    "width": gn.Between(4, 24, log=True, whole=True),
    "depth": [1, 2],
    "learning_rate_init": gn.Between(1e-3, 3e-2, log=True),
}


def search(X=X, y=Y, space=SPACE, **options):
    return gn.search(X, y, space, **{"trials": 9, "epochs": 9, "folds": 2, **options})


def told(result):
    return [(r.number, dict(r.values), r.last.scores, r.epochs) for r in result.records]


def test_the_best_is_the_best_of_those_that_came_furthest():
    found = search()

    table = found.table()
    assert found.best_score == max(
        score for score, epochs in zip(table["score"], table["epochs"], strict=True) if epochs == 9
    )
    assert sorted(table["epochs"], reverse=True) == table["epochs"]
    assert [table["epochs"].count(epochs) for epochs in (9, 3, 1)] == [1, 2, 6]
    assert found.best_parameters["max_iter"] == 9


def test_the_estimate_is_of_rows_that_no_candidate_saw():
    """Targets of the test rows are turned upside down: whatever learned from them would show it."""
    _, test = hold_out(160, 0.2, seed=0)
    turned = Y.copy()
    turned[test] = -10 * turned[test]

    told_so, not_told = search(y=turned), search()

    assert told(told_so) == told(not_told)
    assert told_so.test_score < 0 < not_told.test_score
    assert np.isnan(search(trials=1, test_size=0.0).test_score)


def test_the_same_seed_finds_the_same_with_any_number_of_workers():
    assert told(search()) == told(search(workers=2))


def test_resting_and_going_on_changes_nothing():
    """One rung of nine epochs is three rungs of one, two and six more."""
    found = search(trials=1)
    record = found.records[0]
    model = gn.MLPRegressor(
        random_state=record.number,
        max_iter=9,
        n_iter_no_change=np.inf,
        hidden_layer_sizes=(record.values["width"],) * record.values["depth"],
        learning_rate_init=record.values["learning_rate_init"],
    )
    learn, _ = hold_out(160, 0.2, seed=0)
    train, validation = folds(len(learn), 2, seed=1)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X[learn][train], Y[learn][train])

    score = model.score(X[learn][validation], Y[learn][validation])
    assert score == record.last.scores[0]


def test_a_search_goes_on_from_its_file(tmp_path):
    path = tmp_path / "study.db"
    first = search(storage=path)
    onward = search(storage=path, trials=12)

    assert told(onward)[:9] == told(first)
    assert len(onward.records) == 12
    assert told(search(storage=path, trials=12)) == told(onward)


def test_the_file_of_another_search_is_refused_with_both_descriptions(tmp_path):
    path = tmp_path / "study.db"
    search(storage=path, trials=1)

    with pytest.raises(InvalidValue, match=r"another search .*folds: 2 there, 3 here"):
        search(storage=path, trials=1, folds=3)
    with pytest.raises(InvalidValue, match="rows"):
        search(X + 1, storage=path, trials=1)


def test_a_file_that_is_no_study_is_refused(tmp_path):
    path = tmp_path / "study.db"
    path.write_bytes(b"no study " * 400)

    with pytest.raises(FileFault, match=r"study\.db could not be opened"):
        search(storage=path, trials=1)


def test_a_killed_worker_costs_no_trial():
    killed = []

    def kill_one(outcome):
        if not killed:
            pool = get_reusable_executor(2, timeout=60, env={"OMP_NUM_THREADS": "1"})
            pids = list(pool._processes)
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])

    found = search(workers=2, on_outcome=kill_one)

    assert killed
    assert told(found) == told(search())


def test_ctrl_c_keeps_what_is_done():
    def interrupt(outcome):
        if outcome.number == 4:
            raise KeyboardInterrupt

    found = search(on_outcome=interrupt)

    assert found.interrupted
    assert [record.number for record in found.records] == [0, 1, 2, 3, 4]
    assert np.isfinite(found.test_score)


def test_a_time_budget_ends_it():
    found = search(trials=10_000, time_budget=0.5)

    assert 0 < len(found.records) < 10_000


def test_a_certain_fault_ends_a_candidate_early():
    space = {"learning_rate_init": [1e6, 0.01], "solver": ["sgd"], "width": [8]}

    found = search(space=space, trials=9)

    wild = [r for r in found.records if r.values["learning_rate_init"] == 1e6]
    assert wild
    assert all(record.last.failed or record.last.fatal for record in wild)
    assert all(record.epochs == 1 for record in wild)
    assert found.best_parameters["learning_rate_init"] == 0.01


def test_values_that_are_no_plain_ones_can_be_chosen():
    found = search(space={"hidden_layer_sizes": [(4,), (8, 4)], "activation": ["tanh"]}, trials=3)

    assert found.best_parameters["hidden_layer_sizes"] in [(4,), (8, 4)]


def test_classes_are_searched_too():
    found = search(y=KINDS, trials=3)

    assert found.scoring == "accuracy"
    assert set(found.best_estimator.classes_) == {"high", "low"}


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"trials": 0}, InvalidValue, "trials"),
        ({"workers": 0}, InvalidValue, "workers"),
        ({"epochs": 2.5}, InvalidValue, "epochs"),
        ({"time_budget": 0}, InvalidValue, "time_budget"),
        ({"test_size": 1}, InvalidValue, "test_size"),
        ({"space": {}}, InvalidValue, "at least one"),
        ({"space": {"wdth": [3]}}, UnknownName, "width"),
        ({"space": {"width": []}}, InvalidValue, "width"),
        ({"space": {"width": 3}}, InvalidValue, "width"),
        ({"space": {"width": [3], "hidden_layer_sizes": [(3,)]}}, InvalidValue, "either"),
        ({"space": {"activation": ["nonsense"]}}, InvalidValue, "nonsense"),
        ({"y": np.zeros(160)}, InvalidValue, "one"),
        ({"y": np.full(160, "a")}, InvalidValue, "one"),
        ({"y": Y[:10]}, InvalidValue, "rows"),
        ({"X": X[:10], "y": Y[:10]}, InvalidValue, "20 rows"),
        ({"X": np.where(X > 2, np.nan, X)}, InvalidValue, "finite"),
        ({"scoring": "acuracy"}, UnknownName, "accuracy"),
        ({"task": "clustering"}, UnknownName, "regression"),
    ],
)
def test_what_cannot_be_searched_is_refused(change, error, word):
    with pytest.raises(error, match=word):
        search(**change)


@pytest.mark.parametrize("ends", [(2, 1), (0, np.inf), (np.nan, 1)])
def test_a_range_without_numbers_is_refused(ends):
    with pytest.raises(InvalidValue, match="low"):
        gn.Between(*ends)


def test_a_range_over_orders_of_magnitude_begins_above_zero():
    with pytest.raises(InvalidValue, match="above 0"):
        gn.Between(0, 1, log=True)
    with pytest.raises(InvalidValue, match="whole"):
        gn.Between(0.5, 1, whole=True)


@pytest.mark.parametrize("epochs", [1, 2, 3, 8, 9, 100])
def test_rungs_rise_to_the_last(epochs):
    rungs = rungs_of(epochs)

    assert list(rungs) == sorted(set(rungs))
    assert rungs[0] >= 1
    assert rungs[-1] == epochs

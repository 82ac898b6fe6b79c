"""A search is fair, goes on where it was left, and loses nothing to a killed worker."""

import os
import signal
import subprocess
import sys
import threading
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from optuna.trial import TrialState

import glassnet as gn
from glassnet.data.splits import folds, hold_out
from glassnet.errors import FileFault, InvalidValue, UnknownName
from glassnet.tuning.driver import Driver
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


def test_the_best_is_the_best_of_all_and_a_third_of_each_rung_goes_on():
    found = search()

    table = found.table()
    assert found.best_score == max(table["score"]) == table["score"][0]
    trained = [record.last.epochs for record in found.records]
    assert [trained.count(epochs) for epochs in (9, 3, 1)] == [2, 1, 6]  # brackets of 3 and of 6
    best = found.records[table["trial"][0]]
    assert found.best_parameters["max_iter"] == best.epochs == best.last.epoch


def test_a_score_is_the_highest_of_the_mean_curve_of_the_folds():
    for record in search().records:
        values = [value for outcome in record.outcomes for _, value in outcome.curve]
        epochs = [epoch for outcome in record.outcomes for epoch, _ in outcome.curve]
        assert record.last.score == pytest.approx(max(values), rel=1e-12)
        assert record.epochs == epochs[values.index(max(values))]


def test_the_estimate_is_of_rows_that_no_candidate_saw():
    """Targets of the test rows are turned upside down: whatever learned from them would show it."""
    _, test = hold_out(160, 0.2, seed=0)
    turned = Y.copy()
    turned[test] = -10 * turned[test]

    told_so, not_told = search(y=turned, epochs=81), search(epochs=81)

    assert told(told_so) == told(not_told)
    assert told_so.test_score < 0 < not_told.test_score
    assert np.isnan(search(trials=1, test_size=0.0).test_score)


@pytest.mark.parametrize("backend", ["threads", pytest.param("processes", marks=pytest.mark.long)])
@pytest.mark.parametrize("method", ["halving", "tpe"])
def test_the_same_seed_finds_the_same_with_any_workers(backend, method):
    alone = search(method=method)

    assert told(alone) == told(search(method=method, workers=2, backend=backend))


@pytest.mark.parametrize("method", ["tpe", "random"])
def test_without_halving_every_candidate_is_trained_to_the_end(method):
    found = search(method=method, trials=5)

    assert [record.last.epochs for record in found.records] == [9] * 5


def test_a_candidate_that_gets_no_better_ends():
    """Columns of noise: the longer a wide network trains, the worse it predicts."""
    noise = RNG.normal(size=(60, 20))
    space = {"width": [64], "learning_rate_init": [0.05], "batch_size": [8]}
    found = search(noise, Y[:60], space, trials=1, epochs=270, method="tpe")

    record = found.records[0]
    assert record.epochs < record.last.epochs < 270
    assert found.best_parameters["max_iter"] == record.epochs


def test_resting_and_going_on_changes_nothing():
    """One training to the best epoch is that of rungs of one, three and nine epochs."""
    found = search(trials=1)
    record = found.records[0]
    model = gn.MLPRegressor(
        random_state=record.number,
        max_iter=record.epochs,
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
    assert score == pytest.approx(record.last.scores[0], rel=1e-12)


def test_a_schedule_comes_to_its_end_at_each_rung_also_in_the_best_estimator():
    found = search(space={**SPACE, "schedule": ["cosine"]}, trials=9, epochs=27)

    rates = found.best_estimator.history_.column("rate")
    assert len(rates) == found.best_parameters["max_iter"]
    stops = [k + 1 for k in range(len(rates) - 1) if rates[k + 1] > rates[k]]
    assert stops == [epochs for epochs in (3, 9) if epochs < len(rates)]


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


@dataclass(frozen=True)
class Deadly:
    """Kills the worker that trains a candidate, in the middle, so many times."""

    marks: Path
    times: int

    def __call__(self, order, material, fold):
        deaths = len(list(self.marks.iterdir()))
        if deaths < self.times:
            (self.marks / str(deaths)).touch()
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    """Candidate 3 kills its worker, so many times."""
    order = Driver.order

    def arm(times):
        marks = tmp_path / f"marks-{times}"
        marks.mkdir()
        monkeypatch.setattr(
            Driver,
            "order",
            lambda self, candidate, *rest: replace(
                order(self, candidate, *rest),
                begin=Deadly(marks, times) if candidate.number == 3 else None,
            ),
        )

    return arm


def test_a_candidate_whose_worker_is_killed_is_told_as_failed_and_asked_again(deadly, tmp_path):
    undisturbed = told(search())
    deadly(1)
    found = search(workers=2, backend="processes", storage=tmp_path / "study.db")

    assert told(found) == undisturbed
    failed = [t for t in found.study.trials if t.state == TrialState.FAIL]
    assert [t.user_attrs["candidate"] for t in failed] == [3]
    assert [t.user_attrs["failed"] for t in failed] == ["its worker was killed"]
    again = [t for t in found.study.trials if t.user_attrs["candidate"] == 3]
    assert [t.params for t in again] == [failed[0].params] * 2


@pytest.mark.long
def test_a_candidate_that_kills_its_worker_twice_is_given_up(deadly):
    deadly(4)  # twice on each fold
    found = search(workers=2, backend="processes")

    assert [r.number for r in found.records if r.last.failed] == [3]
    assert found.records[3].last.failed == "its worker was killed"
    assert len(found.records) == 9


@pytest.mark.long
def test_all_workers_killed_cost_no_trial():
    undisturbed = told(search())
    killed = []

    def kill_all(outcome):
        if not killed:
            children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
            for pid in children:
                if b"loky" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(int(pid), signal.SIGKILL)
                    killed.append(pid)

    found = search(workers=2, backend="processes", on_outcome=kill_all)

    assert len(killed) >= 2
    assert told(found) == undisturbed


def test_a_search_whose_process_is_killed_goes_on_and_finds_the_same(tmp_path):
    path = tmp_path / "study.db"
    script = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from tests.tuning.test_search import search
heard = []
def kill(outcome):
    heard.append(outcome)
    if len(heard) == 16:
        os.kill(os.getpid(), signal.SIGKILL)
search(storage=sys.argv[1], trials=18, on_outcome=kill)
"""
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", script, path, root], check=False)
    assert ended.returncode == -signal.SIGKILL

    onward, undisturbed = search(storage=path, trials=18), search(trials=18)

    assert [record.number for record in onward.records] == list(range(18))
    known = {record.number: record for record in undisturbed.records[:9]}
    for record in onward.records[:9]:  # of the first nine, all had been asked
        assert record.values == known[record.number].values
        assert record.outcomes[0].scores == known[record.number].outcomes[0].scores


def test_ctrl_c_keeps_what_is_done():
    def interrupt(outcome):
        if outcome.number == 4:
            raise KeyboardInterrupt

    found = search(on_outcome=interrupt)

    assert found.interrupted
    assert [record.number for record in found.records] == [0, 1, 2, 3, 4]
    assert np.isfinite(found.test_score)


def test_ctrl_c_ends_the_threads_too():
    heard = []

    def interrupt(outcome):
        heard.append(outcome.number)
        if len(heard) == 2:
            raise KeyboardInterrupt

    found = search(epochs=3000, workers=2, backend="threads", on_outcome=interrupt)

    assert found.interrupted
    assert sorted(record.number for record in found.records) == sorted(set(heard))
    assert not [each for each in threading.enumerate() if "glassnet-search" in each.name]


def test_what_ctrl_c_left_out_is_asked_when_the_search_goes_on(tmp_path):
    def interrupt(outcome):
        if outcome.number == 4:
            raise KeyboardInterrupt

    path = tmp_path / "study.db"
    search(storage=path, on_outcome=interrupt)
    onward = search(storage=path)

    assert not onward.interrupted
    assert [record.number for record in onward.records] == list(range(9))
    values = [dict(record.values) for record in search().records]
    assert [dict(record.values) for record in onward.records] == values


def test_a_time_budget_ends_it():
    found = search(trials=10_000, time_budget=0.5)

    assert 0 < len(found.records) < 10_000


def test_a_certain_fault_ends_a_candidate_early():
    space = {"learning_rate_init": [1e6, 0.01], "solver": ["sgd"], "width": [8]}

    found = search(space=space, trials=9)

    wild = [r for r in found.records if r.values["learning_rate_init"] == 1e6]
    assert wild
    assert all(record.last.failed or record.last.fatal for record in wild)
    assert all(record.last.epochs == 1 for record in wild)
    assert all(record.last.verdict.startswith("learning rate too high") for record in wild)
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
        ({"method": "grid"}, UnknownName, "halving"),
        ({"backend": "fibres", "workers": 2}, UnknownName, "threads"),
        ({"trials": True}, InvalidValue, "trials"),
        ({"space": {"dropout": gn.Between(0, 1)}}, InvalidValue, "dropout"),
        ({"space": {"learning_rate_init": [-0.1]}}, InvalidValue, "learning_rate_init"),
        ({"y": np.zeros(160, int)}, InvalidValue, "two classes"),
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

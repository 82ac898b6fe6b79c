"""Training on some rows, by their numbers: what training on a copy of them gives, to the bit."""

import numpy as np
import pytest
from scipy import sparse

import glassnet as gn
from glassnet.engine.choice import ENGINES
from glassnet.errors import InvalidValue
from tests.training.runs import Steps, fingerprint, small_net, table, two_classes

every_engine = pytest.mark.parametrize("engine", ENGINES)

ROWS = np.array([31, 4, 4, 17, 2, 39, 0, 11, 23, 8, 30, 5, 19])  # in no order, one of them twice
HELD = np.array([1, 3, 7, 28, 36])

SETTINGS = {
    "plain": {},
    "in order": {"shuffle": False},
    "batch larger than the rows": {"batch_size": 99},
    "plateau": {"schedule": "plateau", "optimizer": gn.SGD(0.5)},
    "inverse scaling": {"schedule": "inverse_scaling", "optimizer": gn.SGD(0.5)},
    "stop rule": {"stop": gn.StopRule(1e-3, 1), "epochs": 60},
    "l-bfgs": {"optimizer": "lbfgs"},
    "irprop": {"optimizer": "irprop", "batch_size": 99},
    "own validation": {"validation": two_classes(m=9, seed=5), "metrics": ["accuracy"]},
    "share held out": {"validation": 0.3, "metrics": ["accuracy"], "early_stopping": True},
}


def both(*, sparse_rows=False, held=False, dtype="float64", **options):
    """A run on rows by number, and one on the same rows copied out."""
    X, y, w = two_classes()
    X = sparse.csr_array(np.where(np.abs(X) > 0.5, X, 0.0)) if sparse_rows else X
    settings = {"epochs": 6, "batch_size": 4, "optimizer": "adam"} | options
    of_all, of_copy = {"rows": ROWS}, {}
    if held:
        of_all["validation_rows"] = HELD
        of_copy["validation"] = (X[HELD], y[HELD], w[HELD])
    found = []
    for given, more in (((X, y, w), of_all), ((X[ROWS], y[ROWS], w[ROWS]), of_copy)):
        net = small_net(norm=True, dropout=0.2, dtype=dtype)
        run = gn.train(net, *given[:2], sample_weight=given[2], **settings, **more)
        found.append((net, run))
    return found


def assert_the_same(pair):
    (net, run), (copied, expected) = pair
    assert fingerprint(net) == fingerprint(copied)
    assert table(run.history) == table(expected.history)
    assert (run.ended, run.best_epoch) == (expected.ended, expected.best_epoch)


@every_engine
@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS)
def test_rows_by_number_give_the_bits_of_the_rows_copied_out(engine, options):
    assert_the_same(both(engine=engine, **options))


@every_engine
@pytest.mark.parametrize("sparse_rows", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_held_rows_by_number_give_the_numbers_of_held_rows_copied_out(engine, sparse_rows, dtype):
    options = {"early_stopping": gn.EarlyStopping("accuracy", patience=2), "metrics": ["accuracy"]}
    pair = both(sparse_rows=sparse_rows, held=True, dtype=dtype, engine=engine, **options)

    assert_the_same(pair)
    assert "val_accuracy" in pair[0][1].history.columns


@every_engine
def test_all_rows_by_number_give_the_bits_of_no_rows_named(engine):
    X, y, _ = two_classes()
    net, judge = small_net(), small_net()

    gn.train(net, X, y, rows=range(len(X)), epochs=3, engine=engine)
    gn.train(judge, X, y, epochs=3, engine=engine)

    assert fingerprint(net) == fingerprint(judge)


def test_a_step_sees_the_rows_named_and_no_other():
    X, y, _ = two_classes()
    steps = Steps("a")

    gn.train(small_net(), X, y, rows=ROWS, epochs=2, batch_size=5, observers=[steps])

    seen = np.concatenate([moment.a[0] for moment in steps.moments])
    assert sorted(seen.tolist()) == sorted(np.repeat(X[ROWS], 2, axis=0).tolist())


def test_observers_are_told_how_many_rows_there_are():
    X, y, _ = two_classes()
    told = {}
    watcher = type("Told", (gn.Observer,), {"prepare": lambda _, settings: told.update(settings)})()

    gn.train(
        small_net(), X, y, rows=ROWS, validation_rows=HELD, epochs=1, batch_size=4,
        observers=[watcher],
    )  # fmt: skip

    assert (told["rows"], told["validation_rows"], told["steps_per_epoch"]) == (13, 5, 4)


def test_a_checkpoint_of_rows_by_number_is_one_of_the_rows_copied_out(tmp_path):
    X, y, _ = two_classes()
    saved, judge = tmp_path / "run", small_net()
    gn.train(small_net(), X, y, rows=ROWS, epochs=2, checkpoint=saved)

    resumed = gn.train(small_net(), X[ROWS], y[ROWS], epochs=4, checkpoint=saved, resume=True)
    gn.train(judge, X, y, rows=ROWS, epochs=4)

    assert fingerprint(resumed.network) == fingerprint(judge)


def test_the_callers_row_numbers_may_change_while_it_trains():
    X, y, _ = two_classes()
    rows, net, judge = ROWS.copy(), small_net(), small_net()

    class Changing(gn.Observer):
        def begin(self, epochs, steps):
            rows[:] = 0

    gn.train(net, X, y, rows=rows, epochs=2, observers=[Changing()])
    gn.train(judge, X, y, rows=ROWS, epochs=2)

    assert fingerprint(net) == fingerprint(judge)


REFUSED = {
    "none": ([], "rows must name at least 1 row; got none"),
    "a mask": (np.ones(40, bool), r"rows must be row numbers.*numpy\.flatnonzero\(mask\)"),
    "fractions": ([0.5, 1.0], "rows must be row numbers"),
    "a table": ([[0, 1]], r"rows must be row numbers.*shape \(1, 2\)"),
    "a number": (3, "rows must be row numbers"),
    "past the end": ([0, 40], "rows must be row numbers from 0 to 39; got 0 to 40"),
    "negative": ([-1, 3], "rows must be row numbers from 0 to 39; got -1 to 3"),
    "no weight": ([0, 1], "rows must name a row with sample_weight above 0"),
}


@pytest.mark.parametrize("name", ["rows", "validation_rows"])
@pytest.mark.parametrize(("rows", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_row_numbers_is_refused_and_changes_nothing(name, rows, message):
    X, y, w = two_classes()
    w[:2] = 0
    net = small_net()
    before = fingerprint(net)

    with pytest.raises(InvalidValue, match=message.replace("rows must", f"{name} must", 1)):
        gn.train(net, X, y, sample_weight=w, **{name: rows})

    assert fingerprint(net) == before


def test_noise_covers_a_row_once():
    X, y, _ = two_classes()

    with pytest.raises(InvalidValue, match=r"takes each row once.*rows names some twice"):
        gn.train(small_net(), X, y, rows=ROWS, clip_per_sample=1.0, noise_multiplier=1.0)


def test_noisy_steps_on_rows_by_number_are_those_on_the_rows_copied_out():
    X, y, _ = two_classes()
    net, judge, rows = small_net(), small_net(), np.unique(ROWS)
    options = {"epochs": 3, "batch_size": 4, "clip_per_sample": 1.0, "noise_multiplier": 1.0}

    run = gn.train(net, X, y, rows=rows, **options)
    expected = gn.train(judge, X[rows], y[rows], **options)

    assert fingerprint(net) == fingerprint(judge)
    assert run.noise == expected.noise


def test_held_rows_and_a_validation_set_are_too_much():
    X, y, _ = two_classes()

    with pytest.raises(InvalidValue, match="give one of them"):
        gn.train(small_net(), X, y, validation=0.2, validation_rows=HELD)

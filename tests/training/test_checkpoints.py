"""A run that is cut off goes on from its checkpoint as if it never had been, to the bit."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import glassnet as gn
from glassnet.errors import BadFile, FileFault
from glassnet.files import read_container, write_container
from tests.training.runs import Steps, fingerprint, small_net, table, two_classes


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)


class Cut(Exception):
    """Stands for whatever cuts a run off."""


class CutAt(gn.Observer):
    """Cuts the run off before a step, or at the end of an epoch."""

    def __init__(self, step=None, epoch=None):
        self.step, self.last_epoch = step, epoch

    def next(self, t):
        if t == self.step:
            raise Cut
        return self.step if self.step is not None and t < self.step else None

    def epoch(self, end):
        if end.epoch == self.last_epoch:
            raise Cut


STEPS = 30  # of the whole run: 5 epochs of 6 steps

OPTIONS = {
    "plain": {},
    "validated": {"validation": 0.2, "metrics": ["accuracy"], "early_stopping": True},
    # Rows that contradict those of training: the first epoch is the best.
    "best early": {"validation": (two_classes()[0], 1 - two_classes()[1]), "early_stopping": True},
    "plateau": {"schedule": gn.Plateau(patience=0, tolerance=0.05), "optimizer": gn.Momentum(0.1)},
    "inverse scaling": {"schedule": "inverse_scaling", "optimizer": "nesterov"},
    "one cycle": {"schedule": "one_cycle", "optimizer": "adamw", "clip_norm": 0.1},
    # No epoch meets this tolerance, so the rule ends the run after the 5th, the last.
    "rmsprop": {"optimizer": "rmsprop", "stop": gn.StopRule(1e9, 3), "clip_value": 0.1},
    "irprop": {"optimizer": "irprop"},
}


def run_of(path, name, *, every_steps=None, every_epochs=1, cut=None, resume=False, **more):
    X, y, w = two_classes(m=52 if name == "validated" else 42)
    net = small_net(norm=True, dropout=0.3, dtype=more.pop("dtype", "float64"))
    saved = gn.Checkpoint(path, every_epochs=every_epochs, every_steps=every_steps)
    run = gn.train(
        net,
        X,
        y,
        epochs=5,
        batch_size=7,
        sample_weight=w,
        observers=[cut] if cut else [],
        checkpoint=saved,
        resume=resume,
        **{**OPTIONS[name], **more},
    )
    return net, run


@cache
def whole_run(name, **more):
    """The fingerprint and the books of the run that nobody cuts off."""
    with TemporaryDirectory() as folder:
        net, run = run_of(Path(folder) / "run", name, **more)
    assert net.state.t == STEPS
    return fingerprint(net), table(run.history), run.ended, run.best_epoch


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("every_steps", [None, 4])
@pytest.mark.parametrize("step", [0, 5, 6, 13, 29])
def test_a_run_cut_off_at_a_step_goes_on_to_the_bit(name, every_steps, step, tmp_path):
    with pytest.raises(Cut):
        run_of(tmp_path / "cut", name, every_steps=every_steps, cut=CutAt(step))

    net, run = run_of(tmp_path / "cut", name, every_steps=every_steps, resume=True)

    found = (fingerprint(net), table(run.history), run.ended, run.best_epoch)
    assert found == whole_run(name)
    assert type(run.history[0]["epoch"]) is int


def test_the_last_save_before_the_cut_is_the_one_to_go_on_from(tmp_path):
    path = tmp_path / "run"

    for every_steps, step, saved in [
        (None, 13, 12),
        (4, 13, 12),
        (4, 17, 16),
        (7, 13, 12),
        (1, 9, 9),
    ]:
        path.unlink(missing_ok=True)
        with pytest.raises(Cut):
            run_of(path, "plain", every_steps=every_steps, cut=CutAt(step))
        assert int(read_container(path, kind="checkpoint").arrays["t"]) == saved


def test_saves_fall_due_though_somebody_looks_at_every_step(tmp_path):
    path, seen = tmp_path / "run", []

    class Looking(Steps):
        def see(self, moment):
            seen.append((moment.t, int(read_container(path, kind="checkpoint").arrays["t"])))

    X, y, _ = two_classes(m=42)
    saved = gn.Checkpoint(path, every_steps=4)
    gn.train(small_net(), X, y, epochs=2, batch_size=7, checkpoint=saved, observers=[Looking()])

    # At step t: saved at the multiples of 4, and at the epochs' ends, 6.
    assert seen == [(t, max(s for s in (0, 4, 6, 8) if s <= t)) for t in range(12)]


def test_a_save_that_falls_on_the_end_of_an_epoch_is_made_though_epochs_are_saved_seldom(tmp_path):
    path = tmp_path / "run"

    with pytest.raises(Cut):
        run_of(path, "plain", every_steps=12, every_epochs=100, cut=CutAt(20))

    assert int(read_container(path, kind="checkpoint").arrays["t"]) == 12


@pytest.mark.parametrize("epoch", [1, 2, 3, 4, 5])
def test_epochs_that_are_saved_seldom_are_trained_again(epoch, tmp_path):
    with pytest.raises(Cut):
        run_of(tmp_path / "cut", "validated", every_epochs=2, cut=CutAt(epoch=epoch))

    net, run = run_of(tmp_path / "cut", "validated", every_epochs=2, resume=True)

    assert (fingerprint(net), table(run.history), run.ended, run.best_epoch) == whole_run(
        "validated"
    )


def test_observers_who_look_within_epochs_see_the_same_after_a_resume(tmp_path):
    X, y, _ = two_classes(m=42)
    whole, first, second = Steps("dW"), Steps("dW"), Steps("dW")
    options = {"epochs": 3, "batch_size": 7}
    saved = gn.Checkpoint(tmp_path / "run", every_steps=4)
    gn.train(small_net(), X, y, observers=[whole], **options)

    with pytest.raises(Cut):
        gn.train(small_net(), X, y, observers=[first, CutAt(11)], checkpoint=saved, **options)
    gn.train(small_net(), X, y, observers=[second], checkpoint=saved, resume=True, **options)

    assert [moment.t for moment in second.moments] == list(range(8, 18))
    for moment, same in zip(second.moments, whole.moments[8:], strict=True):
        assert np.array_equal(moment.dW[1], same.dW[1])


def test_float32_goes_on_to_the_bit(tmp_path):
    with pytest.raises(Cut):
        run_of(tmp_path / "cut", "validated", dtype="float32", every_steps=1, cut=CutAt(16))

    net, _ = run_of(tmp_path / "cut", "validated", dtype="float32", resume=True)

    assert net.state.theta.dtype == np.float32
    assert fingerprint(net) == whole_run("validated", dtype="float32")[0]


def test_sparse_rows_go_on_to_the_bit(tmp_path):
    X, y, _ = two_classes(m=42)
    X = csr_matrix(np.where(abs(X) < 0.5, 0, X))
    options = {"epochs": 3, "batch_size": 7, "checkpoint": str(tmp_path / "run")}
    whole, cut, net = small_net(), small_net(), small_net()
    gn.train(whole, X, y, epochs=3, batch_size=7)

    with pytest.raises(Cut):
        gn.train(cut, X, y, observers=[CutAt(14)], **options)
    gn.train(net, X, y, resume=True, **options)

    assert fingerprint(net) == fingerprint(whole)


def test_sparse_rows_without_a_single_entry_can_be_saved(tmp_path):
    run = gn.train(
        small_net(), csr_matrix((4, 3)), [0, 1, 1, 1], epochs=2, checkpoint=tmp_path / "run"
    )

    assert len(run.history) == 2


def test_resuming_a_run_that_is_over_changes_nothing(tmp_path):
    path = tmp_path / "run"
    whole, expected = run_of(path, "plain", every_epochs=2)

    net, run = run_of(path, "plain", every_epochs=2, resume=True)

    assert fingerprint(net) == fingerprint(whole)
    assert table(run.history) == table(expected.history)


def test_a_run_that_a_rule_has_ended_stays_ended(tmp_path):
    X, y, _ = two_classes()
    options = {"epochs": 60, "checkpoint": tmp_path / "run", "optimizer": gn.Adam(0.2)}
    rule = gn.EarlyStopping(patience=0, restore_best=False)
    rules = {"validation": (X[:20], 1 - y[:20]), "early_stopping": rule}
    first, second = small_net(), small_net()

    expected = gn.train(first, X[20:], y[20:], **rules, **options)
    run = gn.train(second, X[20:], y[20:], resume=True, **rules, **options)

    assert expected.ended == run.ended == "early stopping"
    assert len(expected.history) < 60
    assert fingerprint(second) == fingerprint(first)
    assert table(run.history) == table(expected.history)


def test_a_run_that_an_observer_ended_can_go_on(tmp_path):
    X, y, _ = two_classes()
    options = {"epochs": 4, "checkpoint": tmp_path / "run"}

    class Enough(gn.Observer):
        def epoch(self, end):
            return end.epoch == 2

    whole, net = small_net(), small_net()
    gn.train(whole, X, y, epochs=4)
    gn.train(net, X, y, observers=[Enough()], **options)
    run = gn.train(net, X, y, resume=True, **options)

    assert len(run.history) == 4
    assert fingerprint(net) == fingerprint(whole)


def test_more_epochs_may_be_asked_for_on_resuming(tmp_path):
    X, y, _ = two_classes()
    whole, net = small_net(), small_net()
    gn.train(whole, X, y, epochs=5)

    gn.train(net, X, y, epochs=2, checkpoint=tmp_path / "run")
    gn.train(small_net(), X, y, epochs=2)
    fresh = small_net()
    run = gn.train(fresh, X, y, epochs=5, checkpoint=tmp_path / "run", resume=True)

    assert len(run.history) == 5
    assert fingerprint(fresh) == fingerprint(whole)


def test_resume_without_a_file_is_a_beginning(tmp_path):
    plain, expected = run_of(tmp_path / "a", "plain")

    net, run = run_of(tmp_path / "b", "plain", resume=True)

    assert fingerprint(net) == fingerprint(plain)
    assert table(run.history) == table(expected.history)


def test_seconds_go_on_where_they_were(tmp_path):
    path = tmp_path / "run"
    run_of(path, "plain", every_epochs=100)
    held = read_container(path, kind="checkpoint")
    header = held.header | {"ended": None}
    column = held.header["columns"].index("seconds")
    long_ago = {f"history.{column}": held.arrays[f"history.{column}"] + 1000.0}
    more = {"track.seconds": held.arrays["track.seconds"] + 1000.0}
    write_container(
        path, kind="checkpoint", header=header, arrays={**held.arrays, **long_ago, **more}
    )

    X, y, w = two_classes(m=42)
    run = gn.train(
        small_net(norm=True, dropout=0.3),
        X,
        y,
        epochs=6,
        batch_size=7,
        sample_weight=w,
        checkpoint=path,
        resume=True,
    )

    assert (run.history.column("seconds") >= 1000).all()
    assert (np.diff(run.history.column("seconds")) >= 0).all()


# What is changed on resuming, and what the message must say differs.
OTHERS = [
    ({"optimizer": gn.Adam(0.5)}, "optimizer"),
    ({"optimizer": "sgd"}, "optimizer"),
    ({"clip_norm": 1.0}, "clipping"),
    ({"batch_size": 8}, "batch_size"),
    ({"shuffle": False}, "shuffle"),
    ({"schedule": "cosine"}, "schedule"),
    ({"metrics": ["rmse"]}, "metrics"),
    ({"early_stopping": gn.EarlyStopping(patience=1)}, "early_stopping"),
    ({"stop": gn.StopRule(1e-4, 3)}, "stop"),
    ({"net": small_net(seed=4)}, "seed, rows, validation rows"),
    ({"net": small_net(dtype="float32")}, "network, rows, validation rows"),
    ({"net": small_net(dropout=0.1)}, "network"),
    ({"net": small_net(penalties=[gn.L2(0.1)])}, "network"),
    ({"X": two_classes(seed=1)[0]}, "rows, validation rows"),
    ({"y": two_classes(seed=1)[1]}, "rows, validation rows"),
    ({"sample_weight": two_classes()[2]}, "rows, validation rows"),
    ({"validation": 0.3}, "rows, validation rows"),
    ({"validation": (two_classes()[0], two_classes()[1])}, "rows, validation rows"),
    ({"X": csr_matrix(two_classes()[0])}, "rows, validation rows"),
    ({"batch_size": 8, "shuffle": False}, "batch_size, shuffle"),
]


@pytest.mark.parametrize(("changed", "words"), OTHERS)
def test_the_checkpoint_of_another_run_is_refused_and_what_differs_is_named(
    changed, words, tmp_path
):
    X, y, _ = two_classes()
    options = {"X": X, "y": y, "epochs": 2, "checkpoint": tmp_path / "run", "validation": 0.2}
    gn.train(net=small_net(), **options)
    before = (tmp_path / "run").read_bytes()

    net = {"net": small_net(), **changed}["net"]
    untouched = fingerprint(net)
    with pytest.raises(BadFile) as caught:
        gn.train(**{**options, "net": net, "resume": True, **changed})

    assert f"is the checkpoint of another run, which differs in: {words}. " in str(caught.value)
    assert fingerprint(net) == untouched
    assert (tmp_path / "run").read_bytes() == before


def test_a_damaged_checkpoint_is_refused(tmp_path):
    X, y, _ = two_classes()
    path = tmp_path / "run"
    options = {"epochs": 2, "checkpoint": path}
    gn.train(small_net(), X, y, **options)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    net = small_net()
    untouched = fingerprint(net)

    damaged = [whole[:n] for n in (0, 7, 100, len(whole) - 1)] + [whole + b"\0"]
    for place in rng.integers(0, len(whole), 40):
        bit = bytes([whole[place] ^ 1 << int(rng.integers(8))])
        damaged.append(whole[:place] + bit + whole[place + 1 :])
    for data in damaged:
        path.write_bytes(data)
        with pytest.raises(BadFile):
            gn.train(net, X, y, resume=True, **options)

    assert fingerprint(net) == untouched


def test_a_file_of_another_kind_is_refused(tmp_path):
    X, y, _ = two_classes()
    path = tmp_path / "run"

    write_container(path, kind="model", header={}, arrays={})
    with pytest.raises(BadFile, match="model"):
        gn.train(small_net(), X, y, checkpoint=path, resume=True)
    write_container(path, kind="checkpoint", header={}, arrays={})
    with pytest.raises(BadFile, match="is no checkpoint that this version understands"):
        gn.train(small_net(), X, y, checkpoint=path, resume=True)


def test_a_folder_that_is_not_there_is_found_out_before_the_first_step(tmp_path):
    X, y, _ = two_classes()
    net = small_net()

    with pytest.raises(FileFault, match="could not be written: its folder does not exist"):
        gn.train(net, X, y, epochs=2, checkpoint=tmp_path / "absent" / "run")

    assert net.state.t == 0


def test_a_full_disk_is_found_out_before_the_first_step():
    X, y, _ = two_classes()
    net = small_net()

    with pytest.raises(FileFault, match="the disk is full"):
        gn.train(net, X, y, epochs=2, checkpoint="/dev/full")

    assert net.state.t == 0


class Until(Steps):
    """Ends a run after so many steps."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def see(self, moment):
        return moment.t + 1 == self.steps


@pytest.mark.parametrize("every_steps", [None, 5])
def test_a_disk_that_fails_in_mid_run_costs_no_learning(every_steps, tmp_path):
    X, y, _ = two_classes(m=42)
    folder, told = tmp_path / "folder", []
    folder.mkdir()

    class Removing(gn.Observer):
        def epoch(self, end):
            if end.epoch == 2:
                shutil.rmtree(folder)

        def finish(self, ended):
            told.append(ended)

    net, judge = small_net(), small_net()
    with pytest.raises(FileFault, match="could not be written"):
        gn.train(
            net,
            X,
            y,
            epochs=9,
            batch_size=7,
            observers=[Removing()],
            checkpoint=gn.Checkpoint(folder / "run", every_epochs=3, every_steps=every_steps),
        )

    steps = 18 if every_steps is None else 15
    gn.train(judge, X, y, epochs=9, batch_size=7, observers=[Until(steps)])
    assert told == ["error"]
    assert net.state.t == steps
    assert np.array_equal(net.state.theta, judge.state.theta)


def test_saving_changes_no_bit(tmp_path):
    X, y, _ = two_classes()
    saving, plain = small_net(norm=True, dropout=0.2), small_net(norm=True, dropout=0.2)

    gn.train(saving, X, y, epochs=4, checkpoint=gn.Checkpoint(tmp_path / "run", every_steps=1))
    gn.train(plain, X, y, epochs=4)

    assert fingerprint(saving) == fingerprint(plain)


def test_a_users_own_optimizer_is_known_again(tmp_path):
    X, y, _ = two_classes()

    class Sign(gn.SGD):
        name = "sign"

        def step(self, theta, g, memory, rate, J, decays=1.0):
            return -rate * np.sign(g), {"count": memory.get("count", 0) + 1}

    options = {"epochs": 2, "checkpoint": tmp_path / "run"}
    gn.train(small_net(), X, y, optimizer=Sign(0.1), **options)
    net = small_net()
    run = gn.train(net, X, y, optimizer=Sign(0.1), resume=True, **options)

    assert len(run.history) == 2
    assert net.state.memory == {"count": 4}


def test_going_on_in_another_arithmetic_is_said(tmp_path, caplog, monkeypatch):
    with pytest.raises(Cut):
        run_of(tmp_path / "cut", "plain", cut=CutAt(3))
    run_of(tmp_path / "cut", "plain", resume=True)
    assert caplog.records == []

    monkeypatch.setattr("glassnet.training.train.arithmetic_of", lambda engine: "native neon")
    run_of(tmp_path / "cut", "plain", resume=True)

    assert "goes on with native neon" in caplog.text
    assert "not to the same bits" in caplog.text

"""Training on rows from disk: the bits of training in memory, resumed anywhere, clear refusals."""

from __future__ import annotations

import threading
import time
import weakref

import numpy as np
import pytest

import glassnet as gn
from glassnet.data import row_windows
from glassnet.data.batches import Data, Selection
from glassnet.data.row_shares import TRAINING, VALIDATION
from glassnet.engine.choice import ENGINES
from glassnet.engine.native import NativeEngine
from glassnet.errors import BadFile, Diverged, InvalidValue, ShapeMismatch
from glassnet.training.streamed import rows_from_disk
from glassnet.training.streamed_engine import StreamedEngine
from tests.data.row_files import break_group, numbered, write_parquet
from tests.training.runs import Steps, fingerprint, table

SMALL = 3000  # bytes of a window: some 190 of 1,000 rows, so an epoch has several


def network(**options):
    hidden = gn.Dense(7, "tanh", dropout=0.2, batch_norm=options.pop("norm", False))
    return gn.Network(3, [hidden, gn.Dense(1, "identity")], seed=4, dtype="float32", **options)


@pytest.fixture
def rows(tmp_path):
    return gn.Rows(write_parquet(tmp_path / "set", *numbered()), "y", buffer_bytes=SMALL)


class Explicit(Selection):
    """Rows in memory, in an order that is written down."""

    def __init__(self, data, orders, offsets):
        super().__init__(data)
        object.__setattr__(self, "orders", orders)
        object.__setattr__(self, "cut", offsets)

    def order(self, batch_size, seed, shuffle, smallest):
        """Itself: it has all that the loop asks of an order."""
        return self

    @property
    def batch_size(self):
        return 32

    def offsets(self):
        return self.cut

    def epochs(self, first, count):
        rows = np.concatenate([self.orders[first + k] for k in range(count)])
        ends = np.arange(count)[:, None] * self.cut[-1] + self.cut[1:]
        return rows, np.append(0, ends)


class Written:
    """An engine that writes down which rows each step took, by the number in their last column."""

    name = "written"

    def __init__(self, inner):
        self.inner, self.steps = inner, []

    def supports(self, program):
        return self.inner.supports(program)

    def open(self, program, state, data):
        session = self.inner.open(program, state, data)
        run = session.run

        def noted(plan):
            self.steps += [data.x[plan.step_rows(k), -1] for k in range(plan.steps)]
            return run(plan)

        session.run = noted
        return session


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("shuffle", [True, False])
def test_it_gives_the_bits_of_training_in_memory_in_that_order(
    tmp_path, rows, engine, norm, shuffle, monkeypatch
):
    X, y = numbered()
    written = Written(ENGINES[engine]())
    streamed, memory = network(norm=norm), network(norm=norm)
    how = {"epochs": 3, "batch_size": 32, "shuffle": shuffle, "schedule": "cosine"}

    first = gn.train(streamed, rows, engine=written, **how)

    offsets = np.append(
        0, np.cumsum([len(step) for step in written.steps[: len(written.steps) // 3]])
    )
    numbers = np.rint(np.concatenate(written.steps) * len(X)).astype(np.int64).reshape(3, -1)
    assert all((np.sort(epoch) == np.arange(len(X))).all() for epoch in numbers)
    assert shuffle != (numbers[0] == np.arange(len(X))).all()
    assert shuffle != (numbers[0] == numbers[1]).all()
    explicit = Explicit(Data(X, y[:, None]), numbers, offsets)
    monkeypatch.setattr("glassnet.training.train._rows", lambda *_: (explicit, None))
    second = gn.train(memory, X, y, engine=engine, **how)

    assert fingerprint(streamed) == fingerprint(memory)
    assert table(first.history) == table(second.history)


def test_looking_at_every_step_changes_nothing(rows):
    watched, plain = network(), network()
    steps = Steps("z", "delta", "dW", "a")

    gn.train(watched, rows, epochs=2, batch_size=32, observers=[steps])
    gn.train(plain, rows, epochs=2, batch_size=32)

    assert fingerprint(watched) == fingerprint(plain)
    assert len(steps.moments) == 2 * -(-1000 // 32)


def test_a_doctor_watches_and_changes_nothing(rows):
    watched, plain = network(), network()
    doctor = gn.Doctor()

    gn.train(watched, rows, epochs=2, batch_size=32, observers=[doctor])
    gn.train(plain, rows, epochs=2, batch_size=32)

    assert fingerprint(watched) == fingerprint(plain)
    assert doctor.diagnosis.rows == 1000


def test_validation_rows_are_held_out_by_number_and_never_trained_on(tmp_path, rows):
    written = Written(NativeEngine())
    net = network()
    data, held = rows_from_disk(net, rows, None, None, None, 0.2, None)
    parts = data.shares.parts(0, 1000)

    run = gn.train(net, rows, engine=written, epochs=2, batch_size=32, validation=0.2)

    taken = np.unique(np.rint(np.concatenate(written.steps) * 1000).astype(int))
    np.testing.assert_array_equal(taken, np.flatnonzero(parts == TRAINING))
    X, _ = numbered()
    np.testing.assert_array_equal(held.data.x, X[parts == VALIDATION])
    assert 150 < len(held) < 250
    loss = np.mean((gn.predict(net, held.data.x) - held.data.y) ** 2) / 2
    assert run.history[-1]["val_loss"] == pytest.approx(loss, rel=1e-5)


def test_early_stopping_keeps_the_best_epoch(rows):
    net = network()
    rule = gn.EarlyStopping(patience=2)

    run = gn.train(
        net, rows, optimizer=gn.Adam(0.05), epochs=60, batch_size=32, validation=0.2,
        early_stopping=rule,
    )  # fmt: skip

    assert run.ended == "early stopping"
    assert run.history[run.best_epoch - 1]["val_loss"] == run.history.column("val_loss").min()


def test_a_stop_rule_ends_it_as_it_does_in_memory(rows):
    """All epochs go to the engine in one call, and the rule is asked between them."""
    rule = gn.StopRule(tolerance=0.01, patience=1)
    apart, joined = network(), network()

    class Watching(gn.Observer):
        """Has the loop take one epoch at a time."""

    one = gn.train(apart, rows, epochs=60, batch_size=200, stop=rule, observers=[Watching()])
    all_ = gn.train(joined, rows, epochs=60, batch_size=200, stop=rule)

    assert one.ended == all_.ended == "converged"
    assert table(one.history) == table(all_.history)
    assert fingerprint(apart) == fingerprint(joined)


@pytest.mark.parametrize("step", [3, 11, 31, 40])
def test_it_resumes_in_the_middle_of_an_epoch_to_the_bit(tmp_path, rows, step):
    class Stop(gn.Every):
        def see(self, moment):
            if moment.t == step:
                raise OSError("the power went")

    whole, part = network(norm=True), network(norm=True)
    how = {"epochs": 3, "batch_size": 32, "validation": 0.1}
    gn.train(whole, rows, **how)
    saved = gn.Checkpoint(tmp_path / "run", every_steps=2)
    with pytest.raises(OSError, match="power"):
        gn.train(part, rows, checkpoint=saved, observers=[Stop()], **how)

    again = network(norm=True)
    gn.train(again, rows, checkpoint=saved, resume=True, **how)

    assert fingerprint(again) == fingerprint(whole)


def test_a_checkpoint_of_other_files_is_refused(tmp_path, rows):
    gn.train(network(), rows, epochs=1, checkpoint=tmp_path / "run")
    X, y = numbered(seed=1)
    other = gn.Rows(write_parquet(tmp_path / "other", X, y), "y", buffer_bytes=SMALL)

    with pytest.raises(BadFile, match=r"another run, which differs in: rows\."):
        gn.train(network(), other, epochs=1, checkpoint=tmp_path / "run", resume=True)


def test_weights_count_as_in_memory(tmp_path):
    """A weight of 0 is as no row: the gradient of the first batch without shuffling tells."""
    X, y = numbered(64)
    w = np.linspace(0, 2, 64).astype("float32")
    folder = write_parquet(tmp_path, X, y, files=2, more={"w": w})
    streamed, memory = network(), network()
    how = {"epochs": 2, "batch_size": 16, "shuffle": False}

    gn.train(streamed, gn.Rows(folder, "y", weight="w"), **how)
    gn.train(memory, X, y, sample_weight=w, **how)

    assert fingerprint(streamed) == fingerprint(memory)


def test_classes_of_several_outputs_are_numbers(tmp_path):
    X, _ = numbered(200)
    y = (np.arange(200) % 3).astype("int64")
    net = gn.Network(3, [gn.Dense(3, "softmax")], loss="cross_entropy", seed=0)

    run = gn.train(net, gn.Rows(write_parquet(tmp_path, X, y), "y"), epochs=2)

    assert run.history[-1]["J"] < 2


def test_several_targets_are_several_columns(tmp_path):
    X, y = numbered(200)
    folder = write_parquet(tmp_path, X, y, more={"v": -y})
    net = gn.Network(3, [gn.Dense(2, "identity")], seed=0)

    gn.train(net, gn.Rows(folder, ["y", "v"]), optimizer=gn.Adam(0.05), epochs=30)

    np.testing.assert_allclose(net.W[1][0], -net.W[1][1], atol=0.05)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_named_by_file_column_and_row(tmp_path, bad):
    X, y = numbered()
    X[400, 1] = bad
    folder = write_parquet(tmp_path, X, y)  # files of 334, 333 and 333 rows
    what = "missing or nan" if np.isnan(bad) else "infinite"

    with pytest.raises(InvalidValue, match=rf"'x1' must .* is {what}.* in .*1\.parquet, row 67\."):
        gn.train(network(), gn.Rows(folder, "y"), epochs=1)


def test_a_missing_target_is_named(tmp_path):
    X, y = numbered()
    y[400] = np.nan
    folder = write_parquet(tmp_path, X, y)

    with pytest.raises(
        InvalidValue, match=r"target must not be missing; 'y' is in .*1.parquet, row 67"
    ):
        gn.train(network(), gn.Rows(folder, "y"), epochs=1)


def test_a_target_that_the_loss_does_not_take_is_named_with_its_file(tmp_path):
    X, y = numbered(100)
    net = gn.Network(3, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")

    with pytest.raises(InvalidValue, match=r"\d\.parquet, rows 1 to 3\d: y must lie in"):
        gn.train(net, gn.Rows(write_parquet(tmp_path, X, y + 5), "y"), epochs=1)


def test_bad_groups_are_left_out_counted_and_named(tmp_path):
    X, y = numbered()
    folder = write_parquet(tmp_path, X, y)
    for number in (0, 2):
        break_group(folder / "1.parquet", number)
    net = network()

    with pytest.raises(BadFile, match=r"1\.parquet, row group \d cannot be read"):
        gn.train(net, gn.Rows(folder, "y"), epochs=1)
    with pytest.warns(
        UserWarning, match=r"2 of 12 row groups, 194 rows, were left out: .*1\.parquet"
    ):
        run = gn.train(network(), gn.Rows(folder, "y", skip_bad=True), epochs=1, batch_size=1)

    assert run.history[-1]["step"] == 1000 - 194


def test_nothing_is_left_where_every_group_is_bad(tmp_path):
    X, y = numbered(50)
    folder = write_parquet(tmp_path, X, y, files=1)
    break_group(folder / "0.parquet", 0)

    with pytest.raises(BadFile, match="no row group can be read"):
        gn.train(network(), gn.Rows(folder, "y", skip_bad=True), epochs=1)


def test_a_run_that_diverges_says_where_and_keeps_the_last_epoch(rows):
    net = network()

    with np.errstate(all="ignore"), pytest.raises(Diverged, match="Lower learning_rate"):
        gn.train(net, rows, optimizer=gn.SGD(1e18), epochs=3, batch_size=32)

    assert np.isfinite(net.state.theta).all()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"optimizer": "lbfgs"}, "lbfgs needs all rows at once"),
        ({"clip_per_sample": 1.0, "noise_multiplier": 1.0}, "draws each batch from all rows"),
        ({"sample_weight": [1.0]}, "sample_weight is for rows in memory"),
        ({"rows": [0]}, "rows is for rows in memory"),
        ({"y": [0]}, "y is for rows in memory"),
        ({"validation": 2.0}, "validation must be a share"),
    ],
)
def test_what_needs_rows_in_memory_is_refused(rows, how, said):
    with pytest.raises(InvalidValue, match=said):
        gn.train(network(), rows, **how)


def test_a_network_of_other_inputs_is_refused(rows):
    with pytest.raises(
        ShapeMismatch, match="layer 1 takes 2 inputs; the rows have 3 input columns"
    ):
        gn.train(gn.Network(2, [gn.Dense(1, "identity")]), rows)


def test_the_thread_that_reads_ends_with_the_run(rows):
    gn.train(network(), rows, epochs=2)

    class Failing(gn.Observer):
        def epoch(self, end):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gn.train(network(), rows, epochs=2, observers=[Failing()])

    assert [thread.name for thread in threading.enumerate() if thread.name == "glassnet-rows"] == []


def test_no_more_than_two_windows_are_in_memory(rows, monkeypatch):
    """One is trained on, the next is ready; a third must wait, however long a step takes."""
    alive, most = weakref.WeakSet(), []
    made = row_windows.ShuffledRows.window

    def counted(self, window, cursor):
        data = made(self, window, cursor)
        alive.add(data)
        most.append(len(alive))
        return data

    monkeypatch.setattr(row_windows.ShuffledRows, "window", counted)
    monkeypatch.setattr(Data, "__hash__", object.__hash__)

    class Slow(gn.Every):
        def see(self, moment):
            time.sleep(0.002)

    gn.train(network(), rows, epochs=2, batch_size=32, observers=[Slow()])

    assert len(most) >= 10
    assert max(most) <= 2


def test_whose_arithmetic_it_is_does_not_change_by_streaming(rows):
    data, _ = rows_from_disk(network(), rows, None, None, None, None, None)

    assert StreamedEngine(NativeEngine(), data).arithmetic() == NativeEngine().arithmetic()

"""Observers see what happens, change nothing, and are told of the end whatever it is."""

import io
from itertools import product

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import Diverged, InvalidValue
from tests.training.runs import Steps, fingerprint, small_net, table, two_classes

EVERYTHING = (
    "z",
    "z_tilde",
    "x_hat",
    "mean",
    "variance",
    "fired",
    "mask",
    "a",
    "da",
    "delta",
    "dW",
    "db",
    "dgamma",
    "dbeta",
    "g",
    "theta",
    "change",
)


class Quitter(gn.Observer):
    """Asks for the end at an epoch, or at a step."""

    def __init__(self, *, epoch=None, step=None):
        self.last_epoch, self.last_step = epoch, step
        self.told = []

    def next(self, t):
        return self.last_step if self.last_step is not None and t <= self.last_step else None

    def see(self, moment):
        return True

    def epoch(self, end):
        return end.epoch == self.last_epoch

    def finish(self, ended):
        self.told.append(ended)


KINDS = {
    "nothing": lambda folder: gn.Observer(),
    "every step": lambda folder: Steps(),
    "every step in full": lambda folder: Steps(*EVERYTHING),
    "every third step": lambda folder: gn.LayerNorms(3),
    "snapshots": lambda folder: gn.Snapshots(2),
    "doctor": lambda folder: gn.Doctor(),
    "progress": lambda folder: gn.Progress(io.StringIO()),
    "json lines": lambda folder: gn.JsonLines(folder / "log.jsonl"),
    "tensorboard": lambda folder: gn.TensorBoard(folder / "board", histograms=2),
}


def trained(optimizer="adam", *, norm=True, validation=False, checkpoint=None, **options):
    X, y, w = two_classes()
    net = small_net(norm=norm, dropout=0.3)
    run = gn.train(
        net,
        X,
        y,
        optimizer=optimizer,
        epochs=4,
        batch_size=7,
        sample_weight=w,
        clip_norm=0.5,
        schedule="plateau",
        validation=(X[:9], y[:9]) if validation else None,
        checkpoint=checkpoint,
        **options,
    )
    return net, run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("validation", [False, True])
def test_watching_changes_no_bit(kind, validation, tmp_path):
    plain, expected = trained(validation=validation)

    net, run = trained(validation=validation, observers=[KINDS[kind](tmp_path)])

    assert fingerprint(net) == fingerprint(plain)
    assert table(run.history) == table(expected.history)


def test_all_observers_together_with_saves_within_epochs_change_no_bit(tmp_path):
    plain, expected = trained()
    saved = gn.Checkpoint(tmp_path / "run", every_steps=2)

    net, run = trained(observers=[kind(tmp_path) for kind in KINDS.values()], checkpoint=saved)

    assert fingerprint(net) == fingerprint(plain)
    assert table(run.history) == table(expected.history)


def test_each_observer_is_given_what_it_asked_for_at_the_steps_it_asked_for():
    odd, all_steps = Steps("dW"), Steps("a")
    odd.next = lambda t: t + (t + 1) % 2

    trained(observers=[odd, all_steps])

    assert [moment.t for moment in odd.moments] == list(range(1, 24, 2))
    assert [moment.t for moment in all_steps.moments] == list(range(24))
    assert all(moment.dW is not None for moment in odd.moments)


def test_layer_norms_are_those_of_the_arrays():
    norms, steps = gn.LayerNorms(5), Steps("a", "delta", "dW")

    trained(observers=[norms, steps])

    assert [row["t"] for row in norms.rows] == [0, 5, 10, 15, 20]
    for row in norms.rows:
        moment = steps.moments[row["t"]]
        assert row["J"] == moment.J
        for name in ("a", "delta", "dW"):
            arrays = getattr(moment, name)[1:]
            expected = [np.sqrt(np.sum(array**2)) for array in arrays]
            np.testing.assert_allclose(row[name], expected, rtol=1e-12)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_snapshots_are_of_the_last_step_of_the_epoch(every):
    snapshots, steps = gn.Snapshots(every), Steps("dW")

    net, _ = trained(observers=[snapshots, steps])

    epochs = list(range(every, 5, every))
    assert [row["epoch"] for row in snapshots.rows] == epochs
    assert [row["t"] for row in snapshots.rows] == [6 * epoch - 1 for epoch in epochs]
    for l in (1, 2):
        assert np.array_equal(snapshots.dW[l], steps.moments[snapshots.rows[-1]["t"]].dW[l])
    if 4 in epochs:
        assert np.array_equal(snapshots.W[1], net.W[1])
        length = np.sqrt(np.sum(net.W[1] ** 2))
        assert snapshots.rows[-1]["W"][0] == pytest.approx(length, rel=1e-12)


def test_snapshots_go_on_over_runs():
    X, y, _ = two_classes()
    net, snapshots = small_net(), gn.Snapshots()

    for epochs in (2, 1):
        gn.train(net, X, y, epochs=epochs, batch_size=7, observers=[snapshots])

    assert [(row["epoch"], row["t"]) for row in snapshots.rows] == [(1, 5), (2, 11), (1, 17)]


def test_an_epoch_is_told_with_its_row_and_its_network():
    seen = []

    class Rows(gn.Observer):
        def epoch(self, end):
            seen.append((end.epoch, end.epochs, end.steps, dict(end.row), end.network()))

    net, run = trained(observers=[Rows()])

    assert [row for *_, row, _ in seen] == list(run.history)
    assert [entry[:3] for entry in seen] == [(k, 4, 6) for k in (1, 2, 3, 4)]
    assert np.array_equal(seen[-1][-1].state.theta, net.state.theta)
    assert not np.array_equal(seen[0][-1].state.theta, net.state.theta)


def test_what_an_observer_writes_into_its_row_stays_with_it():
    class Vandal(gn.Observer):
        def epoch(self, end):
            end.row["J"] = -1.0

    seen = []

    class Next(gn.Observer):
        def epoch(self, end):
            seen.append(end.row["J"])

    _, run = trained(observers=[Vandal(), Next()])

    assert (run.history.column("J") > 0).all()
    assert seen == run.history.column("J").tolist()


def test_observers_are_told_how_the_run_is_set_up():
    told = []

    class Setup(gn.Observer):
        def prepare(self, settings):
            told.append(("prepare", settings))

        def begin(self, epochs, steps):
            told.append(("begin", epochs, steps))

    trained(observers=[Setup()], validation=True)

    (_, settings), begun = told
    assert begun == ("begin", 4, 6)
    expected = {
        "rows": 40,
        "validation_rows": 9,
        "batch_size": 7,
        "epochs": 4,
        "steps_per_epoch": 6,
        "epochs_done": 0,
        "seed": 3,
        "dtype": "float64",
        "clip_norm": 0.5,
        "shuffle": True,
    }
    assert {name: settings[name] for name in expected} == expected


def test_an_observer_may_end_the_run_at_an_epoch():
    class Counting(Quitter):
        epochs = 0

        def epoch(self, end):
            self.epochs += 1

    quitter, other = Quitter(epoch=2), Counting()
    X, y, _ = two_classes()
    net, judge = small_net(), small_net()

    run = gn.train(net, X, y, epochs=9, observers=[quitter, other])
    gn.train(judge, X, y, epochs=2)

    assert run.ended == "observer"
    assert quitter.told == other.told == ["observer"]
    assert other.epochs == 2
    assert fingerprint(net) == fingerprint(judge)


@pytest.mark.parametrize("step", [0, 3, 5, 7])
def test_an_observer_may_end_the_run_at_a_step(step):
    quitter, steps = Quitter(step=step), Steps("theta")

    X, y, _ = two_classes()
    net = small_net()
    run = gn.train(net, X, y, epochs=9, batch_size=7, observers=[quitter, steps])

    # All of them see that step; an epoch that it completes is still taken into the books.
    assert run.ended == "observer"
    assert net.state.t == len(steps.moments) == step + 1
    assert len(run.history) == net.state.epoch == (step + 1) // 6
    assert net.state.position == 0


class Boom(Exception):
    """What the faulty observer raises."""


class Faulty(Quitter):
    """Raises where it is told to, at the second chance."""

    def __init__(self, where):
        super().__init__()
        self.where, self.calls = where, 0

    def _maybe(self, where, wait=0):
        if where == self.where:
            self.calls += 1
            if self.calls > wait:
                raise Boom(where)

    def prepare(self, settings):
        self._maybe("prepare")

    def begin(self, epochs, steps):
        self._maybe("begin")

    def next(self, t):
        self._maybe("next", wait=8)
        return t

    def see(self, moment):
        self._maybe("see", wait=7)

    def epoch(self, end):
        self._maybe("epoch", wait=1)

    def finish(self, ended):
        super().finish(ended)
        self._maybe("finish")


@pytest.mark.parametrize(
    ("where", "place"),
    list(product(("prepare", "begin", "next", "see", "epoch", "finish"), (0, 1, 2))),
)
def test_what_an_observer_raises_ends_the_run_and_loses_nothing(where, place):
    X, y, _ = two_classes()
    others = [Quitter(), Quitter()]
    faulty = Faulty(where)
    observers = [*others[:place], faulty, *others[place:]]
    trajectory = Steps("theta")
    gn.train(small_net(), X, y, epochs=3, batch_size=7, observers=[trajectory])
    thetas = [moment.theta for moment in trajectory.moments]
    net = small_net()

    with pytest.raises(Boom, match=where):
        gn.train(net, X, y, epochs=2, batch_size=7, observers=observers)

    steps = {"prepare": 0, "begin": 0, "epoch": 12, "finish": 12}.get(where)
    assert steps is None or net.state.t == steps
    assert np.array_equal(net.state.theta, thetas[net.state.t])
    expected = ["epochs"] if where == "finish" else ["error"]
    begun = place if where in ("prepare", "begin") else 2
    assert [o.told for o in others[:begun]] == [expected] * begun
    assert faulty.told == expected
    gn.train(net, X, y, epochs=1)  # the network is in order


def test_every_finish_is_called_though_several_raise():
    faulty = [Faulty("finish"), Quitter(), Faulty("finish")]
    X, y, _ = two_classes()

    with pytest.raises(Boom):
        gn.train(small_net(), X, y, epochs=1, observers=faulty)

    assert [observer.told for observer in faulty] == [["epochs"]] * 3


def test_the_end_by_divergence_is_told():
    X, y, _ = two_classes()
    net, quitter = gn.Network(3, [gn.Dense(1, "identity")]), Quitter()

    with pytest.raises(Diverged):
        gn.train(net, X, 1e200 + y, epochs=9, observers=[quitter])

    assert quitter.told == ["diverged"]


def test_a_step_that_is_past_cannot_be_asked_for():
    class Late(gn.Observer):
        def next(self, t):
            return t - 1

    X, y, _ = two_classes()
    with pytest.raises(InvalidValue, match=r"next\(t\) of an observer must .* got -1 at step 0"):
        gn.train(small_net(), X, y, observers=[Late()])


@pytest.mark.parametrize("kind", [gn.LayerNorms, gn.Snapshots])
@pytest.mark.parametrize("interval", [0, -1, 1.5, "2"])
def test_an_interval_is_a_positive_integer(kind, interval):
    with pytest.raises(InvalidValue, match=f"must be .*; got {interval!r}"):
        kind(interval)


def test_lbfgs_tells_observers_of_every_iteration():
    rows, quitter = Steps(), Quitter(epoch=3)
    X, y, _ = two_classes()

    run = gn.train(small_net(), X, y, optimizer="lbfgs", epochs=50, observers=[rows, quitter])

    assert len(run.history) == 3
    assert run.ended == "observer"
    assert rows.moments == []

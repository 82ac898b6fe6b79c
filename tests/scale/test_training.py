"""Whole trainings on several ranks: endings, histories, refusals."""

import re

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import Diverged, InvalidValue, Unsupported
from glassnet.scale.place import Place
from glassnet.scale.ranks import Ranks
from glassnet.training.observers import Observer
from tests.scale.in_threads import on_ranks, parallel
from tests.training.runs import fingerprint, small_net, table, two_classes

X, Y, WEIGHTS = two_classes()


def trained(group, net=None, *, observers=(), engine="auto", **options):
    """A network trained on one rank, and its run; observers watch on the first."""
    net = net or small_net()
    found, crew = parallel(group, engine)
    watching = [*(observers if group.place.rank == 0 else ()), Observer()]
    settings = {"epochs": 4, "batch_size": 7, **options}
    run = gn.train(net, X, Y, engine=found, observers=watching, **settings)
    crew.part()
    return net, run


@pytest.mark.parametrize("world", [2, 4])
@pytest.mark.parametrize(
    "options",
    [
        {"validation": 0.2, "metrics": ["accuracy", "rmse"], "early_stopping": True},
        {"schedule": gn.Plateau(patience=0, factor=0.5), "sample_weight": WEIGHTS},
        {"schedule": "one_cycle", "clip_norm": 0.1, "optimizer": gn.Momentum(0.1)},
        {"stop": gn.StopRule(tolerance=10.0, patience=1), "epochs": 9},
        {"optimizer": gn.IRprop(), "batch_size": 40, "shuffle": False},
    ],
    ids=lambda options: "-".join(options),
)
def test_a_run_on_several_ranks_is_the_run_on_one(world, options):
    alone = small_net(norm=True, dropout=0.2)
    wanted = gn.train(alone, X, Y, **{"epochs": 4, "batch_size": 7, **options})

    found = on_ranks(
        world, lambda group: trained(group, small_net(norm=True, dropout=0.2), **options)
    )

    assert len({fingerprint(net) for net, _ in found}) == 1
    for net, run in found:
        np.testing.assert_allclose(net.state.theta, alone.state.theta, atol=1e-9)
        assert run.ended == wanted.ended
        assert run.best_epoch == wanted.best_epoch
        rows, others = table(run.history), table(wanted.history)
        assert [list(row) for row in rows] == [list(row) for row in others]
        for row, other in zip(rows, others, strict=True):
            assert row == pytest.approx(other, rel=1e-9)
        assert table(run.history) == table(found[0][1].history)


def test_rows_on_disk_are_shared_out_too(tmp_path):
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", Y)
    rows = gn.Rows(tmp_path / "X.npy", tmp_path / "y.npy", buffer_bytes=400)
    alone = small_net()
    gn.train(alone, rows, epochs=3, batch_size=7)

    def work(group):
        found, crew = parallel(group)
        net = small_net()
        run = gn.train(net, rows, epochs=3, batch_size=7, engine=found, observers=[Observer()])
        crew.part()
        return net, run.ended

    found = on_ranks(2, work)

    assert [ended for _, ended in found] == ["epochs", "epochs"]
    assert fingerprint(found[0][0]) == fingerprint(found[1][0])
    np.testing.assert_allclose(found[0][0].state.theta, alone.state.theta, atol=1e-9)


class Ends(Observer):
    """Asks for the end at step 9."""

    every_epoch = False

    def next(self, t):
        return max(t, 9)

    def see(self, moment):
        return "seen enough"


def test_what_an_observer_of_the_first_rank_ends_ends_on_all():
    found = on_ranks(3, lambda group: trained(group, observers=[Ends()]))

    assert [run.ended for _, run in found] == ["observer", "interrupted", "interrupted"]
    assert {net.state.t for net, _ in found} == {10}
    assert len({fingerprint(net) for net, _ in found}) == 1


def test_a_run_that_diverges_does_so_on_every_rank_and_keeps_the_last_epoch():
    wanted = small_net()
    with pytest.raises(Diverged) as alone:
        gn.train(wanted, X * 1e3, Y, epochs=20, batch_size=7, optimizer=gn.SGD(1e300))
    nets = [small_net() for _ in range(2)]

    def work(group):
        found, _ = parallel(group)
        net = nets[group.place.rank]
        options = {"epochs": 20, "batch_size": 7, "optimizer": gn.SGD(1e300)}
        gn.train(net, X * 1e3, Y, engine=found, observers=[Observer()], **options)

    errors = on_ranks(2, work)

    for error in errors:
        assert isinstance(error, Diverged)
        step = re.search(r"at step \d+", str(alone.value)).group()
        assert step in str(error)
    assert len({fingerprint(net) for net in nets}) == 1
    np.testing.assert_allclose(nets[0].state.theta, wanted.state.theta, atol=1e-9)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("parameters", lambda: {"net": small_net(seed=4)}),
        ("optimizer", lambda: {"optimizer": gn.SGD(0.5)}),
        ("network", lambda: {"net": small_net(dropout=0.1)}),
        ("sample weights", lambda: {"sample_weight": WEIGHTS}),
    ],
)
def test_ranks_that_were_given_different_things_say_which(what, change):
    def work(group):
        return trained(group, **(change() if group.place.rank == 2 else {}))

    for error in on_ranks(3, work):
        assert isinstance(error, InvalidValue)
        assert re.search(rf"rank 2 differs from rank 0 in: .*{what}", str(error))


def test_batch_norm_is_refused_where_that_was_asked_for():
    def work(group):
        found, _ = parallel(group, batch_norm="refuse")
        gn.train(small_net(norm=True), X, Y, engine=found)

    for error in on_ranks(2, work):
        assert isinstance(error, Unsupported)
        assert 'batch_norm="refuse" was asked for' in str(error)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"optimizer": gn.LBFGS()}, "lbfgs searches along lines on one rank"),
        ({"clip_per_sample": 1.0}, "clipped on one rank only"),
        ({"engine": "native", "net": small_net(dtype="float64"), "precision": "bf16"}, "float32"),
    ],
)
def test_what_several_ranks_cannot_do_is_refused(options, said):
    for error in on_ranks(2, lambda group: trained(group, **options)):
        assert isinstance(error, Unsupported)
        assert said in str(error)


def test_a_process_without_a_place_is_the_only_rank(monkeypatch):
    for name in Place().environment():
        monkeypatch.delenv(name, raising=False)
    alone, net = small_net(), small_net()
    gn.train(alone, X, Y, epochs=3)

    run = gn.train_parallel(net, X, Y, epochs=3)

    assert run.ended == "epochs"
    np.testing.assert_array_equal(net.state.theta, alone.state.theta)


def test_a_rank_that_was_started_again_goes_on_from_its_checkpoint(tmp_path):
    path = tmp_path / "run.checkpoint"
    with Ranks(Place(attempt=0)) as ranks:
        assert not ranks.arguments(checkpoint=path)["resume"]
    with Ranks(Place(attempt=1)) as ranks:
        assert ranks.arguments(checkpoint=path)["resume"]
        assert not ranks.arguments()["resume"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backend": "mpi"}, 'backend must be "gloo" or "nccl"'),
        ({"timeout": 0}, "timeout must be above 0 seconds"),
        ({"batch_norm": "local"}, 'batch_norm must be "sync" or "refuse"'),
    ],
)
def test_arguments_that_do_not_exist_are_refused(options, said):
    with pytest.raises(InvalidValue, match=said):
        gn.train_parallel(small_net(), X, Y, **options)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"RANK": "1"}, "WORLD_SIZE, MASTER_ADDR, MASTER_PORT is not there"),
        ({"RANK": "2", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "1"}, "one of 0 to 1"),
        ({"RANK": "x", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "1"}, "whole number"),
        ({"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "0"}, "1 to 65535"),
    ],
)
def test_a_place_that_makes_no_sense_is_refused(environment, said):
    with pytest.raises(InvalidValue, match=said):
        Place.of_environment(environment)


@pytest.mark.parametrize("world", [1, 2, 3, 7])
@pytest.mark.parametrize("rows", [1, 2, 6, 7, 100])
def test_shares_cover_a_batch_and_differ_by_one_row_at_most(world, rows):
    shares = [Place(rank, world).share(rows) for rank in range(world)]
    sizes = [last - first for first, last in shares]

    assert [first for first, _ in shares] == [0, *(last for _, last in shares[:-1])]
    assert shares[-1][1] == rows
    assert max(sizes) - min(sizes) <= 1
    assert sizes[0] >= 1

"""Growth begins small, grows where the score says, and keeps what helps."""

from itertools import pairwise

import numpy as np
import pytest

import glassnet as gn
from glassnet.tuning.growth_lineage import Grown, Step, grown, lineage_kept, lineage_of, told
from glassnet.tuning.growth_moves import Bounds, Move, moved, moves

RNG = np.random.default_rng(5)
X = RNG.normal(size=(240, 3))
Y = X[:, 0] + 0.5 * np.abs(X[:, 1]) * X[:, 2]
KINDS = np.array(["low", "high"])[(Y > 0).astype(int)]
SPACE = {
    "width": gn.Between(3, 24, log=True, whole=True),
    "depth": gn.Between(1, 3, whole=True),
    "activation": ["relu", "tanh"],
    "dropout": [0.0, 0.1],
    "batch_norm": [False, True],
    "learning_rate_init": gn.Between(1e-2, 5e-2, log=True),
    "batch_size": [16],
}
pytestmark = pytest.mark.filterwarnings("ignore:.*Maximum iterations")


def search(X=X, y=Y, space=SPACE, **options):
    defaults = {"method": "growth", "trials": 20, "epochs": 9, "folds": 2}
    return gn.search(X, y, space, **{**defaults, **options})


def seen(result):
    return [(r.number, dict(r.values), dict(r.told), r.last.scores, r.epochs)
            for r in result.records]  # fmt: skip


def lineages(result):
    return {r.number: lineage_of(lineage_kept(result.study, r.number)) for r in result.records}


@pytest.fixture(scope="module")
def found():
    return search()


def test_every_stage_is_a_trial_with_its_sizes_epochs_and_seconds(found):
    assert [record.number for record in found.records] == list(range(20))
    for record, lineage in zip(found.records, lineages(found).values(), strict=True):
        sizes = record.told["hidden_layer_sizes"]
        assert lineage[-1].layers["hidden_layer_sizes"] == sizes
        assert record.last.seconds > 0
        assert 1 <= record.epochs <= 9
        units = [3, *sizes, 1]
        weights = sum((a + 1) * b for a, b in pairwise(units))
        norms = record.told.get("batch_norm", False)
        each = norms if isinstance(norms, list) else [norms] * len(sizes)
        assert record.last.parameters == weights + sum(
            2 * n for n, has in zip(sizes, each, strict=True) if has
        )


def test_starts_are_as_small_as_the_space_allows_and_nothing_grows_beyond_it(found):
    grown_ones = 0
    for lineage in lineages(found).values():
        sizes = [step.layers["hidden_layer_sizes"] for step in lineage]
        assert set(sizes[0]) == {3}
        assert max(map(max, sizes)) <= 24
        assert max(map(len, sizes)) <= 3
        grown_ones += len(lineage) > 1
    assert grown_ones >= 4


def test_only_what_passed_its_parent_grows_again(found):
    scores = {record.number: record.last.score for record in found.records}
    by_seed = {lineage[-1].seed: number for number, lineage in lineages(found).items()}
    for lineage in lineages(found).values():
        chain = [scores[by_seed[step.seed]] for step in lineage[:-1]]
        assert chain == sorted(chain)


def test_growing_finds_better_than_the_starts(found):
    starts = [r.last.score for r in found.records if len(lineages(found)[r.number]) == 1]

    assert found.best_score > max(starts)


def test_the_best_is_grown_again_on_all_rows_to_the_size_it_had(found):
    best = max(found.records, key=lambda record: (record.last.score, -record.number))

    assert len(lineages(found)[best.number]) > 1
    assert list(found.best_estimator.network_.units[1:-1]) == best.told["hidden_layer_sizes"]
    assert found.best_parameters["hidden_layer_sizes"] == best.told["hidden_layer_sizes"]
    assert found.test_score > 0.3


def test_the_same_seed_finds_the_same_with_any_workers(found):
    assert seen(search(workers=2)) == seen(found)
    assert seen(search(seed=1)) != seen(found)


def test_ctrl_c_keeps_what_is_done_and_the_search_goes_on(tmp_path):
    heard = []

    def stop(outcome):
        heard.append(outcome)
        if len(heard) == 14:
            raise KeyboardInterrupt

    storage = tmp_path / "study.db"
    cut = search(storage=storage, on_outcome=stop)
    assert cut.interrupted
    assert 9 <= len(cut.records) < 20

    whole = search(storage=storage)
    assert seen(whole)[: len(cut.records)] == seen(cut)
    assert len(whole.records) == 20
    assert sorted(record.number for record in whole.records) == list(range(20))


def test_classes_and_a_space_without_sizes():
    found = search(y=KINDS, space={"learning_rate_init": [0.01, 0.03]}, trials=14)

    sizes = [record.told["hidden_layer_sizes"] for record in found.records]
    assert sizes[:9] == [[8]] * 9
    assert max(map(sum, sizes)) > 8
    assert found.best_score > 0.7


def fitted(**options):
    parameters = {"hidden_layer_sizes": [4, 4], "random_state": 0, "max_iter": 20, **options}
    return gn.MLPRegressor(**parameters).fit(X, Y)


def test_the_move_of_the_higher_score_comes_first():
    model = fitted()
    score = gn.growth_score(model.network_, X, Y[:, None])
    wide = max((1, 2), key=lambda l: score.of(l, 4))
    deep = max((1, 2), key=lambda l: score.deeper[l])
    expected = [(score.of(wide, 4), Move("wider", wide, 4)),
                (score.deeper[deep], Move("deeper", deep, 4))]  # fmt: skip
    expected.sort(key=lambda each: -each[0])

    assert moves(model, X, Y, Bounds(64, 4)) == [move for _, move in expected]
    assert [move.kind for move in moves(model, X, Y, Bounds(64, 2))] == ["wider"]
    assert [move.kind for move in moves(model, X, Y, Bounds(4, 4))] == ["deeper"]
    assert moves(model, X, Y, Bounds(4, 2)) == []
    assert [move.units for move in moves(model, X, Y, Bounds(6, 2))] == [2]


@pytest.mark.parametrize("move", [Move("wider", 2, 4), Move("deeper", 1, 4)])
@pytest.mark.parametrize("options", [{}, {"batch_norm": True, "dropout": 0.2}])
def test_a_grown_estimator_predicts_what_it_predicted_and_learns_on(move, options):
    from glassnet.tuning.growth_moves import parameters_after

    model = fitted(warm_start=True, **options)
    before, steps = model.predict(X), model.network_.state.t

    layers = parameters_after(move, {"hidden_layer_sizes": [4, 4], **options})
    wide = moved(model, move, {**options, **layers}, 3)

    np.testing.assert_allclose(wide.predict(X), before, atol=1e-12)
    wide.fit(X, Y)
    assert wide.network_.state.t == 2 * steps
    assert np.abs(wide.predict(X) - before).max() > 1e-3


def test_a_network_grown_again_by_its_lineage_is_the_same_to_the_bit():
    first = Step({"hidden_layer_sizes": [4]}, 7, 12)
    lineage = (first, Step({"hidden_layer_sizes": [4, 4]}, 8, 6, Move("deeper", 1, 4)),
               Step({"hidden_layer_sizes": [4, 8]}, 9, 5, Move("wider", 2, 4)))  # fmt: skip

    nets = [grown(each, {}, X, Y, classes=False).network_
            for each in (lineage, lineage_of(told(lineage)))]  # fmt: skip

    assert nets[0].units == (3, 4, 8, 1)
    assert np.array_equal(nets[0].state.theta, nets[1].state.theta)


def test_a_parent_that_rests_nowhere_is_grown_again(tmp_path):
    from glassnet.tuning.rests import resting
    from glassnet.tuning.trials import Material, Order

    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", Y)
    material = Material(str(tmp_path), ((np.arange(200), np.arange(200, 240)),), False, "r2")
    lineage = (Step({"hidden_layer_sizes": [4]}, 7, 12),
               Step({"hidden_layer_sizes": [8]}, 9, 0, Move("wider", 1, 4)))  # fmt: skip
    order = Order(5, 0, 9, {"hidden_layer_sizes": [8], "alpha": 0.1}, 9)
    with resting(str(tmp_path)):
        begun = Grown(2, 1, lineage)(order, material, 0)
    alone = grown(lineage[:1], {"alpha": 0.1}, X[:200], Y[:200], classes=False)

    assert begun.network_.units == (3, 8, 1)
    np.testing.assert_allclose(begun.predict(X), alone.predict(X), atol=1e-12)

"""Table estimators whose first kind of members is one batch-ensemble."""

import numpy as np
import pytest

import glassnet as gn

SMALL = {"hidden_layer_sizes": (16,), "bins": 4, "learning_rate": 0.01, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
SIGNAL = X[:, 0] * X[:, 1] + X[:, 2]
LABELS = np.where(SIGNAL > 0, "up", "down")


def fitted(**options):
    chosen = {"shared_members": 6, "epochs": 20, **SMALL, **options}
    return gn.TableClassifier("fast", **chosen).fit(X, LABELS)


def test_the_members_are_plain_networks_on_one_w():
    clf = fitted()

    assert len(clf.members_) == len(clf.histories_) == 6
    assert {net.specification.members for net in clf.members_} == {1}
    first = clf.members_[0].W[1]
    for other in clf.members_[1:]:
        sizes = np.abs(other.W[1] / first)
        # Of |W| the members differ by an outer product: s of their units and r of their inputs.
        s = np.linalg.svd(sizes, compute_uv=False)
        np.testing.assert_allclose(s[1:] / s[0], 0, atol=1e-4)
        assert (np.sign(other.W[1]) != np.sign(first)).any()


def test_it_learns_and_says_the_mean_of_its_members():
    clf = fitted(epochs=60)
    x = clf.encode(X)

    mean = np.mean([gn.predict(net, x) for net in clf.members_], axis=0)[:, 0]

    assert clf.score(X, LABELS) > 0.9
    odds = np.log(mean / (1 - mean)) / clf.temperature_
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], 1 / (1 + np.exp(-odds)), atol=1e-5)


def test_held_out_rows_hear_the_whole_ensemble():
    clf = fitted()

    assert len(clf.held_out_.rows) == 30
    assert len(fitted(shared_members=None, members=6, epochs=2).held_out_.rows) == 180


def test_plain_members_go_beside_it_and_one_kind_is_kept_whole():
    reg = gn.TableRegressor("fast", shared_members=4, plain_members=3, epochs=20, **SMALL)

    reg.fit(X, SIGNAL)

    kept = len(reg.members_)
    assert kept in (4, 5, 6, 7, 3)
    assert len(reg.histories_) == kept
    assert reg.parameters_["shared_members"] == 4
    assert bool(reg.notes_) == (kept < 7)


def test_refit_trains_it_again_on_all_rows():
    reg = gn.TableRegressor("fast", shared_members=4, refit=True, epochs=12, **SMALL)

    reg.fit(X, SIGNAL)

    assert len(reg.members_) == 4
    assert any("on all 300 rows" in note for note in reg.notes_)


def test_every_member_visits_the_rows():
    few = fitted(max_row_visits=270 * 6 * 7)

    assert few.parameters_["epochs"] == 7


def test_a_time_budget_bounds_it():
    assert fitted(time_budget=0.001, epochs=200).parameters_["epochs"] < 200


def test_the_numbers_do_not_depend_on_the_threads():
    one, two = fitted(threads=1), fitted(threads=2)

    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_one_shared_member_is_one_network():
    assert len(fitted(shared_members=1, epochs=2).members_) == 1


def test_files_keep_it(tmp_path):
    clf = fitted()
    gn.save(clf, tmp_path / "clf.glassnet")

    found = gn.load(tmp_path / "clf.glassnet")

    assert found.get_params() == clf.get_params()
    np.testing.assert_array_equal(found.predict_proba(X), clf.predict_proba(X))


def test_what_looks_inside_takes_its_members():
    clf = fitted(epochs=4)

    assert gn.trace(clf.network_, clf.encode(X)).depth == 2
    assert gn.importances(clf, X, LABELS).columns
    assert gn.attributions(clf, X[:1]) is not None


@pytest.mark.parametrize("value", [-1, 2.5, "many", True])
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match="shared_members"):
        fitted(shared_members=value)

"""Presets as plain parameters, weights, budgets, what a fit leaves, the glass box on members."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, UnknownName, Unsupported
from glassnet.estimators.tables.members import member_rows
from glassnet.estimators.tables.presets import Effort, settle_members
from tests.estimators.test_tables import SMALL, classifier, frame, regressor


def test_a_preset_is_plain_parameters_that_can_be_edited():
    X, y = frame()
    plain = gn.preset_parameters("fast", "regression")
    named = gn.TableRegressor("fast", random_state=0).fit(X, y)
    written = gn.TableRegressor("best", **plain, random_state=0).fit(X, y)
    assert written.parameters_["members"] == named.parameters_["members"] == 1
    assert written.parameters_["epochs"] == plain["epochs"]  # given, so small tables get no more
    edited = gn.TableRegressor(
        "fast", **plain | {"bins": 2, "cuts": "quantiles"}, random_state=0
    ).fit(X, y)
    assert edited.encoder_.rules[0].edges[1:-1] == pytest.approx([np.nanmedian(X["size"])])


def test_presets_differ_in_members():
    members = [gn.preset_parameters(name)["members"] for name in ("fast", "default", "best")]
    assert members == [1, "auto", 10]
    with pytest.raises(UnknownName, match="fast"):
        gn.preset_parameters("fastest")
    with pytest.raises(InvalidValue, match="Did you mean 'best'"):
        gn.TableClassifier("bset").fit([[1.0], [2.0]], [0, 1])


def test_small_tables_get_more_epochs_of_a_preset():
    X, y = frame()
    reg = gn.TableRegressor("fast", hidden_layer_sizes=(4,), random_state=0).fit(X, y)
    assert reg.parameters_["epochs"] == 256  # 4 batches of 32 among 108 rows: 3,000 steps are 750


def test_each_row_is_held_out_by_one_member_of_ten_and_lone_classes_by_none():
    codes = np.array([0] * 10 + [1] * 9 + [2])
    dealt = member_rows(20, 10, 3, codes)
    held = np.sort(np.concatenate([held for _, held in dealt]))
    assert held.tolist() == list(range(19))
    for own, out in dealt:
        assert np.array_equal(np.sort(np.concatenate([own, out])), np.arange(20))


def test_members_differ_and_are_averaged():
    X, y = frame()
    reg = regressor(members=3).fit(X, y)
    a = np.mean([gn.predict(net, reg.encode(X)).astype(float) for net in reg.members_], axis=0)
    spread = y.std()
    np.testing.assert_allclose(
        reg.predict(X), np.clip(a[:, 0] * spread + y.mean(), y.min(), y.max()), rtol=1e-6
    )
    assert len({net.W[1].tobytes() for net in reg.members_}) == 3
    assert reg.network_ is reg.members_[0]
    assert reg.history_ is reg.histories_[0]
    assert "val_loss" in reg.history_.columns


def test_each_member_keeps_its_best_epoch():
    X, y = frame()
    reg = regressor(members=1, learning_rate=0.2, epochs=40, patience=39).fit(X, y)
    _, held = member_rows(len(X), 1, _fold_seed(0), None)[0]
    x, (_, target, _) = reg.encode(X), reg.__glassnet_rows__(X, y)
    error = gn.predict(reg.network_, x[held])[:, 0] - target[held, 0]
    best = min(row["val_loss"] for row in reg.history_)
    assert 0.5 * float(np.mean(error**2)) == pytest.approx(best, rel=1e-5)


def _fold_seed(random_state):
    return int(np.random.RandomState(random_state).randint(2**31 - 1, size=2)[0])


def test_the_same_random_state_gives_the_same_bits_on_any_number_of_threads():
    X, y = frame()
    one, two = regressor(members=3, threads=1).fit(X, y), regressor(members=3, threads=2).fit(X, y)
    assert np.array_equal(one.predict(X), two.predict(X))
    other = regressor(members=3, random_state=1).fit(X, y)
    assert not np.array_equal(one.predict(X), other.predict(X))


def test_a_weight_of_zero_is_no_row():
    X, y = frame()
    w = np.ones(len(X))
    w[:30] = 0.0
    weighted = regressor().fit(X, y, sample_weight=w)
    without = regressor().fit(X[30:], y[30:], sample_weight=w[30:])
    assert np.array_equal(weighted.predict(X), without.predict(X))


def test_class_weights_move_predictions_towards_the_rare_class():
    X, y = frame(300)
    rare = y > np.quantile(y, 0.9)
    plain, balanced = classifier().fit(X, rare), classifier(class_weight="balanced").fit(X, rare)
    assert balanced.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.05


def test_row_visits_are_capped_and_it_is_said():
    X, y = frame()
    reg = regressor(members=2, max_row_visits=1000).fit(X, y)
    assert reg.parameters_["epochs"] == 1000 // (2 * 108)
    assert "max_row_visits=1,000: 4 epochs in the place of 20." in reg.notes_


def test_a_time_budget_bounds_the_epochs():
    X, y = frame()
    reg = regressor(epochs=10**6, time_budget=0.3, max_row_visits=10**12).fit(X, y)
    assert reg.parameters_["epochs"] < 10**6
    assert any(note.startswith("time_budget=0.3") for note in reg.notes_)


def test_a_diverged_fit_is_an_error_with_what_to_do():
    X, y = frame()
    with pytest.raises(ValueError, match="learning_rate"):
        regressor(learning_rate=1e30, activation="square", weight_decay=0.0).fit(X, y)


def test_the_glass_box_and_the_doctor_take_members_on_encoded_rows():
    X, y = frame(60)
    clf = classifier(activation="relu").fit(X, y > 3)  # of which there is a local formula
    x, target, _ = clf.__glassnet_rows__(X, y > 3)
    assert x.dtype == np.float32
    assert x.shape == (60, len(clf.encoder_.feature_names))
    assert gn.trace(clf.network_, x[:2], target[:2]) is not None
    assert gn.derive(clf.network_, x[0], target[0]) is not None
    assert gn.ledger(clf.network_, x, target) is not None
    assert gn.diagnose(clf.network_, x, target) is not None
    assert gn.diagnose(clf, X, y > 3).rows == 60
    assert gn.local(clf, x[0]).features == clf.encoder_.feature_names


def test_small_settings_are_those_that_were_given():
    X, y = frame()
    found = regressor().fit(X, y).parameters_
    for name in ("hidden_layer_sizes", "epochs", "learning_rate"):
        assert found[name] == SMALL[name]
    assert found["batch_size"] == 32


def test_exports_write_a_member_alone_and_scikit_learn_has_no_twin(tmp_path):
    X, y = frame(60)
    reg = regressor(members=2).fit(X, y)
    gn.export_onnx(reg.network_, tmp_path / "member.onnx")
    assert gn.export_c(reg.network_, tmp_path / "member.c") is not None
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(
        str(tmp_path / "member.onnx"), providers=["CPUExecutionProvider"]
    )
    x = reg.encode(X)
    found = session.run(None, {session.get_inputs()[0].name: x})[0]
    np.testing.assert_allclose(found, gn.predict(reg.network_, x), rtol=1e-4, atol=1e-5)
    with pytest.raises(Unsupported, match=r"to_sklearn\(model\.network_\).*model\.encode\("):
        gn.to_sklearn(reg)


@pytest.mark.parametrize(
    ("goal", "outputs", "rows", "members", "epochs"),
    [
        ("regression", 1, 2_499, (5, 5), 44),
        ("regression", 1, 2_500, (4, 2), 44),
        ("classification", 1, 2_500, (5, 5), 28),
        ("classification", 3, 2_500, (4, 2), 48),
    ],
)
def test_many_rows_are_trained_on_for_longer_by_fewer_members(goal, outputs, rows, members, epochs):
    p = gn.preset_parameters("default", goal)
    settle_members(p, rows, Effort.of(goal, outputs))
    assert (p["members"], p["plain_members"]) == members
    assert p["epochs"] == epochs


def test_auto_is_settled_and_what_is_given_stands():
    X, y = frame()
    reg = regressor(members="auto", plain_members=1, epochs=2).fit(X, y)
    assert (reg.parameters_["members"], reg.parameters_["plain_members"]) == (5, 1)
    longer = regressor(members=1, epochs="auto", hidden_layer_sizes=(2,)).fit(X, y)
    assert longer.parameters_["epochs"] == 256
